"""``mplsemu ping SRC DST``: ping between hosts of a running lab."""

from __future__ import annotations

import argparse
from typing import Final

from mplsemu.cli.exec import add_lab_option, wait_for

MOST_PAYLOAD: Final = 65_507  # of an IPv4 packet with an ICMP header


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("ping", help="ping from host to host in a running lab (root)")
    add_lab_option(parser)
    parser.add_argument("source", metavar="SRC", help="host that pings: VPN/SITE/hN")
    parser.add_argument("target", metavar="DST", help="host or address")
    parser.add_argument("-c", "--count", type=int, default=3, help="packets (default: %(default)s)")
    parser.add_argument("-s", "--size", type=int, help="bytes of payload, sent in one piece")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ping; exit status 0 when an answer came, 1 when none did."""
    from mplsemu.errors import LabError
    from mplsemu.running.session import Session

    if args.count < 1:
        raise LabError(f"cannot send {args.count} packets", remedy="write a count from 1 on")
    if args.size is not None and not 0 <= args.size <= MOST_PAYLOAD:
        raise LabError(f"no payload of {args.size} bytes", remedy=f"write 0 to {MOST_PAYLOAD}")
    session = Session.find(args.lab)
    command = session.ping_command(args.source, args.target, count=args.count, size=args.size)
    return 0 if wait_for(session.popen(args.source, command)) == 0 else 1
