"""Which of several ways a flow takes in a fake OpenFlow switch: any function of the flow will do.

What a flow is follows ovs-actions(7), multipath: both directions are the same flow.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from mplsemu.southbound.openflow.actions import HashFields, Multipath
from mplsemu.southbound.openflow.match import (
    ETH_DST,
    ETH_SRC,
    IP_PROTO,
    IPV4_DST,
    IPV4_SRC,
    IPV6_DST,
    IPV6_SRC,
    VLAN_VID,
)
from tests.oracles.fakepacket import MPLS, FakePacket

TCP, UDP, SCTP = 6, 17, 132
IPV4, IPV6 = 0x0800, 0x86DD
ADDRESSES = {IPV4: (IPV4_SRC, IPV4_DST), IPV6: (IPV6_SRC, IPV6_DST)}

Place = Callable[[FakePacket, Multipath], float]
"""Where the hash of a flow lies among all hashes, from 0 up to but not including 1."""


def hashed(packet: FakePacket, choice: Multipath) -> float:
    assert packet.ethertype != MPLS, "a flow is looked for where a label hides it"
    key = FLOWS[choice.fields](packet)
    digest = blake2b(repr((choice.basis, key)).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / (1 << 48)


def always(place: float) -> Place:
    return lambda _packet, _choice: place


def way(place: float, choice: Multipath) -> int:
    """Return what the hash-threshold algorithm makes of it (RFC 2992)."""
    return int(place * choice.ways)


def ip_flow(packet: FakePacket) -> tuple[int | None, ...]:
    assert packet.ethertype in ADDRESSES, "without IP there is no IP flow"
    protocol = packet.read(IP_PROTO)
    return _addresses(packet), protocol, _ports(packet, protocol, {TCP, UDP, SCTP})


def frame(packet: FakePacket) -> tuple[int | None, ...]:
    stations = (packet.read(ETH_SRC) or 0) ^ (packet.read(ETH_DST) or 0)
    found = stations, packet.read(VLAN_VID), packet.ethertype
    if packet.ethertype not in ADDRESSES:
        return found
    protocol = packet.read(IP_PROTO)
    return *found, _addresses(packet), protocol, _ports(packet, protocol, {TCP, SCTP})


def ip_addresses(packet: FakePacket) -> tuple[int | None, ...]:
    assert packet.ethertype in ADDRESSES, "without IP there are no addresses"
    return (_addresses(packet),)


FLOWS = {
    HashFields.FRAME: frame,
    HashFields.IP_FLOW: ip_flow,
    HashFields.IP_ADDRESSES: ip_addresses,
}


def _addresses(packet: FakePacket) -> int:
    one, other = map(packet.read, ADDRESSES[packet.ethertype])
    return (one or 0) ^ (other or 0)


def _ports(packet: FakePacket, protocol: int | None, with_ports: set[int]) -> int:
    if protocol not in with_ports or packet.is_fragment:
        return 0
    at = packet.behind_ethernet
    at += 40 if packet.ethertype == IPV6 else (packet.data[at] & 0xF) * 4
    one, other = packet.data[at : at + 2], packet.data[at + 2 : at + 4]
    return int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
