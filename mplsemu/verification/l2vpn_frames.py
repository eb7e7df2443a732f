"""Frames that a site of a VPLS or VPWS sends, one of each class, and where they should arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Self

from mplsemu.model.l2cp import L2cp
from mplsemu.model.network import HostRef
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpls_topology import MULTIPOINT
from mplsemu.model.vpn import Host, IPAddress, Site
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.reserved_macs import MAC_CONTROL, MAC_CONTROL_ADDRESS, RESERVED, filtered
from mplsemu.verification.l3vpn import UNKNOWN_MAC
from mplsemu.verification.vpls_policy import exchange_frames
from mplsemu.wire.ethernet import BROADCAST_MAC, group_mac

_MULTICAST_MAC: Final = "01:00:5e:00:00:fb"
_FLOODED: Final = (
    (BROADCAST_MAC, "broadcast"),
    (_MULTICAST_MAC, "multicast"),
    (UNKNOWN_MAC, "unknown unicast"),
)
_ANY_SOURCE: Final[Mapping[int, IPAddress]] = {
    4: IPv4Address("192.0.2.1"),
    6: IPv6Address("2001:db8::1"),
}
_CONTROL: Final = "layer 2 control"
_ARTICLES: Final = {
    "broadcast": "a broadcast",
    "multicast": "a multicast",
    "unknown unicast": "an unknown address",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame to send, and where it should arrive.

    Attributes:
        packet: the frame.
        kind: the class of frames that it represents.
        to: its destination, for display.
        wanted: the circuits at which it should arrive, once at each.
        exactly: how its only copy should end; None if the circuits are all that matters.
        learned: whether every VSI has learned all hosts.
        apart: circuits of sites with which its own exchanges no frames.
        flooded: where else it may arrive, at some of them, once at each: of a frame for a station
            that some PE has not learned, as it hears none of that station's frames.
    """

    packet: Packet
    kind: str
    to: str
    wanted: Counter[str]
    exactly: Delivered | None = None
    learned: bool = True
    apart: frozenset[str] = frozenset()
    flooded: Counter[str] | None = None


@dataclass(frozen=True, slots=True)
class Partners:
    """The other sites of a VPN as one of them sees them.

    Attributes:
        sites: those with which it exchanges frames.
        circuits: of those, each once.
        apart: circuits of the others.
    """

    sites: tuple[Site, ...]
    circuits: Counter[str]
    apart: frozenset[str]

    @classmethod
    def of(cls, vpn: Vpls | Vpws, site: Site) -> Self:
        """Return the partners of a site; those at one PE are alike, but for leaves and roots."""
        others = [each for each in vpn.sites if each.name != site.name]
        if isinstance(vpn, Vpws) or vpn.topology == MULTIPOINT:
            return cls(tuple(others), Counter(each.circuit for each in others), frozenset())
        alike: dict[tuple[str, bool], bool] = {}
        partners: list[Site] = []
        apart: list[Site] = []
        for each in others:
            place = each.pe, is_leaf(vpn, each)
            if place not in alike:
                alike[place] = exchange_frames(vpn, site, each)
            (partners if alike[place] else apart).append(each)
        circuits = Counter(each.circuit for each in partners)
        return cls(tuple(partners), circuits, frozenset(each.circuit for each in apart))


NO_PARTNERS: Final = Partners((), Counter(), frozenset())
"""Of a site that only sends to one with which it exchanges frames."""


def is_leaf(vpn: Vpls | Vpws, site: Site) -> bool:
    """Whether a site is a leaf of an E-Tree."""
    return isinstance(vpn, Vpls) and vpn.topology.is_leaf(site.name)


