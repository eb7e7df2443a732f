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

MAX_UNAUTHENTICATED: Final = 128
MAX_PER_TOKEN: Final = 48
"""With one token: 16 streams, 8 requests, and what a browser keeps open."""
MAX_OF_CUSTOMERS: Final = 128
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
        self._anonymous: dict[Connection, None] = {}  # in both, who moved last is last
        self._known: dict[Connection, Identity] = {}

    def __len__(self) -> int:
        return len(self._anonymous) + len(self._known)

    def opened(self, connection: Connection) -> None:
        """Take one in, and end another if there are too many."""
        self._anonymous[connection] = None
        if len(self._anonymous) > MAX_UNAUTHENTICATED:
            largest = _largest_share(self._anonymous, lambda each: _network_of(each.address))
            self._end(largest[0], _TOO_MANY)

    def active(self, connection: Connection) -> None:
        """Note that a whole request came on one, or that its answer was taken."""
        if connection in self._anonymous:
            del self._anonymous[connection]
            self._anonymous[connection] = None
        elif connection in self._known:
            self._known[connection] = self._known.pop(connection)

    def authenticated(self, connection: Connection, identity: Identity) -> None:
        """Note whose token a request on it had."""
        if connection in self._anonymous:
            del self._anonymous[connection]
        elif self._known.pop(connection, None) is None:
            return  # it has gone
        self._known[connection] = identity
        mine = [each for each, whose in self._known.items() if whose == identity]
        if len(mine) > MAX_PER_TOKEN:
            self._end(_longest_idle(mine), _TOO_MANY_OF_ONE)
        theirs = {each: who for each, who in self._known.items() if isinstance(who, Customer)}
        if len(theirs) > MAX_OF_CUSTOMERS:
            largest = _largest_share(theirs, lambda each: theirs[each].name)
            self._end(_longest_idle(largest), _TOO_MANY_OF_CUSTOMERS)

    def closed(self, connection: Connection) -> None:
        """Note that one has gone."""
        self._anonymous.pop(connection, None)
        self._known.pop(connection, None)

    def _end(self, connection: Connection, why: str) -> None:
        self.closed(connection)
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
