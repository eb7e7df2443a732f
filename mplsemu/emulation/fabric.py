"""How LSRs are built: the interface between a lab's builder and its data plane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from mplsemu.emulation.node_namespaces import NodeView
from mplsemu.emulation.plan import LabPlan, LsrPlan

Progress = Callable[[str, int, int], None]
"""Called with a stage (``nodes``, ``links``, ...), the number of steps done, and their total."""


class Fabric(Protocol):
    """Makes LSRs, connects their ports and takes them down again; serves one lab."""

    @property
    def lsr_namespaces(self) -> bool:
        """Whether each LSR has its own network namespace; else all are in the lab's."""

    @property
    def needs_checksums(self) -> bool:
        """Whether packets must leave hosts unsegmented and with their checksums filled in."""

    def start(self) -> None:
        """Start what all LSRs share; does nothing if it runs already.

        Raises:
            NotRootError, MissingToolError, EmulationError: it does not work on this machine.
        """

    def lsr(self, lsr: LsrPlan, connect: Callable[[Any], None], view: NodeView) -> Any:
        """Return the Mininet node of an LSR.

        Args:
            lsr: which.
            connect: connects a stopped node's ports again (Mininet's ``switch NAME start``).
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
            progress: called with each step.

        Raises:
            EmulationError: something was refused.
        """

    def hang_up(self) -> None:
        """Begin to stop, without waiting for the end."""

    def removal_lines(self, plan: LabPlan) -> Iterator[str]:
        """Yield the lines of an ``ip -batch`` that removes what is in the lab's namespace."""

    def stop(self) -> None:
        """Stop what `start` started; a second call does nothing."""
