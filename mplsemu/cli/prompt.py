"""The interactive prompt: Mininet's commands and ours, with history and completion."""

from __future__ import annotations

import contextlib
import os
import readline
import shlex
import subprocess
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mplsemu.cli.exec import wait_for
from mplsemu.cli.fault import fault
from mplsemu.cli.main import main
from mplsemu.cli.show import TABLES
from mplsemu.emulation.interrupts import go_on, let_in, typed, wait
from mplsemu.emulation.mininet_classes import CLI, lg
from mplsemu.errors import MplsEmuError

if TYPE_CHECKING:
    from mplsemu.running.boot import BootedLab

HISTORY: Final = Path("~/.mplsemu_history")
_HISTORY_LINES: Final = 1000

ON_PROGRAM: Final = {
    "view": "draw a picture: view [--vpn NAME | --provider]",
    "show": "tables: show hosts|links|vpns|lfib|vrf|vsi|lsp|labels|macs|counters [NODE]",
    "trace": "one packet, hop by hop: trace SRC DST",
}
"""Commands that show what the controller has installed."""

ON_LAB: Final = {
    "ping": "ping between hosts: ping SRC DST",
    "iperf": "throughput: iperf SRC DST; of datagrams at a rate: iperfudp RATE SRC DST",
    "link": "cut or mend a cable: link A B up|down; without names: list them",
    "status": "how the lab is: status [--events]",
    "capture": "show packets: capture LINK|NODE [-w FILE]; end it with Ctrl-C",
    "exec": "run a command: exec NODE -- CMD...; or just: NODE CMD...",
    "matrix": "who reaches whom, and every other check, on the running network",
    "check": "verify the lab file without a packet",
}
"""Commands that are about the running lab."""

_ENDS: Final = {"ping", "trace", "iperf", "iperfudp"}


