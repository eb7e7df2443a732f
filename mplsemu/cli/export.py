"""``mplsemu export``: the forwarding program for another tool."""

from __future__ import annotations

import argparse
from typing import Final

from mplsemu.cli.arguments import add_lab, read_lab

FORMATS: Final = {
    "aalwines": "AalWiNes' MPLS network format (JSON); docs/verification.md has queries",
    "program": "the forwarding program itself (JSON), as `check --program` reads it",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Writes what every LSR does, in a format of another tool."
    parser.epilog = "\n".join(f"{name:<9} {what}" for name, what in FORMATS.items())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_lab(parser)
    parser.add_argument(
        "--format", metavar="FORMAT", required=True, choices=tuple(FORMATS),
        help=", ".join(FORMATS),
    )  # fmt: skip
    parser.add_argument("-o", "--output", metavar="FILE", help="write here, not to standard output")


def run(args: argparse.Namespace) -> int:
    """Write the program."""
    from mplsemu.cli.output import write_text
    from mplsemu.export.aalwines import aalwines
    from mplsemu.program.codec import dump_program

    _, program = read_lab(args)
    text = aalwines(program) if args.format == "aalwines" else dump_program(program)
    write_text(text, args.output)
    return 0
