"""The eBPF data plane without a kernel: it follows a packet by what the maps hold.

Written from src/layout.h and the RFCs it names, as an oracle beside the program's reference
interpreter and the program in C: it knows nothing of a forwarding program, only of entries. Where
there are several ways of equal cost it takes all of them, each as an alternative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mplsemu.southbound.ebpf.contents import Contents
from mplsemu.southbound.ebpf.kinds import (
    CIRCUIT_DELIMITED,
    Drop,
    IlmAction,
    NhlfesOf,
    Operation,
    PortFlag,
    Role,
    RouteKind,
)
from mplsemu.southbound.ebpf.layout import (
    FdbKey,
    FdbRecord,
    GatewayKey,
    IlmKey,
    IlmRecord,
    NhlfeRecord,
    Port,
    RouteRecord,
    Settings,
    TaggedCircuit,
    TaggedKey,
    TunnelKey,
    TunnelRecord,
    VsiKey,
    word,
)
from mplsemu.southbound.punt.event import PuntReason
from tests.oracles import fakeframe
from tests.oracles.fakebridge import FakeBridges, Origin
from tests.oracles.fakeframe import Shim
from tests.oracles.fakemaps import (
    Alternatives,
    FakeMaps,
    Fate,
    Lost,
    Punted,
    Sent,
    chosen_twice,
)
from tests.oracles.fakepacket import internet_checksum

# copies, as in fakeframe.py: an oracle finds what is wrong in program/gateway.py
PIPE_TTL: Final = 255
OWN_TTL: Final = 65
MAX_LOOKUPS: Final = 8
TAG_TYPES: Final = {b"\x81\0", b"\x88\xa8", b"\x91\0"}
IPV4, IPV6, ARP, MPLS = 0x0800, 0x86DD, 0x0806, 0x8847
ICMP, UDP, ICMPV6 = 1, 17, 58
NEIGHBOUR_DISCOVERY: Final = (135, 136)
LINK_LOCAL_GATEWAY: Final = IPv6Address("fe80::1")


class FakeLsrs(FakeBridges):
    """The program that all LSRs run.

    Attributes:
        fdb: the stations that it has learned.
    """

    def __init__(self, contents: Contents, settings: Settings) -> None:
        self._maps = FakeMaps(contents)
        self._is_uniform = settings.uniform_ttl
        self._gateway_mac = settings.gateway_mac
        self._share = settings.share
        self.fdb: dict[FdbKey, FdbRecord] = {}
        self.now_ns = 0

    def receive(self, ifindex: int, frame: bytes) -> Iterator[Alternatives]:
        """Yield every copy of a frame that comes by an interface."""
        value = self._maps.get("ports", word(ifindex))
        if value is None:
            yield (Lost(Drop.PORT),)
            return
        port = Port.unpack(value)
        if port.role is Role.LINE:
            found = self._from_line(ifindex, frame)
            if found is None:
                yield (Lost(Drop.TAG),)
                return
            port, frame = found
            ifindex = CIRCUIT_DELIMITED | port.lsr << 16 | port.number
        for copy in self._from_port(port, ifindex, frame):
            yield tuple(map(self._on_line, copy))

    def route(self, lsr: int, vrf: int, packet: bytes) -> Alternatives:
        """Return what becomes of an IP packet that the controller has a VRF route."""
        return tuple(map(self._on_line, self._route(lsr, vrf, fakeframe.IpBytes(packet))))

    def _from_port(self, port: Port, circuit: int, frame: bytes) -> Iterator[Alternatives]:
        match port.role:
            case Role.BORDER if not self._is_given(port, frame):
                yield (Lost(Drop.NO_LABEL),)
            case Role.CORE | Role.BORDER:
                yield from self._switch(port.lsr, frame)
            case Role.VRF:
                yield from self._from_customer(port, circuit, frame)
            case Role.VSI:
                from_leaf = bool(port.flags & PortFlag.LEAF)
                vsi = VsiKey(port.lsr, port.service)
                yield from self._bridge(vsi, frame, Origin(circuit, None, from_leaf))

    # --- access lines -----------------------------------------------------------------------

    def _from_line(self, ifindex: int, frame: bytes) -> tuple[Port, bytes] | None:
        """Return the circuit that a frame's tags lead to, and the frame without them."""
        tag_type, outer, inner = 0, 0, 0
        if frame[12:14] in TAG_TYPES:
            tag_type = int.from_bytes(frame[12:14], "big")
            outer = int.from_bytes(frame[14:16], "big") & 0xFFF
            if frame[16:18] == b"\x81\0":
                inner = int.from_bytes(frame[18:20], "big") & 0xFFF
        for tags in ((tag_type, outer, inner), (tag_type, outer, 0)):
            value = self._maps.get("tagged_ports", TaggedKey(ifindex, *tags).pack())
            if value is not None:
                octets = 4 * (bool(tags[0]) + bool(tags[2]))
                return Port.unpack(value), frame[:12] + frame[12 + octets :]
        return None

    def _on_line(self, fate: Fate) -> Fate:
        """Return what becomes of a frame at its interface: a delimited circuit's gets its tags."""
        if not isinstance(fate, Sent) or not fate.oif & CIRCUIT_DELIMITED:
            return fate
        value = self._maps.get("tagged_circuits", word(fate.oif))
        assert value is not None, f"circuit {fate.oif:#x} has no line"
        line = TaggedCircuit.unpack(value)
        if not line.type and fate.frame[12:14] in TAG_TYPES:
            return Lost(Drop.TAG, weight=fate.weight)  # it would be taken for another circuit's
        if len(fate.frame) - 14 - (4 if fate.frame[12:14] == b"\x81\0" else 0) > line.mtu:
            return Lost(Drop.TOO_BIG, weight=fate.weight)
        tags = b""
        if line.type:
            tags = line.type.to_bytes(2, "big") + line.outer.to_bytes(2, "big")
        if line.inner:
            tags += b"\x81\0" + line.inner.to_bytes(2, "big")
        return replace(fate, oif=line.ifindex, frame=fate.frame[:12] + tags + fate.frame[12:])

    # --- labels -----------------------------------------------------------------------------

    def _is_given(self, port: Port, frame: bytes) -> bool:
        """Whether the top label of another provider's packet was given to him."""
        if fakeframe.ethertype(frame) != MPLS:
            return False
        top = fakeframe.stack(frame[14:])[0][0]
        value = self._maps.get("lfib", IlmKey(port.lsr, top.label).pack())
        ilm = IlmRecord.unpack(value) if value is not None else None
        return ilm is not None and (ilm.action, ilm.pw) == (IlmAction.FORWARD, port.number)

    def _switch(self, lsr: int, frame: bytes) -> Iterator[Alternatives]:
        if fakeframe.ethertype(frame) != MPLS:
            yield (Lost(Drop.MALFORMED),)
            return
        stack, below = fakeframe.stack(frame[14:])
        yield from self._look_up(lsr, stack, below)

    def _look_up(self, lsr: int, stack: list[Shim], below: bytes) -> Iterator[Alternatives]:
        value = self._maps.get("lfib", IlmKey(lsr, stack[0].label).pack())
        if value is None:
            yield (Lost(Drop.NO_LABEL),)
            return
        ilm = IlmRecord.unpack(value)
        is_last = len(stack) == 1
        match ilm.action:
            case IlmAction.FORWARD:
                yield self._transit(lsr, ilm, stack, below)
            case IlmAction.POP_AND_LOOK_UP if not is_last:
                yield from self._look_up(lsr, self._pop(stack), below)
            case IlmAction.TO_VRF if is_last and below[0] >> 4 == ilm.ip_version:
                ip = fakeframe.IpBytes(below)
                if self._is_uniform and stack[0].ttl < ip.ttl:
                    ip = ip.with_ttl(stack[0].ttl)
                yield self._route(lsr, ilm.service, ip)
            case IlmAction.STAND_BY if is_last:
                yield (Lost(Drop.NOBODY),)
            case IlmAction.TO_PSEUDOWIRE if is_last:
                yield from self._from_wire(lsr, ilm, below)
            case _:
                yield (Lost(Drop.MALFORMED),)

    def _pop(self, stack: list[Shim]) -> list[Shim]:
        top, after, *rest = stack
        if self._is_uniform:
            after = replace(after, ttl=min(after.ttl, top.ttl))
        return [after, *rest]

    def _transit(self, lsr: int, ilm: IlmRecord, stack, below: bytes) -> Alternatives:
        top = replace(stack[0], ttl=stack[0].ttl - 1)
        if top.ttl < 1:
            return (Punted(PuntReason.TTL_EXPIRED),)
        assert ilm.nhlfe is not None
        ways = self._maps.ways(NhlfesOf.LABEL, lsr, top.label, ilm.nhlfe_count, ilm.nhlfe)
        if ilm.service:
            top = replace(top, label=ilm.service)
        return tuple(self._by_nhlfe(nhlfe, [top, *stack[1:]], below) for nhlfe in ways)

    def _by_nhlfe(self, nhlfe: NhlfeRecord, stack: list[Shim], below: bytes) -> Fate:
        match nhlfe.operation:
            case Operation.SWAP:
                (label,) = nhlfe.labels
                stack = [replace(stack[0], label=label), *stack[1:]]
            case Operation.POP:
                if len(stack) == 1:
                    return Lost(Drop.MALFORMED)
                stack = self._pop(stack)
            case Operation.PUSH:
                stack = [*(replace(stack[0], label=label) for label in nhlfe.labels), *stack]
        head = nhlfe.destination + nhlfe.source + MPLS.to_bytes(2, "big")
        return Sent(nhlfe.oif, head + fakeframe.stack_bytes(stack) + below)

    def _into_tunnel(
        self, lsr: int, egress: int, service: Shim, below: bytes, vrf: int | None = None
    ) -> Alternatives:
        value = self._maps.get("tunnels", TunnelKey(lsr, egress).pack())
        if value is None:
            return (Lost(Drop.NO_TUNNEL),)
        tunnel = TunnelRecord.unpack(value)
        if vrf is not None and len(below) + 4 > tunnel.mtu:
            return (Punted(PuntReason.TOO_BIG, vrf),)
        ways = self._maps.ways(NhlfesOf.EGRESS, lsr, egress, tunnel.nhlfe_count, tunnel.nhlfe)
        assert all(nhlfe.operation is Operation.PUSH for nhlfe in ways)
        return tuple(self._by_nhlfe(nhlfe, [service], below) for nhlfe in ways)

    # --- VRFs -------------------------------------------------------------------------------

    def _from_customer(self, port: Port, ifindex: int, frame: bytes) -> Iterator[Alternatives]:
        ethertype = fakeframe.ethertype(frame)
        if frame[6] & 1:
            yield (Lost(Drop.GROUP_SOURCE),)
            return
        if ethertype == ARP:
            yield from self._answer_arp(port, ifindex, frame)
            return
        if ethertype not in {IPV4, IPV6}:
            yield (Lost(Drop.NOT_FOR_US),)
            return
        ip = fakeframe.IpBytes(frame[14:])
        if port.flags & PortFlag.DHCP_RELAY and _is_dhcp_request(frame, ip):
            yield (Punted(PuntReason.DHCP, port.service, frame),)
        elif ethertype == IPV4 and frame[:6] != self._gateway_mac:
            yield (Lost(Drop.NOT_FOR_US),)
        elif not ip.is_whole(4 if ethertype == IPV4 else 6):
            yield (Lost(Drop.MALFORMED),)
        elif port.flags & PortFlag.STRICT_URPF and not self._is_from(port, ifindex, ip):
            yield (Lost(Drop.MARTIAN if fakeframe.is_no_source(ip.source) else Drop.SOURCE),)
        elif ethertype == IPV6 and ip.protocol == ICMPV6 and ip.body[0] in NEIGHBOUR_DISCOVERY:
            yield from self._discovery(port, ifindex, frame)
        elif port.flags & PortFlag.DHCPV6_RELAY and _is_dhcpv6_request(frame, ip):
            yield (Punted(PuntReason.DHCP, port.service, frame),)
        elif frame[:6] != self._gateway_mac:
            yield (Lost(Drop.NOT_FOR_US),)
        elif fakeframe.is_no_source(ip.source):
            yield (Lost(Drop.MARTIAN),)
        elif ip.destination == LINK_LOCAL_GATEWAY:
            yield (_local(ip, port.service, frame[:12]),)
        else:
            yield self._route(port.lsr, port.service, ip)

    def _is_from(self, port: Port, ifindex: int, ip: fakeframe.IpBytes) -> bool:
        if ip.source in fakeframe.LINK_LOCAL or ip.source == IPv6Address("::"):
            return True
        route = self._maps.longest(port.lsr, port.service, ip.source)
        kinds = {RouteKind.DELIVER, RouteKind.CONNECTED}
        return route is not None and route.kind in kinds and route.target == ifindex

    def _answer_arp(self, port: Port, ifindex: int, frame: bytes) -> Iterator[Alternatives]:
        yield (Punted(PuntReason.ARP, port.service),)
        operation, asked = frame[20:22], frame[38:42]
        is_ours = self._maps.get("gateways", GatewayKey(ifindex, IPv4Address(asked)).pack())
        if operation == b"\0\1" and is_ours is not None:
            own, asker, asker_ip = self._gateway_mac, frame[22:28], frame[28:32]
            body = frame[14:20] + b"\0\2" + own + asked + asker + asker_ip
            yield (Sent(ifindex, frame[6:12] + own + frame[12:14] + body + frame[42:]),)

    def _discovery(self, port: Port, ifindex: int, frame: bytes) -> Iterator[Alternatives]:
        packet, target = frame[14:], IPv6Address(frame[62:78].ljust(16, b"\0"))
        source = IPv6Address(packet[8:24])
        is_ours = target == LINK_LOCAL_GATEWAY or (
            self._maps.get("gateways", GatewayKey(ifindex, target).pack()) is not None
        )
        has_shape = (
            (len(frame), packet[4:8], packet[40:42]) == (86, b"\0\x20\x3a\xff", b"\x87\0")
            and packet[65] == 1
            and not (source.is_multicast or source.is_unspecified)
        )
        if not (has_shape and is_ours and _is_right(packet)):
            yield (Punted(PuntReason.NEIGHBOUR_DISCOVERY, port.service, frame),)
            return
        yield (Punted(PuntReason.SOLICITED, port.service, frame),)
        head = b"\x6c\0\0\0\0\x20\x3a\xff" + target.packed + source.packed
        said = b"\xe0\0\0\0" + target.packed + b"\2\1" + self._gateway_mac
        pseudo = target.packed + source.packed + b"\0\0\0\x20\0\0\0\x3a"
        total = internet_checksum(pseudo + b"\x88\0\0\0" + said)
        reply = head + b"\x88\0" + total.to_bytes(2, "big") + said
        yield (Sent(ifindex, frame[6:12] + self._gateway_mac + b"\x86\xdd" + reply),)

    def _route(self, lsr: int, vrf: int, ip: fakeframe.IpBytes) -> Alternatives:
        for _ in range(MAX_LOOKUPS):
            route = self._maps.longest(lsr, vrf, ip.destination)
            if route is not None and route.kind is RouteKind.LOCAL:
                if not ip.is_echo_request4:
                    return (_local(ip, vrf),)
                ip = ip.echo_reply4(OWN_TTL)
                continue
            if fakeframe.is_never_routed(ip.destination) or ip.source in fakeframe.LINK_LOCAL:
                return (Lost(Drop.NEVER_ROUTED),)
            if route is None:
                return (Punted(PuntReason.NO_ROUTE, vrf),)
            if route.kind is not RouteKind.TO_VRF:
                return self._follow(lsr, vrf, route, ip)
            vrf = route.target
        return (Lost(Drop.NO_ROUTE),)

    def _follow(
        self, lsr: int, vrf: int, route: RouteRecord, ip: fakeframe.IpBytes
    ) -> Alternatives:
        if route.kind is RouteKind.CONNECTED:
            return (Punted(PuntReason.GLEAN, vrf),)
        if route.kind is RouteKind.BLACKHOLE:
            return (Lost(Drop.NEVER_ROUTED),)
        if route.kind is RouteKind.TO_WAYS:
            ways = self._maps.route_ways(lsr, vrf, route)
            return chosen_twice(self._follow(lsr, vrf, way, ip) for way in ways)
        if ip.ttl <= 1:
            return (Punted(PuntReason.TTL_EXPIRED, vrf),)
        ip = ip.with_ttl(ip.ttl - 1)
        if route.kind is RouteKind.DELIVER:
            if len(ip.whole) > route.mtu:
                return (Punted(PuntReason.TOO_BIG, vrf),)
            ethertype = IPV4 if ip.version == 4 else IPV6
            head = route.mac + self._gateway_mac + ethertype.to_bytes(2, "big")
            return (Sent(route.target, head + ip.whole),)
        assert route.kind is RouteKind.TO_PE
        ttl = ip.ttl if self._is_uniform else PIPE_TTL
        service = Shim(route.label, ip.traffic_class, ttl)
        return self._into_tunnel(lsr, route.target, service, ip.whole, vrf)


