"""Entries that classify packets by port and tags: core links, and circuits of VRFs and VSIs."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.program.border_swaps import given_labels
from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.kinds import PortFlag, Role
from mplsemu.southbound.ebpf.layout import Port, TaggedCircuit, TaggedKey, word
from mplsemu.southbound.ebpf.lsr import Lsr
from mplsemu.southbound.plane.stage import Stage


def port_entries(lsr: Lsr) -> Iterator[Entry]:
    """Yield the entries of `ports`, `tagged_ports` and `tagged_circuits`.

    A circuit that is down has none: its frames are dropped.

    Raises:
        ProgramError: a VRF or VSI names a circuit that this PE does not have.
        CapabilityError: a circuit's number does not fit the maps.
    """
    for adjacency in lsr.node.adjacencies:
        if adjacency.border is not None:
            # from another provider no labels are taken but those that he was given (RFC 4364 10)
            if given_labels(lsr.node, adjacency.link):
                yield _port(lsr, adjacency.port, Role.BORDER, 0)
            continue
        yield _port(lsr, adjacency.port, Role.CORE, 0)
    services = [(Role.VRF, vrf.index, vrf.circuits) for vrf in lsr.node.vrfs]
    services += [(Role.VSI, vsi.index, vsi.circuits) for vsi in lsr.node.vsis]
    lines: set[int] = set()
    for role, service, circuits in services:
        for circuit in map(lsr.circuit, circuits):
            if not circuit.up:
                continue
            flags = PortFlag.STRICT_URPF if circuit.strict_urpf else PortFlag.NONE
            flags |= PortFlag.LEAF if circuit.leaf else PortFlag.NONE
            for server in circuit.dhcp_servers:
                flags |= PortFlag.DHCP_RELAY if server.version == 4 else PortFlag.DHCPV6_RELAY
            if circuit.is_delimited:
                lines.add(circuit.physical_port)
                yield from _tagged(lsr, circuit, role, service, flags)
            else:
                yield _port(lsr, circuit.port, role, service, flags)
    for number in sorted(lines):
        yield _port(lsr, number, Role.LINE, 0)


def _port(
    lsr: Lsr, number: int, role: Role, service: int, flags: PortFlag = PortFlag.NONE
) -> Entry:
    key = word(lsr.ifindex(number))
    return Entry(Stage.PORTS, "ports", key, Port(lsr.index, number, role, service, flags).pack())


def _tagged(
    lsr: Lsr, circuit: AttachmentCircuit, role: Role, service: int, flags: PortFlag
) -> Iterator[Entry]:
    """Yield how frames of a delimited circuit are known, and how they leave."""
    ifindex, tags = lsr.ifindex(circuit.physical_port), (0, 0, 0)
    if circuit.tags is not None:
        tags = int(circuit.tags.outer_type), circuit.tags.outer, circuit.tags.inner or 0
    port = Port(lsr.index, circuit.port, role, service, flags | PortFlag.DELIMITED)
    yield Entry(Stage.PORTS, "tagged_ports", TaggedKey(ifindex, *tags).pack(), port.pack())
    leaving = TaggedCircuit(ifindex, circuit.line_mtu, *tags, flags).pack()
    yield Entry(Stage.SERVICES, "tagged_circuits", word(lsr.circuit_id(circuit)), leaving)
