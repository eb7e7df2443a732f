"""What IGMP and MLD messages say, in the same words for both (RFC 3376, RFC 3810)."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from mplsemu.model.vpn import IPAddress


@dataclass(frozen=True, slots=True)
class Query:
    """A querier asks who is in a group, or in which groups anybody is; `source` may be 0.0.0.0."""

    source: IPAddress
    group: IPAddress | None


@dataclass(frozen=True, slots=True)
class Report:
    """A host is in groups, and has left others; sources are not told apart."""

    joined: tuple[IPAddress, ...] = ()
    left: tuple[IPAddress, ...] = ()


Membership = Query | Report


class RecordType(enum.IntEnum):
    """Group record types of IGMPv3 and MLDv2 (RFC 3376 section 4.2.12, RFC 3810 5.2.12)."""

    MODE_IS_INCLUDE = 1
    MODE_IS_EXCLUDE = 2
    CHANGE_TO_INCLUDE = 3
    CHANGE_TO_EXCLUDE = 4
    ALLOW_NEW_SOURCES = 5
    BLOCK_OLD_SOURCES = 6


def report_of(records: Iterable[tuple[int, int, IPAddress]]) -> Report:
    """Return what group records say: type, number of sources, group."""
    joined, left = [], []
    for kind, sources, group in records:
        is_exclusion = kind in (RecordType.MODE_IS_EXCLUDE, RecordType.CHANGE_TO_EXCLUDE)
        if is_exclusion or (sources and kind != RecordType.BLOCK_OLD_SOURCES):
            joined.append(group)
        elif kind in (RecordType.MODE_IS_INCLUDE, RecordType.CHANGE_TO_INCLUDE):
            left.append(group)
    return Report(tuple(joined), tuple(left))
