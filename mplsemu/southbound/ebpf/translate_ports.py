"""Entries that classify packets by port: core links, and circuits of VRFs and VSIs."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.kinds import PortFlag, Role
from mplsemu.southbound.ebpf.layout import Port, word
from mplsemu.southbound.ebpf.lsr import Lsr
from mplsemu.southbound.plane.stage import Stage


def port_entries(lsr: Lsr) -> Iterator[Entry]:
    """Yield the entries of `ports`; a circuit that is down has none: its frames are dropped.

    Raises:
        ProgramError: a VRF or VSI names a circuit that this PE does not have.
    """
    for adjacency in lsr.node.adjacencies:
        yield _port(lsr, adjacency.port, Role.CORE, 0)
    services = [(Role.VRF, vrf.index, vrf.circuits) for vrf in lsr.node.vrfs]
    services += [(Role.VSI, vsi.index, vsi.circuits) for vsi in lsr.node.vsis]
    for role, service, circuits in services:
        for circuit in map(lsr.circuit, circuits):
            if circuit.up:
                flags = PortFlag.STRICT_URPF if circuit.strict_urpf else PortFlag.NONE
                flags |= PortFlag.LEAF if circuit.leaf else PortFlag.NONE
                yield _port(lsr, circuit.port, role, service, flags)


def _port(
    lsr: Lsr, number: int, role: Role, service: int, flags: PortFlag = PortFlag.NONE
) -> Entry:
    key = word(lsr.ifindex(number))
    return Entry(Stage.PORTS, "ports", key, Port(lsr.index, number, role, service, flags).pack())
