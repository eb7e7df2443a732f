"""Which of the routes to a prefix a VRF uses: its best candidates (RFC 4364 section 4.3.3).

The order is that of routers of the field: a preference that the customer gives, his own routes
before imported ones, then the metric to the PE (RFC 4271 section 9.1.2.2 e). What is still equal is
used side by side (multipath), at most `MAX_NHLFES` PEs. A route at this PE is better than all that
are elsewhere; of several here one is used, so that a packet that another PE sends here stays here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.model.l3vpn import RouteDistinguisher
from mplsemu.model.limits import MAX_NHLFES
from mplsemu.model.natural_order import natural
from mplsemu.model.vpn import IPNetwork
from mplsemu.program.services import NextHop, Route, RouteWay, ViaPe, ViaVrf

HERE: Final = 0
"""Metric of what is at this PE."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route that a VRF may use.

    Attributes:
        prefix: where it leads.
        preference: the lower, the better.
        is_foreign: whether another VPN exports it.
        metric: to the PE that has it; `HERE` at this one.
        next_hop: where its packets go; likewise `rd` and `circuit`, as of a route.
        detour: 0 if the prefix is the site's own; else the place of the site among those that
            pass packets on to it, such as hubs: all else is better, and the first of them.
    """

    prefix: IPNetwork
    preference: int
    is_foreign: bool
    metric: int
    next_hop: NextHop
    rd: RouteDistinguisher | None
    circuit: str
    detour: int = 0

    @property
    def rank(self) -> tuple[int, int, bool, int, bool]:
        """The lowest is the best; what is in this very VRF wins against another one here."""
        is_in_another = isinstance(self.next_hop, ViaVrf)
        return self.detour, self.preference, self.is_foreign, self.metric, is_in_another


def select(candidates: Iterable[Candidate]) -> tuple[Route, ...]:
    """Return a VRF's routes, one for each prefix, in the order of prefixes.

    It depends on nothing but what the candidates say: not on their order.
    """
    by_prefix: dict[IPNetwork, list[Candidate]] = {}
    for candidate in candidates:
        by_prefix.setdefault(candidate.prefix, []).append(candidate)
    routes = (_route(each) for each in by_prefix.values())
    return tuple(sorted(routes, key=lambda route: prefix_order(route.prefix)))


def contested(candidates: Iterable[Candidate]) -> Iterator[str]:
    """Yield the PEs whose metric decides which routes are used."""
    by_prefix: dict[IPNetwork, list[Candidate]] = {}
    for candidate in candidates:
        by_prefix.setdefault(candidate.prefix, []).append(candidate)
    for each in by_prefix.values():
        if len(each) > 1:
            hops = (candidate.next_hop for candidate in each)
            yield from (hop.egress for hop in hops if isinstance(hop, ViaPe))


def prefix_order(prefix: IPNetwork) -> tuple[int, int, int]:
    """Return a key that sorts prefixes: IPv4 first, then by address and length."""
    return prefix.version, int(prefix.network_address), prefix.prefixlen


def _route(candidates: list[Candidate]) -> Route:
    if len(candidates) == 1:
        (only,) = candidates
        return Route(only.prefix, only.next_hop, only.rd, only.circuit)
    best = min(candidate.rank for candidate in candidates)
    equal = [candidate for candidate in candidates if candidate.rank == best]
    equal.sort(key=lambda candidate: natural(candidate.circuit))
    ways: dict[NextHop, RouteWay] = {}
    for candidate in equal:
        way = RouteWay(candidate.next_hop, candidate.rd, candidate.circuit)
        ways.setdefault(way.next_hop, way)
    metric = equal[0].metric
    first, *more = list(ways.values())[: 1 if metric == HERE else MAX_NHLFES]
    prefix = candidates[0].prefix
    return Route(prefix, first.next_hop, first.rd, first.circuit, tuple(more))
