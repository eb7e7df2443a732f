"""One flow or map entry that differs from the forwarding program, in words."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class DifferenceKind(enum.StrEnum):
    """How an entry differs."""

    MISSING = "missing"
    SURPLUS = "surplus"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that is not as it should be.

    Attributes:
        node: the LSR, None if the entry belongs to none.
        table: name of the flow table or map, or a number if it is not ours.
        entry: a human-readable description of which entry it is.
        kind: how it differs.
        found: what it does, None if it is missing.
        wanted: what it should do, None if it should not be there.
    """

    node: str | None
    table: str
    entry: str
    kind: DifferenceKind
    found: str | None
    wanted: str | None

    def __str__(self) -> str:
        whose = "" if self.node is None else f"{self.node} "
        where = f"{whose}{self.table}: {self.entry}"
        match self.kind:
            case DifferenceKind.MISSING:
                return f"{where} is missing, should be: {self.wanted}"
            case DifferenceKind.SURPLUS:
                return f"{where} should not be there, is: {self.found}"
            case DifferenceKind.CHANGED:
                return f"{where} is: {self.found}; should be: {self.wanted}"
