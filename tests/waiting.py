"""Waiting until something is so, with a deadline; and watching that it stays so."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def eventually(
    look: Callable[[], T], what: object, timeout_s: float = 30.0, pause_s: float = 0.02
) -> T:
    """Look until something is true; return it. If it never is, `what` is told, or its result."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        if time.monotonic() >= deadline:
            pytest.fail(f"not in {timeout_s} s: {what() if callable(what) else what}")
        time.sleep(pause_s)
    return found


def stays(
    condition: Callable[[], object], what: str, for_s: float = 0.3, pause_s: float = 0.02
) -> None:
    """Demand that something is true from now on, as far as can be seen in some time."""
    until = time.monotonic() + for_s
    while True:
        assert condition(), f"no longer within {for_s} s: {what}"
        if time.monotonic() >= until:
            return
        time.sleep(pause_s)
