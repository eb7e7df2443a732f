"""The reachability matrix: every pair of hosts, proved by walking the program.

What becomes of a packet in an L3VPN depends on its VRF and its destination only, so one walk for
each of these speaks for all hosts at that VRF. An address to which a VRF has no route needs no
walk: nothing gets through.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import HostRef, Network
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.packet import BROADCAST_MAC, IpHeader, Packet
from mplsemu.program.program import GATEWAY_MAC, Program
from mplsemu.program.services import Route
from mplsemu.program.walk import Walker
from mplsemu.program.way import Delivered, End, Punted, Unresolved, Walk
from mplsemu.verification.intent import reaches
from mplsemu.verification.structure import check_structure
from mplsemu.verification.verdict import Check, Verdict, Violation

_PROBE_TTL: Final = 255
"""So that a long way in the uniform model is not mistaken for a fault."""
_UNKNOWN_MAC: Final = "02:ff:ff:ff:ff:fe"


def verify(program: Program, network: Network) -> Verdict:
    """Check a program against what its network is for, with everything up.

    Within a VPN every host reaches every other, across VPNs only what is imported; a frame for
    everyone, or for someone unknown, arrives exactly once at each other site of its VPLS and
    nowhere else; the structure is sound (`check_structure`).
    """
    matrix = _Matrix(program, network)
    violations = [
        *check_structure(program, network.provider.labels),
        *(violation for vpn in network.vpns for violation in matrix.check(vpn)),
    ]
    hosts = sum(len(site.hosts) for _, site in network.sites())
    return Verdict(tuple(violations), pairs=hosts * (hosts - 1), walks=matrix.walks)


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who has an address in a VRF's eyes: a host, or a site's gateway where `host` is None."""

    site: Site
    host: HostRef | None


class _Matrix:
    """Walks for one program and one network."""

    def __init__(self, program: Program, network: Network) -> None:
        self.walks = 0
        self._program = program
        self._network = network
        self._walker = Walker(program)
        self._l3vpns = [vpn for vpn in network.vpns if isinstance(vpn, L3vpn)]
        addresses = {
            interface.ip
            for _, site, host in network.hosts()
            for interface in (*host.addresses, *site.gateways)
        }
        self._addresses = {
            version: sorted(each for each in addresses if each.version == version)
            for version in (4, 6)
        }

    def check(self, vpn: L3vpn | Vpls | Vpws) -> Iterator[Violation]:
        """Yield what is wrong with one VPN."""
        for site in vpn.sites:
            if not self._is_attached(site):
                detail = f"{site.circuit} is down or not at {site.pe}: its hosts are cut off"
                yield Violation(Check.REACH, vpn.name, detail)
        if isinstance(vpn, L3vpn):
            by_pe: dict[str, Site] = {}
            for site in vpn.sites:
                if self._is_attached(site):
                    by_pe.setdefault(site.pe, site)
            for site in by_pe.values():
                yield from self._check_vrf(vpn, site)
        else:
            for site in vpn.sites:
                if self._is_attached(site):
                    yield from self._check_bridged_site(vpn, site)

    def _is_attached(self, site: Site) -> bool:
        node = self._program.node_of_circuit.get(site.circuit)
        if node is None or node.name != site.pe:
            return False
        return node.circuit_by_name[site.circuit].up

    def _walk(self, site: Site, packet: Packet, *, learned: bool = True) -> Walk:
        self.walks += 1
        return self._walker.walk(site.circuit, packet, learned=learned)

    # L3VPN ---------------------------------------------------------------------------------------

    def _check_vrf(self, vpn: L3vpn, site: Site) -> Iterator[Violation]:
        """Send from one site of a VRF to every address that may get anywhere."""
        visible = self._visible(vpn, site)
        owners = _owners(visible)
        circuits = {each.circuit for each in visible}
        vrf = self._program.node(site.pe).vrf_by_name.get(vpn.name)
        routed = {address for route in vrf.routes for address in self._within(route)} if vrf else ()
        wanted = [*owners, *sorted(set(routed) - owners.keys(), key=_address_order)]
        for address in wanted:
            packet = _packet_to(site, address)
            walk = self._walk(site, packet)
            problem = _routed_problem(walk.ends[0], owners.get(address), circuits)
            if problem is not None:
                check, detail = problem
                words = f"from {site.pe} to {address}: {detail}"
                yield Violation(check, vpn.name, words, site.circuit, packet, walk)

    def _visible(self, vpn: L3vpn, site: Site) -> list[Site]:
        """Return the sites that a VRF should reach, those of its own VPN first."""
        ranked = [vpn, *(each for each in self._l3vpns if each.name != vpn.name)]
        return [
            target
            for other in ranked
            if other is vpn or vpn.import_targets & other.export_targets
            for target in other.sites
            if reaches(vpn, site, other, target)
        ]

    def _within(self, route: Route) -> Iterable[IPAddress]:
        """Return the lab's addresses that a route covers."""
        addresses = self._addresses[route.prefix.version]
        first = bisect_left(addresses, route.prefix.network_address)
        return addresses[first : bisect_right(addresses, route.prefix.broadcast_address)]

    # VPLS and VPWS -------------------------------------------------------------------------------

    def _check_bridged_site(self, vpn: Vpls | Vpws, site: Site) -> Iterator[Violation]:
        """Send from one site to everyone, to nobody known, and to each host of the others."""
        others = [each for each in vpn.sites if each.name != site.name]
        source = site.hosts[0].mac if site.hosts else _UNKNOWN_MAC
        everyone = Counter(each.circuit for each in others)
        for mac, words in ((BROADCAST_MAC, "a broadcast"), (_UNKNOWN_MAC, "an unknown address")):
            packet = Packet(source, mac)
            walk = self._walk(site, packet, learned=False)
            arrived = Counter(end.circuit for end in walk.deliveries)
            lost = [end for end in walk.ends if not isinstance(end, Delivered)] if others else []
            if arrived != everyone or lost:
                detail = f"from {site.circuit} to {words}: {_flooded(arrived, everyone)}"
                yield Violation(Check.FLOOD, vpn.name, detail, site.circuit, packet, walk)
        for other in others:
            for host in other.hosts:
                packet = Packet(source, host.mac)
                walk = self._walk(site, packet)
                ref = HostRef(vpn.name, other.name, host.name)
                if walk.ends != (Delivered(other.circuit, ref, None, host.mac),):
                    detail = f"from {site.circuit} to {ref}: {_words(walk.ends[0])}"
                    yield Violation(Check.REACH, vpn.name, detail, site.circuit, packet, walk)


