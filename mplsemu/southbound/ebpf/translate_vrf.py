"""Entries of a PE's VRFs: routes, neighbours, gateways (RFC 4364 section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from mplsemu.model.vpn import IPAddress, IPNetwork
from mplsemu.program.gateway import GATEWAY_MAC, broadcast_addresses
from mplsemu.program.own_addresses import router_addresses
from mplsemu.program.services import (
    AttachmentCircuit,
    Connected,
    Neighbour,
    NextHop,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
)
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.kinds import RouteKind
from mplsemu.southbound.ebpf.layout import (
    GATEWAY_VALUE,
    FibKey,
    GatewayKey,
    RouteRecord,
)
from mplsemu.southbound.ebpf.layout_ways import RouteWayKey
from mplsemu.southbound.ebpf.lsr import Lsr, mac_octets
from mplsemu.southbound.plane.stage import Stage
from mplsemu.southbound.route_ways import RouteWays

_LOCAL = RouteRecord(RouteKind.LOCAL).pack()
_UNREACHABLE = RouteRecord(RouteKind.BLACKHOLE)
_BLACKHOLE = _UNREACHABLE.pack()


def vrf_entries(lsr: Lsr) -> Iterator[Entry]:
    """Yield the entries of `route_ways`, `fib4`, `fib6` and `gateways`.

    Martian prefixes, such as multicast, are built into the program.

    Raises:
        ProgramError: a VRF names what this PE does not have.
    """
    for vrf in lsr.node.vrfs:
        circuits = [circuit for circuit in map(lsr.circuit, vrf.circuits) if circuit.up]
        ways = RouteWays(lsr, vrf)
        yield from _ways(lsr, vrf, ways)
        for prefix, value in _fib(lsr, vrf, circuits, ways).items():
            key = FibKey(lsr.index, vrf.index, prefix).pack()
            yield Entry(Stage.SERVICES, f"fib{prefix.version}", key, value)
        yield from _gateways(lsr, circuits)


def _ways(lsr: Lsr, vrf: Vrf, ways: RouteWays) -> Iterator[Entry]:
    for tunnels, number in ways.items():
        for index, (egress, label) in enumerate(tunnels):
            key = RouteWayKey(lsr.index, vrf.index, number, index).pack()
            value = RouteRecord(RouteKind.TO_PE, egress, label).pack()
            yield Entry(Stage.SERVICES, "route_ways", key, value)


def _fib(
    lsr: Lsr, vrf: Vrf, circuits: Sequence[AttachmentCircuit], ways: RouteWays
) -> dict[IPNetwork, bytes]:
    """Return what is done with each prefix; of equal prefixes the last one here wins.

    As in the reference interpreter, gateways take precedence over broadcast addresses, those over
    neighbours, and those over routes.
    """
    fib: dict[IPNetwork, bytes] = {}
    known: dict[NextHop, bytes] = {}
    for route in vrf.routes:
        hop = route.next_hop
        if route.more:
            fib[route.prefix] = RouteRecord(RouteKind.TO_WAYS, *ways.of(route)).pack()
            continue
        if hop not in known:
            known[hop] = _route(lsr, vrf, hop).pack()
        fib[route.prefix] = known[hop]
    for neighbour in vrf.neighbours:
        circuit = lsr.circuit(neighbour.circuit)
        if circuit.up:
            fib[_host(neighbour.address)] = _deliver(lsr, circuit, neighbour.mac).pack()
    gateways = [gateway for circuit in circuits for gateway in circuit.gateways]
    for gateway in gateways:
        for address in broadcast_addresses(gateway.network):
            fib[_host(address)] = _BLACKHOLE
    for circuit in circuits:
        for address in router_addresses(circuit.gateways):
            fib[_host(address)] = _LOCAL
    return fib


def _host(address: IPAddress) -> IPNetwork:
    return ip_network(address)


def _route(lsr: Lsr, vrf: Vrf, hop: NextHop) -> RouteRecord:
    match hop:
        case Connected(name):
            return RouteRecord(RouteKind.CONNECTED, lsr.circuit_id(lsr.circuit(name)))
        case ViaCe(name) | ViaAsbr(name):
            circuit = lsr.circuit(name)
            mac = lsr.ce(vrf, name).mac if isinstance(hop, ViaCe) else GATEWAY_MAC
            return _deliver(lsr, circuit, mac) if circuit.up else _UNREACHABLE
        case ViaNeighbour(name, address):
            return _behind(lsr, lsr.circuit(name), lsr.neighbour(vrf, name, address))
        case ViaPe(egress, label):
            return RouteRecord(RouteKind.TO_PE, lsr.egress(egress), int(label))
        case ViaVrf(name):
            return RouteRecord(RouteKind.TO_VRF, lsr.imported_vrf(vrf, name).index)


def _behind(lsr: Lsr, circuit: AttachmentCircuit, neighbour: Neighbour | None) -> RouteRecord:
    if neighbour is None:
        return RouteRecord(RouteKind.CONNECTED, lsr.circuit_id(circuit))
    return _deliver(lsr, circuit, neighbour.mac)


def _deliver(lsr: Lsr, circuit: AttachmentCircuit, mac: str) -> RouteRecord:
    oif = lsr.circuit_id(circuit)
    return RouteRecord(RouteKind.DELIVER, oif, mac=mac_octets(mac), mtu=circuit.mtu)


def _gateways(lsr: Lsr, circuits: Sequence[AttachmentCircuit]) -> Iterator[Entry]:
    for circuit in circuits:
        number = lsr.circuit_id(circuit)
        for address in {each.ip for each in circuit.gateways}:
            key = GatewayKey(number, address).pack()
            yield Entry(Stage.SERVICES, "gateways", key, GATEWAY_VALUE)
