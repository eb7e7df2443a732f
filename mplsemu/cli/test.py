"""``mplsemu test LAB``: boot, run every check, tear down."""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from mplsemu.cli.arguments import add_checks, checks_of
from mplsemu.cli.booting import (
    ENDED_EARLY,
    GiveUp,
    add_dataplane,
    end_early,
    requested_dataplane,
    say,
)
from mplsemu.cli.progress import Bar
from mplsemu.emulation.interrupts import Terminated, end, noted

if TYPE_CHECKING:
    from mplsemu.model.network import Validation
    from mplsemu.running.checks import CheckResult, LabTest
    from mplsemu.running.session import Session
    from mplsemu.views.matrix import CheckView


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "lab", metavar="LAB", nargs="?", help="lab file, or a lab that comes with mplsemu: nordic"
    )
    parser.add_argument(
        "--running", metavar="NAME", help="check a lab that runs already, and leave it running"
    )
    add_dataplane(parser)
    add_checks(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="also write a JUnit report")


def run(args: argparse.Namespace) -> int:
    """Run all checks; return 0 if all hold, 1 if some fail, 2 if they could not run."""
    from mplsemu.errors import LabError

    dataplane = requested_dataplane(args)
    if (args.lab is None) is (args.running is None):
        problem = "nothing to test" if args.lab is None else "a lab file and --running"
        raise LabError(problem, remedy="name a lab file, or --running NAME, and not both")
    if args.junit is not None:
        _check_writable(args.junit)
    if args.running is not None:
        return _report(args, *_test_running(args.running, args.checks))
    give_up = GiveUp()
    end_early()
    try:
        with ExitStack() as stack:
            bar = stack.enter_context(Bar())
            from mplsemu.running.boot import BootedLab, BootOptions
            from mplsemu.running.session import Session

            options = BootOptions(dataplane, bar.update, say, give_up)
            lab = BootedLab(args.lab, options)
            more = checks_of(args.checks, lab.loaded.network)
            stack.enter_context(noted(end))
            stack.enter_context(lab)
            answer = _test(Session(lab.directory), bar, more)
            notes = lab.record.notes
    except Terminated:
        if give_up.reason is None:
            sys.stderr.write(f"mplsemu: {ENDED_EARLY}\n")
        return 2
    return _report(args, answer, notes)


def _test_running(name: str, checks: str | None) -> tuple[LabTest, tuple[str, ...]]:
    from mplsemu.running.session import Session

    session = Session.find(name)
    more = checks_of(checks, session.network)
    with Bar() as bar, noted(end):  # it starts servers at hosts, which must be ended
        return _test(session, bar, more), ()


def _test(session: Session, bar: Bar, more: tuple[Validation, ...]) -> LabTest:
    """Run the lab's checks, and `more`."""
    from mplsemu.running.checks import LabTest, endpoints, run_checks
    from mplsemu.running.validations import run_validations

    started = time.monotonic()
    record = session.record
    checks = run_checks(
        session.network,
        endpoints(record),
        lambda done, total: bar.update("checks", done, total),
    )
    checks += run_validations(
        session, lambda done, total: bar.update("validate", done, total), more
    )
    return LabTest(
        lab=record.name,
        dataplane=record.dataplane,
        datapath=record.datapath,
        boot_s=record.boot_s,
        checks_s=time.monotonic() - started,
        checks=checks,
    )


def _report(args: argparse.Namespace, found: LabTest, notes: tuple[str, ...]) -> int:
    from mplsemu.cli.output import print_json, print_lines, terminal_width
    from mplsemu.report.lab_test import lab_test_object
    from mplsemu.views.matrix import matrix_view
    from mplsemu.views.phrases import count
    from mplsemu.views.text.matrix import draw_matrix

    if args.junit is not None:
        from mplsemu.cli.junit import write_junit

        write_junit(args.junit, found)
    if args.json:
        print_json(lab_test_object(found))
    else:
        print_lines(draw_matrix(matrix_view(map(_view, found.checks)), terminal_width()))
        for note in notes:
            print(f" note: {note}")
        total = len(found.checks)
        verdict = f"{found.failed} FAIL"
        if not found.failed:
            verdict = "it holds" if total == 1 else "all hold"
        print(
            f" {count(total, 'check')} in {found.checks_s:.1f} s, {verdict}; "
            f"booted in {found.boot_s:.1f} s ({found.dataplane}, {found.datapath})"
        )
    return 1 if found.failed else 0


def _view(check: CheckResult) -> CheckView:
    from mplsemu.views.matrix import CheckView

    return CheckView(
        name=check.name,
        src=check.src,
        dst=check.dst,
        reach=check.expect == "reach",
        ok=check.ok,
        rtt_ms=check.rtt_ms,
        detail=check.detail,
        address=check.address,
    )


def _check_writable(path: Path) -> None:
    """Check that the report can be written, before the lab boots."""
    from mplsemu.errors import LabError

    directory = path.absolute().parent
    try:
        is_directory_there = directory.is_dir()
        place = path if path.exists() else directory
        is_writable = os.access(place, os.W_OK) and not path.is_dir()
    except OSError as error:  # no permission to look, or the name is too long
        raise LabError(
            f"cannot write {path}: {error.strerror}", remedy="name another file"
        ) from None
    if not is_directory_there:
        raise LabError(f"cannot write {path}", remedy="its directory does not exist")
    if not is_writable:
        raise LabError(f"cannot write {path}", remedy="name a file that can be written")
