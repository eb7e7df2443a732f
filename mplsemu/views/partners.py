"""The partners of a customer: prefixes imported from other VPNs, and whether they answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mplsemu.views.model import VirtualRouter

ONE_WAY: Final = "one way: no answers"
"""The remark on partners that have no route back."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner's prefix.

    Attributes:
        prefix: as text.
        answers: whether it has a route back to every virtual router.
    """

    prefix: str
    answers: bool


def partners(routers: Iterable[VirtualRouter]) -> list[Partner]:
    """Return the prefixes of partners that these virtual routers reach, each once."""
    found: dict[str, bool] = {}
    for router in routers:
        for entry in router.reaches:
            if entry.site is None:
                name = str(entry.prefix)
                found[name] = found.get(name, True) and entry.answers
    return [Partner(prefix, answers) for prefix, answers in found.items()]


def are_one_way(found: Iterable[Partner]) -> bool:
    """Whether none of them answers."""
    return not any(partner.answers for partner in found)


def marked(found: Iterable[Partner]) -> list[str]:
    """Return the prefixes; if some do not answer and others do, those that do not have a remark."""
    found = list(found)
    if are_one_way(found):
        return [partner.prefix for partner in found]
    return [p.prefix if p.answers else f"{p.prefix} ({ONE_WAY})" for p in found]
