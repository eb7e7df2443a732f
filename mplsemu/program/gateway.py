"""A PE's gateway: the interface of a VRF on each of its attachment circuits (RFC 4364 section 4).

What it answers to, which addresses it never routes to, and the TTLs it writes. The walk, the
verification, both data planes and the answers to punted packets take them from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork
from mplsemu.program.martians import is_never_routed
from mplsemu.program.own_addresses import router_addresses, subnet_router_anycast
from mplsemu.program.packet import DEFAULT_TTL

GATEWAY_MAC: Final = "02:4d:50:00:00:01"
"""MAC address of every VRF's gateway: the same everywhere, as each circuit is a separate LAN."""
LINK_LOCAL_GATEWAY: Final = IPv6Address("fe80::1")
"""Every VRF's address on each of its circuits, in addition to its gateways."""
OWN_TTL: Final = DEFAULT_TTL + 1
"""TTL of a gateway's own packets before its VRF routes, and so decrements, them: hosts see 64."""
PIPE_TTL: Final = 255
"""TTL of pushed entries where the customer's does not count (RFC 3443 section 3.2)."""

_LONGEST_WITH_BROADCAST: Final = 30


def broadcast_addresses(network: IPNetwork) -> tuple[IPAddress, ...]:
    """Return the addresses of a LAN that belong to no interface and are never routed to.

    In IPv4 its network and its broadcast address (RFC 1812 section 5.3.5); none on a /31
    (RFC 3021) or /32, and none in IPv6.
    """
    if network.version == 4 and network.prefixlen <= _LONGEST_WITH_BROADCAST:
        return network.network_address, network.broadcast_address
    return ()


def reserved_addresses(network: IPNetwork) -> tuple[IPAddress, ...]:
    """Return the addresses of a LAN that no interface is given.

    The broadcast addresses and, in IPv6, the subnet-router anycast address.
    """
    anycast = subnet_router_anycast(network)
    return broadcast_addresses(network) if anycast is None else (anycast,)


@dataclass(frozen=True, slots=True)
class Gateways:
    """The addresses that a VRF's gateways take for themselves, or keep from being routed.

    Attributes:
        own: they answer to, subnet-router anycast addresses included.
        broadcast: network and broadcast addresses of their LANs.
    """

    own: frozenset[IPAddress]
    broadcast: frozenset[IPAddress]

    @classmethod
    def of(cls, interfaces: Iterable[IPInterface]) -> Gateways:
        """Return those of gateways with these addresses."""
        interfaces = tuple(interfaces)
        lans = (broadcast_addresses(each.network) for each in interfaces)
        own = frozenset(router_addresses(interfaces))
        return cls(own, frozenset(each for lan in lans for each in lan))

    def is_unroutable(self, address: IPAddress) -> bool:
        """Whether the VRF forwards no packet to an address: a martian, or a LAN's broadcast.

        A gateway's own addresses come first: the VRF answers for them, whatever they are.
        """
        return address in self.broadcast or is_never_routed(address)


def may_be_a_host(address: IPAddress, gateway: IPInterface) -> bool:
    """Whether a host on a gateway's LAN can have an address of it."""
    return address not in (*router_addresses([gateway]), *broadcast_addresses(gateway.network))
