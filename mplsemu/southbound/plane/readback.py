"""What LSRs have installed: as found when they connected, and after an installation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What an LSR had installed when it connected.

    Attributes:
        kept: entries that it has and should have.
        desired: entries that it should have.
        unexpected: entries that it has and should not have; the next installation removes them
            after their replacements are in.
    """

    kept: int
    desired: int
    unexpected: int


@dataclass(frozen=True, slots=True)
class InstallResult:
    """The outcome of an installation.

    Attributes:
        in_sync: LSRs that now have what the program says, changed or not.
        touched: how many LSRs needed a change.
        followed: how many of those made it.
        changed: entries added, changed or removed on them.
    """

    in_sync: frozenset[str]
    touched: int = 0
    followed: int = 0
    changed: int = 0
