"""A measured figure and what it is held against."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        name: what was measured.
        value: the median.
        unit: of `value`.
        reach: what it should reach; `at_most` says in which direction.
        runs: every run's value, in order.
        note: how, or beside what.
    """

    name: str
    value: float
    unit: str
    reach: float | None
    at_most: bool
    runs: tuple[float, ...]
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether it reaches what it should; None if nothing is asked of it."""
        if self.reach is None:
            return None
        return self.value <= self.reach if self.at_most else self.value >= self.reach

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "runs": list(self.runs), "holds": self.holds}


def figure(
    name: str,
    runs: Sequence[float],
    unit: str,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    note: str = "",
) -> Figure:
    """Return the median of `runs`, to be held against one of the two bounds or none."""
    reach = at_most if at_most is not None else at_least
    value = round(statistics.median(runs), 4)
    rounded = tuple(round(run, 4) for run in runs)
    return Figure(name, value, unit, reach, at_most is not None, rounded, note)
