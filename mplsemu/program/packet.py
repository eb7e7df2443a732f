"""A customer's packet as the walk needs it: addresses, tags, TTL and DSCP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mplsemu.model.vpn import IPAddress
from mplsemu.program.diffserv import CLASS_MAP

DEFAULT_TTL: Final = 64

_MAC: Final = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class IpHeader:
    """What matters of an IPv4 or IPv6 header.

    Attributes:
        source: of the same version as `destination`.
        destination: an address.
        ttl: Time to Live or Hop Limit, 0..255.
        dscp: 6 bits (RFC 2474).
        may_fragment: routers may fragment it: IPv4 without DF (RFC 791 section 3.2).
    """

    source: IPAddress
    destination: IPAddress
    ttl: int = DEFAULT_TTL
    dscp: int = 0
    may_fragment: bool = False

    def __post_init__(self) -> None:
        if self.source.version != self.destination.version:
            raise ValueError(f"{self.source} and {self.destination} are of different IP versions")
        if not 0 <= self.ttl <= 255:
            raise ValueError(f"TTL {self.ttl} does not fit in 8 bits; write 0..255")
        if self.may_fragment and self.source.version != 4:
            raise ValueError("IPv6 packets are fragmented by their source alone (RFC 8200 4.5)")
        if not 0 <= self.dscp <= 63:
            raise ValueError(f"DSCP {self.dscp} does not fit in 6 bits; write 0..63")

    @property
    def traffic_class(self) -> int:
        """The TC of labels that are pushed on it."""
        return CLASS_MAP.tc(self.dscp)


@dataclass(frozen=True, slots=True)
class Packet:
    """An Ethernet frame from a customer, with an IP packet in it or not.

    Attributes:
        source_mac: lower case with colons; likewise `destination_mac`.
        ip: None where the frame holds something else.
        vlans: VLAN identifiers of its tags, outermost first.
        ethertype: of a frame without IP; None if it does not matter.
        octets: size behind the Ethernet header and tags, for IP the packet length; 0: it fits on
            every link.
    """

    source_mac: str
    destination_mac: str
    ip: IpHeader | None = None
    vlans: tuple[int, ...] = ()
    ethertype: int | None = None
    octets: int = 0


def is_mac(text: str) -> bool:
    """Whether a text is a MAC address with colons."""
    return _MAC.match(text) is not None
