"""Something made in another network namespace, where it then stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mplsemu.southbound.network_namespace import inside

_T = TypeVar("_T")


def opened_inside(pid: int, open_it: Callable[[], _T]) -> _T:
    with inside(pid):
        return open_it()
