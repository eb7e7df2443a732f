"""``mplsemu trace``: the path of one packet, with its label stack on every link."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from mplsemu.cli.arguments import add_json, add_lab, read_lab

if TYPE_CHECKING:
    from mplsemu.program.observation import LiveTrace
    from mplsemu.program.trace import PacketOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Follows one packet through the forwarding program; with --live it is really "
        "sent in the running lab, and seen on every cable. Exit code 0: it is delivered; 1: it is "
        "not, or in the network it was not as the program says."
    )
    add_lab(parser)
    parser.add_argument("src", metavar="SRC", help="host that sends: VPN/SITE/HOST")
    parser.add_argument(
        "dst", metavar="DST", help="host, an address as SRC sees it, or a MAC address: a frame"
    )
    _add_packet_options(parser)
    parser.add_argument(
        "--live",
        action="store_true",
        help="LAB is a running lab: send the packet there, and compare (root)",
    )
    add_json(parser)


def _add_packet_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ttl", type=_number(255), default=64, help="0 to 255 (default: 64)")
    parser.add_argument("--dscp", type=_number(63), default=0, help="0 to 63 (default: 0)")
    parser.add_argument(
        "--source", type=_address, metavar="ADDRESS", help="the packet's source (default: SRC's)"
    )
    parser.add_argument("--mac", type=_mac, help="the frame's source (default: that of SRC)")
    parser.add_argument(
        "--dst-mac", type=_mac, metavar="MAC", help="the frame's destination, say ff:ff:ff:ff:ff:ff"
    )
    parser.add_argument(
        "--vlan",
        type=_vlan,
        action="append",
        default=[],
        metavar="ID",
        help="an IEEE 802.1Q tag, 1 to 4094; repeated: outermost first",
    )
    parser.add_argument(
        "--size",
        type=_size,
        default=0,
        metavar="OCTETS",
        help="of the IP packet (IPv4: 20 at least, IPv6: 40), or behind a frame's header "
        "(default: small enough for every link)",
    )
    parser.add_argument(
        "--fragment", action="store_true", help="routers may cut it up: IPv4 without DF"
    )


def run(args: argparse.Namespace) -> int:
    """Print one packet's path."""
    from mplsemu.program.trace import PacketOptions

    header = PacketOptions(
        args.ttl,
        args.dscp,
        args.mac,
        args.dst_mac,
        tuple(args.vlan),
        octets=args.size,
        may_fragment=args.fragment,
        source=args.source,
    )
    return _live(args, header) if args.live else _by_program(args, header)


def _by_program(args: argparse.Namespace, header: PacketOptions) -> int:
    from rich.text import Text

    from mplsemu.cli.output import print_json, print_lines, terminal_width
    from mplsemu.program.answer import answer
    from mplsemu.program.trace import DEFAULT_OPTIONS, trace
    from mplsemu.views.text import palette
    from mplsemu.views.text.trace_branches import draw_branches

    _, program = read_lab(args)
    found = trace(program, args.src, args.dst, header)
    back = answer(program, found, header)
    if args.json:
        from mplsemu.report.trace import exchange_object

        print_json(exchange_object(found, back))
    else:
        print_lines(draw_branches(found, terminal_width(), unusual=header != DEFAULT_OPTIONS))
        if back is not None and not back.trace.delivered:
            print_lines([Text(f" ✗ {back}", palette.DOWN)])
    return 0 if found.delivered else 1


def _live(args: argparse.Namespace, header: PacketOptions) -> int:
    from mplsemu.cli.output import print_json, print_lines
    from mplsemu.views.text.live_trace import draw_live_trace

    found = _follow(args, header)
    if args.json:
        from mplsemu.report.trace import live_trace_object

        print_json(live_trace_object(found))
    else:
        print_lines(draw_live_trace(found))
    return 0 if found.as_predicted and found.predicted.delivered else 1


def _follow(args: argparse.Namespace, header: PacketOptions) -> LiveTrace:
    from mplsemu.errors import LabError
    from mplsemu.running.directory import running_labs
    from mplsemu.running.live_trace import follow
    from mplsemu.running.session import Session

    if args.down:
        raise LabError("--down is for lab files", remedy="write: mplsemu link A B down")
    if args.size or args.fragment:
        raise LabError(
            "--size is not for --live, whose packets are small",
            remedy="leave --live out, or type: mplsemu exec SRC -- ping -M do -s PAYLOAD ADDRESS, "
            "where PAYLOAD is 28 less than the packet's octets (IPv6: 48 less); hosts send "
            "what their site's mtu allows, 1,500 octets unless said",
        )
    labs = running_labs()
    if args.lab not in labs:
        running = f"running: {', '.join(labs)}" if labs else "none is running"
        raise LabError(
            f"no lab named {args.lab!r} is running ({running})",
            remedy="type: sudo mplsemu up LAB, or leave --live out",
        )
    return follow(Session.find(args.lab), args.src, args.dst, header)


# --- arguments -----------------------------------------------------------------------------


def _number(most: int, least: int = 0) -> Callable[[str], int]:
    def read(text: str) -> int:
        is_number = text.isascii() and text.isdecimal() and len(text) <= 5
        if not is_number or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")
        return int(text)

    return read


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an address; write, say, 192.168.1.9 or 2001:db8::9"
        ) from None


def _vlan(text: str) -> int:
    return _number(4094, least=1)(text)


def _size(text: str) -> int:
    try:
        return _number(65_535, least=1)(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(
            f"{error}; an IPv4 packet has 20 octets at least, an IPv6 packet 40"
        ) from None


def _mac(text: str) -> str:
    if re.fullmatch(r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a MAC address; write 02:00:00:00:00:01")
    return text.lower()
