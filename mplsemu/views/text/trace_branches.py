"""All branches of a traced packet as text: copies, and paths of equal cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from rich.text import Text

from mplsemu.program.packet import is_mac
from mplsemu.program.path import CopyId, Delivered, End
from mplsemu.program.trace import Trace
from mplsemu.views.text import palette
from mplsemu.views.text.trace import draw_trace
from mplsemu.views.trace import TraceView


def draw_branches(found: Trace, width: int, *, unusual: bool = False) -> list[Text]:
    """Return the lines of all branches; for an unusual packet with its header and all TTLs."""
    if len(found.branches) < 2:
        view = TraceView.of(found, why(found.end), headed=unusual, detailed=unusual)
        return draw_trace(view, width)
    copies = Counter(branch.copy for branch in found.branches)
    drawn: Counter[CopyId] = Counter()
    lines = [Text(" " + _how_many(found, len(copies))), Text()]
    for branch in found.branches:
        end = branch.end
        drawn[branch.copy] += 1
        if copies[branch.copy] > 1:
            number = list(copies).index(branch.copy) + 1
            which = f"copy {number}, " if len(copies) > 1 else ""
            way = f"way {drawn[branch.copy]} of {copies[branch.copy]}"
            lines.append(Text(f" {which}{way}, {branch.share} of the flows"))
        delivered = isinstance(end, Delivered)
        alone = replace(
            found,
            target=end.taker if isinstance(end, Delivered) else found.target,
            delivered=delivered,
            hops=branch.hops,
            end=end,
            branches=(),
        )
        reason = "" if delivered else str(end)
        view = TraceView.of(alone, reason, headed=unusual, detailed=unusual)
        lines += [*draw_trace(view, width), Text()]
    lines.pop()
    if len(copies) > 1 and not found.delivered and not is_mac(found.target):
        lines.append(Text(f" ✗ {found.target} does not get it", palette.DOWN))
    return lines


def _how_many(found: Trace, copies: int) -> str:
    ways = len(found.branches)
    if copies == 1:
        return f"{ways} ways of equal cost; each flow takes one"
    return f"{copies} copies" + (f" on {ways} ways of equal cost" if ways > copies else "")


def why(end: End) -> str:
    """Return how a packet ended that did not arrive at its destination."""
    return f"{end} instead" if isinstance(end, Delivered) else str(end)
