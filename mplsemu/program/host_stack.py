"""The IP stack of a host, and of a CE router: how they send and forward packets.

Both are Linux: they accept what is addressed to them, resolve what is on-link, and send the rest to
their gateway, if they have one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from mplsemu.errors import LabError
from mplsemu.model.names import ce_name
from mplsemu.model.vpn import IPAddress, IPInterface
from mplsemu.program.ce_router import OnLan, OnLink, is_martian_target, is_martian_to_linux, way_of
from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY
from mplsemu.program.host_interface import refusal
from mplsemu.program.hosts import LocatedHost, host_ref, station_with
from mplsemu.program.line_bundle import walk_from_site
from mplsemu.program.nat import is_hidden, translated
from mplsemu.program.own_addresses import (
    ALL_ROUTERS,
    LINK_LOCAL,
    answers_to,
    is_own,
    link_local,
    router_addresses,
    subnet_router_anycast,
)
from mplsemu.program.packet import DEFAULT_TTL, IpHeader, Packet
from mplsemu.program.path import Branch, Delivered, Dropped, End, TtlExpired, WalkHop
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit, Ce
from mplsemu.program.sizes import largest_fragment
from mplsemu.program.spare_lines import bundled_lines
from mplsemu.program.walk_state import MacTable
from mplsemu.wire.ethernet import is_group_mac


@dataclass(frozen=True, slots=True)
class PacketOptions:
    """Fields of a packet that a sender may choose.

    Attributes:
        ttl: as the host sends it.
        dscp: 6 bits (RFC 2474).
        source_mac: None: the host's own.
        destination_mac: None: as resolved, the gateway's or, on-link, the target's.
        vlans: VLAN identifiers of its tags, outermost first.
        octets: size behind the Ethernet header and tags; 0: it fits everywhere.
        may_fragment: an IPv4 packet without DF.
        source: None: the host's own address.
    """

    ttl: int = DEFAULT_TTL
    dscp: int = 0
    source_mac: str | None = None
    destination_mac: str | None = None
    vlans: tuple[int, ...] = ()
    octets: int = 0
    may_fragment: bool = False
    source: IPAddress | None = None


DEFAULT_OPTIONS: Final = PacketOptions()


@dataclass(frozen=True, slots=True)
class Sent:
    """The paths of a packet's copies, and the packet as it reached the PE; None if it did not."""

    branches: tuple[Branch, ...]
    packet: Packet | None = None


