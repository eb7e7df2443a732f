"""Port numbers and MAC addresses of every LSR's ports."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.network import Network
from mplsemu.program.program import Adjacency


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of all LSRs.

    Attributes:
        adjacencies: of each LSR, by port.
        circuits: port number of each attachment circuit at its PE.
    """

    adjacencies: dict[str, tuple[Adjacency, ...]]
    circuits: dict[str, int]


def number_ports(network: Network) -> Ports:
    """Number every LSR's ports from 1: its core links in the lab file's order, then its circuits.

    What is down has its port too, so that a port's number never changes.
    """
    index = {node.name: number for number, node in enumerate(network.provider.nodes, 1)}
    last = dict.fromkeys(index, 0)
    adjacencies: dict[str, list[Adjacency]] = {name: [] for name in index}
    for link in network.provider.links:
        first, second = link.ends
        last[first] += 1
        last[second] += 1
        macs = {end: port_mac(index[end], last[end]) for end in link.ends}
        for end, peer in ((first, second), (second, first)):
            adjacencies[end].append(Adjacency(link.name, last[end], macs[end], peer, macs[peer]))
    circuits: dict[str, int] = {}
    for _, site in network.sites():
        last[site.pe] += 1
        circuits[site.circuit] = last[site.pe]
    return Ports({name: tuple(ends) for name, ends in adjacencies.items()}, circuits)


def port_mac(node: int, port: int) -> str:
    """Return the MAC address of a port: locally administered, node and port in two bytes each."""
    return f"0a:00:{node >> 8:02x}:{node & 0xFF:02x}:{port >> 8:02x}:{port & 0xFF:02x}"
