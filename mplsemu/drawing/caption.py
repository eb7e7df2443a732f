"""The caption of a picture: heading above, legend below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mplsemu.drawing.geometry import Point
from mplsemu.drawing.info_box import SMALL_SIZE, baseline
from mplsemu.drawing.scene import LegendEntry, TextRun, Tone
from mplsemu.drawing.styles import LineStyle, NodeStyle
from mplsemu.drawing.text_width import shortened, text_width

MARGIN: Final = 28.0
_TITLE_SIZE: Final = 22.0
_SUBTITLE_SIZE: Final = 13.0
_TITLE_BASELINE: Final = 46.0
_LINE_PITCH: Final = 20.0
_SYMBOL_WIDTH: Final = 38.0
_LEGEND_PITCH: Final = 24.0
_LEGEND_GAP: Final = 26.0


@dataclass(frozen=True, slots=True)
class LegendText:
    """An entry of a legend before it has a position; see `LegendEntry`.

    Attributes:
        symbol: a node or line, drawn small; None for a text alone.
        text: what it means.
        up: state of the symbol.
        number: of an overlay.
        is_bare: whether an overlay has no arrow and no number.
    """

    symbol: NodeStyle | LineStyle | None
    text: str
    up: bool = True
    number: int = 0
    is_bare: bool = False


def heading(title: str, lines: Sequence[str], width: float) -> tuple[tuple[TextRun, ...], float]:
    """Return a title with lines below it, and the y at which the picture may begin."""
    said = shortened(title, width, _TITLE_SIZE, bold=True)
    runs = [TextRun(said, Point(MARGIN, _TITLE_BASELINE), _TITLE_SIZE, bold=True, tone=Tone.STRONG)]
    y = _TITLE_BASELINE + 3
    for line in lines:
        y += _LINE_PITCH
        text = shortened(line, width, _SUBTITLE_SIZE)
        runs.append(TextRun(text, Point(MARGIN, y), _SUBTITLE_SIZE, tone=Tone.QUIET))
    return tuple(runs), y + MARGIN


def legend(
    meanings: Sequence[LegendText], width: float, top: float
) -> tuple[tuple[LegendEntry, ...], float]:
    """Return a legend in lines of `width` from `top` on, and the height of the picture."""
    entries = []
    x, y = 0.0, top
    for meaning in meanings:
        lead = _SYMBOL_WIDTH if meaning.symbol is not None else 0.0
        text = shortened(meaning.text, width - lead, SMALL_SIZE)
        room = lead + text_width(text, SMALL_SIZE)
        if x and x + room > width:
            x, y = 0.0, y + _LEGEND_PITCH
        at = Point(MARGIN + x + lead, baseline(y, SMALL_SIZE))
        run = TextRun(text, at, SMALL_SIZE, tone=Tone.QUIET)
        symbol_at = Point(MARGIN + x, y)
        entries.append(
            LegendEntry(meaning.symbol, symbol_at, run, meaning.up, meaning.number, meaning.is_bare)
        )
        x += room + _LEGEND_GAP
    return tuple(entries), y + MARGIN if entries else top
