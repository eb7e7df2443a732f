"""Flows that validate sources, circuit by circuit: unicast reverse path forwarding (RFC 3704 2.2).

They come before neighbour discovery, so they pass unspecified and link-local sources; later tables
drop whatever else such sources send.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from mplsemu.model.vpn import IPAddress, IPNetwork
from mplsemu.program.gateway import broadcast_addresses
from mplsemu.program.martians import LINK_LOCAL
from mplsemu.program.own_addresses import router_addresses
from mplsemu.program.services import AttachmentCircuit, Connected, ViaCe, ViaNeighbour, Vrf
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import IS_IPV4, IS_IPV6, Lsr
from mplsemu.southbound.openflow.match import (
    IN_PORT,
    IPV4_SRC,
    IPV6_SRC,
    Match,
    Term,
    prefix_terms,
)
from mplsemu.southbound.openflow.pipeline import Priority, Table

_ON_LINK: Final = (LINK_LOCAL, ip_network("::/128"))


def from_prefix(prefix: IPNetwork) -> tuple[Term, ...]:
    """Return what a packet from a prefix matches."""
    address = prefix.network_address
    is_version, field = (IS_IPV4, IPV4_SRC) if address.version == 4 else (IS_IPV6, IPV6_SRC)
    return is_version, *prefix_terms(field, int(address), prefix.prefixlen)


def source_flows(lsr: Lsr, vrf: Vrf) -> Iterator[Flow]:
    """Yield the flows of a VRF's circuits whose sources are validated.

    Raises:
        ProgramError: the VRF names a circuit that this PE does not have.
    """
    circuits = [circuit for circuit in map(lsr.circuit, vrf.circuits) if circuit.up]
    for circuit in circuits:
        if circuit.strict_urpf:
            in_port = Term(IN_PORT, circuit.port)
            for priority, prefix, passes in _sources(vrf, circuit, circuits):
                match = Match.of(in_port, *from_prefix(prefix))
                goto = Table.VRF_INPUT if passes else None
                yield Flow(Table.VRF_SOURCE, priority, match, goto=goto)


def _sources(
    vrf: Vrf, circuit: AttachmentCircuit, circuits: list[AttachmentCircuit]
) -> Iterator[tuple[int, IPNetwork, bool]]:
    """Yield prefixes, longest first by priority, and whether packets from them pass."""
    for prefix in _ON_LINK:
        yield Priority.GATEWAY, prefix, True
    back = [route.prefix for route in vrf.routes if _leads_to(route.next_hop, circuit)]
    for route in vrf.routes:
        if any(_is_within(route.prefix, prefix) for prefix in back):
            priority = Priority.ROUTE + route.prefix.prefixlen
            yield priority, route.prefix, _leads_to(route.next_hop, circuit)
    own, broadcast = _own_addresses(circuits)
    for priority, addresses in ((Priority.GATEWAY, own), (Priority.NEVER_ROUTED, broadcast - own)):
        for address in sorted(addresses, key=lambda each: (each.version, int(each))):
            yield priority, ip_network(address), False


def _leads_to(hop: object, circuit: AttachmentCircuit) -> bool:
    return isinstance(hop, Connected | ViaCe | ViaNeighbour) and hop.circuit == circuit.name


def _is_within(prefix: IPNetwork, other: IPNetwork) -> bool:
    return (
        prefix.version == other.version
        and prefix.prefixlen >= other.prefixlen
        and prefix.network_address in other
    )


def _own_addresses(circuits: list[AttachmentCircuit]) -> tuple[set[IPAddress], set[IPAddress]]:
    """Return the gateways' addresses, and the broadcast addresses of their networks."""
    own: set[IPAddress] = set()
    broadcast: set[IPAddress] = set()
    for gateway in (each for circuit in circuits for each in circuit.gateways):
        own |= {each for each in router_addresses([gateway]) if not each.is_link_local}
        broadcast |= set(broadcast_addresses(gateway.network))
    return own, broadcast
