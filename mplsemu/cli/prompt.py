"""The interactive prompt: Mininet's commands and ours, with history and completion."""

from __future__ import annotations

import contextlib
import os
import re
import readline
import shlex
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from mplsemu.cli.exec import wait_for
from mplsemu.cli.main import main
from mplsemu.cli.show import TABLES
from mplsemu.cli.system_error import describe_system_error
from mplsemu.emulation.interrupts import act_at_once, read_line, resume, wait
from mplsemu.emulation.mininet_classes import CLI, lg
from mplsemu.errors import LabError, MplsEmuError
from mplsemu.suggest import any_of, near_names

if TYPE_CHECKING:
    from mplsemu.running.boot import BootedLab
    from mplsemu.running.console import AttachedLab

HISTORY: Final = Path("~/.mplsemu_history")
_HISTORY_LINES: Final = 1000

ON_PROGRAM: Final = {
    "view": "draw a picture: view [--vpn NAME | --provider]",
    "show": "tables: show hosts|links|vpns|lfib|vrf|vsi|lsp|labels|macs|counters [NODE]",
    "trace": "one packet, hop by hop: trace SRC DST",
}
"""Commands on the program that the controller has installed."""

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
"""Commands on the running lab."""

_LOOK_S: Final = 0.5
_INTERRUPT: Final = "\x03"
_QUIT: Final = "\x1c"
_STATUS: Final = "mplsemu-status:"
_MEANT_BY_CMD: Final = ("", "?")


