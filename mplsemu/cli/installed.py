"""``mplsemu check --live``: whether the LSRs have installed what the program says."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from mplsemu.analysis.survey import ProgressBar
from mplsemu.cli.check_text import draw_problem, few
from mplsemu.running.installed import InstalledComparison, compare_installed
from mplsemu.running.session import Session
from mplsemu.views.phrases import count
from mplsemu.views.text import palette
from mplsemu.views.text.columns import wrapped

_MOST_LINES: Final = 40


def check_installed(name: str | None, bar: ProgressBar) -> InstalledComparison:
    """Compare what a running lab's LSRs have installed with their program.

    Args:
        name: the lab's; None for the only one that runs.
        bar: shows progress.
    """
    session = Session.find(name)
    with bar() as progress:
        return compare_installed(session, progress)


def draw_installed(found: InstalledComparison) -> list[Text]:
    """Return what ``check --live`` prints as text."""
    word = "flows" if found.dataplane == "openflow" else "entries"
    text = f"{found.entries:,} {word} on {count(found.lsrs, 'LSR')}, program {found.generation}"
    if found.down:
        text += f", {few(found.down)} down"
    lines = [Text(f" Lab {found.lab}, running", palette.TITLE), Text()]
    if not found.differences:
        lines += wrapped(
            f"{text}: all as they should be".split(" "),
            width=79,
            indent="   ",
            first=" ✓ ",
            joint=" ",
        )
        return [*lines, Text(" ").append("✓ holds", palette.GOOD)]
    number = count(len(found.differences), "difference")
    lines += wrapped(f"{text}: {number}".split(" "), width=79, indent="   ", first=" ✗ ", joint=" ")
    for difference in found.differences[:_MOST_LINES]:
        lines += draw_problem(str(difference))
    if len(found.differences) > _MOST_LINES:
        lines += draw_problem(f"and {len(found.differences) - _MOST_LINES:,} more")
    return [*lines, Text(" ").append("✗ falls short", palette.BAD)]
