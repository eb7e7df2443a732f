"""The numbers by which data planes know LSRs, ports, VRFs, VSIs and pseudowires."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.control.services import Service, Services
from mplsemu.model.limits import MAX_INDEX, MAX_PORT
from mplsemu.model.network import Network
from mplsemu.model.numbers import LSRS, NO_NUMBERS, Allocation, Numbering, Numbers, Space
from mplsemu.program.program import Program
from mplsemu.program.services import Vsi


def number_network(
    network: Network, before: Numbers = NO_NUMBERS, services: Services | None = None
) -> Numbers:
    """Number everything that a data plane knows by number, whether it is up or down.

    A lab that is numbered for the first time has numbers from 1 in the lab file's order; at an LSR
    its links come before its attachment circuits, and a port that circuits share comes before the
    first of them.

    Args:
        network: the lab.
        before: its numbers before it changed: what stays keeps its own.
        services: those of the network, if they are at hand.
    """
    numbering = Numbering(before)
    numbering.allocate(LSRS, (node.name for node in network.provider.nodes), MAX_INDEX)
    cables: dict[str, list[str]] = {node.name: [] for node in network.provider.nodes}
    for link in network.provider.links:
        for end in link.ends:
            cables[end].append(link.name)
    for border in network.borders():
        for side in border.ends:
            cables[side.asbr].append(border.circuit(side.asbr))
    for _, site in network.lines():
        if site.shared_line is not None and site.shared_line not in cables[site.pe]:
            cables[site.pe].append(site.shared_line)
        cables[site.pe].append(site.circuit)
    services_at: dict[str, list[str]] = {name: [] for name in cables}
    services = services or Services(network)
    for service in services:
        services_at[service.pe].append(service.name)
        peers = services[service].pseudowire_peers(service)
        if peers:
            space = Space.pseudowires(service.pe, service.vpn)
            numbering.allocate(space, peers, MAX_INDEX)
    for lsr, names in cables.items():
        numbering.allocate(Space.ports(lsr), names, MAX_PORT)
        numbering.allocate(Space.services(lsr), services_at[lsr], MAX_INDEX)
    return numbering.numbers()


def numbers_in(program: Program, services: Services) -> Numbers:
    """Read back the numbers that a program has.

    Args:
        program: some of whose pseudowires may be missing, as no LSP carries them.
        services: of the network, which say between which PEs they are.
    """
    found = {LSRS: Allocation({node.name: node.index for node in program.nodes})}
    pes_of: dict[str, list[str]] = {}
    for node in program.nodes:
        ports = {end.link: end.port for end in node.adjacencies}
        ports |= {circuit.name: circuit.port for circuit in node.circuits}
        lines = (circuit.line for circuit in node.circuits if circuit.line is not None)
        ports |= {line.name: line.number for line in lines}
        found[Space.ports(node.name)] = Allocation(ports)
        indexes = {vrf.name: vrf.index for vrf in node.vrfs}
        indexes |= {vsi.name: vsi.index for vsi in node.vsis}
        found[Space.services(node.name)] = Allocation(indexes)
        for vsi in node.vsis:
            pes_of.setdefault(vsi.name, []).append(node.name)
    for node in program.nodes:
        for vsi in node.vsis:
            due = services.pseudowire_peers(Service(vsi.name, node.name))
            peers = (peer for peer in pes_of[vsi.name] if peer in due)
            space = Space.pseudowires(node.name, vsi.name)
            found[space] = _pseudowires(vsi, peers)
    return Numbers(found)


def _pseudowires(vsi: Vsi, peers: Iterator[str]) -> Allocation:
    """Return the numbers of a VSI's pseudowires.

    Those that no LSP carries now are not in the program: they get the numbers that are left,
    which is right unless several of them came later than others did.
    """
    there = {pseudowire.peer: pseudowire.index for pseudowire in vsi.pseudowires}
    return Allocation(there).renewed(sorted({*peers, *there}))
