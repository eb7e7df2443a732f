"""Every packet by itself: what the interpreter does with each, and what should have become of it.

Knows no equivalence classes. It tries every address of every prefix of a lab (of a large one both
ends), what lies around them, addresses that no router forwards, and every MAC address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network

from mplsemu.model.l2cp import L2cp
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import HostRef, Network
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpls_topology import MULTIPOINT
from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Dropped, Punted, TtlExpired, Unresolved, Walk
from mplsemu.program.program import Program
from mplsemu.program.walk import Walker
from mplsemu.verification.site_policy import reaches
from mplsemu.wire.ethernet import BROADCAST_MAC, group_mac

STRANGER = "02:aa:aa:aa:aa:aa"
GROUP = "01:00:5e:01:02:03"
FEW = 64
"""Of a larger prefix only so many addresses at each end."""
BRIDGES = tuple(f"01:80:c2:00:00:{last:02x}" for last in (0, 1, 2, 14, 16))
FILTERED = {
    L2cp.STANDARD: {True: {*range(1, 11), 14}, False: {1}},
    L2cp.TUNNEL: {True: {1}, False: {1}},
    L2cp.DROP: {True: {*range(16)}, False: {*range(16)}},
}
"""Last octets of reserved addresses that go nowhere, by whether the VPN is a VPLS."""
HEARD_OF = ip_address("239.1.1.1")
"""A multicast group that VPLSs may know, if they snoop."""
NOWHERE = tuple(
    ip_network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8")
)
OTHERS = """
0.0.0.0 0.0.0.1 0.255.255.255 1.0.0.0 8.8.8.8 9.255.255.255 10.255.255.255 11.0.0.0 100.63.255.255
126.255.255.255 127.0.0.1 128.0.0.0 192.167.255.255 192.168.0.0 223.255.255.255 224.0.0.5
255.255.255.255 :: ::1 ::2 2001:db7:ffff:: 2001:db8:: 2001:db9:: fc00::1 fe80:: fe80::1 fe80::2
febf:ffff:: fec0:: ff02::1 ffff:ffff::1
"""

Probe = tuple[str, Packet, bool]
"""Circuit, packet, and whether every VSI has learned."""


def addresses(network: Network) -> list[IPAddress]:
    """Return the addresses to try from everywhere."""
    found = {ip_address(text) for text in OTHERS.split()}
    for _, site in network.sites():
        links = [each.network for each in site.ce.wan] if site.ce else []
        for prefix in (*site.subnets, *links):
            first, last = int(prefix.network_address), int(prefix.broadcast_address)
            middle: Iterable[int] = range(first, last + 1)
            if last - first >= 2 * FEW:
                middle = (*range(first, first + FEW), *range(last - FEW + 1, last + 1))
            kind = type(prefix.network_address)
            found.update(kind(value) for value in (first - 1, *middle, last + 1) if value >= 0)
    return sorted(found, key=lambda each: (each.version, int(each)))


def probes(network: Network, *, ttl: int = 255) -> Iterator[Probe]:
    """Yield every packet to try: to each address and each MAC address, from each circuit."""
    everywhere = addresses(network)
    for vpn, site in network.lines():
        if isinstance(vpn, L3vpn):
            for address in everywhere:
                for source in sources(site, address.version):
                    ip = IpHeader(source, address, ttl)
                    yield site.circuit, Packet(STRANGER, GATEWAY_MAC, ip), True
            yield site.circuit, Packet(STRANGER, GATEWAY_MAC), True
            yield site.circuit, Packet(STRANGER, BROADCAST_MAC, ip), True
            yield site.circuit, Packet(STRANGER, GATEWAY_MAC, ip, (7,)), True
            continue
        stations = [host.mac for each in vpn.sites for host in each.hosts]
        for learned in (False, True):
            for mac in (BROADCAST_MAC, GROUP, STRANGER, *BRIDGES, *stations):
                for source_mac in (STRANGER, GROUP, *(host.mac for host in site.hosts)):
                    yield site.circuit, Packet(source_mac, mac), learned
        if isinstance(vpn, Vpls) and vpn.igmp_snooping:
            header = IpHeader(ip_address("192.0.2.1"), HEARD_OF)
            yield site.circuit, Packet(STRANGER, group_mac(HEARD_OF), header), False


def sources(site: Site, version: int) -> Iterator[IPAddress]:
    """Yield a source that is nobody's and, where it makes a difference, one of the site's own."""
    yield ip_address("192.0.2.1" if version == 4 else "2001:db8:ffff::1")
    if site.strict_urpf:
        interfaces = (each for host in site.hosts for each in host.addresses)
        yield from (each.ip for each in interfaces if each.version == version)


def outcome(program: Program, network: Network) -> dict[Probe, tuple[tuple[str, ...], ...]]:
    """Return how all copies of every packet end, and with what TTL they arrive: in every way."""
    walker = Walker(program)
    found = {}
    for probe in probes(network):
        circuit, packet, learned = probe
        walk = walker.walk(circuit, packet, learned=learned)
        found[probe] = tuple(sorted({_ends(variant) for variant in walk.variants()}))
    return found


def _ends(walk: Walk) -> tuple[str, ...]:
    ends = []
    for branch in walk.branches:
        end = branch.end
        if isinstance(end, Dropped | TtlExpired):  # where and why is told from nothing
            loops = isinstance(end, Dropped) and end.reason == "loop"
            ends.append("loops" if loops else "lost")
        else:
            ends.append(f"{end} TTL {branch.hops[-1].ip_ttl}")
    return tuple(sorted(ends))


def faults(program: Program, network: Network) -> list[str]:
    """Return every packet of which the wrong thing becomes."""
    walker = Walker(program)
    sites = {site.circuit: (vpn, site) for vpn, site in network.sites()}
    found = []
    for circuit, packet, learned in probes(network):
        vpn, site = sites[circuit]
        for variant in walker.walk(circuit, packet, learned=learned).variants():
            ends = variant.ends
            if isinstance(vpn, L3vpn):
                is_right = routed_is_right(network, vpn, site, packet, ends)
            else:
                is_right = bridged_is_right(vpn, site, packet, ends, learned)
            if not is_right:
                found.append(f"{circuit} {packet} {ends}")
    return found


def routed_is_right(network, vpn, site, packet, ends) -> bool:
    (end, *more) = ends
    if more:
        return False
    if packet.ip is None or packet.vlans or packet.destination_mac != GATEWAY_MAC:
        return isinstance(end, Dropped)
    address = packet.ip.destination
    if site.strict_urpf and not any(packet.ip.source in subnet for subnet in site.subnets):
        return isinstance(end, Dropped)
    if address == ip_address("fe80::1"):
        return isinstance(end, Punted) and end.node == site.pe
    targets = [
        (other, each)
        for other in sorted(network.vpns, key=lambda other: other is not vpn)
        for each in other.sites
        if reaches(vpn, site, other, each)
    ]
    for other, target in targets:
        near = other is vpn and target.pe == site.pe and target.ce is not None
        near = near and vpn.policy(target.name) == vpn.policy(site.name)  # in the same VRF
        if near and any(address in each.network for each in target.ce.wan):
            return on_ce_link(target, address, end)
        if any(address in subnet for subnet in target.subnets):
            return behind_ce(target, address, end) if target.ce else on_lan(target, address, end)
    return isinstance(end, Dropped) and end.reason != "loop"


def on_ce_link(target: Site, address: IPAddress, end) -> bool:
    (net,) = (each.network for each in target.ce.pe_wan if address in each.network)
    own = {each.ip for each in target.ce.pe_wan}
    if net.version == 6 and net.prefixlen < 127:
        own.add(net.network_address)
    if address in own:
        return isinstance(end, Punted) and end.node == target.pe
    if address in {each.ip for each in target.ce.wan}:
        return end == Delivered(target.circuit, None, address, target.ce.mac, is_ce=True)
    if net.version == 4 and address in {net.network_address, net.broadcast_address}:
        return isinstance(end, Dropped)
    return end == Unresolved(target.pe, target.circuit, address)


def behind_ce(target: Site, address: IPAddress, end) -> bool:
    host, mac = owner(target, address)
    # as a router of its LAN a CE has its lowest IPv6 address too (RFC 4291 section 2.6.1)
    own = {gateway.ip for gateway in target.gateways}
    own |= {
        net.network_address for net in target.subnets if net.version == 6 and net.prefixlen < 127
    }
    is_ce = host is None and address in own
    return end == Delivered(target.circuit, host, address, mac or target.ce.mac, is_ce)


def on_lan(target: Site, address: IPAddress, end) -> bool:
    for gateway in target.gateways:
        # RFC 4291 section 2.6.1: every router has its subnets' lowest addresses, too
        is_anycast = address.version == 6 and gateway.network.prefixlen < 127
        if address == gateway.ip or (is_anycast and address == gateway.network.network_address):
            return isinstance(end, Punted) and end.node == target.pe
        edges = (gateway.network.network_address, gateway.network.broadcast_address)
        if address.version == 4 and gateway.network.prefixlen < 31 and address in edges:
            return isinstance(end, Dropped)
    host, mac = owner(target, address)
    if host is None:
        return end == Unresolved(target.pe, target.circuit, address)
    return end == Delivered(target.circuit, host, address, mac)


def owner(target: Site, address: IPAddress):
    for host in target.hosts:
        if any(interface.ip == address for interface in host.addresses):
            return HostRef(target.vpn, target.name, host.name), host.mac
    return None, None


def bridged_is_right(vpn, site, packet, ends, learned) -> bool:
    arrived = Counter(end.circuit for end in ends if isinstance(end, Delivered))
    if any(isinstance(end, Unresolved | Punted | TtlExpired) for end in ends):
        return False
    others = Counter(each.circuit for each in vpn.sites if are_partners(vpn, site, each))
    if isinstance(vpn, Vpls) and packet.source_mac == GROUP:
        return not arrived
    destination = packet.destination_mac
    is_reserved = destination.startswith("01:80:c2:00:00:0")
    if is_reserved and int(destination[-2:], 16) in FILTERED[vpn.l2cp][isinstance(vpn, Vpls)]:
        return not arrived
    where = {host.mac: each.circuit for each in vpn.sites for host in each.hosts}
    known = where.get(packet.destination_mac) if learned and isinstance(vpn, Vpls) else None
    is_unknown = known is None and not int(destination[:2], 16) & 1
    if isinstance(vpn, Vpls) and is_unknown and not vpn.floods_unknown:
        return not arrived
    if known not in {None, site.circuit, *others}:  # a leaf's, for another leaf: somebody's or no
        return arrived <= others
    wanted = others if known is None else Counter([known] if known != site.circuit else [])
    lost = [end for end in ends if isinstance(end, Dropped)]
    if (
        isinstance(vpn, Vpls) and vpn.topology != MULTIPOINT
    ):  # a hub PE may have nobody to send it to
        lost = [end for end in lost if "nobody" not in end.reason]
    return arrived == wanted and not (lost and wanted)


def are_partners(vpn, site, other) -> bool:
    """Whether frames pass between two sites of a bridged VPN."""
    roots = vpn.topology.roots if isinstance(vpn, Vpls) else None
    is_apart = roots is not None and not roots & {site.name, other.name}
    if isinstance(vpn, Vpls) and vpn.topology.mesh is not None:
        hubs = {spoke.pe: spoke.hubs[0] for spoke in vpn.topology.spokes}
        ends = {hubs.get(each.pe, each.pe) for each in (site, other)}
        is_apart |= len(ends) == 2 and tuple(sorted(ends)) not in vpn.topology.mesh
    return site.name != other.name and not is_apart
