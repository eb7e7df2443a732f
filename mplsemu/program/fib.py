"""Longest prefix match over a VRF's routes (RFC 1812 section 5.2.4.3)."""

from __future__ import annotations

from collections.abc import Iterable

from mplsemu.model.vpn import IPAddress
from mplsemu.program.services import Route


class Fib:
    """A VRF's routes, ready to be looked up."""

    __slots__ = ("_lengths", "_routes")

    def __init__(self, routes: Iterable[Route]) -> None:
        # The bits of a prefix without its host part, by IP version and how many bits those are.
        self._routes: dict[tuple[int, int], dict[int, Route]] = {}
        for route in routes:
            prefix = route.prefix
            host_bits = prefix.max_prefixlen - prefix.prefixlen
            table = self._routes.setdefault((prefix.version, host_bits), {})
            table[int(prefix.network_address) >> host_bits] = route
        self._lengths = {
            version: sorted(bits for each, bits in self._routes if each == version)
            for version in (4, 6)
        }

    def look_up(self, address: IPAddress) -> Route | None:
        """Return the most specific route to an address, None if there is none."""
        version, value = address.version, int(address)
        for host_bits in self._lengths[version]:
            route = self._routes[version, host_bits].get(value >> host_bits)
            if route is not None:
                return route
        return None
