"""The part of a map that the data plane uses: of `maps.Map`, or of a test's dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol


class Table(Protocol):
    """Keys and values, both bytes."""

    def get(self, key: bytes) -> bytes | None:
        """Return a value, None if there is no such key."""

    def keys(self) -> Iterator[bytes]:
        """Yield every key."""

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every entry."""

    def set_many(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Create or overwrite entries.

        Raises:
            DataPlaneError: the map is full.
        """

    def delete_many(self, keys: Iterable[bytes]) -> int:
        """Delete entries; return how many existed."""

    def sums(self, key: bytes) -> tuple[int, ...] | None:
        """Return the numbers of a value, each the sum over all CPUs; None if not there."""

    def all_sums(self) -> Iterator[tuple[bytes, tuple[int, ...]]]:
        """Yield every key with the numbers of its value, each the sum over all CPUs."""
