"""The order of names as people write them: ``p2`` before ``p10``."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(\d+)", re.ASCII)

NaturalKey = tuple[tuple[int, int, str], ...]


def natural(name: str) -> NaturalKey:
    """Return a key that sorts digits by value and letters without regard to case."""
    parts = _NUMBER.split(name)
    return (
        *((0, int(p), "") if i % 2 else (1, 0, p.casefold()) for i, p in enumerate(parts)),
        (2, 0, name),
    )
