"""Addresses of hosts, gateways and CE routers, made of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface
from typing import Final

from mplsemu.model.vpn import CeRouter, IPAddress, IPInterface, IPNetwork
from mplsemu.program.gateway import reserved_addresses

PE_CE_POOL: Final = IPv4Network("100.64.0.0/10")  # RFC 6598: shared between provider and customer
_LINK_LENGTH: Final = 30
MAX_CE_PER_VPN: Final = 1 << (_LINK_LENGTH - PE_CE_POOL.prefixlen)
_HOST_MACS: Final = 0x02_00_00 << 24
_CE_WAN_MACS: Final = 0x02_00_01 << 24
_CE_LAN_MACS: Final = 0x02_00_02 << 24
MAX_MACS: Final = (1 << 24) - 1


def capacity(network: IPNetwork) -> int:
    """Return how many interfaces can have an address of `network`."""
    return network.num_addresses - len(reserved_addresses(network))


def interface(network: IPNetwork, ordinal: int) -> IPInterface:
    """Return the usable address of `network` number `ordinal`, counted from 1."""
    skipped = 1 if reserved_addresses(network) else 0  # the first is always among them
    address = int(network.network_address) + skipped + ordinal - 1
    if network.version == 4:
        return IPv4Interface((address, network.prefixlen))
    return IPv6Interface((address, network.prefixlen))


def ordinal(network: IPNetwork, address: IPAddress) -> int:
    """Return which usable address of `network` an address is, counted from 1; see `interface`."""
    skipped = 1 if reserved_addresses(network) else 0
    return int(address) - int(network.network_address) - skipped + 1


def host_numbers(macs: Iterable[str]) -> set[int]:
    """Return the numbers of hosts for which `host_mac` would give one of these MAC addresses."""
    return {_value(mac) - _HOST_MACS for mac in macs if _value(mac) >> 24 == _HOST_MACS >> 24}


def ce_numbers(macs: Iterable[str]) -> set[int]:
    """Return the numbers of CE routers of which an interface would have one of these."""
    prefixes = {_CE_WAN_MACS >> 24, _CE_LAN_MACS >> 24}
    return {_value(mac) & MAX_MACS for mac in macs if _value(mac) >> 24 in prefixes}


def host_mac(index: int) -> str:
    """Return the MAC address of the lab's host number `index`, counted from 1."""
    return _mac(_HOST_MACS + index)


def pool_link(ordinal: int) -> IPv4Network:
    """Return the automatic network number `ordinal`, from 1, of a VPN's PE-CE links.

    They are the /30s of `PE_CE_POOL`, one after the other; every VPN takes the same ones.
    """
    start = int(PE_CE_POOL.network_address) + ((ordinal - 1) << (32 - _LINK_LENGTH))
    return IPv4Network((start, _LINK_LENGTH))


def pool_ordinals(network: IPNetwork) -> range:
    """Return the numbers of the automatic networks that overlap a network; see `pool_link`."""
    if network.version == 6 or not network.overlaps(PE_CE_POOL):
        return range(0)
    start, bits = int(PE_CE_POOL.network_address), 32 - _LINK_LENGTH
    first = max(int(network.network_address) - start, 0) >> bits
    last = min(int(network.broadcast_address) - start >> bits, MAX_CE_PER_VPN - 1)
    return range(first + 1, last + 2)


def ce_router(index: int, networks: Sequence[IPNetwork]) -> CeRouter:
    """Return the CE router number `index` of the lab, on a PE-CE link of these networks.

    In each the PE has the first usable address and the CE the second.
    """
    return CeRouter(
        mac=_mac(_CE_WAN_MACS + index),
        wan=tuple(interface(network, 2) for network in networks),
        pe_wan=tuple(interface(network, 1) for network in networks),
        lan_mac=_mac(_CE_LAN_MACS + index),
    )


def station_macs(index: int) -> tuple[str, str]:
    """Return the MAC addresses of the lab's CE router number `index`: on a VPLS, and on its LAN."""
    return _mac(_CE_WAN_MACS + index), _mac(_CE_LAN_MACS + index)


def _value(mac: str) -> int:
    return int(mac.replace(":", ""), 16)


def _mac(value: int) -> str:
    return value.to_bytes(6, "big").hex(":")
