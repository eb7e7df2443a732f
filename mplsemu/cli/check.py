"""``mplsemu check``: parse, validate, compile and verify a lab, without running it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mplsemu.cli.arguments import (
    add_checks,
    add_json,
    add_lab,
    checked_down,
    is_running,
    load_named,
    read_lab,
    with_checks,
)
from mplsemu.errors import LabError, ProgramError

if TYPE_CHECKING:
    from mplsemu.analysis.lab_check import CheckReport
    from mplsemu.lab.loader import LoadedLab
    from mplsemu.model.network import Network
    from mplsemu.program.program import Program
    from mplsemu.verification.link_load import Demand
    from mplsemu.verification.verdict import Progress

_MAX_CHARACTERS: Final = 400
"""Of an error in a program: it may list a thousand places."""
_WORTH_FORKING_S: Final = 0.5
"""Failures that would take longer than this are tried by several processes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Proves on the forwarding program, for all packets, that every site reaches "
        "whom it should and nobody else. Exit code 0: it holds; 1: it falls short; 2: the lab "
        "file is wrong."
    )
    add_lab(parser, optional=True)
    add_checks(parser)
    _add_failures(parser)
    parser.add_argument(
        "--program",
        metavar="FILE",
        help="verify this forwarding program (JSON), not the one made from LAB",
    )
    parser.add_argument(
        "--live",
        action="store_true",
        help="compare what a running lab's switches have installed with what they should (root)",
    )
    parser.add_argument(
        "--lab", metavar="NAME", dest="name", help="with --live: which lab (default: the only one)"
    )
    add_json(parser)


def _add_failures(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--failures",
        metavar="K",
        type=_failures,
        help="also with every set of up to K core links down, each reconverged",
    )
    parser.add_argument(
        "--nodes",
        action="store_true",
        help="let LSRs fail, not links (K is 1 unless --failures says otherwise); nothing is "
        "expected of the sites at one that failed",
    )
    parser.add_argument(
        "--demands",
        metavar="FILE",
        help="lines of SRC,DST,MBIT/S between sites (or PEs): what every link carries",
    )


def _failures(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of links, 0 to 999")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Check the lab, and print the result."""
    from mplsemu.cli.output import print_json, print_lines, terminal_width

    if args.live or args.name is not None:
        return _run_live(args)
    if args.lab is None:
        raise LabError(
            "the following arguments are required: LAB", remedy="see `mplsemu check --help`"
        )
    lab, report = _checked(args)
    if args.lab is not None and is_running(args):
        lab = replace(lab, notes=(_as_it_runs(report.program), *lab.notes))
    if args.json:
        from mplsemu.report.check import check_object

        print_json(check_object(report, lab.network, lab.notes))
    else:
        from mplsemu.cli.check_text import draw_report

        print_lines(draw_report(report, lab.network, lab.notes, terminal_width()))
    return 0 if report.holds else 1


def _as_it_runs(program: Program) -> str:
    """Return the note about a lab that runs."""
    down = [link.name for link in program.links if not link.up]
    circuits = (each for node in program.nodes for each in node.circuits)
    down += [each.name for each in circuits if not (each.up or each.standby)]
    state = f"with {', '.join(down)} down" if down else "nothing of it is down"
    return f"this is the lab that runs, {state}"


def _run_live(args: argparse.Namespace) -> int:
    """Compare a running lab with its program."""
    from mplsemu.cli.installed import check_installed, draw_installed
    from mplsemu.cli.output import print_json, print_lines
    from mplsemu.report.installed import installed_object

    others = (args.failures, args.nodes, args.demands, args.program, args.down, args.checks)
    if not args.live or any(others) or None not in (args.lab, args.name):
        raise LabError(
            "--live looks at a running lab as it is, and --lab only says which",
            remedy="write: mplsemu check --live [--lab NAME] [--json]",
        )
    found = check_installed(args.name or args.lab, _bar)
    if args.json:
        print_json(installed_object(found))
    else:
        print_lines(draw_installed(found))
    return 1 if found.differences else 0


def _checked(args: argparse.Namespace) -> tuple[LoadedLab, CheckReport]:
    """Verify what the arguments ask for."""
    from mplsemu.analysis.lab_check import check_failures, check_program
    from mplsemu.running.worker_pool import WorkerPool

    most = int(args.nodes) if args.failures is None else args.failures
    fails = bool(most or args.demands)
    if args.program is not None:
        if fails or args.down:
            raise LabError(
                "a program from a file stays as it is, whatever fails",
                remedy="leave out --program, or --failures, --nodes, --demands and --down",
            )
        lab = with_checks(_lab_and_down(args)[0], args.checks)
        return lab, check_program(read_program(args.program), lab.network, _bar)
    if not fails:
        lab, program = read_lab(args)
        lab = with_checks(lab, args.checks)
        return lab, check_program(program, lab.network, _bar)
    lab, down = _lab_and_down(args)
    lab = with_checks(lab, args.checks)
    demands = () if args.demands is None else read_demands(args.demands, lab.network)
    with WorkerPool(worth_forking_s=_WORTH_FORKING_S) as pool:
        report = check_failures(
            lab.network, down, most, _bar, pool, of_nodes=args.nodes, demands=demands
        )
    return lab, report


def _lab_and_down(args: argparse.Namespace) -> tuple[LoadedLab, frozenset[str]]:
    """Read the lab file, and what is down: by ``--down``, or in the running lab."""
    from mplsemu.lab.loader import load

    if not is_running(args):
        lab = load_named(args.lab)
        return lab, frozenset(checked_down(lab.network, name) for name in args.down)
    from mplsemu.running.session import Session

    if args.down:
        raise LabError("--down is for lab files", remedy="write: mplsemu link A B down")
    session = Session.find(args.lab)
    down = session.controller.call("status")["down"]
    return load(session.directory.lab_file), frozenset(down)


def read_demands(path: str, network: Network) -> tuple[Demand, ...]:
    """Read a file of demands.

    Raises:
        LabError: it cannot be read, or a line is wrong; the message says which.
    """
    from mplsemu.analysis.demands import parse_demands
    from mplsemu.lab.bounded_read import read_bounded

    text = _text_of(path, lambda: read_bounded(path).decode("utf-8-sig"))
    return parse_demands(text, path, network)


def read_program(path: str) -> Program:
    """Read a forwarding program from a file; ``-`` is standard input.

    Raises:
        LabError: it cannot be read.
        ProgramError: it is no program of this version; the message names the file.
    """
    from mplsemu.lab.bounded_read import read_bounded
    from mplsemu.program.codec import load_program

    if path == "-":
        name = "standard input"
        text = _text_of(name, sys.stdin.read)
    else:
        name = path
        text = _text_of(name, lambda: read_bounded(path).decode())
    try:
        return load_program(text)
    except ProgramError as error:
        message = str(error)
        short = message if len(message) <= _MAX_CHARACTERS else f"{message[:_MAX_CHARACTERS]} ..."
        raise ProgramError(f"{name}: {short}") from None


def _text_of(name: str, read: Callable[[], str]) -> str:
    try:
        return read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise LabError(f"{name}: cannot be read: {reason}") from error


@contextmanager
def _bar() -> Iterator[Progress]:
    from mplsemu.cli.progress import Bar

    with Bar() as bar:
        yield bar.update
