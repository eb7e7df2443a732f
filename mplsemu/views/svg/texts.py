"""Texts: in nodes, on lines, headings."""

from __future__ import annotations

from collections.abc import Sequence

from mplsemu.views.scene.scene import Area, Label, Line, TextRun
from mplsemu.views.svg.lines import line_class
from mplsemu.views.svg.markup import element, escaped


def draw_text(run: TextRun) -> str:
    """Return one line of text."""
    return element(
        "text",
        escaped(run.text),
        class_=run.tone.value,
        x=run.at.x,
        y=run.at.y,
        font_size=run.size,
        font_weight="700" if run.bold else None,
        text_anchor=None if run.anchor == "start" else run.anchor,
    )


def draw_labels(line: Line, areas: Sequence[Area]) -> list[str]:
    """Return a line's labels, each on a ground that hides what runs below it."""
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
        class_=line_class(line).replace("line", "label", 1),
        data_for=line.key,
    )
