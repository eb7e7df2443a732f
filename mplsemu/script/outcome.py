"""What a test asked of a lab: an answer that is true or false, and says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Self

from mplsemu.program.path import Delivered, Punted
from mplsemu.program.trace import Trace
from mplsemu.views.text.trace import draw_trace
from mplsemu.views.text.trace_branches import draw_branches
from mplsemu.views.trace import TraceView

WIDTH = 100
"""Of drawings."""


class DrawnTrace(Trace):
    """One packet's way; printed, it is the drawing of it."""

    __slots__ = ()

    @classmethod
    def of(cls, way: Trace) -> Self:
        """Return a packet's way that is printed as its drawing."""
        return cls(**{each.name: getattr(way, each.name) for each in fields(way)})

    def __str__(self) -> str:
        return "\n".join(line.plain.rstrip() for line in draw_branches(self, WIDTH))


@dataclass(eq=False)
class Journal:
    """Remembers what was asked last: a test that fails then probably failed of it."""

    last: Outcome | Trace | None = None

    def explanation(self) -> str:
        """Return the last answer in full, with the packet's way; empty if nothing was asked."""
        match self.last:
            case None:
                return ""
            case Outcome():
                return self.last.explanation()
            case Trace():
                return "\n".join(draw_path(self.last))


@dataclass(eq=False)
class Outcome:
    """An answer; in an ``assert`` it is true or false.

    Attributes:
        ok: the answer.
        said: it in one line, with the reason.
        ways: packets that show it.
        took_ms: how long the network took to answer, None where it did not or was not asked.
        lines: more that shows it.
    """

    ok: bool
    said: str
    ways: Sequence[Trace] = ()
    took_ms: float | None = None
    lines: Sequence[str] = ()
    journal: Journal = field(default_factory=Journal, repr=False)

    def __bool__(self) -> bool:
        self.journal.last = self
        return self.ok

    def __repr__(self) -> str:
        return self.said

    def noted_in(self, journal: Journal) -> Self:
        """Have it remembered when it is asked whether it is true."""
        self.journal = journal
        return self

    def explanation(self) -> str:
        """Return the answer and the ways of packets, on several lines."""
        drawn = [line for way in self.ways for line in ("", *draw_path(way))]
        return "\n".join([self.said, *drawn, *(["", *self.lines] if self.lines else [])])


def draw_path(way: Trace) -> Iterator[str]:
    """Yield the lines of a packet's way, as `mplsemu trace` prints it."""
    reason = "" if way.delivered else describe_end(way)
    view = TraceView.of(way, reason)
    yield from (line.plain.rstrip() for line in draw_trace(view, WIDTH))


def describe_end(way: Trace) -> str:
    """Say how a packet ended that did not come to where it was meant to."""
    return f"{way.end} instead" if isinstance(way.end, Delivered | Punted) else str(way.end)


class Rate(float):
    """Bits per second, shown as people write them."""

    def __repr__(self) -> str:
        from mplsemu.views.units import rate  # noqa: PLC0415  # only for people

        return rate(float(f"{self:.4g}"))
