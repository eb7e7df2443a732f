"""The way of one packet from a host, as `mplsemu trace` shows it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from mplsemu.errors import LabError
from mplsemu.model.network import HostRef
from mplsemu.model.vpn import Host, IPAddress, IPInterface
from mplsemu.program.arrival import all_somewhere, arrived_at, at_somebody, first_that, telling
from mplsemu.program.flight import MacTable
from mplsemu.program.hosts import LocatedHost, find_host, host_ref
from mplsemu.program.packet import DEFAULT_TTL, IpHeader, Packet, is_group, is_mac
from mplsemu.program.program import GATEWAY_MAC, Program
from mplsemu.program.routing import ce_name
from mplsemu.program.walk import walk
from mplsemu.program.way import (
    Branch,
    Delivered,
    Dropped,
    End,
    Hop,
    TtlExpired,
    Walk,
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a sender may choose about a packet.

    Attributes:
        ttl: as the host sends it.
        dscp: 6 bits (RFC 2474).
        source_mac: None is the host's own.
        destination_mac: None is that of the gateway or, on a LAN, of the target.
        vlans: VLAN identifiers of its tags, outermost first.
    """

    ttl: int = DEFAULT_TTL
    dscp: int = 0
    source_mac: str | None = None
    destination_mac: str | None = None
    vlans: tuple[int, ...] = ()


USUAL: Final = Header()


