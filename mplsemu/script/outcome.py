"""An answer of a lab: true or false, with the reason."""

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
"""Columns of drawings."""


class DrawnTrace(Trace):
    """One packet's path, which prints as a drawing."""

    __slots__ = ()

    @classmethod
    def of(cls, trace: Trace) -> Self:
        """Return a trace that prints as a drawing."""
        return cls(**{each.name: getattr(trace, each.name) for each in fields(trace)})

    def __str__(self) -> str:
        return "\n".join(line.plain.rstrip() for line in draw_branches(self, WIDTH))


@dataclass(eq=False)
class Journal:
    """Remembers the last answer: when a test fails, that is probably why."""

    last: Outcome | Trace | None = None

    def explanation(self) -> str:
        """Return the last answer in full, with the packet's path; empty without any."""
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
        summary: the answer in one line, with the reason.
        traces: packets that show it.
        took_ms: how long the network took to answer; None if it did not or was not asked.
        lines: further evidence, as text.
        journal: remembers this answer when its truth is tested.
    """

    ok: bool
    summary: str
    traces: Sequence[Trace] = ()
    took_ms: float | None = None
    lines: Sequence[str] = ()
    journal: Journal = field(default_factory=Journal, repr=False)

    def __bool__(self) -> bool:
        self.journal.last = self
        return self.ok

    def __repr__(self) -> str:
        return self.summary

    def noted_in(self, journal: Journal) -> Self:
        """Have a journal remember it when its truth is tested; return it."""
        self.journal = journal
        return self

    def explanation(self) -> str:
        """Return the answer and the paths of packets, on several lines."""
        drawn = [line for each in self.traces for line in ("", *draw_path(each))]
        return "\n".join([self.summary, *drawn, *(["", *self.lines] if self.lines else [])])


def draw_path(trace: Trace) -> Iterator[str]:
    """Yield the lines of a packet's path, as `mplsemu trace` prints it."""
    reason = "" if trace.delivered else describe_end(trace)
    view = TraceView.of(trace, reason)
    yield from (line.plain.rstrip() for line in draw_trace(view, WIDTH))


def describe_end(trace: Trace) -> str:
    """Return how a packet ended that did not reach its target."""
    return f"{trace.end} instead" if isinstance(trace.end, Delivered | Punted) else str(trace.end)


class Rate(float):
    """Bits per second, printed with a unit: ``9.41 Mbit/s``."""

    def __repr__(self) -> str:
        from mplsemu.views.units import rate  # noqa: PLC0415  # only for people

        return rate(float(f"{self:.4g}"))