class HostStack:
    """Sends packets as a host does: to itself, on its LAN, or through its gateway.

    Attributes:
        circuit: the attachment circuit of its site.
        pe: at which that is.
    """

    def __init__(
        self,
        program: Program,
        station: LocatedHost,
        header: PacketOptions = DEFAULT_OPTIONS,
        learned: bool | MacTable = True,
    ) -> None:
        self.circuit = station.circuit
        self.pe = station.node
        self._program = program
        self._station = station
        self._header = header
        self._learned = learned
        self._octets = header.octets
        self._source_mac = header.source_mac or station.host.mac

    def frame(self, mac: str) -> Sent:
        """Send an Ethernet frame without IP."""
        if (refused := self._refusal()) is not None:
            return self._stays(refused)
        packet = Packet(self._source_mac, mac, None, self._header.vlans, octets=self._octets)
        local = tuple(self._on_the_lan(mac, None))
        if local and not is_group_mac(mac):
            return Sent(local)
        if self.circuit.ce is not None:
            reason = "a CE router passes no frames on"
            return Sent((*local, _ended(Dropped(ce_name(self.circuit.name), reason))))
        followed = self._follow(packet)
        return Sent((*local, *followed.branches), followed.packet)

    def send(self, ip: IpHeader) -> Sent:
        """Send an IP packet from an address of the host."""
        is_to_itself = self._header.destination_mac is None and is_own(
            self._station.host, ip.destination
        )
        mtu = self._station.host.mtu
        if ip.may_fragment and mtu is not None and self._octets > mtu:
            self._octets = largest_fragment(mtu)  # the host's own stack cuts it up
        refused = None if is_to_itself else self._refusal()
        return self._route(ip) if refused is None else self._stays(refused)

    def _route(self, ip: IpHeader) -> Sent:
        address, mac = ip.destination, self._header.destination_mac
        if mac is not None:
            return self._to_mac(mac, ip)
        if is_own(self._station.host, address):
            ref, own = self._station.ref, self._station.host.mac
            return Sent((_ended(Delivered(self.circuit.name, ref, address, own)),))
        if self._is_on_link(address):
            return self._to_neighbour(ip)
        if not self._has_gateway(address.version):
            return self._stays(f"the host has no route to {address}")
        if self.circuit.ce is not None:
            return self._by_ce(self.circuit.ce, ip)
        return self._follow(self._packet(GATEWAY_MAC, ip))

    def _is_on_link(self, address: IPAddress) -> bool:
        is_group = address.version == 6 and address.is_multicast
        return (
            is_group
            or address in LINK_LOCAL
            or any(address in interface.network for interface in self._station.host.addresses)
        )

    def _has_gateway(self, version: int) -> bool:
        """Whether it has a default route: a gateway in the subnet of its first address."""
        own = (each for each in self._station.host.addresses if each.version == version)
        first = next(own, None)
        networks = {gateway.network for gateway in _gateways(self.circuit)}
        return first is not None and first.network in networks

    def _to_neighbour(self, ip: IpHeader) -> Sent:
        """Resolve an address on the host's own LAN, and send to its owner."""
        circuit, address = self.circuit, ip.destination
        host = next((each for each in circuit.hosts if answers_to(each, address)), None)
        if host is not None:
            ref = host_ref(circuit, host)
            end = Delivered(circuit.name, ref, address, host.mac, octets=self._octets)
            return Sent((_ended(end),))
        if circuit.ce is not None and _is_ce_on_lan(circuit.ce, address):
            return self._to_ce(circuit.ce, ip)
        if not _gateways(circuit):
            return self._across_lan(ip)
        is_gateway = address in (LINK_LOCAL_GATEWAY, *router_addresses(circuit.gateways))
        if circuit.ce is None and is_gateway:
            return self._follow(self._packet(GATEWAY_MAC, ip))
        return self._stays(f"nobody known on the LAN has {address}")

    def _across_lan(self, ip: IpHeader) -> Sent:
        """Send on the LAN of a bridged VPN, which has no gateway."""
        station = station_with(self._program, self.circuit.vpn, ip.destination)
        if station is None:
            return self._stays(f"nobody on the LAN has {ip.destination}")
        return self._follow(self._packet(station.mac, ip))

    def _to_mac(self, mac: str, ip: IpHeader) -> Sent:
        """Send in a frame to a chosen MAC address, whatever the IP destination resolves to."""
        local = tuple(self._on_the_lan(mac, ip.destination))
        if local and not is_group_mac(mac):
            return Sent(local)
        if self.circuit.ce is not None:
            raise LabError(
                f"{self._station.ref} is behind a CE router, which has a MAC address of its own",
                remedy="leave the frame's destination out",
            )
        sent = self._follow(self._packet(mac, ip))
        return replace(sent, branches=(*local, *sent.branches))

    def _by_ce(self, ce: Ce, ip: IpHeader) -> Sent:
        """Forward through the CE router, which decrements the TTL."""
        name = ce_name(self.circuit.name)
        if self._header.vlans:
            return Sent((_ended(Dropped(name, "VLAN-tagged on the CE router's LAN")),))
        if ip.destination in _own_of_ce(self.circuit, ce):
            return self._to_ce(ce, ip)
        if is_martian_to_linux(ce, ip.source, is_forwarded=True):
            return self._refused_by_ce(ip)
        if ip.ttl <= 1:
            expired = WalkHop(name, None, None, (), "TTL expired", (), None, ip.ttl)
            return Sent((Branch((expired,), TtlExpired(name, None, ())),))
        return self._forwarded_by_ce(name, ce, replace(ip, ttl=ip.ttl - 1))

    def _forwarded_by_ce(self, name: str, ce: Ce, ip: IpHeader) -> Sent:
        way = way_of(self.circuit, ce, ip.destination, from_pe=False)
        if isinstance(way, OnLan) and is_martian_target(ip.destination):
            return Sent((_ended(Dropped(name, f"{ip.destination} is never routed")),))
        if isinstance(way, OnLan):
            action = way.action(ce, ip.source, ip.destination)
            hop = WalkHop(name, None, None, (), action, (), None, ip.ttl)
            end = _on_lan_of_ce(self.circuit, ce, way, ip, self._octets)
            return Sent((Branch((hop,), end),))
        if is_hidden(ce, ip.destination):
            reason = f"{ip.destination} is private, and this comes from outside"
            return Sent((_ended(Dropped(name, reason)),))
        return _from_ce(self._program, self.circuit, ce, ip, self._octets)

    def _to_ce(self, ce: Ce, ip: IpHeader) -> Sent:
        """Deliver to the CE router itself."""
        if is_martian_to_linux(ce, ip.source, is_forwarded=False):
            return self._refused_by_ce(ip)
        end = Delivered(self.circuit.name, None, ip.destination, ce.lan_mac, is_ce=True)
        return Sent((_ended(end),))

    def _refused_by_ce(self, ip: IpHeader) -> Sent:
        reason = f"nobody on its LAN sends from {ip.source}"
        return Sent((_ended(Dropped(ce_name(self.circuit.name), reason)),))

    def _refusal(self) -> str | None:
        """Return why the host's own interface does not send a packet of this size."""
        return refusal(self._station.host, self._octets, len(self._header.vlans))

    def _stays(self, reason: str) -> Sent:
        return Sent((_ended(Dropped(str(self._station.ref), reason)),))

    def _packet(self, mac: str, ip: IpHeader) -> Packet:
        return Packet(self._source_mac, mac, ip, self._header.vlans, octets=self._octets)

    def _follow(self, packet: Packet) -> Sent:
        walked = walk_from_site(self._program, self.circuit.name, packet, learned=self._learned)
        return Sent(walked.branches, packet)

    def _on_the_lan(self, mac: str, address: IPAddress | None) -> Iterator[Branch]:
        """Yield a branch to each other host on the same LAN that accepts frames for this MAC."""
        for index, host in enumerate(self.circuit.hosts, 1):
            if host != self._station.host and (is_group_mac(mac) or host.mac == mac):
                ref = host_ref(self.circuit, host)
                end = Delivered(self.circuit.name, ref, address, host.mac, octets=self._octets)
                yield Branch((), end, copy=(-index,))


