"""What is to be built, as plain values: nodes, interfaces and veth pairs with their names.

Computed from the network and the program by a pure function.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mplsemu.emulation.access_plan import AccessPlan, SitePort
from mplsemu.emulation.bundle_plan import BundlePlan
from mplsemu.emulation.naming import (
    CE_LAN_INTERFACE,
    HOST_INTERFACE,
    InterfaceNames,
    NodeNames,
    host_node_name,
)
from mplsemu.model.names import CE_HOST
from mplsemu.model.network import HostRef, Network
from mplsemu.model.tags import TAG_OCTETS
from mplsemu.model.vpn import CeRouter, IPAddress, IPInterface, Site, StaticRoute
from mplsemu.program.program import CoreLink, NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit, CeRoute

FIRST_IFINDEX: Final = 10_001
"""Of the first LSR port, if LSRs have namespaces: larger than any the kernel assigns there."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a veth pair.

    Attributes:
        node: Mininet name of the node it is on.
        interface: its name, unique in the namespace it is in.
        port: the node's port number.
        mtu: bytes of Ethernet payload.
        mac: MAC address; None lets the kernel choose.
        own_namespace: in the node's own namespace, not in the lab's.
        ifindex: unique among all ports of LSRs; None lets the kernel choose.
        is_customers: it belongs to a host or CE router.
    """

    node: str
    interface: str
    port: int
    mtu: int
    mac: str | None = None
    own_namespace: bool = False
    ifindex: int | None = None
    is_customers: bool = False


@dataclass(frozen=True, slots=True)
class VethPair:
    """A veth pair.

    Attributes:
        name: the core link's or the circuit's; inside a site ``VPN/SITE:INTERFACE``.
        ends: a circuit's first end is the PE's.
        rate_bps: bits per second, each way; None is not shaped.
        delay_ms: one-way.
        loss_percent: part of the packets that is lost, each way.
        jitter_ms: how much longer than `delay_ms` a packet may take, each way.
    """

    name: str
    ends: tuple[Endpoint, Endpoint]
    rate_bps: int | None = None
    delay_ms: float = 0.0
    loss_percent: float = 0.0
    jitter_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class LsrPlan:
    """A label-switching router.

    Attributes:
        name: of the LSR and its Mininet node.
        bridge: its name as a bridge of Open vSwitch.
        dpid: datapath id.
    """

    name: str
    bridge: str
    dpid: int


@dataclass(frozen=True, slots=True)
class HostPlan:
    """A host.

    Attributes:
        name: Mininet's.
        ref: its full name.
        mac: of its only interface.
        gateways: default routes' next hops, one of each IP version.
        loopbacks: addresses outside of its LAN's subnets.
    """

    name: str
    ref: HostRef
    mac: str
    addresses: tuple[IPInterface, ...]
    gateways: tuple[IPAddress, ...]
    loopbacks: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class CePlan:
    """A CE router.

    Attributes:
        name: Mininet's.
        ref: its full name, ``VPN/SITE/ce``.
        router: its addresses towards the PE.
        lan: its addresses towards the LAN.
        routes: beside its own networks and its default routes to the PE.
        by_vpls: of a station of a VPLS, its routes to other sites' LANs, all that it has; None: it
            is none.
    """

    name: str
    ref: HostRef
    router: CeRouter
    lan: tuple[IPInterface, ...]
    routes: tuple[CeRoute, ...] = ()
    by_vpls: tuple[StaticRoute, ...] | None = None


@dataclass(frozen=True, slots=True)
class LanPlan:
    """The LAN of a site that does not have exactly one host and one line: a Linux bridge.

    Attributes:
        name: Mininet's.
        full_name: ``VPN/SITE/lan``.
        bridge: its interface name in the lab's namespace.
    """

    name: str
    full_name: str
    bridge: str


@dataclass(frozen=True)
class LabPlan:
    """Everything that is to be built.

    Attributes:
        lines: by circuit whose access line carries tags, the name of that veth pair: the one of the
            circuit's own name is behind it.
    """

    lsrs: tuple[LsrPlan, ...]
    hosts: tuple[HostPlan, ...]
    ces: tuple[CePlan, ...]
    lans: tuple[LanPlan, ...]
    veth_pairs: tuple[VethPair, ...]
    accesses: tuple[AccessPlan, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
    bundles: tuple[BundlePlan, ...] = ()

    def cable(self, name: str) -> str:
        """Return the name of the veth pair that a link or circuit has at its LSRs."""
        return self.lines.get(name, name)

    def cables(self) -> Iterator[tuple[str, tuple[Endpoint, Endpoint]]]:
        """Yield every name of a veth pair with the ends of that pair, of a circuit its line's."""
        ends = {pair.name: pair.ends for pair in self.veth_pairs}
        for name in ends:
            yield name, ends[self.cable(name)]

    def ports(self) -> Iterator[tuple[VethPair, Endpoint]]:
        """Yield every veth pair with each of its ends."""
        for pair in self.veth_pairs:
            for end in pair.ends:
                yield pair, end

    def lsr_ports(self) -> dict[str, tuple[Endpoint, ...]]:
        """Return the ports of every LSR, by its name."""
        found: dict[str, list[Endpoint]] = {lsr.name: [] for lsr in self.lsrs}
        for _, end in self.ports():
            if end.node in found:
                found[end.node].append(end)
        return {name: tuple(ends) for name, ends in found.items()}

    def core_pairs(self) -> Iterator[VethPair]:
        """Yield the veth pairs between LSRs."""
        names = {lsr.name for lsr in self.lsrs}
        return (pair for pair in self.veth_pairs if all(end.node in names for end in pair.ends))


