"""``mplsemu export``: the forwarding program for another tool."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from mplsemu.cli.arguments import add_lab, read_lab

if TYPE_CHECKING:
    from mplsemu.cli.arguments import Subparsers

FORMATS: Final = {
    "aalwines": "AalWiNes' MPLS network format (JSON); docs/verification.md has queries",
    "program": "the forwarding program itself (JSON), as `check --program` reads it",
}


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "export",
        help="write the forwarding program for another tool",
        description="Writes what every LSR does, in a format of another tool.",
        epilog="\n".join(f"{name:<9} {what}" for name, what in FORMATS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_lab(parser)
    parser.add_argument(
        "--format", metavar="FORMAT", required=True, choices=tuple(FORMATS),
        help=", ".join(FORMATS),
    )  # fmt: skip
    parser.add_argument("-o", "--output", metavar="FILE", help="write here, not to standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write it."""
    from mplsemu.cli.output import write_text
    from mplsemu.export.aalwines import aalwines
    from mplsemu.program.codec import dump_program

    _, program = read_lab(args)
    text = aalwines(program) if args.format == "aalwines" else dump_program(program)
    write_text(text, args.output)
    return 0