def flooded_frames(vpn: Vpls | Vpws, site: Site, partners: Partners) -> Iterator[Frame]:
    """Yield frames for everybody: broadcast, multicast, unknown unicast unless it is dropped.

    Among the reserved addresses are those that some bridges filter, and this VPN's do not.
    """
    source = _source_of(site)
    everyone, apart, nobody = partners.circuits, partners.apart, Counter[str]()
    for mac, kind in _FLOODED:
        is_dropped = mac == UNKNOWN_MAC and isinstance(vpn, Vpls) and not vpn.floods_unknown
        wanted = nobody if is_dropped else everyone
        packet, to = Packet(source, mac), _ARTICLES[kind]
        yield Frame(packet, kind, to, wanted, learned=False, apart=apart)
    if vpn.l2cp is not L2cp.STANDARD:
        passing = sorted(set(RESERVED) - set(filtered(vpn.kind, vpn.l2cp)))
        for mac in passing:
            packet = Packet(source, mac)
            yield Frame(packet, _CONTROL, mac, everyone, learned=False, apart=apart)


def group_members(program: Program, vpn: Vpls | Vpws) -> dict[IPAddress, frozenset[str]]:
    """Return the circuits that want each multicast group, as the PE of each says."""
    found: dict[IPAddress, frozenset[str]] = {}
    for node in program.nodes:
        vsi = node.vsi_by_name.get(vpn.name)
        for group in vsi.groups if vsi is not None else ():
            found[group.address] = found.get(group.address, frozenset()).union(group.circuits)
    return found


def group_frames(
    members: Mapping[IPAddress, frozenset[str]], site: Site, partners: Partners
) -> Iterator[Frame]:
    """Yield a frame for each known multicast group, which its members elsewhere get."""
    source = _source_of(site)
    for address, circuits in members.items():
        wanted = Counter(name for name in partners.circuits if name in circuits)
        header = IpHeader(_ANY_SOURCE[address.version], address)
        packet = Packet(source, group_mac(address), header)
        to = f"group {address}"
        yield Frame(packet, to, to, wanted, learned=False, apart=partners.apart)


def frames_for_nobody(vpn: Vpls | Vpws, site: Site) -> Iterator[Frame]:
    """Yield frames that must not arrive anywhere."""
    source = _source_of(site)
    nobody: Counter[str] = Counter()
    pause = Packet(source, MAC_CONTROL_ADDRESS, ethertype=MAC_CONTROL)
    for frame in (pause, replace(pause, destination_mac=UNKNOWN_MAC)):
        yield Frame(frame, "MAC control", "the end of its own link", nobody)
    if isinstance(vpn, Vpls) or vpn.l2cp is not L2cp.STANDARD:
        for mac in filtered(vpn.kind, vpn.l2cp):
            yield Frame(Packet(source, mac), "for the nearest bridge", mac, nobody)
    if isinstance(vpn, Vpws):
        return
    # a bridge never sends a frame back to its source's port, and drops group source addresses
    for host in site.hosts:
        kind = f"{site.circuit}/{host.name}"
        yield Frame(Packet(UNKNOWN_MAC, host.mac), kind, kind, nobody)
    forged = Packet(_MULTICAST_MAC, BROADCAST_MAC)
    yield Frame(forged, "from a group address", "everyone, from a group address", nobody)


def frame_to(vpn: Vpls | Vpws, site: Site, other: Site, host: Host, partners: Partners) -> Frame:
    """Return a frame to a host at another site."""
    ref = HostRef(vpn.name, other.name, host.name)
    if other.circuit in partners.apart:
        packet, nobody = Packet(_source_of(site), host.mac), Counter[str]()
        apart, flooded = partners.apart, partners.circuits
        return Frame(packet, str(ref), str(ref), nobody, apart=apart, flooded=flooded)
    exactly = Delivered(other.circuit, ref, None, host.mac)
    packet = Packet(_source_of(site), host.mac)
    return Frame(packet, str(ref), str(ref), Counter([other.circuit]), exactly)


def _source_of(site: Site) -> str:
    return site.hosts[0].mac if site.hosts else UNKNOWN_MAC
