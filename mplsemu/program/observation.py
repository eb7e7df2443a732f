"""What was seen of one packet in a running network, beside what the program says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mplsemu.model.names import is_core
from mplsemu.program.path import Stack
from mplsemu.program.trace import Trace

AT_HOST: Final = ""
"""Stands for the link where a host's own interface is meant."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A packet on a cable, or at a host, as it should be or as it was.

    Attributes:
        stack: its label stack, outermost entry first.
        ip_ttl: of the IP packet, None without one.
    """

    stack: Stack
    ip_ttl: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One cable on the way, or the arrival at a host.

    Attributes:
        link: the core link or attachment circuit; `AT_HOST` for an arrival.
        sender: who sent it there; empty for an arrival.
        receiver: who got it.
        predicted: as the program says; None where it says that no packet comes here.
        seen: as it was; None where none was seen.
        after_ms: since it was seen first; None where it was not seen.
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
    """A packet's way as it was.

    Attributes:
        predicted: its way by the program.
        steps: every cable and arrival, in the order in which the packet was seen there; what was
            not seen comes where the program has it.
        sent: whether the host has where to send it to; else nothing was sent.
    """

    predicted: Trace
    steps: tuple[Step, ...]
    sent: bool

    @property
    def as_predicted(self) -> bool:
        """Whether everything was as the program says."""
        return all(step.verdict == "ok" for step in self.steps)

    @property
    def arrived_at(self) -> tuple[str, ...]:
        """The hosts that got it."""
        return tuple(s.receiver for s in self.steps if s.link == AT_HOST and s.seen is not None)

    @property
    def way(self) -> tuple[str, ...]:
        """The LSRs and core links that it was seen to pass, in order."""
        passed: list[str] = []
        for step in self._seen_in_core:
            names = (step.sender, step.link, step.receiver)
            passed += names[1:] if passed[-1:] == [step.sender] else names
        return tuple(passed)

    @property
    def labels(self) -> tuple[tuple[int, ...], ...]:
        """The label stack that was seen on every core link of the way, outermost label first."""
        return tuple(
            tuple(int(entry.label) for entry in step.seen.stack)
            for step in self._seen_in_core
            if step.seen is not None
        )

    @property
    def _seen_in_core(self) -> list[Step]:
        return [s for s in self.steps if s.seen is not None and s.link and is_core(s.link)]
