"""The IP stacks of a site whose CE router is a station of a VPLS: the router's, and its hosts'.

The provider bridges frames between CE routers, and knows nothing of the LANs behind them. A packet
from host to host is forwarded twice by IP: by the router of its own site, which has a static route
to the other site's LAN, and by the router of that site. Both are Linux.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mplsemu.errors import LabError
from mplsemu.model.names import CE_HOST, ce_name
from mplsemu.model.vpn import Host, IPAddress, RoutedLan
from mplsemu.program.ce_router import is_martian_to_linux
from mplsemu.program.host_stack import DEFAULT_OPTIONS, HostStack, PacketOptions, Sent
from mplsemu.program.hosts import LocatedHost, host_ref, station_with
from mplsemu.program.own_addresses import (
    ALL_ROUTERS,
    LINK_LOCAL,
    answers_to,
    is_own,
    link_local,
    router_addresses,
)
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Branch, Delivered, Dropped, End, TtlExpired, WalkHop
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit, Ce
from mplsemu.program.walk import walk
from mplsemu.program.walk_state import MacTable
from mplsemu.wire.ethernet import is_group_mac


def stack_of(
    program: Program,
    station: LocatedHost,
    header: PacketOptions = DEFAULT_OPTIONS,
    learned: bool | MacTable = True,
) -> HostStack:
    """Return the IP stack of a host, or of a CE router that is a station of a VPLS."""
    router = StationRouter.of(program, station.circuit, learned)
    if router is None:
        return HostStack(program, station, header, learned)
    if station.ref.host == CE_HOST:
        return RouterStack(program, station, header, learned)
    return RoutedHostStack(program, station, header, learned)


class RouterStack(HostStack):
    """Sends packets as a CE router does that is a station of a VPLS."""

    def _route(self, ip: IpHeader) -> Sent:
        router = _router_at(self._program, self.circuit, self._learned)
        if self._header.destination_mac is not None:
            return self._to_mac(self._header.destination_mac, ip)
        if ip.destination in LINK_LOCAL and not router.owns(ip.destination):
            return self._across_lan(ip)
        return router.originate(ip, self._octets)


class RoutedHostStack(HostStack):
    """Sends packets as a host does on a LAN behind a CE router that is a station of a VPLS."""

    def frame(self, mac: str) -> Sent:
        """Send an Ethernet frame without IP: it stays on the LAN."""
        if (refused := self._refusal()) is not None:
            return self._stays(refused)
        local = tuple(self._on_the_lan(mac, None))
        if local and not is_group_mac(mac):
            return Sent(local)
        end = Dropped(ce_name(self.circuit.name), "a CE router passes no frames on")
        return Sent((*local, Branch((), end)))

    def _route(self, ip: IpHeader) -> Sent:
        router = _router_at(self._program, self.circuit, self._learned)
        host, address = self._station.host, ip.destination
        if self._header.destination_mac is not None:
            return self._to_mac(self._header.destination_mac, ip)
        if is_own(host, address):
            ref = self._station.ref
            return Sent((Branch((), Delivered(self.circuit.name, ref, address, host.mac)),))
        if self._is_on_link(address):
            return self._to_neighbour_of(router, ip)
        first = next((each for each in host.addresses if each.version == address.version), None)
        networks = {gateway.network for gateway in router.lan.gateways}
        if first is None or first.network not in networks:
            return self._stays(f"the host has no route to {address}")
        if self._header.vlans:
            end = Dropped(router.name, "VLAN-tagged on the CE router's LAN")
            return Sent((Branch((), end),))
        return self._by(router, ip)

    def _by(self, router: StationRouter, ip: IpHeader) -> Sent:
        """Send to the router on the LAN: for itself, or to be forwarded."""
        sent = router.take(ip, self._octets)
        if sent.branches[0].hops:
            return sent
        on_lan = (
            replace(branch, end=replace(branch.end, mac=router.lan.mac))
            if isinstance(branch.end, Delivered)
            else branch
            for branch in sent.branches
        )
        return Sent(tuple(on_lan))

    def _to_neighbour_of(self, router: StationRouter, ip: IpHeader) -> Sent:
        found = router.on_lan(ip.destination, self._octets)
        if isinstance(found, Delivered) and found.host is not None:
            return Sent((Branch((), found),))
        if router.is_on_lan(ip.destination):
            return self._by(router, ip)
        return self._stays(f"nobody known on the LAN has {ip.destination}")

    def _to_mac(self, mac: str, ip: IpHeader) -> Sent:
        local = tuple(self._on_the_lan(mac, ip.destination))
        if local and not is_group_mac(mac):
            return Sent(local)
        raise LabError(
            f"{self._station.ref} is behind a CE router, which has a MAC address of its own",
            remedy="leave the frame's destination out",
        )

    def _on_the_lan(self, mac: str, address: IPAddress | None) -> Iterator[Branch]:
        behind = self.circuit.behind
        for index, host in enumerate(behind.hosts if behind is not None else (), 1):
            if host != self._station.host and (is_group_mac(mac) or host.mac == mac):
                ref = host_ref(self.circuit, host)
                end = Delivered(self.circuit.name, ref, address, host.mac, octets=self._octets)
                yield Branch((), end, copy=(-index,))


@dataclass(frozen=True, slots=True)
class StationRouter:
    """A CE router that is a station of a VPLS.

    Attributes:
        program: through which it sends.
        circuit: that it is at.
        host: itself, as a station.
        lan: behind it.
        learned: see `walk`.
    """

    program: Program
    circuit: AttachmentCircuit
    host: Host
    lan: RoutedLan
    learned: bool | MacTable = True

    @classmethod
    def of(
        cls,
        program: Program,
        circuit: AttachmentCircuit,
        learned: bool | MacTable = True,
    ) -> StationRouter | None:
        """Return the one at a circuit, if there is one."""
        if circuit.behind is None or not circuit.hosts:
            return None
        return cls(program, circuit, circuit.hosts[0], circuit.behind, learned)

    @property
    def name(self) -> str:
        """Its full name."""
        return ce_name(self.circuit.name)

    def owns(self, address: IPAddress) -> bool:
        """Whether it takes an address for its own: of the VPLS, or of its LAN."""
        interfaces = (*self.host.addresses, *self.lan.gateways)
        return is_own(self.host, address) or address in router_addresses(interfaces)

    def is_on_lan(self, address: IPAddress) -> bool:
        """Whether it answers for an address on its LAN."""
        on_link = (link_local(self.lan.mac), ALL_ROUTERS)
        return address in on_link or address in router_addresses(self.lan.gateways)

    def take(self, ip: IpHeader, octets: int = 0) -> Sent:
        """Take a packet that comes to it: for itself, or to be forwarded."""
        is_for_itself = self.owns(ip.destination) or ip.destination == link_local(self.lan.mac)
        is_for_itself = is_for_itself or ip.destination == ALL_ROUTERS
        if is_martian_to_linux(self._as_ce(), ip.source, is_forwarded=not is_for_itself):
            return self._ends(Dropped(self.name, f"nobody sends from {ip.source}"))
        if is_for_itself:
            return self._ends(self._delivered(ip.destination, octets))
        if ip.ttl <= 1:
            hop = self._hop("TTL expired", None, ip.ttl)
            return Sent((Branch((hop,), TtlExpired(self.name, None, ())),))
        return self._forward(replace(ip, ttl=ip.ttl - 1), octets)

    def originate(self, ip: IpHeader, octets: int = 0) -> Sent:
        """Send a packet of its own."""
        if self.owns(ip.destination):
            return self._ends(self._delivered(ip.destination, octets))
        return self._forward(ip, octets)

    def on_lan(self, address: IPAddress, octets: int = 0) -> Delivered:
        """Return how a packet ends that it sends on its LAN; without a host if nobody has it."""
        host = next((each for each in self.lan.hosts if answers_to(each, address)), None)
        if host is None:
            return Delivered(self.circuit.name, None, address, self.lan.mac, octets=octets)
        ref = host_ref(self.circuit, host)
        return Delivered(self.circuit.name, ref, address, host.mac, octets=octets)

    # --- forwarding -----------------------------------------------------------------------------

    def _forward(self, ip: IpHeader, octets: int) -> Sent:
        if any(ip.destination in subnet for subnet in self.lan.subnets):
            hop = self._hop("route to its LAN", None, ip.ttl)
            return Sent((Branch((hop,), self.on_lan(ip.destination, octets)),))
        next_hop = self._next_hop(ip.destination)
        if next_hop is None:
            hop = self._hop("no route", None, ip.ttl)
            return Sent((Branch((hop,), Dropped(self.name, f"no route to {ip.destination}")),))
        station = station_with(self.program, self.circuit.vpn, next_hop)
        if station is None or station == self.host:
            hop = self._hop(f"route by {next_hop}", None, ip.ttl)
            end = Dropped(self.name, f"nobody on the VPLS has {next_hop}")
            return Sent((Branch((hop,), end),))
        packet = Packet(self.host.mac, station.mac, ip, octets=octets)
        walked = walk(self.program, self.circuit.name, packet, learned=self.learned)
        hop = self._hop(f"route by {next_hop}", self.circuit.name, ip.ttl)
        branches = (
            replace(after, hops=(hop, *after.hops))
            for branch in walked.branches
            for after in onward(self.program, branch, packet, self.learned)
        )
        return Sent(tuple(branches), packet)

    def _next_hop(self, address: IPAddress) -> IPAddress | None:
        """Return by whose address on the VPLS it sends: the longest prefix decides."""
        if any(address in own.network for own in self.host.addresses):
            return address
        found = [route for route in self.lan.routes if address in route.prefix]
        if not found:
            return None
        return max(found, key=lambda route: route.prefix.prefixlen).via

    def _delivered(self, address: IPAddress, octets: int) -> Delivered:
        ref = host_ref(self.circuit, self.host)
        return Delivered(self.circuit.name, ref, address, self.host.mac, octets=octets)

    def _ends(self, end: End) -> Sent:
        return Sent((Branch((), end),))

    def _hop(self, action: str, link: str | None, ttl: int) -> WalkHop:
        return WalkHop(self.name, None, None, (), action, (), link, ttl)

    def _as_ce(self) -> Ce:
        wan = tuple(address.ip for address in self.host.addresses)
        return Ce(wan, self.host.mac, self.lan.gateways, self.lan.mac)


def _router_at(
    program: Program, circuit: AttachmentCircuit, learned: bool | MacTable
) -> StationRouter:
    router = StationRouter.of(program, circuit, learned)
    assert router is not None, f"{circuit.name} has no CE router on the VPLS"
    return router


def onward(
    program: Program,
    branch: Branch,
    packet: Packet,
    learned: bool | MacTable = True,
) -> Iterator[Branch]:
    """Yield a path with what CE routers on a VPLS make of it, if it arrives at one of them.

    Args:
        program: that the packet goes through.
        branch: its path, up to a station.
        packet: as it is on the VPLS.
        learned: see `walk`.
    """
    end = branch.end
    router = None
    if isinstance(end, Delivered) and end.host is not None and packet.ip is not None:
        circuit = program.node_of_circuit[end.circuit].circuit_by_name[end.circuit]
        if circuit.behind is not None and end.host.host == CE_HOST:
            router = StationRouter.of(program, circuit, learned)
    if router is None or packet.ip is None or router.owns(packet.ip.destination):
        yield branch
        return
    octets = end.octets if isinstance(end, Delivered) else 0
    for after in router.take(packet.ip, octets).branches:
        yield Branch(
            (*branch.hops, *after.hops),
            after.end,
            (*branch.copy, *after.copy),
            branch.share * after.share,
        )
