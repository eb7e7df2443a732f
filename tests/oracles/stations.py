"""Hosts and CE routers in bytes: small IP stacks on the LANs and lines around a fake data plane.

Written from RFC 826, 792, 4861 and 4443 and from what Linux does, as an oracle beside the
program's own idea of hosts: it knows a network's facts and no forwarding program.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_interface, ip_network

from mplsemu.model.network import Network
from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork, Site
from tests.oracles import frames
from tests.oracles.fakepacket import internet_checksum
from tests.oracles.pinglabs import link_local

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD
REQUEST, REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
SOLICITATION, ADVERTISEMENT = 135, 136
ALL_NODES, ALL_ROUTERS = {ip_address("ff01::1"), ip_address("ff02::1")}, ip_address("ff02::2")
MOST_FRAMES = 5000

Inject = Callable[[str, bytes], Iterable[tuple[str, bytes]]]
"""Sends a frame into a circuit; returns the frames that leave by circuits because of it."""


MARTIANS = [ip_network(each) for each in ("127.0.0.0/8", "0.0.0.0/8", "255.255.255.255", "::/128")]
"""Where no router sends anything."""


@dataclass(eq=False)
class Port:
    """A station's interface; `circuit` is that of the line it is on, None on a LAN behind a CE."""

    station: Station
    lan: Lan
    mac: str
    addresses: tuple[IPInterface, ...]

    @property
    def link_local(self) -> IPv6Address:
        return link_local(self.mac)


@dataclass(eq=False)
class Lan:
    """A hub: what one port sends all others get, the PE by the circuit among them."""

    circuit: str | None = None
    ports: list[Port] = field(default_factory=list)


