"""Port numbers and MAC addresses of every LSR's ports."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.network import Network
from mplsemu.model.numbers import LSRS, Numbers, Space
from mplsemu.model.vpn import Site
from mplsemu.program.program import Adjacency
from mplsemu.program.services import SharedPort


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of all LSRs.

    Attributes:
        adjacencies: of each LSR, by port.
        circuits: port number of each attachment circuit at its PE.
    """

    adjacencies: dict[str, tuple[Adjacency, ...]]
    circuits: dict[str, int]


def ports_of(network: Network, numbers: Numbers) -> Ports:
    """Return every LSR's ports, including those of what is down."""
    ends = {
        (lsr, link.name): numbers[Space.ports(lsr)][link.name]
        for link in network.provider.links
        for lsr in link.ends
    }
    macs = {(lsr, link): port_mac(numbers[LSRS][lsr], ends[lsr, link]) for lsr, link in ends}
    adjacencies: dict[str, list[Adjacency]] = {node.name: [] for node in network.provider.nodes}
    for link in network.provider.links:
        for lsr in link.ends:
            port, peer = ends[lsr, link.name], link.far_end(lsr)
            own, far = macs[lsr, link.name], macs[peer, link.name]
            adjacencies[lsr].append(Adjacency(link.name, port, own, peer, far, link.border))
    return Ports(
        {lsr: tuple(sorted(found, key=lambda end: end.port)) for lsr, found in adjacencies.items()},
        {site.circuit: numbers[Space.ports(site.pe)][site.circuit] for _, site in network.lines()},
    )


def shared_port(site: Site, numbers: Numbers) -> SharedPort | None:
    """Return the port that a site shares with others, None if it has its own."""
    if site.shared_line is None:
        return None
    return SharedPort(site.shared_line, numbers[Space.ports(site.pe)][site.shared_line])


def cables_at(network: Network, numbers: Numbers) -> dict[str, tuple[tuple[int, str], ...]]:
    """Return every port of every LSR with each link or attachment circuit that it carries.

    Circuits of one access line share a port, so they come and go together.
    """
    found: dict[str, list[tuple[int, str]]] = {node.name: [] for node in network.provider.nodes}
    for link in network.provider.links:
        for lsr in link.ends:
            found[lsr].append((numbers[Space.ports(lsr)][link.name], link.name))
    for _, site in network.lines():
        port = numbers[Space.ports(site.pe)][site.shared_line or site.circuit]
        found[site.pe].append((port, site.circuit))
    return {lsr: tuple(cables) for lsr, cables in found.items()}


def port_mac(node: int, port: int) -> str:
    """Return the MAC address of a port: locally administered, node and port in two bytes each."""
    return f"0a:00:{node >> 8:02x}:{node & 0xFF:02x}:{port >> 8:02x}:{port & 0xFF:02x}"
