"""Connections to the server: few of strangers, and shares of those whose token is known.

Whoever comes gets in: of the strangers, one that has long been silent goes for him, of the
address that has the most. A stranger's connection ends soon (protocol.py); once a request on it
had a token it is none of theirs, so that strangers cannot take a place from who has one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from mplsemu.web.access import Customer, Identity
from mplsemu.web.tally import Tally

MOST_OF_STRANGERS: Final = 128
MOST_OF_ONE: Final = 48
"""With one token: 16 streams, 8 requests, and what a browser keeps open."""
MOST_OF_CUSTOMERS: Final = 128
_TOO_MANY: Final = "too many connections without a token: the one that was silent the longest"
_TOO_MANY_OF_ONE: Final = "too many connections with one token: the one that was idle the longest"
_TOO_MANY_OF_CUSTOMERS: Final = "too many connections of all customers: one of who has the most"


class Connection(Protocol):
    """What must be known of a connection."""

    @property
    def address(self) -> str:
        """Of the other end."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked now."""

    def drop(self) -> None:
        """End it at once."""


class Connections:
    """All that are open.

    Args:
        tally: counts those that had to go.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._strangers: dict[Connection, None] = {}  # in both, who moved last is last
        self._known: dict[Connection, Identity] = {}

    def __len__(self) -> int:
        return len(self._strangers) + len(self._known)

    def came(self, connection: Connection) -> None:
        """Take one in, and end another if there are too many."""
        self._strangers[connection] = None
        if len(self._strangers) > MOST_OF_STRANGERS:
            largest = _largest_share(self._strangers, lambda each: _network_of(each.address))
            self._end(largest[0], _TOO_MANY)

    def moved(self, connection: Connection) -> None:
        """Note that a whole request came on one, or that its answer was taken."""
        if connection in self._strangers:
            del self._strangers[connection]
            self._strangers[connection] = None
        elif connection in self._known:
            self._known[connection] = self._known.pop(connection)

    def known(self, connection: Connection, identity: Identity) -> None:
        """Note whose token a request on it had."""
        if connection in self._strangers:
            del self._strangers[connection]
        elif self._known.pop(connection, None) is None:
            return  # it has gone
        self._known[connection] = identity
        mine = [each for each, whose in self._known.items() if whose == identity]
        if len(mine) > MOST_OF_ONE:
            self._end(_longest_idle(mine), _TOO_MANY_OF_ONE)
        theirs = {each: who for each, who in self._known.items() if isinstance(who, Customer)}
        if len(theirs) > MOST_OF_CUSTOMERS:
            largest = _largest_share(theirs, lambda each: theirs[each].name)
            self._end(_longest_idle(largest), _TOO_MANY_OF_CUSTOMERS)

    def went(self, connection: Connection) -> None:
        """Note that one has gone."""
        self._strangers.pop(connection, None)
        self._known.pop(connection, None)

    def _end(self, connection: Connection, why: str) -> None:
        self.went(connection)
        self._tally.count(why)
        connection.drop()


def _largest_share(
    connections: Iterable[Connection], share_of: Callable[[Connection], str]
) -> list[Connection]:
    """Return the connections of the one who has the most, in their order."""
    shares: dict[str, list[Connection]] = {}
    for each in connections:
        shares.setdefault(share_of(each), []).append(each)
    return max(shares.values(), key=len)


def _longest_idle(connections: Sequence[Connection]) -> Connection:
    return next((each for each in connections if each.is_idle), connections[0])


def _network_of(address: str) -> str:
    """Return whom an address belongs to: an IPv6 host has a whole /64 (RFC 4291 section 2.5.4)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(int(found) >> 64)
