"""Signals that wait until something is done."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from mplsemu.emulation.interrupts import interrupts_wait


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
    with pytest.raises(Interrupted):  # noqa: PT012
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
    with pytest.raises(Interrupted) as caught, interrupts_wait():  # noqa: PT012
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
    with pytest.raises(Interrupted), interrupts_wait():  # noqa: PT012
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
