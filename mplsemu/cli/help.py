"""``mplsemu help [COMMAND]``: what ``--help`` says."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("command", metavar="COMMAND", nargs="?", help="the one")


def run(args: argparse.Namespace) -> int:
    """Print the help."""
    from mplsemu.cli.main import COMMANDS, build_parser, main
    from mplsemu.errors import LabError
    from mplsemu.suggest import did_you_mean

    if args.command is None:
        build_parser(None)[0].print_help()
        return 0
    if args.command not in COMMANDS:
        remedy = did_you_mean(args.command, COMMANDS) or "mplsemu help lists the commands"
        raise LabError(f"no command {args.command!r}", remedy=remedy)
    return main([args.command, "--help"])
