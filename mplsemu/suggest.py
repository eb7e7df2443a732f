"""What somebody may have meant by a name that does not exist, and which names there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

MAX_NAMES: Final = 12
"""Names that are listed; more are counted."""
_MAX_SUGGESTIONS: Final = 6
_CUTOFF: Final = 0.6
_CUTOFF_OF_SHORT_WORDS: Final = 0.5
"""In a word of two or three letters, one wrong letter is often a slip."""
_SHORT: Final = 3


# --- words: keys, commands, options, kinds --------------------------------------------------


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` is most like, None if none is like it."""
    return next(iter(nearest_words(word, known, most=1)), None)


def nearest_words(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known words that `word` is most like, in any case, the most like first."""
    words = list(known)
    lower = {each.lower(): each for each in reversed(words)}
    cutoff = _CUTOFF_OF_SHORT_WORDS if len(word) <= _SHORT else _CUTOFF
    matches = difflib.get_close_matches(word.lower(), lower, n=most, cutoff=cutoff)
    return [lower[match] for match in matches]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean WORD?``, or nothing if no known word is near."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else ""


# --- names of hosts and nodes ---------------------------------------------------------------


def near_names(name: str, known: Iterable[str], vpn: str | None = None) -> list[str]:
    """Return the names that are nearest to one that does not exist: all that are equally near.

    A host, ``VPN/SITE/HOST``, is also found by its site's part, and ``-`` may stand for ``/``.

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
    return _most_alike(typed, own) or _most_alike(typed, names)


def unknown_name_remedy(name: str, known: Iterable[str], see: str, vpn: str | None = None) -> str:
    """Return a remedy for an unknown name: the nearest known ones, else some of all.

    Args:
        name: that is not known.
        known: those that are.
        see: the command that lists all of them.
        vpn: whose hosts come first.
    """
    names = list(known)
    near = near_names(name, names, vpn)
    if near:
        return f"did you mean {any_of([repr(each) for each in near])}?"
    return f"known: {some(names, see)}"


def any_of(names: list[str]) -> str:
    """Return suggestions as text: ``a, b or c``, at most some of them."""
    if len(names) > _MAX_SUGGESTIONS:
        listed = ", ".join(names[:_MAX_SUGGESTIONS])
        return f"{listed} or one of {len(names) - _MAX_SUGGESTIONS:,} more"
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def some(names: Iterable[str], see: str, most: int = MAX_NAMES) -> str:
    """Return names as text: all, or the first ones, how many more, and where to see them."""
    names = list(names)
    if len(names) <= most:
        return ", ".join(names) or "none"
    return f"{', '.join(names[:most])} and {len(names) - most:,} more (`{see}` lists all)"


def _most_alike(typed: str, names: list[str]) -> list[str]:
    matcher = difflib.SequenceMatcher(b=typed)
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
