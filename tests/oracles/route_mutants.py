"""A route of a VRF with another prefix, or with other ways (see `mutants`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any


def without(things: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    return things[:index] + things[index + 1 :]


def way_changes(route: Any) -> Iterator[tuple[str, Any]]:
    for index, way in enumerate(route.more):
        yield f"not by {way.next_hop}", replace(route, more=without(route.more, index))
        yield f"twice by {way.next_hop}", replace(route, more=(*route.more, way))


def prefix_changes(route: Any) -> Iterator[tuple[str, Any]]:
    prefix = route.prefix
    yield "wider", replace(route, prefix=prefix.supernet())
    yield "narrower", replace(route, prefix=next(iter(prefix.subnets())))
    after = int(prefix.broadcast_address) + 1
    kind = type(prefix.network_address)
    if after < 1 << prefix.max_prefixlen:
        elsewhere = ip_network(f"{kind(after)}/{prefix.prefixlen}")
        yield "elsewhere", replace(route, prefix=elsewhere)
