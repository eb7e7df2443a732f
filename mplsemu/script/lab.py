"""A lab in a script: ``from mplsemu import Lab``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from mplsemu.analysis.alarms import Alarm
from mplsemu.errors import LabNotRunningError
from mplsemu.program.program import Program
from mplsemu.program.trace import PacketOptions
from mplsemu.running.lab import LabProcess
from mplsemu.running.session import PingResult, Session
from mplsemu.script.interface import DEFAULT_WAIT_S, LabInterface, Pair
from mplsemu.script.network_lab import NetworkLab
from mplsemu.script.outcome import Outcome, Rate
from mplsemu.script.packets import CapturedPackets
from mplsemu.script.program_lab import ProgramLab


class Lab(LabInterface):
    """A lab for a script: while it is up, the running network answers, else its program.

    Answers are computed from the forwarding program until `up`, which needs root. A running lab
    is a separate process, which goes down when the script ends, however it ends.

    Args:
        lab_file: path of the lab file, or the name of a lab that comes with mplsemu.
        run_dir: its run directory, so that two labs of one name can run at the same time; None
            for the usual one.
        dataplane: ``ebpf``, ``openflow`` or ``auto``; None leaves it to the lab file.
        name: replaces the lab's name in the file.

    Raises:
        LabError: something in the lab file is wrong.

    Example:
        >>> lab = Lab("nordic")
        >>> lab.trace("a/aarhus/h1", "a/oslo/h1").way
        ('dk', 'dk-p1', 'p1', 'no-p1', 'no')
        >>> with lab:                                       # doctest: +SKIP
        ...     assert lab.reaches("a/aarhus/h1", "a/oslo/h1")
        ...     with lab.link("dk", "p1").down():
        ...         assert lab.reaches("a/aarhus/h1", "a/oslo/h1")
        ...     print(lab.cmd("a/aarhus/h1", "ip route"))
    """

    def __init__(
        self,
        lab_file: str | Path,
        *,
        run_dir: Path | None = None,
        dataplane: Literal["auto", "ebpf", "openflow"] | None = None,
        name: str | None = None,
    ) -> None:
        self._program = ProgramLab(Path(lab_file), name)
        super().__init__(Path(lab_file), self._program.network)
        self._running: NetworkLab | None = None
        self._process = LabProcess(lab_file, run_dir=run_dir, dataplane=dataplane, name=name)

    @property
    def mode(self) -> Literal["program", "network"]:  # type: ignore[override]  # here it changes
        """``network`` while it is up, else ``program``."""
        return self._now.mode

    @property
    def _now(self) -> ProgramLab | NetworkLab:
        return self._running or self._program

    # --- up and down ------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()

    def up(self) -> None:
        """Boot the lab and wait until it is ready; links that are cut stay cut.

        Raises:
            LabError: the lab file is wrong.
            NotRootError: this process is not root.
            LabRunningError: a lab of that name runs already.
            EmulationError: this machine cannot run it; says why.
        """
        self._running = NetworkLab(self._process)
        for link in sorted(self._cut):
            self._running.link(link).down()

    def down(self) -> None:
        """Take the lab down and wait until it is gone; a second call does nothing.

        From then on the program answers again.
        """
        running, self._running = self._running, None
        if running is not None:
            running.close()
            self._program = ProgramLab(self._program.file, self._process.name)
            self._cut.clear()

    def close(self) -> None:
        """Take it down."""
        self.down()

    @property
    def is_up(self) -> bool:
        """Whether it runs: it was not taken down, and has not ended by itself."""
        return self._running is not None and self._process.is_up

    @property
    def is_usable(self) -> bool:
        """Whether it answers: false only if it was up and has ended by itself."""
        return self._now.is_usable

    @property
    def session(self) -> Session:
        """The session with the running lab, for everything that this class does not offer.

        Raises:
            LabNotRunningError: it is not up.
        """
        if self._running is None:
            raise LabNotRunningError("the lab is not up; call up(), or use it as a context manager")
        return self._process.session

    # --- answers ----------------------------------------------------------------------------

    def program(self) -> Program:
        """Return the forwarding program as it is now."""
        return self._now.program()

    def reaches(self, source: str, target: str, *, wait_s: float = DEFAULT_WAIT_S) -> Outcome:
        """Whether a ping arrives at that very host and its reply comes back."""
        return self._now.reaches(source, target, wait_s=wait_s)

    def ping(self, source: str, target: str, count: int = 3) -> PingResult:
        """Ping from a host to a host or an address."""
        return self._now.ping(source, target, count)

    def throughput(
        self, source: str, target: str, *, seconds: float = 2.0, udp_bps: int | None = None
    ) -> Rate:
        """Return the throughput from one host to another; only while it is up."""
        return self._now.throughput(source, target, seconds=seconds, udp_bps=udp_bps)

    def macs(self, vpn: str) -> dict[str, dict[str, str]]:
        """Return what a VPLS has learned; only while it is up."""
        return self._now.macs(vpn)

    def capture(
        self, *targets: str, expression: str = ""
    ) -> AbstractContextManager[CapturedPackets]:
        """Capture packets while a block runs: on links, attachment circuits, at LSRs or hosts."""
        return self._now.capture(*targets, expression=expression)

    def cmd(self, node: str, command: str | Sequence[str]) -> str:
        """Run a command at a node, and return what it prints; only while it is up."""
        return self._now.cmd(node, command)

    def alarms(self) -> tuple[Alarm, ...]:
        """Return what is wrong right now, the worst first."""
        return self._now.alarms()

    # --- how --------------------------------------------------------------------------------

    def _follow(self, source: str, target: str, header: PacketOptions) -> Outcome:
        return self._now._follow(source, target, header)

    def _isolated(self, what: str, pairs: Sequence[Pair]) -> Outcome:
        return self._now._isolated(what, pairs)

    def _down(self) -> frozenset[str]:
        return self._now._down()

    def _set_link(self, name: str, *, up: bool) -> None:
        self._now._set_link(name, up=up)

    def _link_name(self, first: str, second: str | None) -> str:
        return self._now._link_name(first, second)
