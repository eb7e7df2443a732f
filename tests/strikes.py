"""Signals at chosen calls: a command runs with a boot that needs no root, and is struck at the K-th
call of a function, by a profiler. A process that has imported what takes long is forked for each.

By hand: python -m tests.strikes HOW-MANY SEED
"""

# ruff: noqa: PLC0415  # nothing of ours may be imported before it is struck

from __future__ import annotations

import collections
import contextlib
import importlib
import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.fakeboot import CHANGES, Found

SMALL = """
name: small
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 192.168.1.0/24}
      y: {pe: se, subnet: 192.168.2.0/24}
"""
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COMMANDS = ("test", "up", "check")
MOST_CALLS = 200
LONGEST_S = 60.0

WHILE_IMPORTING = (
    "_get_module_lock.<locals>.cb", "_find_and_load", "_handle_fromlist", "_process_class",
    "cached_property.__set_name__", "_proto_member.__set_name__", "namedtuple", "EnumType.__new__",
    "_type_check", "ABCMeta.__new__", "_outcome",
)  # fmt: skip
"""Callbacks of weak references, class statements: with nothing of ours imported before."""

WHILE_RUNNING = (
    # Python's own, and libraries': where an exception is lost, or becomes another
    "Popen.__init__", "Popen._execute_child", "Popen.__del__", "Thread.start", "Thread.join",
    "ExitStack.__exit__", "_GeneratorContextManager.__exit__", "WeakSet.__init__.<locals>._remove",
    "Live.start", "Live.stop", "JSONEncoder.iterencode", "_TemporaryFileCloser.__del__",
    "Console.print", "Progress.update", "_run_exitfuncs", "_shutdown",
    # those of the boot below: a callback of C, a destructor, a class that is made
    "FakeNet.build.<locals>.compare", "FakeNet.build.<locals>.Dying.__del__",
    "FakeNet.build.<locals>.Named.__set_name__", "FakeNet.build.<locals>.gone",
    # ours
    "act", "wait", "communicate", "start_daemon", "interrupts_wait", "BootedLab.__init__",
    "BootedLab._boot", "BootedLab.close", "LabDirectory.claim", "LabDirectory.release",
    "LabDirectory.write", "Bar.__enter__", "Bar._close", "Bar.update", "Supervisor.start",
    "Supervisor.stop", "compile_program", "draw_matrix", "print_lines", "_report",
    "_outcome", "restore_signals", "noted", "_Noting.remove", "_Noting.settle", "_Noting.install",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Strike:
    """A signal at a call.

    Attributes:
        words: the command.
        function: its qualified name.
        call: which call of it, from 1.
        number: of the signal.
    """

    words: tuple[str, ...]
    function: str
    call: int
    number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        struck: whether there was such a call.
        status: the exit status, negative where a signal ended the process.
        said: on standard error.
        left: what is left of the lab.
    """

    strike: Strike
    struck: bool
    status: int
    said: str
    left: tuple[str, ...]

    @property
    def problem(self) -> str:
        """What is wrong with it; nothing if all is well."""
        if not self.struck:
            return ""
        for word in ("Traceback", "Exception ignored", "Error calling"):
            if word in self.said:
                return word
        if self.left:
            return f"left behind: {', '.join(self.left)}"
        strike = self.strike
        usual = 130 if strike.number == signal.SIGINT else 2
        if strike.words[0] not in {"up", "test"} and strike.number != signal.SIGINT:
            usual = -strike.number
        allowed = {usual, -strike.number}
        if strike.words[0] == "up" and strike.number != signal.SIGINT:
            allowed.add(0)  # the lab was up, and was told to go down
        if (
            strike.words[0] == "up"
            and strike.number == signal.SIGINT
            and "up and well" in self.said
        ):
            allowed.add(0)  # at the prompt it ends what runs, which is nothing
        return "" if self.status in allowed else f"exit status {self.status}"


# --- one strike ----------------------------------------------------------------------------


def _run(strike, struck):
    """Be the command, from here to the end of Python."""
    calls = collections.Counter()

    def profile(frame, event, _argument):
        if event == "call" and (name := frame.f_code.co_qualname) in wanted:
            calls[name] += 1
            if calls[name] == strike.call:
                sys.setprofile(None)
                os.write(struck, b"!")
                os.kill(os.getpid(), strike.number)

    wanted = {strike.function} if strike.call else {*WHILE_IMPORTING, *WHILE_RUNNING}
    for number in NUMBERS:
        signal.signal(number, signal.default_int_handler if number == 2 else signal.SIG_DFL)
    sys.argv = ["mplsemu", *strike.words]
    from mplsemu.__main__ import main

    sys.setprofile(profile)
    code = main()
    if not strike.call:  # only to count
        sys.setprofile(None)
        Path(os.environ["STRIKES_CHILDREN"]).with_name("counts").write_text(json.dumps(calls))
    sys.exit(code)


class Smithy:
    """Strikes one after the other; of a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.counts: dict[str, int] = {}
        self.lab_file = directory / "small.yaml"
        self.lab_file.write_text(SMALL)

    def words(self, name: str) -> tuple[str, ...]:
        """Return a command."""
        return (name, str(self.lab_file))

    def strike(self, strike: Strike) -> Outcome:
        """Run a command, and strike."""
        place = Path(tempfile.mkdtemp(dir=self._directory))
        children = place / "children"
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.setsid()
            os.close(reading)
            os.environ["MPLSEMU_RUN_DIR"] = str(place / "run")
            os.environ["STRIKES_CHILDREN"] = str(children)
            os.dup2(os.open(place / "err", os.O_WRONLY | os.O_CREAT), 2)
            os.dup2(os.open(place / "out", os.O_WRONLY | os.O_CREAT), 1)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
            raise Run(strike, writing)
        os.close(writing)
        status = _waited(child)
        told = b""
        while select.select([reading], [], [], 0)[0] and (more := os.read(reading, 100)):
            told += more
        os.close(reading)
        left = [str(each.relative_to(place)) for each in place.glob("run/*")]
        pids = children.read_text().split() if children.exists() else []
        left += [f"process {pid}" for pid in pids if not _gone(int(pid))]
        said = (place / "err").read_text(errors="replace")
        if (counts := place / "counts").exists():
            self.counts = json.loads(counts.read_text())
        shutil.rmtree(place)
        return Outcome(strike, bool(told), status, said, tuple(left))

    def calls(self, names: tuple[str, ...]) -> list[tuple[tuple[str, ...], str, int]]:
        """Return every call of some functions, with its command, by running each command once."""
        found = []
        for name in COMMANDS:
            words = self.words(name)
            outcome = self.strike(Strike(words, "", 0, 0))
            assert outcome.status == 0, outcome
            for function, count in self.counts.items():
                if function in names:
                    found += [(words, function, n) for n in range(1, min(count, MOST_CALLS) + 1)]
        return found


class Run(BaseException):
    """What a forked process unwinds with, to be the command at the bottom of its stack."""


def _waited(child):
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -99


def _gone(pid):
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def chosen(smithy: Smithy, names: tuple[str, ...], most: int, dice: random.Random):
    """Strike at calls of some functions, each as often as the others; yield what comes of it."""
    strikes = [
        Strike(words, function, call, number)
        for words, function, call in smithy.calls(names)
        for number in NUMBERS
    ]
    dice.shuffle(strikes)
    nth = collections.Counter()
    turns = []
    for each in strikes:
        nth[each.function] += 1
        turns.append((nth[each.function], each))
    turns.sort(key=lambda turn: turn[0])
    for _, each in turns[:most]:
        yield smithy.strike(each)


def strikes(directory: Path, most: int, seed: int):
    """Strike while modules are imported (a third of it), then while commands run."""
    dice = random.Random(seed)
    smithy = Smithy(directory)
    for name in ("rich.progress", "rich.console", "yaml", "networkx", "mininet.net"):
        with contextlib.suppress(ImportError):  # what takes long and is not ours
            importlib.import_module(name)
    sys.meta_path.insert(0, Found(CHANGES))
    yield from chosen(smithy, WHILE_IMPORTING, most // 3, dice)
    for name in ("main", "test", "up", "check", "check_text", "prompt"):
        importlib.import_module(f"mplsemu.cli.{name}")
    for name in (
        "analysis.lab_check",
        "running.boot",
        "running.session",
        "running.validations",
        "views.text.matrix",
    ):
        importlib.import_module(f"mplsemu.{name}")
    yield from chosen(smithy, WHILE_RUNNING, most - most // 3, dice)


def main(most: int, seed: int, directory: Path) -> None:
    """Strike, and print what is wrong and how much was done."""
    tried = problems = 0
    functions, statuses = collections.Counter(), collections.Counter()
    for outcome in strikes(directory, most, seed):
        tried += 1
        strike = outcome.strike
        if outcome.struck:
            functions[strike.function] += 1
            statuses[strike.words[0], signal.Signals(strike.number).name, outcome.status] += 1
        if outcome.problem:
            problems += 1
            print(outcome.problem, strike, outcome.said[-3000:], flush=True)
    met = functions.total()
    print(f"{met} struck of {tried}, {len(functions)} functions, {problems} lost or wrong")
    for key, number in sorted(statuses.items()):
        print(number, *key)
    print(*functions.most_common(), sep="\n")


if __name__ == "__main__":
    told = ()
    place = Path(tempfile.mkdtemp())
    try:
        main(int(sys.argv[1]), int(sys.argv[2]), place)
    except Run as run:  # this process is a command now
        told = run.args
    if told:
        _run(*told)
    shutil.rmtree(place)
