"""``mplsemu capture LINK|NODE``: packets of a running lab, as text or into a file."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mplsemu.cli.exec import add_lab_option

if TYPE_CHECKING:
    from mplsemu.emulation.capture import Capture

_POLL_S = 0.05


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "capture",
        help="packets of a running lab, as text or into a file (root)",
        description="Shows packets with their label stacks until Ctrl-C, or writes them to a file.",
    )
    add_lab_option(parser)
    parser.add_argument(
        "target", metavar="LINK|NODE", help="dk-p1, a/aarhus (a site's line), an LSR or a host"
    )
    parser.add_argument("-w", "--write", metavar="FILE", type=Path, help="a pcap file")
    parser.add_argument("-c", "--count", type=int, help="end after so many packets")
    parser.add_argument("--seconds", type=float, help="end after so long")
    parser.add_argument(
        "--filter", metavar="EXPRESSION", default="", help="as tcpdump takes it, say 'mpls'"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Capture until the count, the time or the user ends it."""
    from mplsemu.emulation.capture import DEFAULT_MAX_PACKETS, Capture, CaptureOptions
    from mplsemu.errors import LabError
    from mplsemu.running.session import Session, interface_of

    session = Session.find(args.lab)
    pid, interfaces = interface_of(session, args.target)
    if args.write is not None and len(interfaces) > 1:
        raise LabError(
            f"{args.target} has {len(interfaces)} interfaces, and a pcap file holds one",
            remedy="name a link, or leave out -w",
        )
    if args.count is not None and args.count < 1:
        raise LabError(f"cannot end after {args.count} packets", remedy="write a count from 1 on")
    if args.seconds is not None and args.seconds <= 0:
        raise LabError(f"cannot capture for {args.seconds:g} s", remedy="write more than 0")
    if args.write is not None and not args.write.absolute().parent.is_dir():
        raise LabError(f"cannot write {args.write}", remedy="its directory does not exist")
    options = CaptureOptions(args.write, args.filter, args.count or DEFAULT_MAX_PACKETS)
    with ExitStack() as stack:
        captures = {name: stack.enter_context(Capture(pid, name, options)) for name in interfaces}
        where = ", ".join(interfaces)
        sys.stderr.write(f"capturing on {where}; Ctrl-C ends it\n")
        sys.stderr.flush()
        with suppress(KeyboardInterrupt):
            _follow(captures, args.seconds)
    if args.write is not None:
        size = args.write.stat().st_size if args.write.exists() else 0
        print(f"{args.write}: {size} bytes")
    return 0


def _follow(captures: dict[str, Capture], seconds: float | None) -> None:
    printers = [
        threading.Thread(target=_print, args=(name, capture, len(captures) > 1), daemon=True)
        for name, capture in captures.items()
    ]
    for printer in printers:
        printer.start()
    deadline = None if seconds is None else time.monotonic() + seconds
    while any(capture.running for capture in captures.values()):
        if deadline is not None and time.monotonic() > deadline:
            return
        time.sleep(_POLL_S)
    for printer in printers:
        printer.join(1.0)


def _print(name: str, capture: Capture, named: bool) -> None:  # a thread's argument
    for line in filter(None, capture.lines()):
        print(f"{name}: {line}" if named else line, flush=True)
