"""Decodes a label stack: which LSP, which VPN, and what payload is below it.

A label stack has no protocol field: the payload follows from the label, for the LSR that bound it
(RFC 3032 section 2.2). So a stack is read as the LSRs on its path would read it; nothing is guessed
from the packet.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from mplsemu.model.names import vpn_of_vrf
from mplsemu.program.entries import (
    Forward,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.lsp import readers
from mplsemu.program.program import NodeProgram, Program

UNKNOWN: Final = "?"
EXPLICIT_NULL: Final = "explicit null"


class Carried(enum.Enum):
    """The payload below a label stack."""

    IPV4 = 4
    IPV6 = 6
    ETHERNET = 1
    CONTROL_WORD = 2
    """A control word, then an Ethernet frame (RFC 4448 section 4.6)."""
    UNKNOWN = 0

    @property
    def is_ethernet(self) -> bool:
        """Whether it is an Ethernet frame, behind a control word or not."""
        return self in {Carried.ETHERNET, Carried.CONTROL_WORD}


@dataclass(frozen=True, slots=True)
class StackReading:
    """A decoded label stack.

    Attributes:
        names: of each label, outermost first: ``LSP to se``, ``VRF a``, ``PW c from dk``; a
            label that was bound to nothing is ``?``.
        carried: the payload below the last label.
        vpn: the VPN that the packet belongs to; None if unknown.
    """

    names: tuple[str, ...]
    carried: Carried
    vpn: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether every label is bound to something."""
        return UNKNOWN not in self.names


def read_stack(program: Program, node: str, labels: Sequence[int]) -> StackReading:
    """Read a label stack.

    Args:
        program: which labels are bound to what.
        node: the LSR that the packet is sent to.
        labels: outermost first.
    """
    names: list[str] = []
    carried, vpn = Carried.UNKNOWN, None
    for at, entry in readers(program, node, labels):
        carried = Carried.UNKNOWN  # what the last label says
        action = entry.action if entry is not None else None
        match action:
            case Forward():
                names.append(f"LSP to {entry.egress if entry is not None else None}")
            case PopToVrf(vrf, version):
                names.append(f"VRF {vrf}")
                carried, vpn = Carried(version), vpn_of_vrf(vrf)
            case PopToPseudowire(vsi, peer, leaf):
                names.append(f"PW {vsi} from {peer}" + (", leaves" if leaf else ""))
                carried, vpn = _over_pseudowire(program.node_by_name.get(at or ""), vsi, peer), vsi
            case PopAndLookUp():
                names.append(EXPLICIT_NULL)
            case SwapToAsbr(link):
                names.append(f"VPN label over {link}")
            case SwapToPe(_, egress, border):
                names.append(f"VPN label from {border} to {egress}")
            case None:
                names.append(UNKNOWN)
            case _:
                assert_never(action)
    return StackReading(tuple(names), carried, vpn)


def _over_pseudowire(node: NodeProgram | None, vsi: str, peer: str) -> Carried:
    table = node.vsi_by_name.get(vsi) if node is not None else None
    wires = table.pseudowires if table is not None else ()
    has_word = any(wire.control_word for wire in wires if wire.peer == peer)
    return Carried.CONTROL_WORD if has_word else Carried.ETHERNET


def carried_by_label(program: Program) -> dict[int, frozenset[Carried]]:
    """Return the possible payloads below each label that any LSR has bound to a VPN.

    Label spaces are per LSR: a label may be a VRF's at one LSR and a pseudowire's at another.
    """
    found: dict[int, set[Carried]] = {}
    for node in program.nodes:
        for label in node.ilm_by_label:
            said = read_stack(program, node.name, [label])
            if said.vpn is not None:
                found.setdefault(label, set()).add(said.carried)
    return {label: frozenset(found[label]) for label in sorted(found)}
