"""The seam between the controller and whatever forwards packets (ADR 13)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from mplsemu.program.program import Program
from mplsemu.southbound.plane.counters import Counter
from mplsemu.southbound.plane.events import Deliver
from mplsemu.southbound.plane.limits import Limits
from mplsemu.southbound.plane.macs import LearnedMac, MacFlush
from mplsemu.southbound.plane.readback import InstallResult, ReadBack
from mplsemu.southbound.plane.threads import Threads
from mplsemu.southbound.punt.event import PacketOut


class DataPlane(Protocol):
    """What forwards the packets of one lab.

    Only the controller's worker calls these methods, one at a time; `start`, `wait`, `macs`
    and `storm_drops` are the exceptions. They block until done.
    """

    @property
    def name(self) -> str:
        """Its name in ``--dataplane NAME``."""

    @property
    def version(self) -> str:
        """Name and version of what it is built on: ``ryu 4.34``."""

    @property
    def entry_word(self) -> str:
        """The plural noun for its entries: ``flows``."""

    @property
    def limits(self) -> Limits:
        """What it can do of what programs can ask for."""

    @property
    def threads(self) -> Threads:
        """The threads it works with."""

    def start(self, program: Program, deliver: Deliver) -> None:
        """Begin to deliver the events of the program's LSRs.

        Raises:
            EmulationError: it cannot.
        """

    def wait(self) -> None:
        """Wait until it ends, which it does only on a fatal error."""

    def read_back(self, program: Program, nodes: Collection[str]) -> Mapping[str, ReadBack]:
        """Read what connected LSRs have installed; one that does not answer is left out.

        Raises:
            CapabilityError: it cannot do what the program says.
        """

    def install(
        self, program: Program, nodes: Collection[str], *, at_once: bool = False
    ) -> InstallResult:
        """Bring LSRs to what the program says, make before break.

        Nothing uses an entry that is not installed yet, on any LSR; surplus entries go last.

        Args:
            program: what they should do.
            nodes: the LSRs.
            at_once: surplus entries need not stay for packets that are on their way.

        Raises:
            CapabilityError: it cannot do what the program says.
        """

    def settle(self) -> None:
        """Wait until packets are handled by what is installed, and none as before."""

    def hasten(self) -> None:
        """Have packets handled by what is installed as soon as can be, without waiting for it."""

    def entries(self, node: str) -> int:
        """Return how many entries of the program an LSR has, without learned MAC addresses."""

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have an LSR send packets; if it has disconnected, they are lost."""

    def flush_macs(self, program: Program, orders: Iterable[MacFlush]) -> None:
        """Have LSRs remove learned MAC addresses."""

    def macs(self, program: Program, nodes: Collection[str]) -> Iterable[LearnedMac]:
        """Return learned MAC addresses; it may take long, so any thread may call it."""

    def storm_drops(self, program: Program, nodes: Collection[str]) -> Mapping[str, int]:
        """Return how many frames of each circuit storm control has dropped; any thread may call it.

        An LSR that does not answer is left out.
        """

    def counters(self, program: Program, nodes: Collection[str]) -> Iterable[Counter] | None:
        """Return the counters of LSRs, None if this data plane does not count."""
