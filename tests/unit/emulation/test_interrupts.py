"""Signals that wait until something is done, or until a known point."""

# ruff: noqa: PT012  # what follows a signal is what is tested

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time

import pytest

from mplsemu.emulation import interrupts
from mplsemu.emulation.interrupts import Terminated, act, end, interrupts_wait, noted, resume


class Interrupted(BaseException):
    pass


def interrupt(_number, _frame):
    raise Interrupted


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def number(request):
    before = signal.signal(request.param, interrupt)
    yield request.param
    signal.signal(request.param, before)


@pytest.fixture
def another_thread():
    """A thread that blocks nothing, so that the kernel may give it what others block."""
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    yield
    ended.set()
    thread.join()


@pytest.mark.usefixtures("another_thread")
def test_a_signal_waits_until_the_block_is_done_and_comes_then(number):
    done = []
    with pytest.raises(Interrupted):
        with interrupts_wait():
            os.kill(os.getpid(), number)
            time.sleep(0.02)
            done.append("the block")
        done.append("what follows")
    assert done == ["the block"]
    assert signal.getsignal(number) is interrupt


def test_what_raises_in_the_block_is_not_lost(number):
    with pytest.raises(ZeroDivisionError), interrupts_wait():
        _ = 1 / 0
    assert signal.getsignal(number) is interrupt
    with pytest.raises(Interrupted) as caught, interrupts_wait():
        os.kill(os.getpid(), number)
        _ = 1 / 0
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_after_the_block_signals_come_at_once(number):
    with interrupts_wait():
        pass
    with pytest.raises(Interrupted):
        os.kill(os.getpid(), number)


def test_a_block_within_a_block_waits_for_the_outer_one(number):
    done = []
    with pytest.raises(Interrupted), interrupts_wait():
        with interrupts_wait():
            os.kill(os.getpid(), number)
        done.append("the outer block")
    assert done == ["the outer block"]


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts_wait():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_that_nobody_handles_ends_the_process_after_the_block():
    code = (
        "import os, signal\n"
        "from mplsemu.emulation.interrupts import interrupts_wait\n"
        "with interrupts_wait():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('done', flush=True)\n"
        "print('after', flush=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, b"done\n")


def test_another_thread_may_have_such_a_block_too():
    done = []

    def work():
        with interrupts_wait():
            done.append("it")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["it"]


def test_a_handler_that_raises_while_handlers_are_put_back_leaves_all_in_force(number, monkeypatch):
    """However far it came: the next signal is heard."""
    put = signal.signal

    def signal_at_once(which, handler):
        put(which, handler)
        if handler is interrupt:
            os.kill(os.getpid(), number)

    with pytest.raises(Interrupted), interrupts_wait():
        monkeypatch.setattr(signal, "signal", signal_at_once)
    monkeypatch.undo()
    with pytest.raises(Interrupted):
        os.kill(os.getpid(), number)
    put(number, interrupt)


# --- noted, and acted on -------------------------------------------------------------------


def strike(number, after_s=0.05):
    """Send a signal to this process a little later."""
    timer = threading.Timer(after_s, os.kill, (os.getpid(), number))
    timer.start()
    return timer


@pytest.fixture
def full_pipe():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    yield writing
    os.close(reading)
    os.close(writing)


WAITS = {
    "wait": lambda _: interrupts.wait(()),
    "wait for what never comes": lambda pipe: interrupts.wait((pipe,)),
    "sleep": lambda _: interrupts.sleep(60),
    "run": lambda _: interrupts.run(["sleep", "60"]),
    "run with a limit": lambda _: interrupts.run(["sleep", "60"], timeout_s=60),
    "write": lambda pipe: interrupts.write(pipe, bytes(1_000_000)),
}


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated), (signal.SIGHUP, Terminated)],
)
@pytest.mark.parametrize("name", WAITS)
def test_every_wait_acts_on_a_signal_at_once(name, number, raised, full_pipe):
    timer = strike(number)
    began = time.monotonic()
    with pytest.raises(raised), noted(end):
        WAITS[name](full_pipe)
    assert time.monotonic() - began < 20
    timer.join()


def test_a_signal_that_came_before_a_wait_is_acted_on_in_it():
    with pytest.raises(Terminated), noted(end):
        os.kill(os.getpid(), signal.SIGTERM)
        interrupts.sleep(60)


def test_a_signal_waits_for_a_known_point_and_is_never_raised_before():
    done = []
    with pytest.raises(KeyboardInterrupt), noted(end):
        os.kill(os.getpid(), signal.SIGINT)
        done.append("all")
        act()
        done.append("more")
    assert done == ["all"]


def test_a_signal_is_acted_on_at_the_end_of_the_block_at_the_latest():
    with pytest.raises(Terminated), noted(end):
        os.kill(os.getpid(), signal.SIGHUP)


def test_what_comes_while_all_is_undone_changes_nothing():
    undone = []
    with pytest.raises(Terminated), noted(end):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            act()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(os.getpid(), number)
                act()
                interrupts.sleep(0.001)
                undone.append(number)
    assert len(undone) == 3


def test_a_prompt_goes_on_after_ctrl_c_but_not_after_what_ends_the_lab():
    with pytest.raises(Terminated), noted(end):
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                act()
            os.kill(os.getpid(), signal.SIGINT)
            resume()
            act()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        resume()


