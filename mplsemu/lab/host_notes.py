"""Notes about hosts that have an address which others do not reach."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network
from mplsemu.model.vpn import IPNetwork, Site

_Prefix = tuple[int, int, int]
"""IP version, length, and the bits that count."""


def host_notes(network: Network) -> Iterator[str]:
    """Yield a note on each address that a host has and others do not reach."""
    for ref, site, host in network.hosts():
        own = {interface.ip for interface in host.addresses}
        behind = [route.prefix for route in site.routes if route.via in own]
        for address in host.loopbacks:
            if not any(address in prefix for prefix in behind):
                yield f"host {ref} has {address}, in no subnet of its LAN: nobody else reaches it"
    for vpn in network.vpns:
        if isinstance(vpn, L3vpn):
            yield from _hidden(vpn)


def _hidden(vpn: L3vpn) -> Iterator[str]:
    """Yield what a longer prefix of another site hides (RFC 1812 section 5.2.4.3)."""
    owners: dict[_Prefix, tuple[Site, IPNetwork]] = {}
    for site in vpn.sites:
        for subnet in site.subnets:
            key = _prefix(subnet.version, int(subnet.network_address), subnet.prefixlen)
            owners.setdefault(key, (site, subnet))
    lengths = sorted({(subnet.version, subnet.prefixlen) for _, subnet in owners.values()})
    if len(lengths) == len({version for version, _ in lengths}):
        return  # all of one length: none is within another
    for site in vpn.sites:
        for host in site.hosts:
            for own in host.addresses:
                keys = (
                    _prefix(version, int(own.ip), length)
                    for version, length in lengths
                    if version == own.version and length > own.network.prefixlen
                )
                for other, subnet in (owners[key] for key in keys if key in owners):
                    yield (
                        f"host {site.circuit}/{host.name} has {own.ip}, and {subnet} of site "
                        f"{other.circuit} is longer than its own prefix: packets for it go there"
                    )


def _prefix(version: int, address: int, length: int) -> _Prefix:
    return version, length, address >> ((32 if version == 4 else 128) - length)
