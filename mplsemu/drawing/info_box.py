"""Info boxes: rows of text, measured before the box has a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.scene import Label, TextRun, Tone
from mplsemu.drawing.text_width import ASCENT, LINE_HEIGHT, shortened, text_width

PAD_X: Final = 14.0
PAD_Y: Final = 11.0
NAME_SIZE: Final = 15.0
TEXT_SIZE: Final = 12.5
SMALL_SIZE: Final = 11.5


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an info box.

    Attributes:
        text: what it says; shortened if the box is narrower.
        tone: its role.
        size: of the font.
        bold: its weight.
        space: extra space above it.
        lead: a short name before the text, in its own column.
        column: width of that column.
        room: width that it may ask of its box at most.
    """

    text: str
    tone: Tone = Tone.NORMAL
    size: float = TEXT_SIZE
    bold: bool = False
    space: float = 0.0
    lead: str = ""
    column: float = 0.0
    room: float = 1000.0

    @property
    def width(self) -> float:
        """The width that it asks for."""
        return min(self.column + text_width(self.text, self.size, bold=self.bold), self.room)

    @property
    def height(self) -> float:
        """Its height, with the space above."""
        return self.space + self.size * LINE_HEIGHT


@dataclass(frozen=True, slots=True)
class InfoBox:
    """Rows of text, one below the other."""

    rows: tuple[Row, ...]

    @property
    def width(self) -> float:
        """The width that it asks for."""
        return max((row.width for row in self.rows), default=0.0) + 2 * PAD_X

    @property
    def height(self) -> float:
        """The height that it needs."""
        return sum(row.height for row in self.rows) + 2 * PAD_Y

    def runs(self, box: Box, *, centered: bool = False) -> tuple[TextRun, ...]:
        """Return the rows set in a box: from its upper left corner on, or centred."""
        y = box.y + ((box.height - self.height) / 2 if centered else 0) + PAD_Y
        anchor: Literal["start", "middle"] = "middle" if centered else "start"
        x = box.center.x if centered else box.x + PAD_X
        room = box.width - 2 * PAD_X
        runs = []
        for row in self.rows:
            y += row.height
            at = baseline(y - row.size * LINE_HEIGHT / 2, row.size)
            if row.lead:
                lead = shortened(row.lead, row.column - 8, row.size)
                runs.append(TextRun(lead, Point(x, at), row.size, tone=Tone.NORMAL))
            text = shortened(row.text, room - row.column, row.size, bold=row.bold)
            place = Point(x + row.column, at)
            runs.append(TextRun(text, place, row.size, row.bold, anchor, row.tone))
        return tuple(runs)


def baseline(middle: float, size: float) -> float:
    """Return the baseline that centres capital letters and digits at `middle`."""
    return middle + ASCENT * size / 2


def label(text: str, middle: Point, *, tone: Tone = Tone.NORMAL) -> Label:
    """Return a label centred at `middle`."""
    width = text_width(text, SMALL_SIZE, bold=True) + 10
    at = Point(middle.x, baseline(middle.y, SMALL_SIZE))
    run = TextRun(text, at, SMALL_SIZE, bold=True, anchor="middle", tone=tone)
    return Label(run, Box(middle.x - width / 2, middle.y - 9, width, 18))
