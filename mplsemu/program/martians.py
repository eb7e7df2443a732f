"""Addresses that no router forwards to or from (RFC 1812 section 5.3.7, RFC 6890, RFC 4291)."""

from __future__ import annotations

from ipaddress import IPv6Network, ip_network
from typing import Final

from mplsemu.model.vpn import IPAddress, IPNetwork

LINK_LOCAL: Final = IPv6Network("fe80::/10")
"""Of one link: a router answers them there, and forwards nothing (RFC 4291 section 2.5.6)."""
NO_SOURCES: Final[tuple[IPNetwork, ...]] = tuple(
    map(ip_network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8"))
)
"""This host, loopback, multicast, reserved and broadcast: never a valid source."""
NEVER_ROUTED: Final[tuple[IPNetwork, ...]] = (*NO_SOURCES, LINK_LOCAL)
"""A router forwards nothing to these."""


def is_martian_source(address: IPAddress) -> bool:
    """Whether packets from this address are dropped, whatever their destination."""
    return any(address in prefix for prefix in NO_SOURCES)


def is_never_routed(address: IPAddress) -> bool:
    """Whether a packet to this address, or from it, never goes on to another link."""
    return address in LINK_LOCAL or is_martian_source(address)
