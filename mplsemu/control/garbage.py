"""Python's search for cycles of garbage, which a compilation does without.

A program is a tree of values: no part of it refers back to one that holds it. So what is thrown
away while one is made is freed at once, and looking for cycles among the new values finds none; it
takes a seventh of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_cycle_search() -> Iterator[None]:
    """Have no search for cycles of garbage meanwhile, in any thread; also as a decorator."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
