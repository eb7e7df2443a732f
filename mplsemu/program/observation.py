"""Observations of one packet in a running network, compared with the program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mplsemu.model.names import is_core
from mplsemu.program.path import Stack
from mplsemu.program.trace import Trace

AT_HOST: Final = ""
"""In place of a link: the host's own interface."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A packet on a cable or at a host, predicted or seen.

    Attributes:
        stack: its label stack, outermost entry first.
        ip_ttl: of the IP packet; None without one.
    """

    stack: Stack
    ip_ttl: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One cable on the path, or the arrival at a host.

    Attributes:
        link: the core link or attachment circuit; `AT_HOST` for an arrival.
        sender: who transmitted it; empty for an arrival.
        receiver: who received it.
        predicted: by the program; None if it predicts no packet here.
        seen: what was captured; None if nothing was.
        after_ms: time since it was first seen; None if it was not seen here.
    """

    link: str
    sender: str
    receiver: str
    predicted: Observation | None
    seen: Observation | None
    after_ms: float | None

    @property
    def verdict(self) -> str:
        """``ok``, ``differs``, ``not seen`` or ``unexpected``."""
        if self.predicted is None:
            return "unexpected"
        if self.seen is None:
            return "not seen"
        return "ok" if self.predicted == self.seen else "differs"


@dataclass(frozen=True, slots=True)
class LiveTrace:
    """The path of a packet as it was seen.

    Attributes:
        predicted: its trace by the program.
        steps: every cable and arrival, in the order in which the packet was seen; steps that were
            not seen stand where the program has them.
        sent: whether the host had a route or neighbour to send to; else nothing was sent.
    """

    predicted: Trace
    steps: tuple[Step, ...]
    sent: bool

    @property
    def as_predicted(self) -> bool:
        """Whether everything was as predicted."""
        return all(step.verdict == "ok" for step in self.steps)

    @property
    def arrived_at(self) -> tuple[str, ...]:
        """The hosts that received it."""
        return tuple(s.receiver for s in self.steps if s.link == AT_HOST and s.seen is not None)

    @property
    def way(self) -> tuple[str, ...]:
        """The LSRs and core links on which it was seen, in order."""
        passed: list[str] = []
        for step in self._seen_in_core:
            names = (step.sender, step.link, step.receiver)
            passed += names[1:] if passed[-1:] == [step.sender] else names
        return tuple(passed)

    @property
    def labels(self) -> tuple[tuple[int, ...], ...]:
        """The label stack that was seen on every core link of the path, outermost label first."""
        return tuple(
            tuple(int(entry.label) for entry in step.seen.stack)
            for step in self._seen_in_core
            if step.seen is not None
        )

    @property
    def _seen_in_core(self) -> list[Step]:
        return [s for s in self.steps if s.seen is not None and s.link and is_core(s.link)]
