"""A PE's VSIs: attachment circuits and pseudowires (RFC 4762 section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.model.l2cp import L2cp
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import Vsi
from mplsemu.views.tables.vrf import CircuitRow, Tunnel, circuit_rows, tunnel_to


@dataclass(frozen=True, slots=True)
class PseudowireRow:
    """A pseudowire to the PE `peer`; `tunnel` is None if it cannot be reached."""

    peer: str
    in_label: int
    out_label: int
    control_word: bool
    tunnel: Tunnel | None


@dataclass(frozen=True, slots=True)
class VsiTable:
    """One VSI; `kind` is ``vpls`` or ``vpws``; `mac_limit` is None if there is none.

    Attributes:
        settings: further ones that differ from the default, as a lab file has them.
    """

    vsi: str
    kind: str
    mac_aging_s: int
    mac_limit: int | None
    circuits: tuple[CircuitRow, ...]
    pseudowires: tuple[PseudowireRow, ...]
    settings: tuple[str, ...] = ()


def vsi_tables(node: NodeProgram) -> tuple[VsiTable, ...]:
    """Return the tables of all VSIs at one LSR."""
    return tuple(
        VsiTable(
            vsi=vsi.name,
            kind=vsi.kind.value,
            mac_aging_s=vsi.mac_aging_s,
            mac_limit=vsi.mac_limit,
            circuits=circuit_rows(node, vsi.circuits),
            pseudowires=tuple(
                PseudowireRow(
                    peer=pw.peer,
                    in_label=int(pw.in_label),
                    out_label=int(pw.out_label),
                    control_word=pw.control_word,
                    tunnel=tunnel_to(node, pw.peer),
                )
                for pw in vsi.pseudowires
            ),
            settings=tuple(_settings(vsi)),
        )
        for vsi in node.vsis
    )


def _settings(vsi: Vsi) -> Iterator[str]:
    if vsi.l2cp is not L2cp.STANDARD:
        yield f"l2cp: {vsi.l2cp.value}"
    if not vsi.floods_unknown:
        yield "unknown_unicast: drop"
