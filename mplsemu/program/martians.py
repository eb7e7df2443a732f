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


def _leading_bits(prefixes: tuple[IPNetwork, ...]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Return, by IP version, how many bits of an address to leave out and what the rest is."""
    found: dict[int, tuple[tuple[int, int], ...]] = {4: (), 6: ()}
    for prefix in prefixes:
        host_bits = prefix.max_prefixlen - prefix.prefixlen
        found[prefix.version] += ((host_bits, int(prefix.network_address) >> host_bits),)
    return found


_NO_SOURCES: Final = _leading_bits(NO_SOURCES)
_NEVER_ROUTED: Final = _leading_bits(NEVER_ROUTED)


def is_martian_source(address: IPAddress) -> bool:
    """Whether packets from this address are dropped, whatever their destination."""
    value = int(address)
    for host_bits, leading in _NO_SOURCES[address.version]:  # noqa: SIM110 - twice as fast
        if value >> host_bits == leading:
            return True
    return False


def is_never_routed(address: IPAddress) -> bool:
    """Whether a packet to this address, or from it, never goes on to another link."""
    return is_number_never_routed(address.version, int(address))


def is_number_never_routed(version: int, value: int) -> bool:
    """Whether the address of an IP version with this value is never routed."""
    for host_bits, leading in _NEVER_ROUTED[version]:  # noqa: SIM110 - as above
        if value >> host_bits == leading:
            return True
    return False
