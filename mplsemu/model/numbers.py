"""Numbers that stand for names: each is allocated once, and stays whatever else comes or goes.

LSRs, ports, VRFs, VSIs and pseudowires are numbers to a data plane; route distinguishers, MAC and
IP addresses that a lab file leaves open are made of numbers. If they followed from the order of the
lab file, whoever removes a site in its middle would renumber all behind it.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self


class Numbered(enum.StrEnum):
    """What is known by a number, and among what the number is unique."""

    LSR = "lsr"
    """In the lab: its datapath ID, and the last octets of its router ID."""
    PORT = "port"
    """At its LSR."""
    SERVICE = "service"
    """VRFs and VSIs, at their PE."""
    PSEUDOWIRE = "pseudowire"
    """In its VSI."""
    VPN = "vpn"
    """In the lab: for an automatic route distinguisher and route target."""
    HOST = "host"
    """In the lab: the last octets of its MAC address."""
    HOST_ADDRESS = "host-address"
    """At a site, or in a VPN whose sites share a subnet."""
    CE_ROUTER = "ce-router"
    """In the lab: the last octets of its MAC addresses."""
    PE_CE_LINK = "pe-ce-link"
    """In its VPN: its part of the pool for such links."""


_OF_DATA_PLANE: Final = frozenset(
    {Numbered.LSR, Numbered.PORT, Numbered.SERVICE, Numbered.PSEUDOWIRE}
)


@dataclass(frozen=True, slots=True)
class Space:
    """A set of numbers in which each stands for one name.

    Attributes:
        of: what has these numbers.
        within: names of that among which they are unique; empty: the lab.
    """

    of: Numbered
    within: tuple[str, ...] = ()

    @classmethod
    def ports(cls, lsr: str) -> Self:
        """Return the space of an LSR's ports, by name of their link or attachment circuit."""
        return cls(Numbered.PORT, (lsr,))

    @classmethod
    def services(cls, pe: str) -> Self:
        """Return the space of a PE's VRFs and VSIs, by name."""
        return cls(Numbered.SERVICE, (pe,))

    @classmethod
    def pseudowires(cls, pe: str, vpn: str) -> Self:
        """Return the space of a VSI's pseudowires, by the PE at their other end."""
        return cls(Numbered.PSEUDOWIRE, (pe, vpn))

    @classmethod
    def host_addresses(cls, vpn: str) -> Self:
        """Return the space of the addresses of a VPN that bridges, by ``SITE/HOST``."""
        return cls(Numbered.HOST_ADDRESS, (vpn,))

    @classmethod
    def site_addresses(cls, vpn: str, site: str) -> Self:
        """Return the space of the addresses of a site of an L3VPN, by ``SITE/HOST``."""
        return cls(Numbered.HOST_ADDRESS, (vpn, site))

    @classmethod
    def pe_ce_links(cls, vpn: str) -> Self:
        """Return the space of a VPN's links between PEs and CE routers, by site."""
        return cls(Numbered.PE_CE_LINK, (vpn,))


LSRS: Final = Space(Numbered.LSR)
VPNS: Final = Space(Numbered.VPN)
HOSTS: Final = Space(Numbered.HOST)
CE_ROUTERS: Final = Space(Numbered.CE_ROUTER)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The numbers of one space, from 1.

    Attributes:
        current: of what is there.
        retired: of what is no more. A name that returns has its number back.
    """

    current: Mapping[str, int] = field(default_factory=dict)
    retired: Mapping[str, int] = field(default_factory=dict)

    def renewed(
        self, names: Iterable[str], last: int | None = None, taken: Collection[int] = ()
    ) -> Allocation:
        """Return the allocation for other names: what stays keeps its number.

        A new name gets the lowest number that none has had. Only when these are used up does it get
        one that was retired before: not one that is retired just now, for which packets may be on
        their way, or entries installed.

        Args:
            names: without duplicates, in the order in which new ones take numbers.
            last: the largest number; where no number up to there may be had, a larger one is given.
            taken: numbers that no name may have; one that had such a number gets another.
        """
        known = {**self.retired, **self.current}
        known = {name: number for name, number in known.items() if number not in taken}
        used = set(known.values())
        numbers = (number for number in itertools.count(1) if number not in used)
        fresh = (number for number in numbers if number not in taken)
        free = iter(sorted(number for number in self.retired.values() if number not in taken))
        names = list(names)
        kept = {known[name] for name in names if name in known}
        current: dict[str, int] = {}
        for name in names:
            number = known.get(name)
            if number is None:
                number = next(fresh)
                if last is not None and number > last:
                    number = next((each for each in free if each not in kept), number)
            current[name] = number
        given = set(current.values())
        retired = {name: number for name, number in known.items() if number not in given}
        return Allocation(current, retired)


@dataclass(frozen=True, slots=True)
class Numbers:
    """All numbers of a lab: what the next reading of a changed lab file has to know of this one."""

    allocations: Mapping[Space, Allocation] = field(default_factory=dict)

    def __getitem__(self, space: Space) -> Mapping[str, int]:
        """Return the numbers of what is there, by name; none where the space is unknown."""
        allocation = self.allocations.get(space)
        return allocation.current if allocation is not None else {}

    def updated(self, others: Numbers) -> Numbers:
        """Return these, but of spaces that others know, those of the others."""
        return Numbers({**self.allocations, **others.allocations})

    def of_data_plane(self) -> Numbers:
        """Return those by which a data plane knows things."""
        return Numbers(
            {space: each for space, each in self.allocations.items() if space.of in _OF_DATA_PLANE}
        )


NO_NUMBERS: Final = Numbers()
"""Of a lab that is read for the first time."""


class Numbering:
    """Numbers a lab, space by space.

    Args:
        before: the numbers of the lab as it was.
    """

    def __init__(self, before: Numbers = NO_NUMBERS) -> None:
        self._allocations = dict(before.allocations)

    def allocate(
        self,
        space: Space,
        names: Iterable[str],
        last: int | None = None,
        taken: Collection[int] = (),
    ) -> Mapping[str, int]:
        """Return the numbers of one space; see `Allocation.renewed`."""
        allocation = self._allocations.get(space, Allocation()).renewed(names, last, taken)
        self._allocations[space] = allocation
        return allocation.current

    def numbers(self) -> Numbers:
        """Return all numbers: of spaces that were not asked for, those that they had."""
        return Numbers(self._allocations.copy())
