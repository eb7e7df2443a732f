"""The reachability matrix as text: one per VPN, one across VPNs, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.text import Text

from mplsemu.views.matrix import CheckView, Count, MatrixView, VpnMatrix
from mplsemu.views.phrases import count, of
from mplsemu.views.text import palette
from mplsemu.views.text.canvas import shorten
from mplsemu.views.text.columns import wrapped

_MOST_ROWS: Final = 52
_MOST_VPNS: Final = 11
_MOST_FAULTS: Final = 20
_NAME: Final = 20


def draw_matrix(view: MatrixView, width: int = 80) -> list[Text]:
    """Return the lines, at most `width` columns wide."""
    lines: list[Text] = []
    for matrix in view.vpns:
        lines += [*_draw_vpn(matrix), Text()]
    lines += _across(view, width)
    lines += _faults(view, width)
    lines.append(_legend(view))
    return lines


def _legend(view: MatrixView) -> Text:
    said = " ● reached   ✗ not as it should be   ○ apart, as it should be   - itself"
    if view.one_way:
        said = " → one way: no answers  " + said
    return Text(said, palette.FAINT)


def _draw_vpn(matrix: VpnMatrix) -> list[Text]:
    counted = matrix.count
    title = Text(" ").append(f"VPN {matrix.vpn}", palette.TITLE)
    title.append(f": {of(counted.ok, counted.tried, 'check')} ")
    title.append(*_mark(counted))
    if len(matrix.names) > _MOST_ROWS:
        matrix = matrix.by_site()
    if len(matrix.names) > _MOST_ROWS:
        return [title]
    size = len(matrix.names)
    cell = 4 if size <= 12 else 2 if size <= 26 else 1
    name = min(max(len(name) for name in matrix.names), _NAME)
    indent = " " * (name + 6)
    lines = [title, *_heads(size, cell, indent)]
    for row, label in enumerate(matrix.names):
        line = Text(f"  {row + 1:>2} ").append(f"{shorten(label, name):<{name}} ", palette.SITE)
        for column in range(size):
            line.append(" " * (cell - 1)).append(*_sign(matrix, row, column))
        line.rstrip()
        lines.append(line)
    return lines


def _heads(size: int, cell: int, indent: str) -> list[Text]:
    numbers = range(1, size + 1)
    if cell > 2 or (cell == 2 and size < 10):
        return [Text(indent + "".join(f"{number:>{cell}}" for number in numbers), palette.FAINT)]
    tens = "".join(f"{number // 10 or ' '!s:>{cell}}" for number in numbers)
    ones = "".join(f"{number % 10:>{cell}}" for number in numbers)
    return [Text((indent + tens).rstrip(), palette.FAINT), Text(indent + ones, palette.FAINT)]


def _sign(matrix: VpnMatrix, row: int, column: int) -> tuple[str, str]:
    found = matrix.cells.get((row, column))
    if found is None:
        return ("-", palette.FAINT) if row == column else (" ", "")
    reach, ok = found
    if not ok:
        return "✗", palette.BAD
    return ("●", palette.GOOD) if reach else ("○", palette.FAINT)


def _mark(counted: Count) -> tuple[str, str]:
    return ("✓", palette.GOOD) if counted.ok == counted.tried else ("✗", palette.BAD)


def _sum(counts: Iterable[Count]) -> Count:
    every = list(counts)
    return Count(sum(c.tried for c in every), sum(c.ok for c in every))


def _across(view: MatrixView, width: int) -> list[Text]:
    """Draw which VPNs stay apart, and which an import joins."""
    lines = []
    apart, permitted = _sum(view.across.values()), _sum(view.permitted.values())
    if apart.tried:
        said = f" Isolation: {count(apart.tried, 'pair')} of different VPNs tried, "
        said += f"{apart.tried - apart.ok} got through "
        lines.append(Text(said, palette.TITLE).append(*_mark(apart)))
    if permitted.tried:
        said = f" Imports: {permitted.ok} of {count(permitted.tried, 'pair')} reached "
        lines.append(Text(said, palette.TITLE).append(*_mark(permitted)))
    vpns = list(dict.fromkeys(vpn for pair in (*view.across, *view.permitted) for vpn in pair))
    if 1 < len(vpns) <= _MOST_VPNS:
        lines += _vpn_rows(view, vpns, width)
    if view.others.tried:
        said = f" Other checks: {of(view.others.ok, view.others.tried)} "
        lines.append(Text(said).append(*_mark(view.others)))
    if view.rtts_ms:
        rtts = view.rtts_ms
        median = rtts[len(rtts) // 2]
        lines.append(
            Text(f" Round trips: median {median:.3g} ms, longest {rtts[-1]:.3g} ms", palette.FAINT)
        )
    return [*lines, Text()] if lines else []


def _vpn_rows(view: MatrixView, vpns: list[str], width: int) -> list[Text]:
    name = min(max(len(vpn) for vpn in vpns), 12)
    cell = min((width - name - 5) // len(vpns), 9)
    heads = "".join(f"{shorten(vpn, cell - 2):>{cell}}" for vpn in vpns)
    lines = [Text(" " * (name + 3) + heads, palette.FAINT)]
    for source in vpns:
        line = Text("  ").append(f"{shorten(source, name):<{name}} ", palette.SITE)
        for target in vpns:
            text, style = _vpn_cell(view, source, target)
            line.append(" " * (cell - len(text))).append(text, style)
        lines.append(line)
    return lines


def _vpn_cell(view: MatrixView, source: str, target: str) -> tuple[str, str]:
    apart = view.across.get((source, target), Count(0, 0))
    permitted = view.permitted.get((source, target), Count(0, 0))
    both = _sum((apart, permitted))
    if source == target:
        return "-", palette.FAINT
    if not both.tried:
        return " ", ""
    if both.ok < both.tried:
        return f"✗ {both.tried - both.ok}", palette.BAD
    if permitted.tried:
        sign = "→" if (source, target) in view.one_way else "●"
        return f"{sign} {permitted.tried}", palette.GOOD
    return f"○ {apart.tried}", palette.FAINT


def _went_wrong(check: CheckView) -> str:
    if not check.is_of_reachability:
        return "→"  # it may have arrived: the detail says what is wrong
    return "did not reach" if check.reach else "got through to"


def _faults(view: MatrixView, width: int) -> list[Text]:
    lines = []
    for check in view.faults[:_MOST_FAULTS]:
        detail = f": {check.detail}" if check.detail else ""
        several = (check.src, check.dst) in view.several and check.address is not None
        at = f" at {check.address}" if several else ""
        said = f"{check.src} {_went_wrong(check)} {check.dst}{at}{detail}"
        lines += wrapped(
            said.split(" "), width=width - 1, indent="   ", first=" ✗ ", joint=" "
        )  # fmt: skip
    if len(view.faults) > _MOST_FAULTS:
        lines.append(Text(f"   and {len(view.faults) - _MOST_FAULTS} more"))
    lines = [Text(line.plain, palette.DOWN) for line in lines]
    return [*lines, Text()] if lines else []
