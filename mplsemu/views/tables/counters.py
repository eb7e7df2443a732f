"""What a running lab's LSRs have counted, by LSP, tunnel, VRF and pseudowire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mplsemu.model.natural_order import natural

_KINDS: Final = (
    "lsp",
    "tunnel",
    "vrf-in",
    "vrf-out",
    "pseudowire-in",
    "pseudowire-out",
    "storm",
    "drop",
)
"""In the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class CounterRow:
    """One counter.

    Attributes:
        node: the LSR.
        kind: what it counts, as docs/northbound.md has it.
        name: of the VPN, the PE, the circuit or the reason; of an LSP the label.
        peer: the PE at the other end of a pseudowire, else None.
        packets: how many.
        octets: of all of them.
    """

    node: str
    kind: str
    name: str
    peer: str | None
    packets: int
    octets: int


@dataclass(frozen=True, slots=True)
class CounterTable:
    """All counters; `counted` is False where the data plane does not count so."""

    dataplane: str
    counted: bool
    rows: tuple[CounterRow, ...]


def counter_table(answer: Mapping[str, Any], node: str | None = None) -> CounterTable:
    """Read what the controller answers to ``counters`` (docs/northbound.md), in order.

    Args:
        answer: the answer.
        node: of this LSR alone, None: of all.
    """
    rows = [
        CounterRow(
            row["node"], row["kind"], row["name"], row["peer"], row["packets"], row["octets"]
        )
        for row in answer["counters"]
        if node in {None, row["node"]}
    ]
    rows.sort(key=_order)
    return CounterTable(answer["dataplane"], answer["counted"], tuple(rows))


def _order(row: CounterRow) -> tuple[Any, ...]:
    """Order by LSR, kind, name and peer, numbers in names by their size."""
    rank = _KINDS.index(row.kind) if row.kind in _KINDS else len(_KINDS)
    return natural(row.node), rank, natural(str(row.name)), natural(row.peer or "")