class Prompt(CLI):  # type: ignore[misc]  # Mininet has no types
    """Reads commands until ``exit``, end of input or Ctrl-D.

    ``HOST CMD`` runs a command on a host, as in Mininet; other hosts' names in it become their
    addresses.

    Args:
        lab: booted in this process.
    """

    prompt = "mplsemu> "

    def __init__(self, lab: BootedLab) -> None:
        self._lab = lab
        self._file = str(lab.directory.lab_file)
        self._name = lab.record.name
        self._pending = b""
        is_typed = sys.stdin.isatty()
        self._next = self._typed if is_typed else self._piped
        if is_typed:
            _read_history()
        lg.ch.setStream(sys.stdout)  # what commands print is no error
        try:
            super().__init__(lab.net)  # Mininet's constructor runs the prompt to its end
        finally:
            if is_typed:
                with contextlib.suppress(OSError):
                    readline.write_history_file(HISTORY.expanduser())

    def initReadline(self) -> None:  # noqa: N802  # Mininet's name
        """Leave history to us; Mininet's own would go to another file."""
        readline.set_completer_delims(" \t\n")

    def cmdloop(self, intro: str | None = None) -> None:  # noqa: ARG002
        """Read and run lines until one of them ends it.

        Ctrl-C ends what runs, or clears the line; what ends the lab is raised from here, too.
        """
        readline.set_completer(self.complete)
        readline.parse_and_bind("tab: complete")
        stop = False
        while not stop:
            go_on()
            line = self.precmd(self._next())
            stop = self.postcmd(self.onecmd(line), line)

    def _typed(self) -> str:
        try:
            return typed(self.prompt)
        except EOFError:
            return "EOF"

    def _piped(self) -> str:
        """Return the next line of a pipe or file, and take no more from it than is there."""
        print(self.prompt, end="", flush=True)
        source = self.stdin.fileno()
        while b"\n" not in self._pending:
            wait((source,))
            if not (data := os.read(source, 65536)):
                break
            self._pending += data
        if not self._pending:
            return "EOF"
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode(errors="surrogateescape")

    def waitForNode(self, node: Any) -> None:  # noqa: N802  # Mininet's name
        """Show what a node's command says until it ends; Ctrl-C ends the command."""
        said = node.stdout.fileno()
        keys = [self.stdin.fileno()] if self.isatty() else []
        if keys:
            subprocess.run(["stty", "-icanon", "min", "1"], check=False)
        while node.waiting:
            try:
                ready = wait((said, *keys))
                if said in ready:
                    sys.stdout.write(node.monitor())
                    sys.stdout.flush()
                if set(keys) & set(ready):
                    node.write(self.stdin.read(1))
            except KeyboardInterrupt:
                go_on()
                node.sendInt()

    def do_sh(self, line: str) -> None:
        """Run a command of this machine: sh CMD..."""
        wait_for(subprocess.Popen(line, shell=True))

    def do_py(self, line: str) -> None:
        """Evaluate a Python expression: py dk.intfNames()."""
        with let_in():
            super().do_py(line)

    def do_px(self, line: str) -> None:
        """Execute a Python statement: px print(dk)."""
        with let_in():
            super().do_px(line)

    def emptyline(self) -> None:
        """Do nothing on an empty line."""

    def onecmd(self, line: str) -> bool:
        """Run one line; whatever goes wrong in it, the lab goes on."""
        try:
            return self._run_line(line)
        except MplsEmuError as error:
            print(f"mplsemu: {error}", file=sys.stderr)
        except Exception as error:  # noqa: BLE001  # Mininet's commands raise what they like
            if words := fault(error):
                print(f"mplsemu: {words}", file=sys.stderr)
            else:
                traceback.print_exc()
        return False

    def _run_line(self, line: str) -> bool:
        """Run a line: our commands first, then a node's name, then Mininet's."""
        word, _, rest = line.strip().partition(" ")
        ours = self._command(word)
        if ours:
            main([*ours, *_words(rest)])
            sys.stdout.flush()
        elif word in {"up", "down"}:
            print("the lab is up; type exit (or Ctrl-D) to take it down")
        elif word in self.mn.nameToNode and rest:
            self.default(line)
        else:
            return bool(super().onecmd(line))
        return False

    def _command(self, word: str) -> list[str]:
        """Return how a command of ours begins on the command line; nothing if it is not ours."""
        if word in ON_PROGRAM:
            return [word, self._name]
        if word == "check":
            return [word, self._file]
        if word == "matrix":
            return ["test", "--running", self._name]
        if word == "iperfudp":  # its first word is the rate, as Mininet has it
            return ["iperf", "--lab", self._name, "--udp"]
        return [word, "--lab", self._name] if word in ON_LAB else []

    def do_help(self, arg: str) -> None:
        """List the commands, or explain one."""
        if arg in ON_PROGRAM or arg in ON_LAB:
            main(["test" if arg == "matrix" else arg, "--help"])
            return
        if arg:
            super().do_help(arg)
            return
        print("On this lab (all take --help):")
        for name, text in {**ON_PROGRAM, **ON_LAB}.items():
            print(f"  {name:<9} {text}")
        print("Mininet's: nodes net dump links intfs pingall xterm sh py source time")
        print("On a node:  NODE CMD, as in: a/aarhus/h1 traceroute -n a/oslo/h1")
        print("exit, or Ctrl-D, takes the lab down.")

    def do_source(self, line: str) -> None:
        """Run the commands in a file: source FILE."""  # Mininet trips over one that is not there
        if Path(line).is_file():
            super().do_source(line)
        else:
            print(f"no file {line!r}", file=sys.stderr)

    def completenames(self, text: str, *_ignored: Any) -> list[str]:
        """Complete the first word: commands and nodes."""
        commands = [*ON_PROGRAM, *ON_LAB, *super().completenames(text, *_ignored)]
        return sorted({name for name in [*commands, *self._nodes()] if name.startswith(text)})

    def completedefault(self, text: str, line: str, _begin: int, _end: int) -> list[str]:
        """Complete further words: nodes, links, VPNs and options, as the command wants them."""
        command = line.split(maxsplit=1)[0]
        words: Iterable[str] = self._nodes()
        if command == "link":
            words = [*self._lab.record.links, *self._lab.record.lsrs, "up", "down"]
        elif command == "view":
            words = ["--vpn", "--provider", *(vpn.name for vpn in self._lab.program.vpns)]
        elif command == "show":
            words = [*TABLES, *self._lab.record.lsrs]
        elif command == "capture":
            words = [*self._lab.record.links, *self._nodes()]
        elif command in _ENDS:
            words = self._lab.record.hosts
        return sorted(word for word in words if word.startswith(text))

    def _nodes(self) -> list[str]:
        return [*self._lab.record.hosts, *self._lab.record.lsrs]


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        print(f"cannot read {text!r}: {error}")
        return ["--help"]


def _read_history() -> None:
    readline.set_history_length(_HISTORY_LINES)
    with contextlib.suppress(OSError):
        readline.read_history_file(HISTORY.expanduser())
