"""``mplsemu new``: a lab file from a real network."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mplsemu.cli.arguments import Subparsers


_EPILOG = """\
examples:
  mplsemu new us --from topohub:topozoo/Abilene --l3vpns 2 --vpls 1 -o us.yaml
  mplsemu new mine --from drawn.graphml -o mine.yaml
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "new",
        help="make a lab file from a real network",
        description="Makes a lab file from one of topohub's networks, a GraphML or a GML file.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="of the lab")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="SOURCE",
        required=True,
        help="topohub:GROUP/NAME, or a GraphML or GML file",
    )
    parser.add_argument("--l3vpns", type=_number, metavar="N", default=0, help="how many L3VPNs")
    parser.add_argument("--vpls", type=_number, metavar="N", default=0, help="how many VPLS")
    parser.add_argument(
        "--sites", type=_number, metavar="N", default=3, help="sites of each VPN (%(default)s)"
    )
    parser.add_argument(
        "--seed", type=_number, metavar="S", default=0, help="of the choice of PEs (%(default)s)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write it to a file")
    parser.set_defaults(run=run)


def _number(text: str) -> int:
    if not text.isdecimal() or not text.isascii():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    if len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text} is too large")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Write a lab file, and say what was wrong with the source."""
    from mplsemu.cli.output import write_text
    from mplsemu.lab.sources.generate import new_lab

    lab = new_lab(
        args.name,
        args.source,
        l3vpns=args.l3vpns,
        vpls=args.vpls,
        sites=args.sites,
        seed=args.seed,
    )
    write_text(lab.text, args.output)
    for note in lab.notes:
        print(f"note: {note}", file=sys.stderr)
    if args.output not in (None, "-"):
        print(f"{args.output}: next, mplsemu check {args.output}", file=sys.stderr)
    return 0
