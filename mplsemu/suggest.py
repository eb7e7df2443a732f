"""Suggestions for a mistyped name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, names: Iterable[str]) -> str:
    """Return ``did you mean NAME?``, or nothing where no name is near."""
    near = difflib.get_close_matches(word, list(names), n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else ""
