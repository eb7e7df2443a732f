"""Resolved neighbours, limited in number and rate per circuit.

Each is an argument of the next compilation, so every change makes the controller recompile. The
burst is enough for a LAN whose hosts all start at once; the rate after it is harmless.
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
"""Neighbours on one circuit; more looks like an address scan."""
CHANGES_PER_CIRCUIT: Final = Rate(per_second=10, burst=256)
"""New neighbours and new MAC addresses on one circuit; dropped ones are resolved later."""

NeighbourKey = tuple[str, str, IPAddress]
"""PE, VRF and address of a neighbour."""


class Neighbours:
    """All resolved neighbours.

    Args:
        learned: from the state file.
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
        """Circuits whose neighbours changed since `settle`."""
        return frozenset(self._changed)

    def settle(self) -> None:
        """Note that the program includes all changes."""
        self._changed.clear()

    def learn(self, each: LearnedNeighbour) -> bool:
        """Add a neighbour or its new MAC address; return whether it is new and allowed."""
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
        """Remove a neighbour and return it.

        Raises:
            KeyError: it was not learned.
        """
        each = self._by_key.pop(key)
        self._counts[each.neighbour.circuit] -= 1
        self._changed.add(each.neighbour.circuit)
        return each

    def forget_on(self, circuits: Container[str]) -> None:
        """Forget all neighbours on these circuits."""
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