@dataclass(eq=False)
class Station:
    """A host, or a CE router, which forwards."""

    name: str
    world: World
    gateways: dict[int, tuple[Port, IPAddress]] = field(default_factory=dict)
    forwards: bool = False
    routes: list[tuple[IPNetwork, Port, IPAddress]] = field(default_factory=list)
    uplink: Port | None = None
    back: frozenset[IPNetwork] = frozenset()
    masquerades: bool = False
    masked: dict[tuple[IPAddress, IPAddress], IPAddress] = field(default_factory=dict)
    ports: list[Port] = field(default_factory=list)
    neighbours: dict[tuple[Port, IPAddress], str] = field(default_factory=dict)
    waiting: list[tuple[Port, IPAddress, bytes]] = field(default_factory=list)
    replies: int = 0

    # --- sending ----------------------------------------------------------------------------

    def send(self, packet: bytes, came_by: Port | None = None) -> None:
        """Send an IP packet: to itself, to a neighbour, by a route or by the gateway."""
        target = frames.seen(bytes(12) + _type_of(packet) + packet).addresses[1]
        if self.has(target) or target in ALL_NODES:
            self._take(packet)
            return
        port, hop = self._next_hop(target, came_by)
        if port is None or hop is None:
            return
        if hop.is_multicast:
            self._out(port, f"33:33:{hop.packed[-4:].hex(':')}", packet)
        elif (port, hop) in self.neighbours:
            self._out(port, self.neighbours[port, hop], packet)
        else:
            self.waiting.append((port, hop, packet))
            self._ask(port, hop)

    def _next_hop(
        self, target: IPAddress, came_by: Port | None
    ) -> tuple[Port | None, IPAddress | None]:
        for port in self.ports:
            for each in port.addresses:
                if target in each.network:
                    is_plain = each.version == 6 or each.network.prefixlen >= 31
                    is_broadcast = not is_plain and target == each.network.broadcast_address
                    return (None, None) if is_broadcast else (port, target)
        if target.version == 6 and (target.is_multicast or target in LINK_LOCAL):
            return self.ports[-1], target
        # what came by the uplink is for the networks behind the router, and does not go back there
        able = [
            (prefix.prefixlen, port, hop)
            for prefix, port, hop in self.routes
            if target in prefix and not (came_by is self.uplink is port and prefix not in self.back)
        ]
        if able:
            return max(able, key=lambda each: each[0])[1:]
        return self.gateways.get(target.version, (None, None))

    def _ask(self, port: Port, address: IPAddress) -> None:
        own = [each for each in port.addresses if each.version == address.version]
        if address.version == 4:
            source = next((each.ip for each in own if address in each.network), own[0].ip)
            asked = frames.arp(1, port.mac, str(source), "00:00:00:00:00:00", str(address))
            self.world.transmit(port, asked)
            return
        low = address.packed[-3:]
        group = IPv6Address(bytes.fromhex("ff0200000000000000000001ff") + low)
        body = struct.pack("!I16sBB6s", 0, address.packed, 1, 1, frames.mac(port.mac))
        packet = _icmp6(port.link_local, group, SOLICITATION, body)
        self._out(port, f"33:33:ff:{low.hex(':')}", packet)

    def _out(self, port: Port, mac: str, packet: bytes) -> None:
        self.world.transmit(port, frames.ip_frame(mac, port.mac, packet))

    # --- receiving --------------------------------------------------------------------------

    def receive(self, port: Port, frame: bytes) -> None:
        destination, kind = frame[:6], int.from_bytes(frame[12:14], "big")
        if destination != frames.mac(port.mac) and not destination[0] & 1:
            return
        if kind == ARP:
            self._receive_arp(port, frame[14:])
            return
        if kind not in {IPV4, IPV6}:
            return
        seen = frames.seen(frame)
        source, target = seen.addresses
        if seen.protocol == frames.ICMPV6 and seen.body[0] in {SOLICITATION, ADVERTISEMENT}:
            self._receive_neighbour(port, source, target, seen.body)
        elif (owner := self.masked.get((source, target))) and seen.body[0] == REPLY[4]:
            self._forward(_with_address(seen.payload, 16, owner), port)
        elif self.has(target, port) or self._is_in_group(target):
            self._take(seen.payload)
        elif self.forwards and not target.is_multicast and target not in LINK_LOCAL:
            if source in LOOPBACK or any(target in each for each in MARTIANS):
                return
            self._forward(seen.payload, port)
        elif destination == frames.mac(port.mac) and seen.body[:1] == bytes(
            [REQUEST[target.version]]
        ):
            self.world.takers.add(self.name)  # a next hop; what it does with it is its business

    def has(self, address: IPAddress, at: Port | None = None) -> bool:
        if at is None and (address.is_unspecified or address.is_loopback):
            return address != LOOPBACK.broadcast_address
        for port in self.ports:
            if address == port.link_local and at in {None, port}:
                return True
            for each in port.addresses:
                if address == each.ip or (
                    self.forwards
                    and each.version == 6
                    and each.network.prefixlen < 127
                    and address == each.network.network_address
                ):
                    return True
        return False

    def _is_in_group(self, target: IPAddress) -> bool:
        return target in ALL_NODES or (self.forwards and target == ALL_ROUTERS)

    def _take(self, packet: bytes) -> None:
        seen = frames.seen(bytes(12) + _type_of(packet) + packet)
        source, target = seen.addresses
        if seen.protocol not in {frames.ICMP, frames.ICMPV6}:
            return
        if seen.body[0] == REQUEST[target.version]:
            self.world.takers.add(self.name)
            own = self.ports[-1].link_local if target.is_multicast else target
            self.send(frames.echo(str(own), str(source), REPLY[target.version]))
        elif seen.body[0] == REPLY[target.version]:
            self.replies += 1

    def _forward(self, packet: bytes, came_by: Port) -> None:
        data, at = bytearray(packet), 8 if packet[0] >> 4 == 4 else 7
        if data[at] <= 1:
            return
        data[at] -= 1
        if at == 8:
            data[10:12] = bytes(2)
            data[10:12] = internet_checksum(data[:20]).to_bytes(2, "big")
        sent: bytes | None = bytes(data)
        if self.masquerades and data[0] >> 4 == 4:
            sent = self._translated(bytes(data), came_by)
        if sent is not None:
            self.send(sent, came_by)

    def _translated(self, packet: bytes, came_by: Port) -> bytes | None:
        """Hide a private source from the LAN, where the Internet is; drop what is new from it."""
        source, target = ip_address(packet[12:16]), ip_address(packet[16:20])
        port, hop = self._next_hop(target, came_by)
        is_answer = packet[20] == REPLY[4]
        if came_by is not self.uplink and port is self.uplink and _is_private(target):
            return packet if is_answer and target in self.masked.values() else None
        if port is None or port is self.uplink or not _is_private(source):
            return packet
        own = next(each.ip for each in port.addresses if hop in each.network)
        self.masked[target, own] = source
        return _with_address(packet, 12, own)

    def _receive_arp(self, port: Port, body: bytes) -> None:
        operation, mac, sender = int.from_bytes(body[6:8], "big"), body[8:14], body[14:18]
        target = ip_address(body[24:28])
        if operation == 1 and self.has(target):
            asker = (mac.hex(":"), str(ip_address(sender)))
            self.world.transmit(port, frames.arp(2, port.mac, str(target), *asker, dst=asker[0]))
        elif operation == 2:
            self._learn(port, ip_address(sender), mac.hex(":"))

    def _receive_neighbour(
        self, port: Port, source: IPAddress, target: IPAddress, message: bytes
    ) -> None:
        about, option = ip_address(message[8:24]), message[24:32]
        if message[0] == ADVERTISEMENT and (self.has(target, port) or target.is_multicast):
            self._learn(port, about, option[2:8].hex(":"))
        elif message[0] == SOLICITATION and self.has(about, port):
            body = struct.pack("!I16sBB6s", 0x6000_0000, about.packed, 2, 1, frames.mac(port.mac))
            mac = option[2:8].hex(":")
            self._out(port, mac, _icmp6(about, source, ADVERTISEMENT, body))

    def _learn(self, port: Port, address: IPAddress, mac: str) -> None:
        self.neighbours[port, address] = mac
        ready = [each for each in self.waiting if each[:2] == (port, address)]
        self.waiting = [each for each in self.waiting if each not in ready]
        for _, _, packet in ready:
            self._out(port, mac, packet)


