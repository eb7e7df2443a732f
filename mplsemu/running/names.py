"""What is said about a name that nobody has: the nearest one, or which ones there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mplsemu.model.near_names import any_of, near_names

MAX_NAMES: Final = 12


def suggest(name: str, known: Iterable[str], see: str, vpn: str | None = None) -> str:
    """Return a remedy for an unknown name: the nearest known ones, else some of them.

    Args:
        name: that is not known.
        known: those that are.
        see: the command that lists all of them.
        vpn: whose hosts come first.
    """
    names = list(known)
    near = near_names(name, names, vpn)
    return (
        f"did you mean {any_of([repr(each) for each in near])}?"
        if near
        else f"known: {some(names, see)}"
    )


def some(names: Iterable[str], see: str, most: int = MAX_NAMES) -> str:
    """Return names for people: all, or the first ones, how many more, and where to see them."""
    names = list(names)
    if len(names) <= most:
        return ", ".join(names) or "none"
    return f"{', '.join(names[:most])} and {len(names) - most:,} more (`{see}` lists all)"
