"""Limits on open connections: few without a token, and a share for each token.

A new connection is always accepted. If there are then too many without a token, the address with
the most of them loses the one that has been silent the longest. A connection counts as anonymous
until a request on it carries a valid token; anonymous ones time out soon (http_protocol.py). So
clients without a token cannot take connections from those that have one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, Protocol

from mplsemu.web.access import WHOLE, Identity
from mplsemu.web.tally import Tally

MAX_UNAUTHENTICATED: Final = 128
MAX_PER_TOKEN: Final = 48
"""With one token: 16 streams, 8 requests, and those that a browser keeps open."""
MAX_OF_OTHERS: Final = 128
"""Of all customers, and of each of several providers, together."""
_TOO_MANY: Final = "too many connections without a token: the one that was silent the longest"
_TOO_MANY_OF_ONE: Final = "too many connections with one token: the one that was idle the longest"
_TOO_MANY_OF_OTHERS: Final = "too many connections of all customers: one of who has the most"


class Connection(Protocol):
    """A connection as `Connections` sees it."""

    @property
    def address(self) -> str:
        """Address of the client."""

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""

    def drop(self) -> None:
        """Close it at once."""


class Connections:
    """All open connections.

    Args:
        tally: counts those that were closed for being too many.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._anonymous: dict[Connection, None] = {}  # both dicts: least recently active first
        self._known: dict[Connection, Identity] = {}

    def __len__(self) -> int:
        return len(self._anonymous) + len(self._known)

    def opened(self, connection: Connection) -> None:
        """Add a connection, and close another if there are too many."""
        self._anonymous[connection] = None
        if len(self._anonymous) > MAX_UNAUTHENTICATED:
            largest = _largest_share(self._anonymous, lambda each: _network_of(each.address))
            self._end(largest[0], _TOO_MANY)

    def active(self, connection: Connection) -> None:
        """Note that a whole request arrived on it, or that the client read some of an answer."""
        if connection in self._anonymous:
            del self._anonymous[connection]
            self._anonymous[connection] = None
        elif connection in self._known:
            self._known[connection] = self._known.pop(connection)

    def authenticated(self, connection: Connection, identity: Identity) -> None:
        """Note whose token a request on it carried."""
        if connection in self._anonymous:
            del self._anonymous[connection]
        elif self._known.pop(connection, None) is None:
            return  # closed meanwhile
        self._known[connection] = identity
        mine = [each for each, whose in self._known.items() if whose == identity]
        if len(mine) > MAX_PER_TOKEN:
            self._end(_longest_idle(mine), _TOO_MANY_OF_ONE)
        theirs = {each: who for each, who in self._known.items() if who != WHOLE}
        if len(theirs) > MAX_OF_OTHERS:
            largest = _largest_share(theirs, lambda each: theirs[each])
            self._end(_longest_idle(largest), _TOO_MANY_OF_OTHERS)

    def closed(self, connection: Connection) -> None:
        """Remove a connection."""
        self._anonymous.pop(connection, None)
        self._known.pop(connection, None)

    def _end(self, connection: Connection, why: str) -> None:
        self.closed(connection)
        self._tally.count(why)
        connection.drop()


def _largest_share(
    connections: Iterable[Connection], share_of: Callable[[Connection], Hashable]
) -> list[Connection]:
    """Return the connections of whoever has the most, in order."""
    shares: dict[Hashable, list[Connection]] = {}
    for each in connections:
        shares.setdefault(share_of(each), []).append(each)
    return max(shares.values(), key=len)


def _longest_idle(connections: Sequence[Connection]) -> Connection:
    return next((each for each in connections if each.is_idle), connections[0])


def _network_of(address: str) -> str:
    """Return the network to count an address by: for IPv6 its /64 (RFC 4291 section 2.5.4)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(int(found) >> 64)
