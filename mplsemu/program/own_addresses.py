"""Addresses that an interface has without configuration, beside the configured ones (RFC 4291)."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network
from typing import Final

from mplsemu.model.vpn import Host, IPAddress, IPInterface, IPNetwork

LINK_LOCAL: Final = IPv6Network("fe80::/64")
"""On-link on every interface (RFC 4291 section 2.5.6)."""
ALL_NODES: Final = (IPv6Address("ff01::1"), IPv6Address("ff02::1"))
ALL_ROUTERS: Final = IPv6Address("ff02::2")
"""Groups that a LAN's nodes, and its routers, are in (RFC 4291 section 2.7.1)."""
_LOOPBACK_BITS: Final = 8
_LONGEST_WITH_ANYCAST: Final = 126


def link_local(mac: str) -> IPv6Address:
    """Return the link-local address of an interface (RFC 4291 appendix A)."""
    octets = bytearray.fromhex(mac.replace(":", ""))
    octets[0] ^= 2
    identifier = octets[:3] + b"\xff\xfe" + octets[3:]
    return IPv6Address(LINK_LOCAL.network_address.packed[:8] + identifier)


def subnet_router_anycast(network: IPNetwork) -> IPv6Address | None:
    """Return the address by which any router of a subnet answers (RFC 4291 section 2.6.1).

    None in IPv4, and on a /127 or /128 (RFC 6164 section 5.1).
    """
    if isinstance(network, IPv6Network) and network.prefixlen <= _LONGEST_WITH_ANYCAST:
        return network.network_address
    return None


def router_addresses(interfaces: Iterable[IPInterface]) -> tuple[IPAddress, ...]:
    """Return a router's addresses, then the subnet-router anycast addresses of its subnets."""
    interfaces = tuple(interfaces)
    anycast = (subnet_router_anycast(interface.network) for interface in interfaces)
    given = (interface.ip for interface in interfaces)
    return tuple(dict.fromkeys((*given, *(each for each in anycast if each is not None))))


def is_own(host: Host, address: IPAddress) -> bool:
    """Whether a host takes an address for its own, loopback and link-local included."""
    return is_within(address) or answers_to(host, address) or address in host.loopbacks


def answers_to(host: Host, address: IPAddress) -> bool:
    """Whether a host accepts packets to this address on its interface."""
    return any(interface.ip == address for interface in host.addresses) or (
        address.is_link_local and address == link_local(host.mac)
    )


def is_within(address: IPAddress) -> bool:
    """Whether packets to an address never leave the host that sends them.

    That is loopback; 0.0.0.0 and ::, which BSD and Linux take for it; and the all-nodes group.
    """
    if address.is_unspecified or address in ALL_NODES:
        return True
    if address.version == 6:
        return address.is_loopback
    # 127.255.255.255 is the broadcast address of the loopback interface
    return address.is_loopback and int(address) & (1 << 32 - _LOOPBACK_BITS) - 1 != 0xFF_FFFF
