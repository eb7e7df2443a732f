"""``mplsemu ping SRC DST``: ping between hosts of a running lab."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from mplsemu.cli.exec import add_lab_option, wait_for

if TYPE_CHECKING:
    from mplsemu.running.session import Session

MOST_PAYLOAD: Final = 65_507  # of an IPv4 packet with an ICMP header


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_lab_option(parser)
    parser.add_argument("source", metavar="SRC", help="host that pings: VPN/SITE/HOST")
    parser.add_argument("target", metavar="DST", help="host or address")
    parser.add_argument("-c", "--count", type=int, default=3, help="packets (default: %(default)s)")
    parser.add_argument("-s", "--size", type=int, help="bytes of payload, sent in one piece")


def run(args: argparse.Namespace) -> int:
    """Ping; return 0 if a reply came, 1 if none did."""
    from mplsemu.errors import LabError
    from mplsemu.running.session import Session

    if args.count < 1:
        raise LabError(f"cannot send {args.count} packets", remedy="write a count from 1 on")
    if args.size is not None and not 0 <= args.size <= MOST_PAYLOAD:
        raise LabError(f"no payload of {args.size} bytes", remedy=f"write 0 to {MOST_PAYLOAD}")
    session = Session.find(args.lab)
    command = session.ping_command(args.source, args.target, count=args.count, size=args.size)
    if double := _double(session, args.source, args.target):
        sys.stderr.write(f"note: {double}\n")
        sys.stderr.flush()
    return 0 if wait_for(session.popen(args.source, command)) == 0 else 1


def _double(session: Session, source: str, target: str) -> str | None:
    """Return the host that the source reaches at the target's address, if it is another one.

    A ping cannot tell them apart: the reply would not come from the host that was named.
    """
    from mplsemu.errors import LabError
    from mplsemu.program.path import Delivered
    from mplsemu.program.trace import trace

    address = session.address_of(source, target)
    if address == target or session.vpn_of(source) == session.vpn_of(target):
        return None
    program = session.program()
    try:
        if trace(program, source, target).delivered:
            return None
        end = trace(program, source, address).end
    except LabError:  # a CE router
        return None
    match end:
        case Delivered(host=host) if host is not None:
            return f"{source} does not reach {target}; there {address} is {host}, which may answer"
    return None