LINK_LOCAL, LOOPBACK = ip_interface("fe80::/64").network, ip_interface("127.0.0.0/8").network


class World:
    """All stations of a lab around a data plane.

    Attributes:
        takers: names of those that got an echo request.
    """

    def __init__(self, network: Network, inject: Inject) -> None:
        self._inject = inject
        self._moving: deque[tuple[Lan, Port | None, bytes]] = deque()
        self._by_circuit: dict[str, Lan] = {}
        self.takers: set[str] = set()
        self.stations: dict[str, Station] = {}
        for _, site in network.sites():
            lan = line = self._by_circuit[site.circuit] = Lan(site.circuit)
            if site.ce is not None:
                lan = Lan()
                ce = self._station(f"{site.circuit}/ce", forwards=True)
                wan = self._port(ce, line, site.ce.mac, site.ce.wan)
                inner = self._port(ce, lan, site.ce.lan_mac, site.gateways)
                ce.uplink, ce.masquerades = wan, site.ce.masquerades
                ce.gateways = dict.fromkeys((4, 6), (wan, ip_address("fe80::1")))
                for interface in site.ce.pe_wan:
                    ce.gateways[interface.version] = (wan, interface.ip)
                own = [(route.prefix, inner, route.via) for route in site.routes]
                # what others have, as a routing protocol would tell it; an equal prefix is its own
                others = [
                    (prefix, *ce.gateways[prefix.version])
                    for _, other in network.sites()
                    if own and other.vpn == site.vpn and other != site
                    for prefix in _known_at(site.pe, other)
                ]
                ce.routes = [*own, *others]
                ce.back = _spokes_beside(network, site)
            gateways = site.gateways
            if site.behind is not None:
                (router,), lan, gateways = site.hosts, Lan(), site.behind.gateways
                ce = self._station(f"{site.circuit}/ce", forwards=True)
                wan = self._port(ce, line, router.mac, router.addresses)
                self._port(ce, lan, site.behind.mac, gateways)
                ce.routes = [(route.prefix, wan, route.via) for route in site.behind.routes]
            for host in site.end_hosts:
                station = self._station(f"{site.circuit}/{host.name}")
                loopbacks = tuple(map(ip_interface, host.loopbacks))
                port = self._port(station, lan, host.mac, (*host.addresses, *loopbacks))
                for address in reversed(host.addresses):
                    for gateway in gateways:
                        if gateway.network == address.network:
                            station.gateways[gateway.version] = (port, gateway.ip)

    def _station(self, name: str, *, forwards: bool = False) -> Station:
        self.stations[name] = Station(name, self, forwards=forwards)
        return self.stations[name]

    @staticmethod
    def _port(station: Station, lan: Lan, mac: str, addresses: tuple[IPInterface, ...]) -> Port:
        port = Port(station, lan, mac, addresses)
        station.ports.append(port)
        lan.ports.append(port)
        return port

    def transmit(self, port: Port, frame: bytes) -> None:
        self._moving.append((port.lan, port, frame))

    def ping(self, source: str, target: IPAddress) -> tuple[bool, frozenset[str]]:
        """Return whether a ping is answered, and which hosts got the request."""
        station = self.stations[source]
        self.takers = set()
        station.replies = 0
        own = self._source(station, target)
        if own is not None:
            station.send(frames.echo(str(own), str(target)))
            self._settle()
        for each in self.stations.values():
            each.waiting = []
        hosts = {name for name in self.takers if not name.endswith("/ce")}
        return station.replies > 0, frozenset(hosts)

    def _source(self, station: Station, target: IPAddress) -> IPAddress | None:
        (port,) = station.ports
        own = [each for each in port.addresses if each.version == target.version]
        if target.is_unspecified or target in LOOPBACK or target == ip_address("::1"):
            return ip_address("127.0.0.1") if target.version == 4 else port.link_local
        if target.version == 6 and (target.is_link_local or target.is_multicast):
            return port.link_local
        near = next((each.ip for each in own if target in each.network), None)
        return near or (own[0].ip if own else None)

    def _settle(self) -> None:
        for _ in range(MOST_FRAMES):
            if not self._moving:
                return
            lan, sender, frame = self._moving.popleft()
            for port in lan.ports:
                if port is not sender:
                    port.station.receive(port, frame)
            if sender is not None and lan.circuit is not None:
                for circuit, out in self._inject(lan.circuit, frame):
                    self._moving.append((self._by_circuit[circuit], None, out))
        raise AssertionError("frames keep moving")


