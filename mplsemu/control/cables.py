"""Cables of a network by the names that people give them."""

from __future__ import annotations

from mplsemu.control.ports import number_ports
from mplsemu.model.network import Network
from mplsemu.program.cables import Port, cable_names


def cables_of(network: Network) -> dict[str, str]:
    """Return the link or circuit that every name means; see `cable_names`."""
    numbered = number_ports(network)
    index = {node.name: number for number, node in enumerate(network.provider.nodes, 1)}
    ports: list[Port] = [
        (node, index[node], one.port, one.link)
        for node, adjacencies in numbered.adjacencies.items()
        for one in adjacencies
    ]
    ports += [
        (site.pe, index[site.pe], numbered.circuits[site.circuit], site.circuit)
        for _, site in network.sites()
    ]
    return cable_names(((link.name, link.ends) for link in network.provider.links), ports)
