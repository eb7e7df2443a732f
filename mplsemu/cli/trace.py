"""``mplsemu trace``: the way of one packet, with the label stack on every link."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mplsemu.cli.arguments import add_json, add_lab, read_lab

if TYPE_CHECKING:
    from mplsemu.cli.arguments import Subparsers
    from mplsemu.program.way import End


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "trace",
        help="follow one packet, with the label stack on every link",
        description="Follows one packet through the forwarding program. "
        "Exit code 0: it is delivered; 1: it is not.",
    )
    add_lab(parser)
    parser.add_argument("src", metavar="SRC", help="host that sends: VPN/SITE/hN")
    parser.add_argument("dst", metavar="DST", help="host, or an address as SRC sees it")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print one packet's way."""
    from mplsemu.cli.output import print_json, print_lines, terminal_width
    from mplsemu.program.trace import trace
    from mplsemu.views.text.trace import draw_trace
    from mplsemu.views.trace import TraceView

    _, program = read_lab(args)
    found = trace(program, args.src, args.dst)
    if args.json:
        print_json(found.as_json())
    else:
        view = TraceView.from_json(found.as_json(), reason=why(found.end))
        print_lines(draw_trace(view, terminal_width()))
    return 0 if found.delivered else 1


def why(end: End) -> str:
    """Say how a packet ended that did not come to where it was meant to."""
    from mplsemu.program.way import Delivered, Dropped, Punted, TtlExpired, Unresolved

    match end:
        case Delivered(circuit, host):
            return f"it arrives at {host or circuit} instead"
        case Unresolved(node, circuit, address):
            return f"{node} asks on {circuit} who has {address}; the lab knows nobody"
        case Punted(node, vrf, address):
            return f"the gateway of VRF {vrf} at {node} has {address}"
        case TtlExpired(node):
            return f"its TTL expired at {node}"
        case Dropped(node, reason):
            return f"dropped at {node}: {reason}"
