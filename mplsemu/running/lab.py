"""A lab of a script, in a child process.

The lab has its own process, so the script keeps its network namespace, and several labs can run at
the same time. When the script ends, in whatever way, the lab goes down.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final, Literal

from mplsemu.emulation.interrupts import communicate, noted, sleep
from mplsemu.emulation.namespace import require_root
from mplsemu.errors import EmulationError, LabNotRunningError, LabRunningError
from mplsemu.lab.loader import read
from mplsemu.program.program import Program
from mplsemu.running.command import mplsemu_command
from mplsemu.running.directory import DIRECTORY_VARIABLE, LabDirectory
from mplsemu.running.session import PingResult, Session

BOOT_TIMEOUT_S: Final = 180.0
_POLL_S: Final = 0.02


class LabProcess:
    """Boots a lab, and takes it down; needs root.

    Args:
        file: path of the lab file, or the name of a lab that comes with mplsemu.
        run_dir: a separate directory, so that another lab of the same name can run at the same
            time; None is that of all labs.
        dataplane: ``ebpf``, ``openflow`` or ``auto``; None leaves it to the lab file.
        name: replaces the name in the file.
    """

    def __init__(
        self,
        file: str | Path,
        *,
        run_dir: Path | None = None,
        dataplane: Literal["auto", "ebpf", "openflow"] | None = None,
        name: str | None = None,
    ) -> None:
        self.file = Path(file)
        self.run_dir = run_dir
        self.name = name
        options = {"--dataplane": dataplane, "--name": name}
        self._options = [each for pair in options.items() if pair[1] for each in pair if each]
        self._process: subprocess.Popen[bytes] | None = None
        self._session: Session | None = None

    def up(self) -> None:
        """Boot the lab and wait until it is ready.

        Raises:
            LabError: the lab file is wrong.
            NotRootError: this process is not root.
            EmulationError: the machine cannot carry it.
        """
        require_root()
        directory = LabDirectory(read(self.file, self.name).load().network.name, self.run_dir)
        if directory.is_claimed():
            raise LabRunningError(f"a lab named {directory.name!r} is already running")
        with noted():  # the script's handlers may raise: only here, at known points
            try:
                with tempfile.TemporaryFile() as errors:
                    self._boot(directory, errors)
            except BaseException:  # also on Ctrl-C: __exit__ is not called then
                self._give_up()
                raise

    def _boot(self, directory: LabDirectory, errors: IO[bytes]) -> None:
        # its prompt reads our pipe: when this process ends, it sees end of file and goes down
        self._process = subprocess.Popen(
            mplsemu_command("up", str(self.file), *self._options),
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
        """End a lab that is still booting: on a signal it undoes what it has done."""
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
        """Whether it is running."""
        return self._session is not None and self._session.directory.is_claimed()

    @property
    def session(self) -> Session:
        """A session with the running lab.

        Raises:
            LabNotRunningError: it is not up.
        """
        if self._session is None:
            raise LabNotRunningError("the lab is not up; use it as a context manager")
        return self._session

    def program(self) -> Program:
        """Return the installed forwarding program."""
        return self.session.program()

    def ping(self, source: str, target: str, count: int = 3) -> PingResult:
        """Ping from a host to a host or an address."""
        return self.session.ping(source, target, count=count)

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
