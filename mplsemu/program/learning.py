"""Where VSIs learn a station's address: along the way of its broadcasts (RFC 4762 section 4.2.3).

In a full mesh every VSI hears every station, from the PE where it is. Where a VPLS has another
topology, a VSI may hear it by way of another PE, or not at all: then its address stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import Pseudowire
from mplsemu.program.split_horizon import (
    Group,
    groups_of_circuit,
    groups_of_frames,
    groups_of_pseudowire,
    out_label,
)


class Learning:
    """Places of learned addresses in the VSIs of one program.

    Args:
        program: what every LSR does.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._shaped: frozenset[str] | None = None
        self._heard: dict[tuple[str, str, Group], Mapping[str, str]] = {}
        self._wires: dict[str, dict[str, dict[str, Pseudowire]]] = {}

    def place(self, at: NodeProgram, vsi: str, circuit: str) -> str | None:
        """Return where a VSI has learned a station.

        Args:
            at: the PE of the VSI.
            vsi: its name.
            circuit: where the station is.

        Returns:
            The circuit, if it is here; else the PE at the far end of a pseudowire; None if the
            VSI never hears the station.
        """
        home = self._program.node_of_circuit[circuit]
        if home.name == at.name:
            return circuit
        if not self.is_shaped(vsi):
            return home.name
        groups = groups_of_circuit(home.circuit_by_name[circuit])
        key = (vsi, home.name, groups)
        if key not in self._heard:
            self._heard[key] = dict(self.hearers(vsi, home.name, groups))
        return self._heard[key].get(at.name)

    def is_shaped(self, vsi: str) -> bool:
        """Whether a VPLS has a topology other than a full mesh."""
        if self._shaped is None:
            self._shaped = frozenset(_shaped(self._program))
        return vsi in self._shaped

    def hearers(self, vsi: str, home: str, groups: Group) -> Iterator[tuple[str, str]]:
        """Yield the PEs that a broadcast reaches, each with the PE that sends it there.

        Args:
            vsi: name of the VPLS.
            home: the PE where the broadcast enters it.
            groups: the split horizon groups by which it does.
        """
        wires = self._wires_of(vsi)
        seen = {home}
        pending = [(home, "", groups)]
        while pending:
            here, before, groups = pending.pop(0)
            for peer, wire in wires.get(here, {}).items():
                back = wires.get(peer, {}).get(here)
                if back is None or peer in seen or peer == before:
                    continue
                if wire.standby or back.standby or groups & groups_of_pseudowire(wire):
                    continue
                seen.add(peer)
                yield peer, here
                is_marked = out_label(wire, groups) is wire.leaf_out_label
                pending.append((peer, here, groups_of_frames(back, from_leaf=is_marked)))

    def _wires_of(self, vsi: str) -> dict[str, dict[str, Pseudowire]]:
        """Return the pseudowires of a VPLS by the PEs at their two ends."""
        if vsi not in self._wires:
            self._wires[vsi] = {
                node.name: {wire.peer: wire for wire in node.vsi_by_name[vsi].pseudowires}
                for node in self._program.nodes
                if vsi in node.vsi_by_name
            }
        return self._wires[vsi]


def _shaped(program: Program) -> Iterator[str]:
    """Yield the VPNs that are no full mesh."""
    for node in program.nodes:
        yield from (circuit.vpn for circuit in node.circuits if circuit.leaf)
        for vsi in node.vsis:
            if vsi.mesh is not None or any(wire.spoke for wire in vsi.pseudowires):
                yield vsi.name
