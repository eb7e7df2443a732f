"""Links and attachment circuits by the names that users give them."""

from __future__ import annotations

from mplsemu.control.numbering import number_network
from mplsemu.control.ports import ports_of
from mplsemu.model.network import Network
from mplsemu.model.numbers import LSRS
from mplsemu.program.cables import Port, cable_names


def cables_of(network: Network) -> dict[str, str]:
    """Return the link or circuit that every name means; see `cable_names`."""
    numbers = number_network(network)
    known = ports_of(network, numbers)
    ports: list[Port] = [
        (lsr, numbers[LSRS][lsr], end.port, end.link)
        for lsr, adjacencies in known.adjacencies.items()
        for end in adjacencies
    ]
    ports += [
        (site.pe, numbers[LSRS][site.pe], known.circuits[site.circuit], site.circuit)
        for _, site in network.lines()
    ]
    return cable_names(((link.name, link.ends) for link in network.provider.links), ports)