@dataclass(frozen=True, slots=True)
class Trace:
    """One packet's way.

    Attributes:
        source: the host that sends it, as asked for; likewise `target`.
        delivered: whether it arrives where it was meant to: at the host that was asked for, or
            where an address was asked for at some host or gateway that has it; of a frame for a
            group of hosts, whether all copies arrive somewhere.
        hops: routers on the way; none within a LAN. Of several copies, that of the one that
            arrives.
        end: how it ends.
        branches: the ways of all copies: one, unless it is flooded or there are several ways
            of equal cost.
        circuit: the attachment circuit of the host.
        packet: as it is on that circuit; None where it does not come there.
    """

    source: str
    target: str
    delivered: bool
    hops: tuple[Hop, ...]
    end: End
    branches: tuple[Branch, ...] = ()
    circuit: str = ""
    packet: Packet | None = None

    def variants(self) -> Iterator[Trace]:
        """Yield traces in which each copy takes one way; see `Walk.variants`."""
        copy = next((each.copy for each in self.branches if each.hops == self.hops), ())
        for variant in Walk(self.branches).variants():
            main = next((each for each in variant.branches if each.copy == copy), None)
            hops, end = (main.hops, main.end) if main is not None else (self.hops, self.end)
            yield replace(self, hops=hops, end=end, branches=variant.branches)

    @property
    def labels(self) -> tuple[tuple[int, ...], ...]:
        """The label stack on every core link of the way, outermost label first."""
        return tuple(
            tuple(int(entry.label) for entry in hop.out_stack)
            for hop in self.hops
            if is_core(hop.link)
        )

    @property
    def way(self) -> tuple[str, ...]:
        """The LSRs and core links that it passes, in order."""
        return tuple(
            name
            for hop in self.hops
            for name in (hop.node, hop.link)
            if name is not None and is_core(name)
        )

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``trace --json`` prints; labels outermost first."""
        several = self.branches if len(self.branches) > 1 else ()
        numbers = list(dict.fromkeys(each.copy for each in several))
        return {
            "src": self.source,
            "dst": self.target,
            "delivered": self.delivered,
            "hops": hops_as_json(self.hops),
            "end": str(self.end),
            "packet": _packet_as_json(self.packet),
            "branches": [
                {
                    "copy": numbers.index(branch.copy) + 1,
                    "share": float(branch.share),
                    "delivered": isinstance(branch.end, Delivered),
                    "end": str(branch.end),
                    "hops": hops_as_json(branch.hops),
                }
                for branch in several
            ],
        }


def is_core(name: str | None) -> bool:
    """Whether a hop's link or node is the provider's: no attachment circuit, no CE router."""
    return name is not None and "/" not in name


def hops_as_json(hops: tuple[Hop, ...]) -> list[dict[str, Any]]:
    """Return hops as ``trace --json`` prints them; labels outermost first."""
    return [
        {
            "node": hop.node,
            "vrf": hop.vrf,
            "vsi": hop.vsi,
            "in_labels": [int(entry.label) for entry in hop.in_stack],
            "action": hop.action,
            "out_labels": [int(entry.label) for entry in hop.out_stack],
            "link": hop.link,
            "out_stack": [
                {"label": int(entry.label), "tc": entry.tc, "ttl": entry.ttl}
                for entry in hop.out_stack
            ],
            "ip_ttl": hop.ip_ttl,
        }
        for hop in hops
    ]


def _packet_as_json(packet: Packet | None) -> dict[str, Any] | None:
    if packet is None:
        return None
    return {
        "src_mac": packet.source_mac,
        "dst_mac": packet.destination_mac,
        "vlans": list(packet.vlans),
        "src": str(packet.ip.source) if packet.ip else None,
        "dst": str(packet.ip.destination) if packet.ip else None,
        "ttl": packet.ip.ttl if packet.ip else None,
        "dscp": packet.ip.dscp if packet.ip else None,
    }


def trace(
    program: Program,
    source: str,
    target: str,
    header: Header = USUAL,
    *,
    learned: bool | MacTable = True,
) -> Trace:
    """Follow one packet from a host.

    Args:
        program: what every LSR does.
        source: the host that sends, by its full or its short name.
        target: a host likewise, an address as the source sees it, or a MAC address: then it is
            an Ethernet frame without IP.
        header: what is unusual about it.
        learned: see `walk`.

    Raises:
        LabError: there is no such host, or the two have no IP version in common.
    """
    sender = find_host(program, source)
    source = str(sender.ref)
    tracer = _Tracer(program, sender, header, learned)
    if is_mac(target):
        return tracer.frame(source, target.lower())
    wanted, interface, address = _target(program, sender, target)
    if wanted is not None:
        target = str(wanted)
    ip = IpHeader(interface.ip, address, header.ttl, header.dscp)
    way = tracer.send(interface, ip)
    mac = header.destination_mac
    judge = partial(first_that, lambda end: arrived_at(program, end, wanted, mac))
    delivered, main = telling(way.branches, judge)
    return Trace(
        source,
        target,
        delivered,
        main.hops,
        main.end,
        way.branches,
        sender.circuit.name,
        way.packet,
    )


def ip_header(program: Program, source: str, target: str, header: Header = USUAL) -> IpHeader:
    """Return the IP header of a packet as the host sends it.

    Raises:
        LabError: there is no such host, or the two have no IP version in common.
    """
    _, interface, address = _target(program, find_host(program, source), target)
    return IpHeader(interface.ip, address, header.ttl, header.dscp)


def _target(
    program: Program, sender: LocatedHost, target: str
) -> tuple[HostRef | None, IPInterface, IPAddress]:
    """Return the wanted host if one is named, the sender's interface and the address to send to."""
    own = sender.host.addresses
    wanted = None
    addresses: list[IPAddress] = []
    with suppress(ValueError):
        addresses = [ipaddress.ip_address(target)]
    if not addresses:
        found = find_host(program, target)
        addresses = [interface.ip for interface in found.host.addresses]
        wanted = found.ref
    pairs = [
        (interface, address)
        for address in addresses
        for interface in own
        if interface.version == address.version
    ]
    if not pairs:
        raise LabError(
            f"{sender.ref} and {target} have no IP version in common",
            remedy="give both sites a subnet of the same IP version",
        )
    # A host sends from the address that is on the same LAN, if it has one.
    interface, address = next((pair for pair in pairs if pair[1] in pair[0].network), pairs[0])
    return wanted, interface, address


@dataclass(frozen=True, slots=True)
class _Sent:
    """The ways of a packet's copies, and the packet as it came to the PE if it did."""

    branches: tuple[Branch, ...]
    packet: Packet | None = None


