"""The pytest plugin: the fixture `lab`, its mark and its options.

Pytest loads it in every run of an environment that has mplsemu, so it imports little.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Final

import pytest

from mplsemu.testing.choice import MODES, choose_mode, requested_lab
from mplsemu.testing.pool import LabPool

if TYPE_CHECKING:
    from mplsemu.script.interface import LabInterface

_POOL: Final = pytest.StashKey[LabPool]()
_LAB: Final = pytest.StashKey["LabInterface"]()
_DRAWN: Final = "─│┌→✗◆●"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--mplsemu``, ``--mplsemu-lab`` and the ini settings of the same meaning."""
    group = parser.getgroup("mplsemu", "labs of mplsemu")
    group.addoption(
        "--mplsemu",
        choices=MODES,
        help="how labs are tested: on their forwarding program, without root, or on a running "
        "network, with root (default: network where that is possible)",
    )
    group.addoption(
        "--mplsemu-lab", metavar="FILE", help="the lab of tests that have no mark for one"
    )
    parser.addini("mplsemu_mode", "as --mplsemu", default="")
    parser.addini("mplsemu_lab", "as --mplsemu-lab, from where this file is", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and choose the mode."""
    config.addinivalue_line(
        "markers",
        'lab(file, scope="module"): which lab file the fixture `lab` is for, and what shares it: '
        "module, session or function",
    )
    config.stash[_POOL] = LabPool(choose_mode(config))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take down the labs that are left, whatever happened."""
    if _POOL in config.stash:
        config.stash[_POOL].close()


def pytest_report_header(config: pytest.Config) -> str:
    """Return the line about the mode."""
    return f"mplsemu: {config.stash[_POOL].choice}"


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[LabInterface]:
    """A lab of mplsemu, on its forwarding program or as a running network.

    Which one says ``@pytest.mark.lab(FILE, scope="module")`` or the option --mplsemu-lab. What
    a test cuts in it is mended after the test.
    """
    pool = request.config.stash[_POOL]
    found = pool.lab(request.node, requested_lab(request))
    request.node.stash[_LAB] = found
    yield found
    pool.mend(found)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Let the traceback of a user's mistake (an unknown host, say) end in the test itself."""
    try:
        return (yield)
    except Exception as error:
        if type(error).__module__ == "mplsemu.errors":
            _end_in_the_test(error.__traceback__)
        raise


def _end_in_the_test(trace: TracebackType | None) -> None:
    last = None
    while trace is not None:
        if str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0] != "mplsemu":
            last = trace
        elif last is not None and not _is_ours(last):
            last.tb_next = None
            return
        trace = trace.tb_next


def _is_ours(trace: TracebackType) -> bool:
    """Whether a frame is pytest's or pluggy's, outside the test."""
    module = str(trace.tb_frame.f_globals.get("__name__", ""))
    return module.partition(".")[0] in {"_pytest", "pluggy"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the lab's last answer below a failed assertion, with the packet's path."""
    report = yield
    if call.when == "call" and call.excinfo is not None and _LAB in item.stash:
        tested = item.stash[_LAB]
        if report.failed and call.excinfo.errisinstance(AssertionError):
            explanation = tested.journal.explanation()
            if explanation:
                _add_section(report, repr(tested).strip("<>"), explanation)
    return report


def _add_section(report: pytest.TestReport, title: str, text: str) -> None:
    try:
        _DRAWN.encode(getattr(sys.__stdout__, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        text = _plain(text)
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:  # it is then in JUnit reports, too
        add(title, text)
    else:
        report.sections.append((title, text))


def _plain(text: str) -> str:
    from rich.text import Text  # noqa: PLC0415  # only for terminals that cannot draw

    from mplsemu.views.text.ascii import to_ascii  # noqa: PLC0415

    return "\n".join(to_ascii(Text(line)).plain for line in text.splitlines())
