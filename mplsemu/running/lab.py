"""A lab in a script: ``with Lab("topologies/nordic.yaml") as lab: ...``.

The lab runs in a process of its own, so the script keeps its network, and several labs can run at
the same time. When the script ends, however it ends, the lab goes down.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Literal, Self

from mplsemu.emulation.interrupts import communicate, noted, sleep
from mplsemu.emulation.namespace import require_root
from mplsemu.errors import EmulationError, LabNotRunningError, LabRunningError
from mplsemu.lab.loader import load
from mplsemu.model.network import Network
from mplsemu.program.program import Program
from mplsemu.program.trace import Trace, trace
from mplsemu.running.cable import Cable
from mplsemu.running.command import mplsemu_command
from mplsemu.running.directory import DIRECTORY_VARIABLE, LabDirectory
from mplsemu.running.session import PingResult, Session

BOOT_TIMEOUT_S: Final = 180.0
_POLL_S: Final = 0.02


class Lab:
    """A lab that a script boots, uses and takes down; needs root.

    Args:
        lab_file: path of the lab file.
        run_dir: a directory of its own for it, so that it and another lab of that name can run at
            the same time; None is that of all labs.
        dataplane: ``ebpf``, ``openflow`` or ``auto``; None leaves it to the lab file.

    Example:
        >>> with Lab("topologies/nordic.yaml") as lab:      # doctest: +SKIP
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
    ) -> None:
        self._lab_file = Path(lab_file)
        self._options = () if dataplane is None else ("--dataplane", dataplane)
        self._run_dir = run_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._session: Session | None = None

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
        """Boot the lab and wait until it is ready.

        Raises:
            LabError: the lab file is wrong.
            NotRootError: this process is not root.
            EmulationError: the machine cannot carry it; says why.
        """
        require_root()
        directory = LabDirectory(load(self._lab_file).network.name, self._run_dir)
        if directory.is_claimed():
            raise LabRunningError(f"a lab named {directory.name!r} is already running")
        with noted():  # the script's handlers may raise: here, between two looks at the lab
            try:
                with tempfile.TemporaryFile() as errors:
                    self._boot(directory, errors)
            except BaseException:  # also Ctrl-C: nobody calls __exit__ then
                self._give_up()
                raise

    def _boot(self, directory: LabDirectory, errors: IO[bytes]) -> None:
        # its prompt reads our pipe: when this process ends, it reads the end and goes down
        self._process = subprocess.Popen(
            mplsemu_command("up", str(self._lab_file), *self._options),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            env={**os.environ, DIRECTORY_VARIABLE: str(directory.path.parent)},
        )
        deadline = time.monotonic() + BOOT_TIMEOUT_S
        while self._session is None:
            try:
                self._session = Session(directory)
            except LabNotRunningError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self._give_up()
                    errors.seek(0)
                    words = errors.read().decode(errors="replace").strip()
                    raise EmulationError(words or "the lab did not boot") from None
                sleep(_POLL_S)

    def _give_up(self) -> None:
        """End a lab that is still booting: a signal undoes what it has done so far."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
        self.down()

    def down(self) -> None:
        """Take the lab down and wait until it is gone; a second call does nothing."""
        self._session = None
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None  # it was started with a pipe
            process.stdin.close()
            process.wait()

    @property
    def is_up(self) -> bool:
        """Whether it runs: nobody took it down, and it did not give up."""
        return self._session is not None and self._session.directory.is_claimed()

    @property
    def session(self) -> Session:
        """Everything that can be done with the running lab.

        Raises:
            LabNotRunningError: it is not up.
        """
        if self._session is None:
            raise LabNotRunningError("the lab is not up; use it as a context manager")
        return self._session

    @property
    def network(self) -> Network:
        """The facts of the lab."""
        return self.session.network

    def program(self) -> Program:
        """Return the forwarding program that is installed now."""
        return self.session.program()

    def ping(self, source: str, target: str, count: int = 3) -> PingResult:
        """Ping from a host to a host or an address."""
        return self.session.ping(source, target, count=count)

    def reaches(self, source: str, target: str) -> bool:
        """Whether a ping from a host to a host or an address is answered."""
        return self.ping(source, target).received > 0

    def trace(self, source: str, target: str) -> Trace:
        """Return one packet's way through the program that is installed now."""
        return trace(self.program(), source, target)

    def link(self, first: str, second: str | None = None) -> Cable:
        """Return the cable between two nodes, or of a name.

        Raises:
            LabError: there is none, or several.
        """
        session = self.session
        name = session.link_name(first, second)
        return Cable(name, lambda up: session.set_link(name, up=up))

    def cmd(self, node: str, command: str | Sequence[str]) -> str:
        """Run a command on a node and return what it prints, errors included.

        Args:
            node: host, CE router or LSR.
            command: a line for the shell, or a list of words.
        """
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        output, _ = communicate(self.session.popen(node, words, text=True, **options))
        return str(output)
