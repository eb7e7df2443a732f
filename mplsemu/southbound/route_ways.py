"""Numbers for the sets of PEs among which routes choose (anycast), the same in every data plane."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

from mplsemu.errors import ProgramError
from mplsemu.program.services import Route, ViaPe, Vrf
from mplsemu.southbound.resolved import ResolvedLsr

Ways = tuple[tuple[int, int], ...]
"""Of each way the tunnel, by the egress PE's index, and the VPN label."""
_BITS: Final = 31


class RouteWays:
    """The sets of ways of one VRF, each with a number that follows from what it holds.

    As a number never changes its meaning, a data plane may replace the routes that use it one by
    one.

    Args:
        lsr: the PE.
        vrf: its VRF.
    """

    def __init__(self, lsr: ResolvedLsr, vrf: Vrf) -> None:
        self._lsr = lsr
        self._where = f"{lsr.node.name}: VRF {vrf.name!r}"
        self._numbers: dict[Ways, int] = {}
        sets = (self._ways(route) for route in vrf.routes if route.more)
        for ways in sorted(set(sets)):
            number = _digest(ways)
            while number in self._numbers.values():
                number += 1
            self._numbers[ways] = number

    def items(self) -> Iterable[tuple[Ways, int]]:
        """Return each set with its number."""
        return self._numbers.items()

    def of(self, route: Route) -> tuple[int, int]:
        """Return the number of a route's set, and how many ways are in it.

        Raises:
            ProgramError: one of the ways leads to no PE.
        """
        ways = self._ways(route)
        return self._numbers[ways], len(ways)

    def _ways(self, route: Route) -> Ways:
        found = []
        for hop in route.next_hops:
            if not isinstance(hop, ViaPe):
                raise ProgramError(f"{self._where}: {route.prefix} has ways that lead to no PE")
            found.append((self._lsr.egress(hop.egress), int(hop.label)))
        return tuple(found)


def _digest(ways: Ways) -> int:
    return zlib.crc32(repr(ways).encode()) & ((1 << _BITS) - 1) or 1
