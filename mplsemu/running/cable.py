"""A cable of a lab, to be cut and repaired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Cable:
    """A core link or a site's line.

    As a context manager it is repaired at the end: ``with lab.link("dk", "p1").down(): ...``.

    Attributes:
        name: of the link or circuit.
        change: cuts it (False) or repairs it (True), and waits until the network has converged.
    """

    name: str
    change: Callable[[bool], None]

    def down(self) -> Self:
        """Cut it, and wait until the network has converged."""
        self.change(False)
        return self

    def up(self) -> Self:
        """Repair it, and wait until the network has converged."""
        self.change(True)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.up()