class Prompt(CLI):  # type: ignore[misc]  # Mininet has no types
    """Reads commands until ``exit``, end of input or Ctrl-D.

    ``HOST CMD`` runs a command on a host, as in Mininet; other hosts' names in it become their
    addresses. It has no standard input: what is typed ahead, or pasted behind it, waits for the
    prompt. For interactive commands there is ``exec``, which has the terminal. If standard input
    is no terminal, only the prompt reads it: ``exec`` gets /dev/null, too.

    Args:
        lab: the lab that commands are about.
        is_owner: whether the lab ends with this process.
    """

    prompt = "mplsemu> "

    def __init__(self, lab: BootedLab | AttachedLab, *, is_owner: bool = True) -> None:
        self._lab = lab
        self._is_owner = is_owner
        self._file = str(lab.directory.lab_file)
        self._name = lab.record.name
        self._pending = b""
        self._has_failed = False
        self._is_typed = sys.stdin.isatty()
        self._next = self._typed if self._is_typed else self._piped
        if self._is_typed:
            _read_history()
        lg.ch.setStream(sys.stdout)  # Mininet prints results on its log, to standard error
        try:
            with _input_of_ones_own() as stdin:  # Mininet's constructor runs the whole prompt
                super().__init__(lab.net, stdin=stdin)
        finally:
            if self._is_typed:
                with contextlib.suppress(OSError):
                    readline.write_history_file(HISTORY.expanduser())

    @property
    def code(self) -> int:
        """Exit code: 1 if a command from a pipe or file was unknown or failed, else 0."""
        return int(self._has_failed and not self._is_typed)

    def initReadline(self) -> None:  # noqa: N802  # Mininet's name
        """Do nothing: Mininet would use a history file of its own."""
        readline.set_completer_delims(" \t\n")

    def cmdloop(self, intro: str | None = None) -> None:  # noqa: ARG002
        """Read and run lines until one of them ends it.

        Ctrl-C ends the running command, or clears the line. A signal that ends the lab is raised
        from here.
        """
        readline.set_completer(self.complete)
        readline.parse_and_bind("tab: complete")
        stop = False
        while not stop:
            resume()
            line = self.precmd(self._next())
            if not self._is_owner and not self._lab.is_up:
                break
            stop = self.postcmd(self.onecmd(line), line)

    def _typed(self) -> str:
        try:
            return read_line(self.prompt)
        except EOFError:
            return "EOF"

    def _piped(self) -> str:
        """Return the next whole line of a pipe or file; acts on signals while it waits."""
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
        print(line.decode(errors="backslashreplace"), flush=True)
        return line.decode(errors="surrogateescape")

    def default(self, line: str) -> None:
        """Run a command at a node: NODE CMD..."""
        first, _, rest = line.strip().partition(" ")
        if first not in self.mn.nameToNode:
            near = [repr(name) for name in near_names(first, self.completenames(""))]
            remedy = f"did you mean {any_of(near)}?" if near else "type: help"
            raise LabError(f"unknown command or node {first!r}", remedy=remedy)
        if not rest.strip():
            raise LabError("no command to run", remedy=f"write: {first} ip address")
        node = self.mn.nameToNode[first]
        command = " ".join(self._address(word) for word in rest.split(" "))
        # reading the shell's terminal would block for ever
        node.sendCmd(f"eval {shlex.quote(command)} < /dev/null")
        self.waitForNode(node)
        if not self._is_typed:
            self._note_status(node)

    def _note_status(self, node: Any) -> None:
        """Note whether the last command of a node's shell failed; its ``$?`` stays as it is."""
        output = node.cmd(f"(s=$?; echo {_STATUS}$s; exit $s)")
        status = re.search(rf"{_STATUS}(\d+)\r?\n", output)
        if status is None or status[1] != "0":
            self._has_failed = True
        if status is not None:  # a background command may have printed something, too
            sys.stdout.write(output.replace(status[0], "", 1))

    def _address(self, word: str) -> str:
        """Return the address of a host, given its name; any other word as it is."""
        node = self.mn.nameToNode.get(word)
        return word if node is None or not node.intfNames() else node.IP() or word

    def waitForNode(self, node: Any) -> None:  # noqa: N802  # Mininet's name
        """Print the output of a node's command until it ends; Ctrl-C ends the command.

        A command that survives a Ctrl-C (``less``) gets a SIGQUIT with the next one.
        """
        keys = _INTERRUPT
        while node.waiting:
            try:
                if not wait((node.stdout.fileno(),), _LOOK_S):
                    node.require_shell()
                    continue
                sys.stdout.write(node.monitor())
                sys.stdout.flush()
            except KeyboardInterrupt:
                resume()
                for key in keys:
                    node.sendInt(key)
                keys = _INTERRUPT + _QUIT

    def do_sh(self, line: str) -> None:
        """Run a command of this machine: sh CMD..."""
        self._has_failed |= wait_for(subprocess.Popen(line, shell=True)) != 0

    def do_py(self, line: str) -> None:
        """Evaluate a Python expression: py dk.intfNames()."""
        with act_at_once():
            super().do_py(line)

    def do_px(self, line: str) -> None:
        """Execute a Python statement: px print(dk)."""
        with act_at_once():
            super().do_px(line)

    def emptyline(self) -> None:
        """Do nothing on an empty line."""

    def onecmd(self, line: str) -> bool:
        """Run one line; the lab goes on whatever goes wrong in it."""
        try:
            return self._run_line(line)
        except MplsEmuError as error:
            self._has_failed = True
            print(f"mplsemu: {error}", file=sys.stderr)
        except Exception as error:  # noqa: BLE001  # Mininet's commands raise what they like
            self._has_failed = True
            if words := describe_system_error(error):
                print(f"mplsemu: {words}", file=sys.stderr)
            else:
                traceback.print_exc()
        return False

    def _run_line(self, line: str) -> bool:
        """Run a line: our commands first, then a node's name, then Mininet's."""
        word, _, rest = line.strip().partition(" ")
        ours = self._command(word)
        if ours:
            self._has_failed |= main([*ours, *_words(rest)]) != 0
            sys.stdout.flush()
        elif word in {"up", "down"}:
            print(f"the lab is up; {self._how_to_end()}")
        elif word[:1] not in _MEANT_BY_CMD and not hasattr(self, f"do_{word}"):
            self.default(line)
        else:
            return bool(super().onecmd(line))
        return False

    def _how_to_end(self) -> str:
        if self._is_owner:
            return "type exit (or Ctrl-D) to take it down"
        return f"type exit, then: sudo mplsemu down {self._name}"

    def _command(self, word: str) -> list[str]:
        """Return the command line that a word at the prompt stands for; [] if it is not ours."""
        match word:
            case "check":
                return [word, self._file]
            case "matrix":
                return ["test", "--running", self._name]
            case "iperfudp":  # the rate comes first, as in Mininet
                return ["iperf", "--lab", self._name, "--udp"]
        if word in ON_PROGRAM:
            return [word, self._name]
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
        print("On a node:  NODE CMD, as in: a/aarhus/h1 traceroute -n a/oslo/h1; it reads no keys:")
        print("            a shell, or what else is to be typed to: exec NODE, exec NODE -- CMD")
        what = "takes the lab down" if self._is_owner else "leaves the lab running"
        print(f"exit, or Ctrl-D, {what}.")

    def do_source(self, line: str) -> bool:
        """Run the commands in a file: source FILE."""
        try:
            lines = Path(line).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except OSError as error:
            raise LabError(f"cannot read {line!r}: {error.strerror}") from None
        return any(self.onecmd(self.precmd(each)) for each in lines)

    def completenames(self, text: str, *_ignored: Any) -> list[str]:
        """Complete the first word: commands and nodes."""
        commands = [*ON_PROGRAM, *ON_LAB, *super().completenames(text, *_ignored)]
        return sorted({name for name in [*commands, *self._nodes()] if name.startswith(text)})

    def completedefault(self, text: str, line: str, _begin: int, _end: int) -> list[str]:
        """Complete further words: nodes, links, VPNs or options, by command."""
        words = self._words_after(line.split(maxsplit=1)[0])
        return sorted(word for word in words if word.startswith(text))

    def _words_after(self, command: str) -> Iterable[str]:
        record = self._lab.record
        match command:
            case "link":
                return [*record.links, *record.lsrs, "up", "down"]
            case "view":
                return ["--vpn", "--provider", *(vpn.name for vpn in self._lab.program.vpns)]
            case "show":
                return [*TABLES, *record.lsrs]
            case "capture":
                return [*record.links, *self._nodes()]
            case "ping" | "trace" | "iperf" | "iperfudp":
                return record.hosts
        return self._nodes()

    def _nodes(self) -> list[str]:
        return [*self._lab.record.hosts, *self._lab.record.lsrs]


@contextlib.contextmanager
def _input_of_ones_own() -> Iterator[TextIO]:
    """Yield standard input; if it is no terminal, children get /dev/null in its place."""
    if sys.stdin.isatty():
        yield sys.stdin
        return
    standard = sys.stdin.fileno()
    with open(os.dup(standard), encoding="utf-8", errors="surrogateescape") as own:  # noqa: PTH123
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, standard)
        os.close(nothing)
        try:
            yield own
        finally:
            os.dup2(own.fileno(), standard)


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