def _is_dhcp_request(frame: bytes, ip: fakeframe.IpBytes) -> bool:
    is_broadcast = ip.version == 4 and frame[:6] == b"\xff" * 6
    is_whole = not int.from_bytes(ip.whole[6:8], "big") & 0x3FFF
    return is_broadcast and is_whole and ip.protocol == UDP and ip.body[2:4] == b"\0\x43"


def _is_dhcpv6_request(frame: bytes, ip: fakeframe.IpBytes) -> bool:
    is_to_agents = ip.version == 6 and frame[:6] == b"\x33\x33\0\x01\0\x02"
    return is_to_agents and ip.whole[6] == UDP and ip.body[2:4] == b"\x02\x23"


def _is_right(packet: bytes) -> bool:
    """Whether the checksum of an ICMPv6 message is right."""
    pseudo = packet[8:40] + len(packet[40:]).to_bytes(4, "big") + b"\0\0\0\x3a"
    return internet_checksum(pseudo + packet[40:]) == 0


def _local(ip: fakeframe.IpBytes, vrf: int, macs: bytes = bytes(12)) -> Fate:
    """Return what becomes of a packet for a gateway's own address."""
    if ip.protocol == UDP:
        return Punted(PuntReason.NOT_SERVED, vrf)
    if ip.version == 6 and ip.protocol == ICMPV6 and ip.body[0] == 128:
        frame = macs + IPV6.to_bytes(2, "big") + ip.whole
        return Punted(PuntReason.ECHO_REQUEST6, vrf, frame)
    return Lost(Drop.NOBODY)
