"""Who is in which multicast group of a VPLS, and where its multicast routers are (RFC 4541).

The times are those of RFC 2236 section 8 and RFC 3810 section 9, by their defaults.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_network
from math import inf
from typing import Final

from mplsemu.control.learned import LearnedGroup
from mplsemu.model.network import Network
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpn import IPAddress
from mplsemu.southbound.multicast import MAX_GROUPS
from mplsemu.wire.membership import Membership, Query, Report

MEMBERSHIP_S: Final = 260.0
"""Group Membership Interval: two General Queries, and the time to answer."""
ROUTER_S: Final = 255.0
"""Other Querier Present Interval."""
LAST_MEMBER_S: Final = 2.0
"""Last Member Query Time: who is still in a group that somebody left has said so by then."""
ANSWERED_S: Final = 2.0
"""Who is asked answers within a second (Max Response Time); and the way there and back."""
LINK_LOCAL_GROUPS: Final = (ip_network("224.0.0.0/24"), ip_network("ff02::/16"))
"""Always flooded, so not registered (RFC 4541 sections 2.1.2 and 3)."""
_OTHER_SCOPES: Final = (0, 1)
"""Of IPv6 groups that no host sends to others (RFC 4291 section 2.7)."""


@dataclass(frozen=True, slots=True)
class KnownLan:
    """What a restarted controller has to know of one VPLS.

    Attributes:
        vpn: its name.
        members: of each group, its circuits.
        routers: circuits.
    """

    vpn: str
    members: tuple[tuple[IPAddress, tuple[str, ...]], ...]
    routers: tuple[str, ...]


@dataclass(slots=True)
class _Lan:
    """What is known of one VPLS: until when, by the clock.

    Attributes:
        members: of each group, by circuit.
        routers: by circuit.
        new: groups that are flooded still, until all their members have been heard.
    """

    members: dict[IPAddress, dict[str, float]] = field(default_factory=dict)
    routers: dict[str, float] = field(default_factory=dict)
    new: set[IPAddress] = field(default_factory=set)


class Memberships:
    """Memberships of all VPLSs.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lans: dict[str, _Lan] = {}
        self._changed: set[str] = set()
        self._answered = -inf

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known, so that nothing can expire."""
        return not self._lans

    @property
    def changed(self) -> frozenset[str]:
        """Circuits whose memberships changed since `settle`."""
        return frozenset(self._changed)

    def settle(self) -> None:
        """Note that the program includes all changes."""
        self._changed.clear()

    def routers(self, vpn: str) -> frozenset[str]:
        """Return the circuits of a VPLS behind which a querier was heard."""
        lan = self._lans.get(vpn)
        return frozenset(lan.routers) if lan else frozenset()

    def lans(self) -> Iterator[KnownLan]:
        """Yield what a restarted controller has to know."""
        for vpn, lan in sorted(self._lans.items()):
            members = tuple((each, tuple(lan.members[each])) for each in lan.members)
            yield KnownLan(vpn, members, tuple(lan.routers))

    def restore(
        self, known: Iterable[KnownLan], vpns: Container[str], circuits: Container[str]
    ) -> None:
        """Take in what a controller before knew, of these VPLSs and circuits.

        When it heard of members last is not known, so their times begin anew.
        """
        now = self._clock()
        for each in known:
            self._lans[each.vpn] = _Lan(
                {group: dict.fromkeys(names, now + MEMBERSHIP_S) for group, names in each.members},
                dict.fromkeys(each.routers, now + ROUTER_S),
            )
        self.keep(vpns, circuits)
        self.settle()

    def ask(self) -> None:
        """Note that everybody is asked now: a new group is flooded until all have answered."""
        self._answered = self._clock() + ANSWERED_S

    def groups(self) -> Iterator[LearnedGroup]:
        """Yield what the next compilation is to know."""
        for vpn, lan in sorted(self._lans.items()):
            known = lan.members.keys() - lan.new
            for address in sorted(known, key=lambda each: (each.version, int(each))):
                circuits = lan.members[address].keys() | lan.routers.keys()
                yield LearnedGroup(vpn, address, frozenset(circuits))

    def take(self, vpn: str, circuit: str, message: Membership) -> tuple[IPAddress, ...]:
        """Take in a message from a circuit; return the groups that somebody there has left.

        Unless somebody there says that he is still in them, they are forgotten shortly: there is no
        fast leave.
        """
        lan = self._lans.setdefault(vpn, _Lan())
        now = self._clock()
        match message:
            case Query(source):
                if not source.is_unspecified:  # a switch that asks in a querier's place
                    self._set(lan.routers, circuit, now + ROUTER_S)
                return ()
            case Report(joined, left):
                for group in filter(_is_snooped, joined):
                    self._join(lan, group, circuit, now)
                return tuple(group for group in left if self._leave(lan, group, circuit, now))

    def due_s(self) -> float:
        """Return in how many seconds `expire` has something to do, infinite if never."""
        now = self._clock()
        times = (
            until
            for lan in self._lans.values()
            for table in (lan.routers, *lan.members.values())
            for until in table.values()
        )
        answered = [self._answered] if any(lan.new for lan in self._lans.values()) else []
        return max(0.0, min((*times, *answered), default=inf) - now)

    def expire(self) -> None:
        """Forget whom nobody has heard of for too long; groups whose members are known count."""
        now = self._clock()
        if now >= self._answered:
            for lan in self._lans.values():
                self._changed.update(*(lan.members[group] for group in lan.new))
                lan.new.clear()
        self._forget(lambda _circuit, until: until <= now)

    def forget_on(self, circuits: Container[str]) -> None:
        """Forget who is behind circuits, as lines that are down."""
        self._forget(lambda circuit, _until: circuit in circuits)

    def keep(self, vpns: Container[str], circuits: Container[str]) -> None:
        """Forget other VPLSs and circuits, which no longer exist or are not snooped."""
        for vpn in [each for each in self._lans if each not in vpns]:
            del self._lans[vpn]
        self._forget(lambda circuit, _until: circuit not in circuits)

    def _join(self, lan: _Lan, group: IPAddress, circuit: str, now: float) -> None:
        members = lan.members.get(group)
        if members is None:
            if len(lan.members) >= MAX_GROUPS:
                return
            members = lan.members[group] = {}
            if now < self._answered:
                lan.new.add(group)
        self._set(members, circuit, now + MEMBERSHIP_S)

    def _leave(self, lan: _Lan, group: IPAddress, circuit: str, now: float) -> bool:
        members = lan.members.get(group, {})
        if circuit not in members:
            return False
        members[circuit] = min(members[circuit], now + LAST_MEMBER_S)
        return True

    def _set(self, table: dict[str, float], circuit: str, until: float) -> None:
        if circuit not in table:
            self._changed.add(circuit)
        table[circuit] = until

    def _forget(self, is_meant: Callable[[str, float], bool]) -> None:
        for vpn, lan in list(self._lans.items()):
            for table in (lan.routers, *lan.members.values()):
                for circuit in [name for name, until in table.items() if is_meant(name, until)]:
                    del table[circuit]
                    self._changed.add(circuit)
            lan.members = {group: table for group, table in lan.members.items() if table}
            lan.new &= lan.members.keys()
            if not lan.members and not lan.routers:
                del self._lans[vpn]


def snooped(network: Network) -> tuple[frozenset[str], frozenset[str]]:
    """Return the VPLSs that snoop, and their circuits."""
    vpns = [vpn for vpn in network.vpns if isinstance(vpn, Vpls) and vpn.igmp_snooping]
    circuits = (line.circuit for vpn in vpns for site in vpn.sites for line in site.lines)
    return frozenset(vpn.name for vpn in vpns), frozenset(circuits)


def _is_snooped(group: IPAddress) -> bool:
    if not group.is_multicast or any(group in each for each in LINK_LOCAL_GROUPS):
        return False
    return not isinstance(group, IPv6Address) or group.packed[1] & 0xF not in _OTHER_SCOPES