class _Tracer:
    """Sends a packet as a host does: to its LAN, or by way of its gateway."""

    def __init__(
        self, program: Program, sender: LocatedHost, header: Header, learned: bool | MacTable
    ) -> None:
        self._program = program
        self._sender = sender
        self._circuit = sender.circuit
        self._header = header
        self._learned = learned
        self._source_mac = header.source_mac or sender.host.mac

    def frame(self, source: str, mac: str) -> Trace:
        """Send an Ethernet frame without IP."""
        packet = Packet(self._source_mac, mac, None, self._header.vlans)
        local = tuple(self._on_the_lan(mac, None))
        if local and not is_group(mac):
            sent = _Sent(local)
        elif self._circuit.ce is not None:
            reason = "a CE router passes no frames on"
            sent = _Sent((*local, _ended(Dropped(ce_name(self._circuit.name), reason))))
        else:
            followed = self._follow(packet)
            sent = _Sent((*local, *followed.branches), followed.packet)
        judge = all_somewhere if is_group(mac) else partial(first_that, at_somebody)
        arrived, main = telling(sent.branches, judge)
        return Trace(
            source, mac, arrived, main.hops, main.end, sent.branches,
            self._circuit.name, sent.packet,
        )  # fmt: skip

    def send(self, interface: IPInterface, ip: IpHeader) -> _Sent:
        """Send an IP packet from an address of the host."""
        circuit, address = self._circuit, ip.destination
        on_lan = address in interface.network
        neighbour = next((host for host in circuit.hosts if _has(host, address)), None)
        mac = self._header.destination_mac
        if on_lan and neighbour is not None and mac in {None, neighbour.mac}:
            end = Delivered(circuit.name, host_ref(circuit, neighbour), address, neighbour.mac)
            return _Sent((_ended(end),))
        local = tuple(self._on_the_lan(mac, address)) if mac is not None else ()
        if local and mac is not None and not is_group(mac):
            return _Sent(local)
        sent = self._beyond(on_lan, ip)
        return replace(sent, branches=(*local, *sent.branches))

    def _beyond(self, on_lan: bool, ip: IpHeader) -> _Sent:
        circuit, address = self._circuit, ip.destination
        if not circuit.gateways:
            return self._across_lan(on_lan, ip)
        if self._header.destination_mac is None:
            if on_lan and all(address != gateway.ip for gateway in circuit.gateways):
                return self._stays(f"nobody known on the LAN has {address}")
            if circuit.ce is not None:
                return self._through_ce(circuit.ce.mac, ip)
        elif circuit.ce is not None:
            raise LabError(
                f"{self._sender.ref} is behind a CE router, which has a MAC address of its own",
                remedy="leave the frame's destination out",
            )
        return self._follow(self._packet(GATEWAY_MAC, ip))

    def _across_lan(self, on_lan: bool, ip: IpHeader) -> _Sent:
        """Send over the VPN's one LAN, on which there is no gateway."""
        if self._header.destination_mac is not None:
            return self._follow(self._packet("", ip))
        if not on_lan:
            return self._stays(f"the host has no route to {ip.destination}")
        station = _station(self._program, self._circuit.vpn, ip.destination)
        if station is None:
            return self._stays(f"nobody on the LAN has {ip.destination}")
        return self._follow(self._packet(station.mac, ip))

    def _stays(self, reason: str) -> _Sent:
        return _Sent((_ended(Dropped(str(self._sender.ref), reason)),))

    def _through_ce(self, mac: str, ip: IpHeader) -> _Sent:
        """Let the CE router take one off the TTL before the packet reaches the PE."""
        name = ce_name(self._circuit.name)
        if self._header.vlans:
            return _Sent((_ended(Dropped(name, "VLAN-tagged on the CE router's LAN")),))
        if ip.ttl <= 1:
            expired = Hop(name, None, None, (), "TTL expired", (), None, ip.ttl)
            return _Sent((Branch((expired,), TtlExpired(name, None, ())),))
        sent = IpHeader(ip.source, ip.destination, ip.ttl - 1, ip.dscp)
        hop = Hop(name, None, None, (), "route to the PE", (), self._circuit.name, sent.ttl)
        followed = self._follow(Packet(mac, GATEWAY_MAC, sent))
        branches = (replace(each, hops=(hop, *each.hops)) for each in followed.branches)
        return replace(followed, branches=tuple(branches))

    def _packet(self, usual_mac: str, ip: IpHeader) -> Packet:
        mac = self._header.destination_mac or usual_mac
        return Packet(self._source_mac, mac, ip, self._header.vlans)

    def _follow(self, packet: Packet) -> _Sent:
        walked = walk(self._program, self._circuit.name, packet, learned=self._learned)
        return _Sent(walked.branches, packet)

    def _on_the_lan(self, mac: str, address: IPAddress | None) -> Iterator[Branch]:
        """Yield the ways to the other hosts on the same LAN that take a frame for this address."""
        for index, host in enumerate(self._circuit.hosts, 1):
            if host != self._sender.host and (is_group(mac) or host.mac == mac):
                ref = host_ref(self._circuit, host)
                end = Delivered(self._circuit.name, ref, address, host.mac)
                yield Branch((), end, copy=(-index,))


def _ended(end: End) -> Branch:
    return Branch((), end)


def _station(program: Program, vpn: str, address: IPAddress) -> Host | None:
    """Return the host of a bridged VPN that answers for an address."""
    return next(
        (
            host
            for node in program.nodes
            for circuit in node.circuits
            if circuit.vpn == vpn
            for host in circuit.hosts
            if _has(host, address)
        ),
        None,
    )


def _has(host: Host, address: IPAddress) -> bool:
    return any(interface.ip == address for interface in host.addresses)
