"""Network address translation at a CE router (traditional NAT, RFC 3022): masquerading.

Packets that leave for the LAN, where the Internet is, from a private address get the CE router's
own address there as source; answers to it come back to whom they are for. From the LAN nobody opens
a connection to a private address.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Final

from mplsemu.model.vpn import IPAddress
from mplsemu.program.services import Ce

PRIVATE: Final = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("100.64.0.0/10"),
)
"""Addresses that mean nothing in the Internet (RFC 1918; RFC 6598: those of PE-CE links, too)."""


def is_private(address: IPAddress) -> bool:
    """Whether an address is one that masquerading hides."""
    return any(address in network for network in PRIVATE)


def translated(ce: Ce, source: IPAddress, station: IPAddress) -> IPAddress | None:
    """Return the source that a packet gets as it leaves for the LAN; None: it keeps its own.

    Args:
        ce: the CE router.
        source: of the packet.
        station: who gets it on the LAN: of the CE router's addresses it is the one in its subnet.
    """
    if not ce.masquerades or not is_private(source):
        return None
    return next((each.ip for each in ce.lan if station in each.network), None)


def is_hidden(ce: Ce, destination: IPAddress) -> bool:
    """Whether a CE router drops a new connection from its LAN to an address beyond its PE."""
    return ce.masquerades and is_private(destination)
