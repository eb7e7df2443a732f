"""Neighbours that the running network resolved: how many a circuit may have, and how often new.

Each is an argument of the next compilation, so whoever changes them has the controller work: a
circuit may as often as a LAN whose hosts wake up does, and then at a rate that harms nobody.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Final

from mplsemu.control.learned import LearnedNeighbour
from mplsemu.model.vpn import IPAddress
from mplsemu.southbound.punt.rate_limits import Rate, TokenBucket

MAX_PER_CIRCUIT: Final = 1024
"""Neighbours on one circuit; more is somebody's scan."""
CHANGES_PER_CIRCUIT: Final = Rate(per_second=10, burst=256)
"""New neighbours and new MAC addresses on one circuit; who is left out speaks again."""

NeighbourKey = tuple[str, str, IPAddress]
"""PE, VRF and address of a neighbour."""


class Neighbours:
    """All that were learned.

    Args:
        learned: what another controller knew.
        clock: seconds.
    """

    def __init__(
        self,
        learned: Iterable[LearnedNeighbour] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._by_key: dict[NeighbourKey, LearnedNeighbour] = {}
        self._counts: Counter[str] = Counter()
        self._buckets: dict[str, TokenBucket] = {}
        self._changed: set[str] = set()
        self._clock = clock
        for each in learned:
            self._put(each)

    def __iter__(self) -> Iterator[LearnedNeighbour]:
        return iter(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: NeighbourKey) -> bool:
        return key in self._by_key

    @property
    def keys(self) -> tuple[NeighbourKey, ...]:
        """The keys of all."""
        return tuple(self._by_key)

    @property
    def changed(self) -> frozenset[str]:
        """The circuits of those that came, changed or went since `settle`."""
        return frozenset(self._changed)

    def settle(self) -> None:
        """Note that a program knows them all."""
        self._changed.clear()

    def learn(self, each: LearnedNeighbour) -> bool:
        """Take one in, or its new MAC address; whether that may be, and is new."""
        circuit, key = each.neighbour.circuit, _key(each)
        known = self._by_key.get(key)
        if known == each:
            return False
        is_elsewhere = known is None or known.neighbour.circuit != circuit
        if is_elsewhere and self._counts[circuit] >= MAX_PER_CIRCUIT:
            return False
        if not self._bucket(circuit).take(self._clock()):
            return False
        if known is not None:
            self.forget(key)
        self._put(each)
        self._changed.add(circuit)
        return True

    def forget(self, key: NeighbourKey) -> LearnedNeighbour:
        """Take one out and return it.

        Raises:
            KeyError: it was not learned.
        """
        each = self._by_key.pop(key)
        self._counts[each.neighbour.circuit] -= 1
        self._changed.add(each.neighbour.circuit)
        return each

    def forget_on(self, circuits: Container[str]) -> None:
        """Forget what was resolved on lines that are something else when they return."""
        for each in list(self):
            if each.neighbour.circuit in circuits:
                self.forget(_key(each))

    def _put(self, each: LearnedNeighbour) -> None:
        self._by_key[_key(each)] = each
        self._counts[each.neighbour.circuit] += 1

    def _bucket(self, circuit: str) -> TokenBucket:
        if circuit not in self._buckets:
            self._buckets[circuit] = TokenBucket(CHANGES_PER_CIRCUIT)
        return self._buckets[circuit]


def _key(each: LearnedNeighbour) -> NeighbourKey:
    return each.pe, each.vrf, each.neighbour.address
