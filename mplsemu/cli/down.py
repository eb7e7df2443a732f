"""``mplsemu down``: take a running lab down."""

from __future__ import annotations

import argparse

from mplsemu.cli.exec import add_lab_option


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the same as --lab NAME")
    add_lab_option(parser)
    parser.add_argument("--all", action="store_true", help="every lab that runs")


def run(args: argparse.Namespace) -> int:
    """End the lab process, and wait until nothing is left of it."""
    from mplsemu.emulation.namespace import require_root
    from mplsemu.errors import LabError, LabNotRunningError
    from mplsemu.running.directory import find_lab, running_labs
    from mplsemu.running.down import take_down

    asked = [*filter(None, (args.name, args.lab))] + ["--all"] * args.all
    if len(asked) > 1:
        raise LabError(f"{' and '.join(asked)}", remedy="name one lab, or write --all")
    names = running_labs() if args.all else (args.name or args.lab,)
    if not names:
        print("no lab is running")
    problems = []
    for name in names:
        try:
            directory = find_lab(name)
            require_root()
            take_down(directory)
        except LabNotRunningError as error:  # it ended just now: go on with the others
            problems.append(error)
        else:
            print(f"lab {directory.name} is down")
    if problems:
        raise LabNotRunningError("; ".join(map(str, problems)))
    return 0
