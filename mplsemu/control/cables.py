"""Links and attachment circuits by the names that users give them."""

from __future__ import annotations

from mplsemu.control.numbering import number_network
from mplsemu.control.ports import cables_at
from mplsemu.model.network import Network
from mplsemu.model.numbers import LSRS
from mplsemu.program.cables import Port, cable_names


def cables_of(network: Network) -> dict[str, str]:
    """Return the link or circuit that every name means; see `cable_names`."""
    numbers = number_network(network)
    ports: list[Port] = []
    for lsr, cables in cables_at(network, numbers).items():
        ports += [(lsr, numbers[LSRS][lsr], port, name) for port, name in cables]
    return cable_names(((link.name, link.ends) for link in network.provider.links), ports)