def _with_address(packet: bytes, at: int, address: IPAddress) -> bytes:
    """Return an IPv4 packet with another source (at 12) or destination (at 16)."""
    data = bytearray(packet)
    data[at : at + 4] = address.packed
    data[10:12] = bytes(2)
    data[10:12] = internet_checksum(bytes(data[:20])).to_bytes(2, "big")
    return bytes(data)


def _is_private(address: IPAddress) -> bool:
    shared = ip_network("100.64.0.0/10"), ip_network("10.0.0.0/8"), ip_network("192.168.0.0/16")
    return any(address in each for each in (*shared, ip_network("172.16.0.0/12")))


def _spokes_beside(network: Network, site: Site) -> frozenset[IPNetwork]:
    """The spokes' prefixes of a VPN whose hub passes packets on between them, if it is that."""
    vpn = next(each for each in network.vpns if each.name == site.vpn)
    hubs = getattr(vpn, "hub_and_spoke", None)
    if hubs is None or not hubs.via_ce or site.name not in hubs.hubs:
        return frozenset()
    spokes = (each for each in vpn.sites if each.name not in hubs.hubs)
    known = ((*spoke.prefixes, *spoke.shared_links) for spoke in spokes)
    return frozenset(prefix for prefixes in known for prefix in prefixes)


def _known_at(pe: str, site: Site) -> Iterable[IPNetwork]:
    """What a PE's VRF has of a site: its own prefixes, and its PE-CE link where it is here."""
    yield from (*site.prefixes, *site.shared_links)
    if site.ce is not None and site.pe == pe:
        yield from (interface.network for interface in site.ce.pe_wan)


def _type_of(packet: bytes) -> bytes:
    return (IPV6 if packet[0] >> 4 == 6 else IPV4).to_bytes(2, "big")


def _icmp6(source: IPAddress, target: IPAddress, kind: int, body: bytes) -> bytes:
    message = bytearray(struct.pack("!BBH", kind, 0, 0) + body)
    pseudo = source.packed + target.packed + struct.pack("!II", len(message), frames.ICMPV6)
    message[2:4] = internet_checksum(pseudo + bytes(message)).to_bytes(2, "big")
    return frames.ip(source, target, frames.ICMPV6, bytes(message), ttl=255)
