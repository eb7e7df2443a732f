"""A customer's whole picture: its parts that nothing joins, with heading and legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mplsemu.drawing.caption import MARGIN, LegendText, heading, legend
from mplsemu.drawing.draft import Draft, around, moved_area
from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.hub_layout import FormFactor
from mplsemu.drawing.scene import Area, Line, Node, Scene, TextRun, Tone
from mplsemu.drawing.text_width import shortened, text_width
from mplsemu.views.islands import Complaint
from mplsemu.views.scene.kinds import LineKind

_NARROWEST: Final = 460.0
_NARROWEST_PHONE: Final = 300.0
_WIDEST_ROW: Final = 1900.0
_PAD: Final = 22.0
"""Between a part's contents and its border."""
_PART_HEADING: Final = 34.0
_PART_SIZE: Final = 14.0
_WIDEST_HEADING: Final = 420.0
_MOST_SEVERED: Final = 4
"""Parts at most for a broken line between neighbours; with more of them it says too little."""
_BETWEEN: Final = 28.0
_SEVERED_BETWEEN: Final = 72.0
_ASPECT: Final = 1.4


@dataclass(frozen=True, slots=True)
class PictureText:
    """The texts about a picture as a whole.

    Attributes:
        title: whose it is.
        subtitle: what it is, with its main figures.
        name: title in a list of pictures.
        summary: the picture in a sentence or two.
    """

    title: str
    subtitle: str
    name: str
    summary: str


@dataclass(frozen=True, slots=True)
class Part:
    """An island: a connected part of the picture.

    Attributes:
        draft: its drawing.
        complaint: what it lacks; None if it is the only one.
    """

    draft: Draft
    complaint: Complaint | None

    @property
    def heading(self) -> str:
        """What it lacks, in short."""
        return self.complaint.short if self.complaint is not None else ""


def framed(
    words: PictureText,
    parts: Sequence[Part],
    meanings: Sequence[LegendText],
    form_factor: FormFactor = FormFactor.WIDE,
) -> Scene:
    """Return the picture that consists of these parts."""
    is_narrow = form_factor is FormFactor.NARROW
    areas, draft = _together(parts, 0.0 if is_narrow else _WIDEST_ROW)
    bounds = around([draft.bounds, *(area.box for area in areas)])
    width = max(bounds.width, _NARROWEST_PHONE if is_narrow else _NARROWEST)
    # on a phone in two lines: what it is, and its figures
    below = list(words.subtitle.rpartition(" · ")[::2]) if is_narrow else [words.subtitle]
    above, top = heading(words.title, below, width)
    dx = MARGIN + (width - bounds.width) / 2 - bounds.x
    dy = top - bounds.y
    draft = draft.moved(dx, dy)
    entries, bottom = legend(meanings, width, top + bounds.height + MARGIN)
    return Scene(
        title=words.name,
        summary=words.summary,
        # whole pixels: the edge of a PNG would be half transparent
        width=round(width + 2 * MARGIN),
        height=round(bottom),
        heading=above,
        areas=tuple(moved_area(area, dx, dy) for area in areas),
        lines=tuple(draft.lines),
        nodes=tuple(draft.nodes),
        legend=entries,
    )


def _together(parts: Sequence[Part], widest: float) -> tuple[list[Area], Draft]:
    """Place parts in rows, with the anchors of a row at one height.

    Args:
        parts: at least one.
        widest: width that a row may always have; 0 sets one part in each row.
    """
    if len(parts) == 1:
        return [], parts[0].draft
    areas: list[Area] = []
    whole = Draft()
    top = 0.0
    between = _SEVERED_BETWEEN if len(parts) <= _MOST_SEVERED else _BETWEEN
    for row in _rows(parts, between, widest) if widest else [[part] for part in parts]:
        level = max(_above(part) for part in row)
        x, bottom = 0.0, 0.0
        before: Node | None = None
        for part in row:
            bounds = part.draft.bounds
            width = _width(part)
            shift = x + (width - bounds.width) / 2 - bounds.x
            moved = part.draft.moved(shift, top + level - _anchor(part).center.y)
            whole.nodes += moved.nodes
            whole.lines += moved.lines
            box = moved.bounds.grown(_PAD)
            box = Box(x, box.y - _PART_HEADING, width, box.height + _PART_HEADING)
            areas.append(_area(f"part/{len(areas) + 1}", part, box))
            if before and moved.anchor and len(parts) <= _MOST_SEVERED:
                line = _severed(before, moved.anchor, len(areas), x - between / 2)
                whole.lines += [line] if _is_free(line, whole.nodes) else []
            before = moved.anchor
            x += width + between
            bottom = max(bottom, box.bottom)
        top = bottom + _BETWEEN
    return areas, whole


def _rows(parts: Sequence[Part], between: float, widest: float) -> list[list[Part]]:
    """Return the parts in rows, so that the whole is a little wider than high."""
    room = sum((_width(p) + between) * (_height(p) + between) for p in parts)
    most = max(widest, (_ASPECT * room) ** 0.5)
    rows: list[list[Part]] = []
    used = most
    for part in parts:
        if used + _width(part) > most:
            rows.append([])
            used = 0.0
        rows[-1].append(part)
        used += _width(part) + between
    return rows


def _height(part: Part) -> float:
    return part.draft.bounds.height + 2 * _PAD + _PART_HEADING


def _width(part: Part) -> float:
    heading = text_width(part.heading, _PART_SIZE, bold=True)
    return max(part.draft.bounds.width, min(heading, _WIDEST_HEADING)) + 2 * _PAD


def _anchor(part: Part) -> Box:
    anchor = part.draft.anchor
    return anchor.box if anchor is not None else part.draft.bounds


def _above(part: Part) -> float:
    """Return how far a part rises above its anchor's middle."""
    return _anchor(part).center.y - part.draft.bounds.y + _PAD + _PART_HEADING


def _area(key: str, part: Part, box: Box) -> Area:
    room = box.width - 2 * _PAD
    text = shortened(part.heading, room, _PART_SIZE, bold=True)
    at = Point(box.x + _PAD, box.y + 30)
    heading = TextRun(text, at, _PART_SIZE, bold=True, tone=Tone.BAD)
    return Area(key, box, heading, part.complaint.full if part.complaint else "")


def _severed(first: Node, second: Node, number: int, mark: float) -> Line:
    y = first.box.center.y
    return Line(
        f"severed/{number}",
        LineKind.SEVERED,
        (first.key, second.key),
        (Point(first.box.right, y), Point(second.box.x, y)),
        "nothing joins these two parts",
        up=False,
        mark=Point(mark, y),
    )


def _is_free(line: Line, nodes: Sequence[Node]) -> bool:
    """Whether a level line passes no node but its ends: partners may stand beside a network."""
    start, end = line.points
    way = Box(start.x, start.y, end.x - start.x, 0)
    return not any(node.box.overlaps(way) for node in nodes if node.key not in line.ends)
