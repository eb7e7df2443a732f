"""A running ``ip -batch`` or ``tc -batch``: one process for many changes."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Literal, Self

from mplsemu.emulation.interrupts import communicate
from mplsemu.emulation.openvswitch import find_tool
from mplsemu.errors import EmulationError

Tool = Literal["ip", "ip -6", "tc", "nft"]
"""A program, and the IP version of lines that do not tell theirs."""
_FAILED_LINE: Final = re.compile(r"Command failed -:(\d+)")


class Batch:
    """Starts at once in the calling thread's namespace; `finish` waits for its end.

    Args:
        tool: which program.
        lines: its commands.
        where: whose configuration it is, for the error message.
        keep_going: go on after a command that failed.
    """

    def __init__(
        self,
        tool: Tool,
        lines: Iterable[str],
        where: str,
        *,
        keep_going: bool = False,
    ) -> None:
        self._lines = tuple(lines)
        self._problem: str | None = None
        self._what = f"{tool} in {where}"
        with tempfile.TemporaryFile("w+") as text:
            text.write("\n".join((*self._lines, "")))
            text.seek(0)
            program, *family = tool.split()
            options = [*family, *(["-force"] if keep_going else []), "-batch", "-"]
            package = "iproute2"
            if tool == "nft":
                package, options = "nftables", ["-f", "-"]
            self._process = subprocess.Popen(
                [find_tool(program, package), *options],
                stdin=text,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )

    def wait(self) -> None:
        """Wait until it ends, successful or not."""
        if self._problem is None:
            _, self._problem = communicate(self._process)

    def finish(self) -> None:
        """Wait until it is done.

        Raises:
            EmulationError: a command failed; says which and why.
        """
        self.wait()
        problem = self._problem or ""
        if self._process.returncode == 0:
            return
        failed = _FAILED_LINE.search(problem)
        line = f" at {self._lines[int(failed[1]) - 1]!r}" if failed else ""
        reason = _FAILED_LINE.sub("", problem).strip()
        raise EmulationError(f"{self._what} failed{line}: {reason}")


class Batches:
    """Batches that run at the same time; leaving the block waits for all of them.

    Raises (when the block is left without another error):
        EmulationError: a command failed.
    """

    def __init__(self) -> None:
        self._running: list[Batch] = []

    def start(self, tool: Tool, lines: Iterable[str], where: str) -> None:
        """Start one more in the calling thread's namespace."""
        self._running.append(Batch(tool, lines, where))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for batch in self._running:
            batch.wait()
        if error is None:
            for batch in self._running:
                batch.finish()


def run_ip_batch(lines: Iterable[str]) -> None:
    """Run an ``ip -batch`` in the calling thread's namespace.

    Raises:
        EmulationError: a command failed.
    """
    Batch("ip", lines, "the lab's namespace").finish()