def make_plan(network: Network, program: Program, *, lsr_namespaces: bool = False) -> LabPlan:
    """Return what to build for a lab; deterministic.

    Args:
        network: sites, hosts, addresses.
        program: compiled from it; has port numbers, MAC addresses, rates, delays and MTUs.
        lsr_namespaces: each LSR has its own namespace; else it is a bridge in the lab's.
    """
    return _Planner(network, program, lsr_namespaces=lsr_namespaces).plan()


@dataclass(frozen=True, slots=True)
class _Uplink:
    """A wire from a LAN to its router.

    Attributes:
        name: of the wire.
        end: its end at the router.
        rate_bps: as in `VethPair`.
    """

    name: str
    end: Endpoint
    rate_bps: int | None = None


@dataclass(frozen=True, slots=True)
class _Lan:
    """Where interfaces of one site are to be joined: on its LAN, or before its CE router.

    Attributes:
        vpn: of the site.
        site: the site.
        role: the last part of the Mininet name of its bridge.
        full_name: of the bridge.
    """

    vpn: str
    site: Site
    role: str
    full_name: str


class _Planner:
    def __init__(self, network: Network, program: Program, *, lsr_namespaces: bool) -> None:
        self._network = network
        self._lsr_namespaces = lsr_namespaces
        self._ifindexes = itertools.count(FIRST_IFINDEX)
        self._nodes = sorted(program.nodes, key=lambda node: node.index)
        self._by_name = program.node_by_name
        self._links = program.link_by_name
        self._interfaces = InterfaceNames()
        self._names = NodeNames(node.name for node in program.nodes)
        self._hosts: list[HostPlan] = []
        self._ces: list[CePlan] = []
        self._lans: list[LanPlan] = []
        self._wires: list[VethPair] = []
        self._access: dict[str, AccessPlan] = {}
        self._lines: dict[str, str] = {}
        self._bundles: list[BundlePlan] = []

    def plan(self) -> LabPlan:
        # bridges choose first: a router's own name matters more than an interface's
        lsrs = tuple(
            LsrPlan(node.name, self._interfaces.claim(node.name, f"n{node.index}"), node.index)
            for node in self._nodes
        )
        for name in (link.name for link in self._network.provider.links):
            link = self._links[name]
            first, second = (self._by_name[end] for end in link.ends)
            ends = (self._core_end(first, link), self._core_end(second, link))
            wire = VethPair(
                name=link.name,
                ends=ends,
                rate_bps=link.bandwidth_bps,
                delay_ms=link.delay_ms,
                loss_percent=link.loss_percent,
                jitter_ms=link.jitter_ms,
            )
            self._wires.append(wire)
        for vpn, site in self._network.sites():
            self._site(vpn.name, site)
        return LabPlan(
            lsrs,
            tuple(self._hosts),
            tuple(self._ces),
            tuple(self._lans),
            tuple(self._wires),
            tuple(self._access.values()),
            self._lines,
            tuple(self._bundles),
        )

    def _lsr_end(self, node: NodeProgram, port: int, mac: str | None, mtu: int) -> Endpoint:
        name = self._interfaces.claim(f"{node.name}-eth{port}", f"n{node.index}-eth{port}")
        end = Endpoint(node.name, name, port, mtu, mac)
        if not self._lsr_namespaces:
            return end
        return replace(end, own_namespace=True, ifindex=next(self._ifindexes))

    def _core_end(self, node: NodeProgram, link: CoreLink) -> Endpoint:
        adjacency = node.adjacency_by_link[link.name]
        return self._lsr_end(node, adjacency.port, adjacency.mac, link.mtu)

    def _uplink(self, line: Site) -> _Uplink:
        pe = self._by_name[line.pe]
        circuit = pe.circuit_by_name[line.circuit]
        if circuit.is_delimited:
            return self._tagged_uplink(pe, circuit)
        # the PE must not drop a tagged full-size frame, so its side is wider than the customer's
        pe_end = self._lsr_end(pe, circuit.port, None, circuit.line_mtu)
        return _Uplink(line.circuit, pe_end, circuit.rate_bps)

    def _site(self, vpn: str, site: Site) -> None:
        uplinks = [self._uplink(line) for line in site.lines]
        if site.shares_load:
            uplinks = [self._bundle(vpn, site, uplinks)]
        if not site.has_router:
            self._lan(vpn, site, uplinks)
            return
        ce = self._router(vpn, site)
        self._ces.append(ce)
        wan = _customers_end(ce.name, HOST_INTERFACE, 0, ce.router.mac, site.mtu)
        # a router with two lines has one interface all the same: as if it bonded them
        self._join(_Lan(vpn, site, "wan", f"{site.full_name}/{CE_HOST}/wan"), uplinks, [wan])
        lan = _customers_end(ce.name, CE_LAN_INTERFACE, 1, ce.router.lan_mac, site.mtu)
        self._lan(vpn, site, [_Uplink(f"{site.circuit}:{CE_LAN_INTERFACE}", lan)])

    def _router(self, vpn: str, site: Site) -> CePlan:
        """Return the CE router of a site that has one."""
        name = self._names.claim(host_node_name(vpn, site.name, "ce"))
        ref = HostRef(vpn, site.name, CE_HOST)
        if site.ce is not None:
            known = self._by_name[site.pe].circuit_by_name[site.circuit].ce
            routes = known.routes if known is not None else ()
            return CePlan(name, ref, site.ce, site.gateways, routes)
        assert site.behind is not None
        (station,) = site.hosts
        router = CeRouter(station.mac, station.addresses, (), site.behind.mac)
        lan = site.behind
        return CePlan(name, ref, router, lan.gateways, by_vpls=lan.routes)

    def _bundle(self, vpn: str, site: Site, uplinks: Sequence[_Uplink]) -> _Uplink:
        """Make one uplink of a site's lines."""
        node = self._names.claim(host_node_name(vpn, site.name, "bundle"))
        short = f"lag{len(self._bundles) + 1}"
        inner, *lines = (
            self._interfaces.claim(f"{node}-eth{number}", f"{short}-eth{number}")
            for number in range(len(uplinks) + 1)
        )
        for number, (uplink, line) in enumerate(zip(uplinks, lines, strict=True), 1):
            near = Endpoint(node, line, number, uplink.end.mtu)
            self._wires.append(VethPair(uplink.name, (uplink.end, near), uplink.rate_bps))
        full_name = f"{site.full_name}:lines/bundle"
        self._bundles.append(BundlePlan(node, full_name, inner, tuple(lines)))
        return _Uplink(f"{site.full_name}:{inner}", Endpoint(node, inner, 0, uplinks[0].end.mtu))

    def _tagged_uplink(self, pe: NodeProgram, circuit: AttachmentCircuit) -> _Uplink:
        """Return a wire to the far end of an access line that carries tags."""
        line = f"{circuit.name}:line" if circuit.line is None else circuit.line.name
        access = self._access.get(line) or self._far_end(pe, circuit, line)
        number = len(access.sites) + 1
        interface = self._interfaces.claim(
            f"{access.name}-eth{number}", _beside(access.line, number)
        )
        port = SitePort(interface, circuit.tags)
        self._access[line] = replace(access, sites=(*access.sites, port))
        self._lines[circuit.name] = line
        # sites of one line may have different rates, so each is shaped behind the line
        end = Endpoint(access.name, interface, number, circuit.line_mtu)
        return _Uplink(circuit.name, end, circuit.rate_bps)

    def _far_end(self, pe: NodeProgram, circuit: AttachmentCircuit, line: str) -> AccessPlan:
        """Make the veth pair of an access line that carries tags."""
        node = self._names.claim(f"{re.sub('[/:]', '-', line)}-access")
        on_line = [each for each in pe.circuits if each.physical_port == circuit.physical_port]
        tags = max(each.tags.octets if each.tags else 0 for each in on_line)
        # one tag is beyond the MTU everywhere (IEEE 802.3 clause 3.2.7), a second one is not
        mtu = max(each.line_mtu for each in on_line) + max(tags - TAG_OCTETS, 0)
        short = f"line{len(self._access) + 1}"
        interface = self._interfaces.claim(f"{node}-eth0", f"{short}-eth0")
        pe_end = self._lsr_end(pe, circuit.physical_port, None, mtu)
        self._wires.append(VethPair(line, (pe_end, Endpoint(node, interface, 0, mtu))))
        return AccessPlan(node, f"{line}/access", interface, ())

    def _lan(self, vpn: str, site: Site, uplinks: Sequence[_Uplink]) -> None:
        """Connect a site's hosts to its uplinks, the interfaces of its PEs or its CE router."""
        ends = [self._host(vpn, site, index) for index in range(len(site.end_hosts))]
        self._join(_Lan(vpn, site, "lan", f"{site.full_name}/lan"), uplinks, ends)

    def _join(self, lan: _Lan, uplinks: Sequence[_Uplink], ends: Sequence[Endpoint]) -> None:
        """Connect customers' interfaces to uplinks: by a bridge, unless there is one of each."""
        if len(ends) == len(uplinks) == 1:
            (uplink,) = uplinks
            self._wires.append(VethPair(uplink.name, (uplink.end, ends[0]), uplink.rate_bps))
            return
        short = f"lan{len(self._lans) + 1}"
        node = self._names.claim(host_node_name(lan.vpn, lan.site.name, lan.role))
        bridge = self._interfaces.claim(node, short)
        self._lans.append(LanPlan(node, lan.full_name, bridge))

        def bridge_port(number: int, mtu: int) -> Endpoint:
            interface = self._interfaces.claim(f"{bridge}-eth{number}", f"{short}-eth{number}")
            return Endpoint(node, interface, number, mtu)

        numbers = [0, *range(len(ends) + 1, len(ends) + len(uplinks))]
        for number, uplink in zip(numbers, uplinks, strict=True):
            near = bridge_port(number, uplink.end.mtu)
            self._wires.append(VethPair(uplink.name, (uplink.end, near), uplink.rate_bps))
        for number, end in enumerate(ends, 1):
            wire_name = f"{lan.site.full_name}:{bridge}-eth{number}"
            self._wires.append(VethPair(wire_name, (bridge_port(number, end.mtu), end)))

    def _host(self, vpn: str, site: Site, index: int) -> Endpoint:
        host = site.end_hosts[index]
        name = self._names.claim(host_node_name(vpn, site.name, host.name))
        ref = HostRef(vpn, site.name, host.name)
        lan = site.gateways if site.behind is None else site.behind.gateways
        gateways = {gateway.network: gateway.ip for gateway in lan}
        # the gateway of the subnet of its first address: all of them are the same router
        first = {address.version: address.network for address in reversed(host.addresses)}
        ways_out = tuple(gateways[first[v]] for v in sorted(first) if first[v] in gateways)
        plan = HostPlan(name, ref, host.mac, host.addresses, ways_out, host.loopbacks)
        self._hosts.append(plan)
        return _customers_end(name, HOST_INTERFACE, 0, host.mac, host.mtu or site.mtu)


def _beside(interface: str, number: int) -> str:
    """Return the short name of an interface beside the one of number 0."""
    return f"{interface.rpartition('-eth')[0][:8]}-eth{number}"


def _customers_end(node: str, interface: str, port: int, mac: str, mtu: int) -> Endpoint:
    return Endpoint(node, interface, port, mtu, mac, own_namespace=True, is_customers=True)
