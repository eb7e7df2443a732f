"""``mplsemu console [LAB]``: the prompt of a running lab, from any terminal."""

from __future__ import annotations

import argparse
import sys

from mplsemu.cli.exec import add_lab_option, named_lab


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "name", metavar="LAB", nargs="?", help="which running lab (default: the only one)"
    )
    add_lab_option(parser)


def run(args: argparse.Namespace) -> int:
    """Run commands until the end of input; return 1 if one from a pipe failed. The lab goes on."""
    from mplsemu.cli.prompt import Prompt
    from mplsemu.emulation.interrupts import Terminated, end, noted
    from mplsemu.running.console import AttachedLab
    from mplsemu.running.session import Session

    session = Session.find(named_lab(args))
    try:
        with noted(end), AttachedLab(session) as lab:
            code = Prompt(lab, is_owner=False).code
            if not lab.is_up:
                sys.stderr.write(f"mplsemu: lab {lab.record.name} is down\n")
    except Terminated:
        return 0
    return code