def _owners(sites: Iterable[Site]) -> dict[IPAddress, _Owner]:
    """Return who has each address of some sites, the first where several have."""
    owners: dict[IPAddress, _Owner] = {}
    for site in sites:
        for host in site.hosts:
            ref = HostRef(site.vpn, site.name, host.name)
            for interface in host.addresses:
                owners.setdefault(interface.ip, _Owner(site, ref))
        for interface in site.gateways:
            owners.setdefault(interface.ip, _Owner(site, None))
    return owners


def _packet_to(site: Site, address: IPAddress) -> Packet:
    """Return a packet as it comes from a site; where it is from decides nothing."""
    interfaces = (*(each for host in site.hosts for each in host.addresses), *site.gateways)
    own = next((each.ip for each in interfaces if each.version == address.version), None)
    mac = site.ce.mac if site.ce else site.hosts[0].mac if site.hosts else _UNKNOWN_MAC
    return Packet(mac, GATEWAY_MAC, IpHeader(own or address, address, _PROBE_TTL))


def _routed_problem(end: End, owner: _Owner | None, visible: set[str]) -> tuple[Check, str] | None:
    """Return what is wrong with how a routed packet ended."""
    match end:
        case Delivered() | Unresolved() if end.circuit not in visible:
            return Check.ISOLATE, f"leaks: {_words(end)}"
    if owner is None:
        return (Check.ISOLATE, _words(end)) if isinstance(end, Delivered) and end.host else None
    match end:
        case Delivered(circuit=circuit, host=host) if circuit == owner.site.circuit:
            is_right = host == owner.host
        case Punted(node=node):
            is_right = owner.host is None and owner.site.ce is None and node == owner.site.pe
        case _:
            is_right = False
    if is_right:
        return None
    return Check.REACH, f"{owner.host or owner.site.circuit} does not get it: {_words(end)}"


def _words(end: End) -> str:
    """Say how a packet ended."""
    match end:
        case Delivered():
            return f"delivered to {end.host or end.mac} on {end.circuit}"
        case Unresolved():
            return f"nobody on {end.circuit} is known to have {end.address}"
        case Punted():
            return f"{end.node} has {end.address} itself"
        case _:
            return f"lost at {end.node}: {getattr(end, 'reason', 'TTL expired')}"


def _flooded(arrived: Counter[str], everyone: Counter[str]) -> str:
    """Say at which sites a flooded frame is missing or arrives too often."""
    missing, surplus = everyone - arrived, arrived - everyone
    parts = []
    if missing:
        parts.append(f"missing at {', '.join(sorted(missing))}")
    if surplus:
        parts.append(f"too often at {', '.join(sorted(surplus))}")
    return "; ".join(parts) or "a copy is lost on the way"


def _address_order(address: IPAddress) -> tuple[int, int]:
    return address.version, int(address)
