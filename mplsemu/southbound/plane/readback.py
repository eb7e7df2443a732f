"""What LSRs have installed, found or brought about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What an LSR had installed when it entered.

    Attributes:
        kept: entries that it has and should have.
        desired: entries that it should have.
        unexpected: entries that it has and should not have; the next installation removes them,
            when what replaces them is there.
    """

    kept: int
    desired: int
    unexpected: int


@dataclass(frozen=True, slots=True)
class InstallResult:
    """What became of an installation.

    Attributes:
        in_sync: LSRs that have what the program says now, those that had it before too.
        touched: how many LSRs had something to change.
        followed: how many of those have changed it.
        changed: entries added, changed or removed on these.
    """

    in_sync: frozenset[str]
    touched: int = 0
    followed: int = 0
    changed: int = 0
