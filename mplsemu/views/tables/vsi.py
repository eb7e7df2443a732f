"""A PE's VSIs: attachment circuits and pseudowires (RFC 4762 section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.model.l2cp import L2cp
from mplsemu.model.labels import Label
from mplsemu.model.mac_move import MacMove
from mplsemu.program.multicast import MulticastGroup
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import Vsi
from mplsemu.views.tables.vrf import CircuitRow, Tunnel, circuit_rows, tunnel_to
from mplsemu.views.units import rate


@dataclass(frozen=True, slots=True)
class PseudowireRow:
    """A pseudowire to the PE `peer`.

    Attributes:
        peer: the PE at the other end.
        in_label: this PE's label.
        out_label: the peer's label.
        control_word: whether frames carry one.
        tunnel: to the peer; None if it cannot be reached.
        leaf: whether only leaves of an E-Tree are beyond it.
        leaf_in_label: this PE's label for frames of leaves, if they have their own.
        leaf_out_label: likewise the peer's.
        spoke: whether it leads to a spoke PE (H-VPLS).
        standby: whether it carries no frames while another one does.
        to_hub: whether it leads from a spoke PE to a hub PE.
        secondary: whether the hub PE, at either end, is not the spoke PE's first.
    """

    peer: str
    in_label: int
    out_label: int
    control_word: bool
    tunnel: Tunnel | None
    leaf: bool = False
    leaf_in_label: int | None = None
    leaf_out_label: int | None = None
    spoke: bool = False
    standby: bool = False
    to_hub: bool = False
    secondary: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """What is special about it, in words: what is beyond it, and what it does now."""
        is_used = self.secondary and not self.standby
        words = (
            ("spoke", self.spoke),
            ("hub", self.to_hub),
            ("standby", self.standby),
            ("secondary", is_used),
            ("leaves", self.leaf),
        )
        return tuple(word for word, is_so in words if is_so)


@dataclass(frozen=True, slots=True)
class VsiTable:
    """One VSI; `kind` is ``vpls`` or ``vpws``; `mac_limit` is None if there is none.

    Attributes:
        settings: further ones that differ from the default, as a lab file has them.
        groups: multicast groups that it knows by snooping.
    """

    vsi: str
    kind: str
    mac_aging_s: int
    mac_limit: int | None
    circuits: tuple[CircuitRow, ...]
    pseudowires: tuple[PseudowireRow, ...]
    settings: tuple[str, ...] = ()
    groups: tuple[MulticastGroup, ...] = ()


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
                    leaf=pw.leaf,
                    leaf_in_label=_number(pw.leaf_in_label),
                    leaf_out_label=_number(pw.leaf_out_label),
                    spoke=pw.spoke,
                    standby=pw.standby,
                    to_hub=pw.to_hub,
                    secondary=pw.secondary,
                )
                for pw in vsi.pseudowires
            ),
            settings=tuple(_settings(vsi)),
            groups=vsi.groups,
        )
        for vsi in node.vsis
    )


def _settings(vsi: Vsi) -> Iterator[str]:
    if vsi.l2cp is not L2cp.STANDARD:
        yield f"l2cp: {vsi.l2cp.value}"
    if not vsi.floods_unknown:
        yield "unknown_unicast: drop"
    if vsi.storm_control_bps is not None:
        yield f"storm_control: {rate(vsi.storm_control_bps)}"
    if vsi.mac_move is not MacMove.NONE:
        yield f"mac_move: {vsi.mac_move.value}"
    if vsi.igmp_snooping:
        yield "igmp_snooping: true"
    if any(wire.is_tagged for wire in vsi.pseudowires):
        yield "pw_type: tagged"


def _number(label: Label | None) -> int | None:
    return None if label is None else int(label)
