"""Which hosts and nodes somebody may have meant by a name that nobody has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final

MOST: Final = 6
_CUTOFF: Final = 0.6


def near_names(name: str, known: Iterable[str], vpn: str | None = None) -> list[str]:
    """Return the names that are nearest to one that nobody has: several if they are equally near.

    A host, ``VPN/SITE/hN``, is also found by its site's part, and ``-`` may stand for ``/``.

    Args:
        name: that is not known.
        known: those that are.
        vpn: whose hosts are meant, if it has any that are near, unless the name says another.
    """
    names = list(dict.fromkeys(known))
    typed = _plain(name)
    vpns = dict.fromkeys(each.split("/", 1)[0] for each in names if "/" in each)
    said = [each for each in vpns if typed.startswith(_plain(f"{each}/"))]
    vpn = max(said, key=len, default=vpn)
    own = [each for each in names if vpn is not None and each.startswith(f"{vpn}/")]
    return _nearest(typed, own) or _nearest(typed, names)


def any_of(names: list[str]) -> str:
    """Return names for people: ``a, b or c``, at most some of them."""
    if len(names) > MOST:
        return f"{', '.join(names[:MOST])} or one of {len(names) - MOST:,} more"
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _nearest(typed: str, names: list[str]) -> list[str]:
    matcher = SequenceMatcher(b=typed)
    best, found = _CUTOFF, list[str]()
    for name in names:
        for form in {_plain(name), _plain(name.split("/", 1)[-1])}:
            matcher.set_seq1(form)
            if matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:
                continue
            ratio = matcher.ratio()
            if ratio > best:
                best, found = ratio, []
            if ratio == best and name not in found[-1:]:
                found.append(name)
    return found


def _plain(name: str) -> str:
    return name.lower().replace("/", "-")
