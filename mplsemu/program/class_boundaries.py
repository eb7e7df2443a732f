"""The address ranges that a VRF distinguishes: boundaries of equivalence classes.

A VRF compares a destination with a few addresses and prefixes only. Two addresses with no boundary
of any of these between them are forwarded alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.model.vpn import IPAddress, IPNetwork
from mplsemu.program.gateway import LINK_LOCAL_GATEWAY
from mplsemu.program.martians import NEVER_ROUTED
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import (
    AttachmentCircuit,
    Ce,
    Connected,
    Route,
    ViaCe,
    ViaNeighbour,
    Vrf,
)

Span = tuple[int, int, int]
"""IP version, first and last address."""


def vrf_spans(node: NodeProgram, vrf: Vrf) -> Iterator[Span]:
    """Yield every range of destinations that `routing` distinguishes in this VRF.

    Circuits that the node does not have are ignored.
    """
    yield address_span(LINK_LOCAL_GATEWAY)
    for prefix in NEVER_ROUTED:
        yield prefix_span(prefix)
    for route in vrf.routes:
        yield prefix_span(route.prefix)
    for neighbour in vrf.neighbours:
        yield address_span(neighbour.address)
    led_to = (each.next_hop.circuit for each in vrf.routes if isinstance(each.next_hop, ViaCe))
    for name in dict.fromkeys((*vrf.circuits, *led_to)):
        circuit = node.circuit_by_name.get(name)
        if circuit is None:
            continue
        for gateway in circuit.gateways:
            yield address_span(gateway.ip)
            yield address_span(gateway.network.network_address)
            yield address_span(gateway.network.broadcast_address)
        for host in circuit.hosts:
            for interface in host.addresses:
                yield address_span(interface.ip)
        if circuit.ce is not None:
            yield from _spans_behind(circuit, circuit.ce)


def _spans_behind(circuit: AttachmentCircuit, ce: Ce) -> Iterator[Span]:
    """Yield the ranges that a CE router distinguishes of what comes from its PE."""
    for near in (*ce.lan, *circuit.gateways):
        yield prefix_span(near.network)  # all else it sends back
    for address in ce.addresses:
        yield address_span(address)
    for route in ce.routes:
        if route.via is not None:
            yield prefix_span(route.prefix)


def source_spans(node: NodeProgram, vrf: Vrf, circuit: str) -> Iterator[Span]:
    """Yield every range of sources that strict uRPF on a circuit distinguishes."""
    back = [route.prefix for route in vrf.routes if _leads_to(route, circuit)]
    for route in vrf.routes:
        if any(_meet(route.prefix, prefix) for prefix in back):
            yield prefix_span(route.prefix)
    for name in vrf.circuits:
        found = node.circuit_by_name.get(name)
        for gateway in found.gateways if found is not None else ():
            if any(_meet(gateway.network, prefix) for prefix in back):
                yield address_span(gateway.ip)
                yield address_span(gateway.network.network_address)
                yield address_span(gateway.network.broadcast_address)


def _leads_to(route: Route, circuit: str) -> bool:
    hop = route.next_hop
    return isinstance(hop, Connected | ViaCe | ViaNeighbour) and hop.circuit == circuit


def _meet(prefix: IPNetwork, other: IPNetwork) -> bool:
    if prefix.version != other.version:
        return False
    return prefix.network_address in other or other.network_address in prefix


def address_span(address: IPAddress) -> Span:
    """Return the range of a single address."""
    value = int(address)
    return address.version, value, value


def prefix_span(prefix: IPNetwork) -> Span:
    """Return the range of a prefix."""
    return prefix.version, int(prefix.network_address), int(prefix.broadcast_address)
