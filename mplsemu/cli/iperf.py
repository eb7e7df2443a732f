"""``mplsemu iperf SRC DST``: throughput between two hosts of a running lab."""

from __future__ import annotations

import argparse
import signal
from typing import Final

from mplsemu.cli.exec import add_lab_option

_MOST_SECONDS: Final = 3600
_TERMINATED: Final = 128 + signal.SIGTERM


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Measures how much payload arrives: of TCP as fast as it gets, of UDP at a "
        "rate. At the prompt of a lab also: iperfudp RATE SRC DST."
    )
    add_lab_option(parser)
    parser.add_argument("source", metavar="SRC", help="host that sends: VPN/SITE/HOST")
    parser.add_argument("target", metavar="DST", help="host that receives")
    parser.add_argument(
        "-u", "--udp", metavar="RATE", help="datagrams at this rate: 10M, or '10 Mbit/s'"
    )
    parser.add_argument(
        "-t", "--seconds", type=_seconds, default=3, help="how long (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= _MOST_SECONDS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MOST_SECONDS}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Measure, and print the throughput."""
    from mplsemu.cli.output import print_json
    from mplsemu.emulation.interrupts import Terminated, end, is_noting, noted
    from mplsemu.emulation.throughput import Transfer, measure_throughput
    from mplsemu.report.iperf import iperf_object
    from mplsemu.running.session import Session
    from mplsemu.views.units import rate

    transfer = Transfer(args.seconds, None if args.udp is None else _rate(args.udp))
    session = Session.find(args.lab)
    sender, receiver = session.host(args.source), session.host(args.target)
    address = session.address_of(args.source, args.target)
    is_at_prompt = is_noting()
    try:
        with noted(end):  # it starts a server at a host, which must be ended
            measured = measure_throughput(sender.pid, receiver.pid, address, transfer)
    except Terminated:
        if is_at_prompt:  # the signal is for the lab
            raise
        return _TERMINATED
    if args.json:
        print_json(iperf_object(args.source, args.target, transfer, measured))
        return 0
    received, sent = (rate(float(f"{x:.4g}")) for x in (measured.received_bps, measured.sent_bps))
    what = "TCP" if args.udp is None else f"UDP at {rate(transfer.udp_bps or 0)}"
    print(f"{what} from {args.source} to {args.target}: {received} received, {sent} sent")
    return 0


def _rate(text: str) -> int:
    """Return a rate in bits per second; it is written as in iperf or in a lab file.

    Raises:
        LabError: it is no rate.
    """
    from mplsemu.emulation.throughput import parse_rate
    from mplsemu.errors import LabError
    from mplsemu.lab.quantity import THROUGHPUT, QuantityError

    try:
        return int(THROUGHPUT.read(text))
    except QuantityError:
        pass
    try:
        bps = parse_rate(text)
    except (ValueError, OverflowError):
        bps = 0
    if not THROUGHPUT.smallest <= bps <= THROUGHPUT.largest:
        raise LabError(f"{text!r} is not a rate", remedy="write for example 10M, or '10 Mbit/s'")
    return bps
