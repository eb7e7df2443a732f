"""Names of the numbers in the maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.circuit_ids import circuit_ids
from mplsemu.southbound.ebpf.lsr import mac_octets


@dataclass(frozen=True, slots=True)
class Names:
    """Names of numbers; a number without a name is shown as it is.

    Attributes:
        lsrs: by index.
        interfaces: the link, circuit or access line at each ifindex, and circuits by their ids.
        owners: index of the LSR, by ifindex.
        macs: of core ports by ifindex: the peer's and its own, which frames out of it should have.
        services: VRFs and VSIs by LSR and index.
        pws: peers by LSR, VSI and index of the pseudowire.
    """

    lsrs: Mapping[int, str] = field(default_factory=dict)
    interfaces: Mapping[int, str] = field(default_factory=dict)
    owners: Mapping[int, int] = field(default_factory=dict)
    macs: Mapping[int, tuple[bytes, bytes]] = field(default_factory=dict)
    services: Mapping[tuple[int, int], str] = field(default_factory=dict)
    pws: Mapping[tuple[int, int, int], str] = field(default_factory=dict)

    def lsr(self, index: int) -> str:
        """Name an LSR."""
        return self.lsrs.get(index, f"LSR {index}")

    def interface(self, ifindex: int) -> str:
        """Name what is at an interface."""
        return self.interfaces.get(ifindex, f"interface {ifindex}")

    def service(self, lsr: int, index: int) -> str:
        """Name a VRF or VSI."""
        return self.services.get((lsr, index), f"service {index}")

    def pw(self, lsr: int, vsi: int, index: int) -> str:
        """Name a pseudowire."""
        peer = self.pws.get((lsr, vsi, index))
        return f"pseudowire {index}" if peer is None else f"the pseudowire to {peer}"


NUMBERS: Final = Names()
"""Names without a program: numbers only."""


def names_of(program: Program, attached: Attached) -> Names:
    """Return the names in a lab."""
    interfaces: dict[int, str] = {}
    owners: dict[int, int] = {}
    macs: dict[int, tuple[bytes, bytes]] = {}
    for node in program.nodes:
        ports = attached.ports.get(node.name, {})
        owners |= dict.fromkeys(ports.values(), node.index)
        for adjacency in node.adjacencies:
            if adjacency.port in ports:
                ifindex = ports[adjacency.port]
                interfaces[ifindex] = f"link {adjacency.link}"
                macs[ifindex] = mac_octets(adjacency.peer_mac), mac_octets(adjacency.mac)
        lines = (ac.line for ac in node.circuits if ac.line is not None)
        interfaces |= {ports[each.number]: f"line {each.name}" for each in lines}
        tagged = (ac for ac in node.circuits if ac.tags is not None and ac.line is None)
        interfaces |= {ports[ac.port]: f"line {ac.name}" for ac in tagged}
        interfaces |= {number: name for name, number in circuit_ids(node, ports).items()}
    return Names(
        lsrs={node.index: node.name for node in program.nodes},
        interfaces=interfaces,
        owners=owners,
        macs=macs,
        services={
            (node.index, index): name for node in program.nodes for index, name in _services(node)
        },
        pws={
            (node.index, vsi.index, pw.index): pw.peer
            for node in program.nodes
            for vsi in node.vsis
            for pw in vsi.pseudowires
        },
    )


def _services(node: NodeProgram) -> list[tuple[int, str]]:
    vrfs = [(vrf.index, f"VRF {vrf.name}") for vrf in node.vrfs]
    return vrfs + [(vsi.index, f"VSI {vsi.name}") for vsi in node.vsis]