def test_a_scripts_own_handler_is_called_at_known_points(number):
    done = []
    with pytest.raises(Interrupted), noted():
        os.kill(os.getpid(), number)
        done.append("some")
        interrupts.sleep(60)
    assert done == ["some"]
    assert signal.getsignal(number) is interrupt


def test_a_handler_that_raises_nothing_lets_the_block_go_on():
    came = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: came.append(number))
    try:
        with noted():
            os.kill(os.getpid(), signal.SIGTERM)
            assert came == []
            interrupts.sleep(0.001)
            assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_child_is_killed_before_anything_is_raised():
    timer = strike(signal.SIGTERM)
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE)
    with pytest.raises(Terminated), noted(end):
        interrupts.communicate(child)
    assert child.returncode == -signal.SIGKILL
    timer.join()


def test_what_a_child_says_is_all_there_though_signals_of_others_come():
    with noted(lambda _number: None):
        timers = [strike(signal.SIGHUP, 0.02 * n) for n in range(1, 5)]
        done = interrupts.run(["sh", "-c", "echo one; sleep 0.2; echo two; exit 3"], text=True)
        for timer in timers:
            timer.join()
    assert (done.returncode, done.stdout, done.stderr) == (3, "one\ntwo\n", "")


TYPES = """
import readline
from mplsemu.emulation.interrupts import Terminated, end, resume, noted, read_line
with noted(end):
    while True:
        try:
            resume()
            print("got", read_line("> "), flush=True)
        except KeyboardInterrupt:
            print("cleared", flush=True)
        except Terminated:
            print("ended", flush=True)
            break
"""


def _control_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Typist:
    """Types lines at a terminal of its own."""

    def __init__(self, program):
        self.keyboard, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True, env={**os.environ, "TERM": "dumb"},
            preexec_fn=_control_terminal,  # noqa: PLW1509  # the tests have no threads
        )  # fmt: skip
        os.close(theirs)
        self.seen = ""

    def type(self, text):
        os.write(self.keyboard, text.encode())

    def expect(self, text):
        deadline = time.monotonic() + 30
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if select.select([self.keyboard], [], [], 0.1)[0]:
                self.seen += os.read(self.keyboard, 4096).decode()
        self.seen = self.seen[self.seen.index(text) + len(text) :]

    def send_at_once(self, *numbers):
        """Send signals so that the process sees all of them at the same moment."""
        self.process.send_signal(signal.SIGSTOP)
        for number in numbers:
            self.process.send_signal(number)
        self.process.send_signal(signal.SIGCONT)


FLUSH_IS_INTERRUPTED = """
import functools, signal, sys
class Stderr:
    flush = functools.partial(next, map(signal.raise_signal, [signal.SIGINT]), None)
    write = sys.__stderr__.write
sys.stderr = Stderr
"""
"""The first flush of standard error is interrupted in C; input() ignores errors of a flush."""


@pytest.fixture
def typist(request):
    made = Typist(getattr(request, "param", "") + TYPES)
    yield made
    made.process.kill()
    made.process.wait()
    os.close(made.keyboard)


def test_a_line_that_is_typed_is_cleared_by_ctrl_c_and_ended_by_what_ends_all(typist):
    typist.expect("> ")
    typist.type("first\n")
    typist.expect("got first")
    for numbers in ((signal.SIGINT,), *((signal.SIGINT, signal.SIGALRM),) * 3):
        typist.expect("> ")
        typist.type("half a li")
        typist.expect("half a li")
        typist.send_at_once(*numbers)  # a timer of ours may end at the same moment
        typist.expect("cleared")
    typist.expect("> ")
    typist.type("second\n")
    typist.expect("got second")
    typist.expect("> ")
    typist.process.send_signal(signal.SIGTERM)
    typist.expect("ended")
    assert typist.process.wait(20) == 0


@pytest.mark.parametrize(
    "numbers",
    [
        (signal.SIGINT, signal.SIGTERM),
        (signal.SIGHUP, signal.SIGINT),
        (signal.SIGHUP, signal.SIGTERM),
        (signal.SIGINT, signal.SIGALRM, signal.SIGTERM),
        (signal.SIGHUP, signal.SIGINT, signal.SIGALRM, signal.SIGTERM),
    ],
    ids=lambda numbers: "+".join(each.name for each in numbers),
)
def test_of_signals_that_come_at_once_while_a_line_is_read_none_is_lost(typist, numbers):
    typist.expect("> ")
    typist.type("half a li")
    typist.expect("half a li")
    typist.send_at_once(*numbers)
    typist.expect("ended")
    assert typist.process.wait(20) == 0


@pytest.mark.parametrize("typist", [FLUSH_IS_INTERRUPTED], indirect=True, ids=["flush"])
def test_ctrl_c_that_input_ignores_is_acted_on_a_moment_later(typist):
    typist.expect("cleared")
    typist.expect("> ")
    typist.type("first\n")
    typist.expect("got first")
    typist.expect("> ")
    typist.process.send_signal(signal.SIGTERM)
    typist.expect("ended")
    assert typist.process.wait(20) == 0


def test_ctrl_c_at_the_moment_when_a_key_is_typed_leaves_nobody_waiting_for_the_key(typist):
    for step in range(30):
        typist.expect("> ")
        typist.type("x")
        later = time.monotonic() + step * 10e-6  # while it reads the key, once or twice
        while time.monotonic() < later:
            pass
        typist.type("\x03")
        typist.expect("cleared")
    typist.expect("> ")
    typist.type("first\n")
    typist.expect("got first")
