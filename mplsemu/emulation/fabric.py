"""What the LSRs of a lab are made of, as the lab's builder sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from mplsemu.emulation.node_namespaces import NodeView
from mplsemu.emulation.plan import LabPlan, LsrPlan

Progress = Callable[[str, int, int], None]
"""Called with a stage (``nodes``, ``links``, ...), how much of it is done, and of how much."""


class Fabric(Protocol):
    """Makes LSRs, connects their ports and takes them down again; serves one lab."""

    @property
    def lsr_namespaces(self) -> bool:
        """Whether each LSR has a namespace of its own, and is not one of many in the lab's."""

    @property
    def needs_checksums(self) -> bool:
        """Whether packets must leave hosts as frames, with every checksum computed."""

    def start(self) -> None:
        """Start what all LSRs have in common; where it runs already nothing happens.

        Raises:
            NotRootError, MissingToolError, EmulationError: the machine cannot have it.
        """

    def lsr(self, lsr: LsrPlan, connect: Callable[[Any], None], view: NodeView) -> Any:
        """Return the Mininet node of an LSR.

        Args:
            lsr: which.
            connect: connects the node's ports again, for who has stopped it (Mininet's ``switch``).
            view: what it sees of the machine.
        """

    def connect(
        self,
        plan: LabPlan,
        lsrs: Sequence[Any],
        shaped: frozenset[str],
        controllers: Sequence[str],
        progress: Progress,
    ) -> None:
        """Connect the ports of LSRs, which then carry packets.

        Args:
            plan: of the lab.
            lsrs: nodes of this fabric.
            shaped: interfaces with a rate or a delay.
            controllers: beside those that the fabric knows, as in ovs-vsctl(8).
            progress: told what is going on.

        Raises:
            EmulationError: something was refused.
        """

    def hang_up(self) -> None:
        """Begin to end, without waiting for it."""

    def removal_lines(self, plan: LabPlan) -> Iterator[str]:
        """Yield the lines of an ``ip -batch`` that removes what is in the lab's namespace."""

    def stop(self) -> None:
        """End what `start` started; a second call does nothing."""
