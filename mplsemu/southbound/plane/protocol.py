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
    """Whatever forwards the packets of one lab.

    But for `start`, `wait` and `macs`, only the controller's worker calls these: one at a time.
    They block until done.
    """

    @property
    def name(self) -> str:
        """As in ``--dataplane NAME``."""

    @property
    def version(self) -> str:
        """What it is made of, for people: ``ryu 4.34``."""

    @property
    def entry_word(self) -> str:
        """What its entries are called, in the plural: ``flows``."""

    @property
    def limits(self) -> Limits:
        """What it can do of what programs can ask for."""

    @property
    def threads(self) -> Threads:
        """The threads it works with."""

    def start(self, program: Program, deliver: Deliver) -> None:
        """Begin to deliver what happens to the program's LSRs.

        Raises:
            EmulationError: it cannot.
        """

    def wait(self) -> None:
        """Wait until it has ended, which it does only when it cannot go on."""

    def read_back(self, program: Program, nodes: Collection[str]) -> Mapping[str, ReadBack]:
        """Find out what LSRs that entered have installed; one that does not answer is left out.

        Raises:
            CapabilityError: it cannot do what the program says.
        """

    def install(self, program: Program, nodes: Collection[str]) -> InstallResult:
        """Bring LSRs to what the program says, make before break.

        Nothing uses what is not there yet, on any LSR; what is no longer wanted goes last.

        Raises:
            CapabilityError: it cannot do what the program says.
        """

    def entries(self, node: str) -> int:
        """Return how many entries of the program an LSR has, without learned MAC addresses."""

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have an LSR send packets; if it left they are lost."""

    def flush_macs(self, program: Program, orders: Iterable[MacFlush]) -> None:
        """Have LSRs forget MAC addresses."""

    def macs(self, program: Program, nodes: Collection[str]) -> Iterable[LearnedMac]:
        """Return what LSRs have learned; any thread may ask, as it may take long."""

    def counters(self, program: Program, nodes: Collection[str]) -> Iterable[Counter] | None:
        """Return what LSRs have counted, None where this data plane does not count."""