def send_from_ce(program: Program, circuit: AttachmentCircuit, ce: Ce, ip: IpHeader) -> Sent:
    """Send a packet that a CE router originates: on its LAN, or to the PE."""
    host = next((each for each in circuit.hosts if answers_to(each, ip.destination)), None)
    if host is not None:
        end = Delivered(circuit.name, host_ref(circuit, host), ip.destination, host.mac)
        return Sent((_ended(end),))
    way = way_of(circuit, ce, ip.destination, from_pe=False)
    if isinstance(way, OnLan):
        return Sent((_ended(_on_lan_of_ce(circuit, ce, way, ip)),))
    return _from_ce(program, circuit, ce, ip)


def answer_through_nat(
    program: Program, host: LocatedHost, ce: Ce, masked: IPAddress, ip: IpHeader
) -> Sent:
    """Send what a host answers to a packet whose source a CE router had translated.

    Args:
        program: what every LSR does.
        host: on the CE router's LAN.
        ce: the CE router.
        masked: its address, as the host saw it.
        ip: the answer, to whom it is really for.
    """
    sent = HostStack(program, host).send(replace(ip, destination=masked))
    if not all(isinstance(each.end, Delivered) and each.end.is_ce for each in sent.branches):
        return sent
    said = f"{masked} is {ip.destination} here; route to the PE"
    return _from_ce(program, host.circuit, ce, replace(ip, ttl=ip.ttl - 1), action=said)


def _on_lan_of_ce(
    circuit: AttachmentCircuit, ce: Ce, way: OnLan, ip: IpHeader, octets: int = 0
) -> End:
    """Return the end of a packet that a CE router sends to a station on its LAN."""
    host = next((each for each in circuit.hosts if answers_to(each, way.station)), None)
    if host is None:
        name = ce_name(circuit.name)
        return Dropped(name, f"nobody known on its LAN has {way.station}")
    ref, source = host_ref(circuit, host), translated(ce, ip.source, way.station)
    return Delivered(circuit.name, ref, ip.destination, host.mac, octets=octets, source=source)


def _from_ce(
    program: Program,
    circuit: AttachmentCircuit,
    ce: Ce,
    ip: IpHeader,
    octets: int = 0,
    action: str = "route to the PE",
) -> Sent:
    """Send a packet from a CE router to the PE, unless it is for the PE-CE link itself."""
    name, address = ce_name(circuit.name), ip.destination
    way = way_of(circuit, ce, address, from_pe=False)
    if isinstance(way, OnLink) and all(address != gateway.ip for gateway in circuit.gateways):
        reason = f"nobody on the line to the PE has {address}"
        return Sent((_ended(Dropped(name, reason)),))
    lines = {
        program.node_of_circuit[each].name: each for each in bundled_lines(program, circuit.name)
    }
    packet = Packet(ce.mac, GATEWAY_MAC, ip, octets=octets)
    walked = walk_from_site(program, circuit.name, packet)
    hops = {
        pe: WalkHop(name, None, None, (), action, (), line, ip.ttl) for pe, line in lines.items()
    }
    branches = (
        replace(each, hops=(hops[each.hops[0].node], *each.hops)) for each in walked.branches
    )
    return Sent(tuple(branches), packet)


def _own_of_ce(circuit: AttachmentCircuit, ce: Ce) -> tuple[IPAddress, ...]:
    """Return what a CE router takes for its own: on the PE-CE link it is a router of it, too."""
    anycast = (subnet_router_anycast(gateway.network) for gateway in circuit.gateways)
    return (*ce.addresses, *(address for address in anycast if address is not None))


def _gateways(circuit: AttachmentCircuit) -> tuple[IPInterface, ...]:
    """Return the addresses of the router on a site's LAN: the CE's or the PE's."""
    return circuit.gateways if circuit.ce is None else circuit.ce.lan


def _is_ce_on_lan(ce: Ce, address: IPAddress) -> bool:
    """Whether a CE router answers for an address on its LAN."""
    return address in (link_local(ce.lan_mac), ALL_ROUTERS, *router_addresses(ce.lan))


def _ended(end: End) -> Branch:
    return Branch((), end)
