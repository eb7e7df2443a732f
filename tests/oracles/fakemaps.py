"""What the maps of the eBPF data plane hold, and what may become of a packet there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address
from math import lcm

from mplsemu.southbound.ebpf.contents import Contents
from mplsemu.southbound.ebpf.kinds import (
    Drop,
    NhlfesOf,
)
from mplsemu.southbound.ebpf.layout import (
    FibKey,
    NhlfeKey,
    NhlfeRecord,
    RouteRecord,
)
from mplsemu.southbound.ebpf.layout_ways import RouteWayKey
from mplsemu.southbound.punt.event import PuntReason


@dataclass(frozen=True)
class Sent:
    """A frame leaves by an interface."""

    oif: int
    frame: bytes
    weight: int = field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Punted:
    """The controller gets it; `service` is the VRF that looked at it, `frame` what it gets."""

    reason: PuntReason
    service: int = 0
    frame: bytes = field(default=b"", compare=False, repr=False)
    weight: int = field(default=1, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Lost:
    """It ends here."""

    why: Drop
    weight: int = field(default=1, compare=False, repr=False, kw_only=True)


Fate = Sent | Punted | Lost
Alternatives = tuple[Fate, ...]
"""What becomes of one copy of a packet; where its flow decides several, each by its weight."""


def shares(alternatives: Alternatives) -> list[tuple[Fate, Fraction]]:
    """Return each alternative with the part of the flows that take it."""
    total = sum(fate.weight for fate in alternatives)
    return [(fate, Fraction(fate.weight, total)) for fate in alternatives]


def chosen_twice(ways: Iterable[Alternatives]) -> Alternatives:
    """Return the alternatives of ways of equal cost, each of which has some: their flows differ."""
    every = list(ways)
    common = lcm(*map(len, every))
    return tuple(replace(fate, weight=common // len(each)) for each in every for fate in each)


class FakeMaps:
    """What the maps hold, of all LSRs."""

    def __init__(self, contents: Contents) -> None:
        self._rows = contents
        self._routes: dict[tuple[int, int, int], dict[int, dict[int, RouteRecord]]] = {}
        for (name, key), value in contents.items():
            if name in {"fib4", "fib6"}:
                self._add_route(FibKey.unpack(key), RouteRecord.unpack(value))

    def _add_route(self, key: FibKey, route: RouteRecord) -> None:
        host_bits = key.prefix.max_prefixlen - key.prefix.prefixlen
        fib = self._routes.setdefault((key.prefix.version, key.lsr, key.vrf), {})
        fib.setdefault(host_bits, {})[int(key.prefix.network_address) >> host_bits] = route

    def get(self, name: str, key: bytes) -> bytes | None:
        return self._rows.get((name, key))

    def longest(self, lsr: int, vrf: int, address: IPv4Address | IPv6Address):
        fib = self._routes.get((address.version, lsr, vrf), {})
        for host_bits in sorted(fib):
            route = fib[host_bits].get(int(address) >> host_bits)
            if route is not None:
                return route
        return None

    def ways(self, of: NhlfesOf, lsr: int, number: int, count: int, first: NhlfeRecord):
        """Return all NHLFEs of a label or of an egress PE."""
        found = [first]
        for way in range(1, count):
            value = self.get("ecmp_nhlfes", NhlfeKey(lsr, of, number, way).pack())
            assert value is not None, f"way {way} of {count} is counted but missing"
            found.append(NhlfeRecord.unpack(value))
        return found

    def route_ways(self, lsr: int, vrf: int, route: RouteRecord):
        """Return the routes to all PEs of a set."""
        found = []
        for index in range(route.label):
            value = self.get("route_ways", RouteWayKey(lsr, vrf, route.target, index).pack())
            assert value is not None, f"way {index} of {route.label} is counted but missing"
            found.append(RouteRecord.unpack(value))
        return found
