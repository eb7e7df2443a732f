"""``mplsemu web``: the live page of a running lab."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

from mplsemu.cli.exec import add_lab_option
from mplsemu.web.listening_socket import DEFAULT_HOST, DEFAULT_PORT, ListeningSocket

if TYPE_CHECKING:
    from mplsemu.running.session import Session
    from mplsemu.web.access import Links


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Serves the live page of a running lab until Ctrl-C, or until the lab ends. "
        "Each link is for one reader: the provider's shows and changes everything, that of "
        "one of several providers his own network alone, a customer's his own picture and nothing "
        "else."
    )
    add_lab_option(parser)
    parser.add_argument(
        "--port", type=port, default=DEFAULT_PORT, help="0 chooses one (default: %(default)s)"
    )
    parser.add_argument(
        "--host",
        metavar="ADDR",
        default=DEFAULT_HOST,
        help="address to listen on (default: %(default)s, this machine alone)",
    )
    parser.add_argument("--json", action="store_true", help="print the links as one JSON object")
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)  # `up` passes its socket on


def port(text: str) -> int:
    """Read a port, for argparse."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: write 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C, or until the lab ends."""
    from mplsemu.running.session import Session

    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    session = Session.find(args.lab)
    if args.fd is not None:
        # standard input is a pipe from the lab process; end of file: the lab has ended
        _serve(session, ListeningSocket.of(socket.socket(fileno=args.fd)), lab_end=0)
    else:
        _serve_by_hand(session, args)
    sys.stdout.flush()
    if threading.active_count() > 1:  # a thread still waits for the controller; its reader is gone
        os._exit(0)
    return 0


def _serve_by_hand(session: Session, args: argparse.Namespace) -> None:
    from mplsemu.cli.output import print_json
    from mplsemu.report.web_links import web_links_object

    lab_end = os.pidfd_open(session.record.pid)
    listening = ListeningSocket.on(args.host, args.port)
    links = links_of(session, listening.address)
    if args.json:
        print_json(web_links_object(links.provider, links.customers, links.providers))
    else:
        print(f"live page of lab {session.record.name}; Ctrl-C ends it")
        print("\n".join(lines_of(links)))
    sys.stdout.flush()
    if not listening.is_loopback:
        sys.stderr.write(f"mplsemu: {OPEN_TO_OTHERS}\n")
    if _serve(session, listening, lab_end):
        sys.stderr.write(f"mplsemu: lab {session.record.name} has ended\n")


OPEN_TO_OTHERS = (
    "other machines can reach this, and nothing is encrypted: whoever can read along has the "
    "links; a tunnel (ssh -L) is safer"
)


def _serve(session: Session, listening: ListeningSocket, lab_end: int) -> bool:
    from mplsemu.web.access import Access
    from mplsemu.web.running_source import RunningSource
    from mplsemu.web.serve import serve

    source = RunningSource(session)
    access = Access.of_lab(session.directory.path, source.facts.customers, source.facts.parts)
    return serve(source, access, listening, lab_end)


def links_of(session: Session, address: str) -> Links:
    """Return the links to a running lab's page."""
    from mplsemu.web.access import Access

    customers = dict.fromkeys(vpn.customer for vpn in session.network.vpns)
    providers = [system.name for system in session.network.provider.systems]
    return Access.of_lab(session.directory.path, customers, providers).links(address)


def lines_of(links: Links) -> list[str]:
    """Return the links as lines of text."""
    readers = links.by_reader()
    width = max(len(name) for name, _ in readers)
    return [f"  {name:<{width}}  {link}" for name, link in readers]
