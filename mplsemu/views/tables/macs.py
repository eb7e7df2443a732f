"""MAC addresses that a running lab's VPLS have learned (RFC 4762 section 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MacRow:
    """One address in a VSI's forwarding database.

    Attributes:
        node: the PE that learned it.
        vsi: the VPLS.
        mac: lower case with colons.
        circuit: the attachment circuit it was learned on; None if on a pseudowire.
        peer: the PE at the other end of the pseudowire it was learned on; None if on a circuit.
    """

    node: str
    vsi: str
    mac: str
    circuit: str | None
    peer: str | None


def mac_rows(answer: Iterable[Mapping[str, Any]], node: str | None = None) -> tuple[MacRow, ...]:
    """Read what the controller answers to ``macs`` (docs/northbound.md).

    Args:
        answer: the answer.
        node: of this LSR alone, None: of all.
    """
    return tuple(
        MacRow(row["node"], row["vsi"], row["mac"], row["circuit"], row["peer"])
        for row in answer
        if node in {None, row["node"]}
    )
