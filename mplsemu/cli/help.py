"""``mplsemu help [COMMAND]``: what ``--help`` says."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mplsemu.cli.arguments import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser("help", help="explain all commands, or one")
    parser.add_argument("command", metavar="COMMAND", nargs="?", help="the one")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the help."""
    from mplsemu.cli.main import COMMANDS, build_parser, main
    from mplsemu.errors import LabError
    from mplsemu.suggest import nearest

    if args.command is None:
        build_parser(None)[0].print_help()
        return 0
    if args.command not in COMMANDS:
        remedy = nearest(args.command, COMMANDS) or "mplsemu help lists the commands"
        raise LabError(f"no command {args.command!r}", remedy=remedy)
    return main([args.command, "--help"])
