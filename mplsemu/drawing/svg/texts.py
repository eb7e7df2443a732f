"""Texts, and labels of lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mplsemu.drawing.scene import Area, Label, Line, TextRun
from mplsemu.drawing.svg.lines import line_class
from mplsemu.drawing.svg.markup import element, escaped

MOMENTARY: Final = "momentary"
"""The class of what tells a state of this moment."""


def draw_text(run: TextRun, state: str = "") -> str:
    """Return one line of text; words that tell a state get an element that a page can replace."""
    before, words, after = run.text.partition(state) if state else (run.text, "", "")
    return element(
        "text",
        escaped(before),
        element("tspan", escaped(words), class_=MOMENTARY) if words else "",
        escaped(after),
        class_=run.tone.value,
        x=run.at.x,
        y=run.at.y,
        font_size=run.size,
        font_weight="700" if run.bold else None,
        text_anchor=None if run.anchor == "start" else run.anchor,
    )


def draw_labels(line: Line, areas: Sequence[Area]) -> list[str]:
    """Return a line's labels, each on a background that hides what runs below it."""
    return [_label(line, label, areas) for label in line.labels]


def _label(line: Line, label: Label, areas: Sequence[Area]) -> str:
    box = label.box
    on_area = any(area.box.overlaps(box) for area in areas)
    plate = element(
        "rect",
        class_="plate on-area" if on_area else "plate",
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        rx=min(4.0, box.height / 4),
    )
    return element(
        "g",
        plate,
        draw_text(label.run),
        class_=line_class(line).replace("line", "label", 1) + (f" {MOMENTARY}" * label.is_state),
        data_for=line.key,
    )
