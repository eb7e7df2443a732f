"""A PE's VRFs: RD and RTs, routes with their codes, neighbours (RFC 4364 section 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget
from mplsemu.model.names import vpn_of
from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork
from mplsemu.program.entries import Nhlfe, pushed
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import (
    Ce,
    Connected,
    RouteWay,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
)


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The tunnel to another PE.

    Attributes:
        labels: pushed, outermost first.
        link: sent on.
        port: of `link`.
        next_hop: the LSR at its other end.
        more: the further NHLFEs of equal cost; these have no more.
    """

    labels: tuple[int, ...]
    link: str
    port: int
    next_hop: str
    more: tuple[Tunnel, ...] = ()


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One route of a VRF; of several ways of equal cost (anycast) each has a row.

    Attributes:
        code: ``C`` connected, ``S`` static via a CE or a neighbour, ``V`` a VPN route of another
            PE's, ``I`` one of another VRF at this PE, ``A`` one of another provider's ASBR.
        imported: whether it is another VPN's.
        prefix: the destination.
        rd: with the prefix, the VPN-IPv4 or VPN-IPv6 route; None: one of the global table (6PE).
        circuit: attachment circuit of the site that originated it.
        via: the CE's or the neighbour's address, for ``S``.
        vrf: looked up in next, for ``I``.
        egress: the other PE, for ``V``.
        label: the VPN label pushed, for ``V``.
        tunnel: to the egress, for ``V``; None where there is none.
        asbr: the other provider's ASBR, for ``A``.
    """

    code: str
    imported: bool
    prefix: IPNetwork
    rd: RouteDistinguisher | None
    circuit: str
    via: IPAddress | None = None
    vrf: str | None = None
    egress: str | None = None
    label: int | None = None
    tunnel: Tunnel | None = None
    asbr: str | None = None


@dataclass(frozen=True, slots=True)
class CircuitRow:
    """An attachment circuit (a PE's interface towards a site) and the PE's addresses on it.

    Attributes:
        name: of the circuit.
        port: of the PE.
        up: whether it carries packets.
        addresses: the PE's own.
        leaf: whether its site is a leaf of an E-Tree.
        standby: whether it stands by: it is up, and another line carries its site's traffic.
        vlan: tells it from others at its port: 100, of two tags 200.100; None: untagged.
        blocked: whether it is blocked for a while, as MAC addresses moved to it too often.
    """

    name: str
    port: int
    up: bool
    addresses: tuple[IPInterface, ...]
    leaf: bool = False
    standby: bool = False
    vlan: str | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class NeighbourRow:
    """An address on an attachment circuit and the MAC address that has it."""

    address: IPAddress
    mac: str
    circuit: str


@dataclass(frozen=True, slots=True)
class VrfTable:
    """One VRF, or with no `rd` the global IPv6 table; `label6` is for IPv6, where it has any."""

    vrf: str
    rd: RouteDistinguisher | None
    import_targets: tuple[RouteTarget, ...]
    export_targets: tuple[RouteTarget, ...]
    label: int | None
    label6: int | None
    circuits: tuple[CircuitRow, ...]
    routes: tuple[RouteRow, ...]
    neighbours: tuple[NeighbourRow, ...]


def vrf_tables(node: NodeProgram) -> tuple[VrfTable, ...]:
    """Return the tables of all VRFs at one LSR."""
    return tuple(_table(node, vrf) for vrf in node.vrfs)


def _table(node: NodeProgram, vrf: Vrf) -> VrfTable:
    return VrfTable(
        vrf=vrf.name,
        rd=vrf.rd,
        import_targets=vrf.import_targets,
        export_targets=vrf.export_targets,
        label=None if vrf.label is None else int(vrf.label),
        label6=None if vrf.label6 is None else int(vrf.label6),
        circuits=circuit_rows(node, vrf.circuits),
        routes=tuple(
            _row(node, vrf, route.prefix, way) for route in vrf.routes for way in route.ways
        ),
        neighbours=tuple(NeighbourRow(n.address, n.mac, n.circuit) for n in vrf.neighbours),
    )


def circuit_rows(node: NodeProgram, names: tuple[str, ...]) -> tuple[CircuitRow, ...]:
    """Return the rows of attachment circuits of a PE."""
    circuits = (node.circuit_by_name[name] for name in names)
    return tuple(
        CircuitRow(
            name=circuit.name,
            port=circuit.physical_port,
            up=circuit.up,
            addresses=circuit.gateways,
            leaf=circuit.leaf,
            standby=circuit.standby,
            vlan=None if circuit.tags is None else str(circuit.tags),
            blocked=circuit.blocked,
        )
        for circuit in circuits
    )


def tunnel_to(node: NodeProgram, egress: str) -> Tunnel | None:
    """Return the tunnel from a PE to another, None if there is none."""
    entry = node.ftn_by_egress.get(egress)
    if entry is None:
        return None
    first, *more = (_tunnel(node, nhlfe) for nhlfe in entry.nhlfes)
    return replace(first, more=tuple(more))


def _tunnel(node: NodeProgram, nhlfe: Nhlfe) -> Tunnel:
    adjacency = node.adjacency_by_link[nhlfe.link]
    labels = tuple(int(label) for label in pushed(nhlfe))
    return Tunnel(labels, adjacency.link, adjacency.port, adjacency.peer)


def _row(node: NodeProgram, vrf: Vrf, prefix: IPNetwork, way: RouteWay) -> RouteRow:
    foreign = vpn_of(way.circuit) != vrf.vpn
    code, via_vrf, egress, label, asbr = "C", None, None, None, None
    via: IPAddress | None = None
    match way.next_hop:
        case Connected():
            pass
        case ViaCe(circuit):
            ce = node.circuit_by_name[circuit].ce
            code, via = "S", _next_hop(ce, prefix) if ce else None
        case ViaNeighbour(_, address):
            code, via = "S", address
        case ViaAsbr(circuit):
            peer = node.circuit_by_name[circuit].border
            code, asbr = "A", peer.lsr if peer is not None else None
        case ViaPe(pe, vpn_label):
            code, egress, label = "V", pe, int(vpn_label)
        case ViaVrf(other):
            code, via_vrf = "I", other
    return RouteRow(
        code=code,
        imported=foreign,
        prefix=prefix,
        rd=way.rd,
        circuit=way.circuit,
        via=via,
        vrf=via_vrf,
        egress=egress,
        label=label,
        tunnel=tunnel_to(node, egress) if egress is not None else None,
        asbr=asbr,
    )


def _next_hop(ce: Ce, prefix: IPNetwork) -> IPAddress:
    """Return by which address a CE router is a next hop: of the prefix's version, if it can."""
    own = (address for address in ce.wan or ce.addresses if address.version == prefix.version)
    return next(own, ce.address)
