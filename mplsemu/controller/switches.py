"""The switches as the controller sees them: connection, live ports, installed flows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.openflow.flow import Flow


@dataclass(slots=True)
class Switch:
    """One LSR's switch.

    Attributes:
        name: of the LSR.
        datapath_id: by which OpenFlow knows it.
        connected: whether it is.
        live_ports: its ports that carry packets, as it last said; None before it said so.
        installed: its flows, by cookie, as far as the controller knows.
        node: the node program that `installed` came from, None if it is not known to be complete.
        errors: how many messages it refused.
    """

    name: str
    datapath_id: int
    connected: bool = False
    live_ports: frozenset[int] | None = None
    installed: dict[int, Flow] = field(default_factory=dict)
    node: NodeProgram | None = None
    errors: int = 0


class Switches:
    """All switches of a lab, by name and by datapath id, and what hangs on their ports."""

    def __init__(self, program: Program) -> None:
        self._by_name = {node.name: Switch(node.name, node.index) for node in program.nodes}
        self._by_id = {switch.datapath_id: switch for switch in self._by_name.values()}
        self._carried: dict[str, dict[int, str]] = {
            node.name: {end.port: end.link for end in node.adjacencies}
            | {circuit.port: circuit.name for circuit in node.circuits}
            for node in program.nodes
        }

    def __iter__(self) -> Iterator[Switch]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Switch:
        return self._by_name[name]

    def with_id(self, datapath_id: int) -> Switch | None:
        """Return the switch of a datapath id, None if it is not one of this lab's."""
        return self._by_id.get(datapath_id)

    def connected(self) -> list[Switch]:
        """Return the switches that are connected."""
        return [switch for switch in self if switch.connected]

    def down(self) -> frozenset[str]:
        """Return the links and circuits that are down, as the switches last said.

        A switch that never connected has said nothing: its ports count as up.
        """
        return frozenset(
            name
            for switch in self
            if switch.live_ports is not None
            for port, name in self._carried[switch.name].items()
            if port not in switch.live_ports
        )
