"""Daemons of the supervisor's own making: plain processes that end when they are told to."""

import signal
import subprocess
import sys
import threading

import pytest

from mplsemu.errors import EmulationError
from mplsemu.running.supervisor import MAX_RESTARTS, Daemon, Supervisor

PATIENCE_S = 20


class FakeDaemon:
    """A process that sleeps; `broken` makes every new one end at once."""

    def __init__(self):
        self.process = None
        self.starts = 0
        self.broken = False

    def pid(self):
        return self.process.pid if self.process.poll() is None else None

    def start(self):
        self.starts += 1
        self.process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        if self.broken:
            self.end()
            raise EmulationError("it says it is broken")

    def end(self):
        process = self.process  # another takes its place as soon as it is dead
        process.stdin.close()
        process.wait()


class Told:
    def __init__(self):
        self.lines = []
        self.news = threading.Condition()

    def __call__(self, line):
        with self.news:
            self.lines.append(line)
            self.news.notify_all()

    def wait(self, count):
        with self.news:
            assert self.news.wait_for(lambda: len(self.lines) >= count, PATIENCE_S), self.lines


@pytest.fixture
def daemon():
    made = FakeDaemon()
    made.start()
    yield made
    if made.pid() is not None:
        made.end()


@pytest.fixture
def supervised(daemon):
    told, given_up = Told(), Told()
    supervisor = Supervisor((Daemon("it", daemon.pid, daemon.start),), told, given_up)
    supervisor.start()
    yield told, given_up
    supervisor.stop()


def test_a_daemon_that_dies_is_started_again_and_that_is_told(daemon, supervised):
    told, given_up = supervised
    daemon.end()
    told.wait(1)
    assert told.lines == ["it died and was started again"]
    assert daemon.pid() is not None
    assert given_up.lines == []


def test_a_daemon_that_keeps_dying_is_given_up(daemon, supervised):
    told, given_up = supervised
    for death in range(MAX_RESTARTS):
        daemon.end()
        told.wait(death + 1)
    daemon.end()
    given_up.wait(1)
    assert given_up.lines == ["it died 6 times in a row; the lab ends"]


def test_one_that_the_lab_can_do_without_is_given_up_alone_and_the_others_are_watched_on(daemon):
    told, given_up = Told(), Told()
    other = FakeDaemon()
    other.start()
    page = Daemon("the page", other.pid, other.start, is_vital=False)
    supervisor = Supervisor((Daemon("it", daemon.pid, daemon.start), page), told, given_up)
    supervisor.start()
    try:
        for death in range(MAX_RESTARTS + 1):
            other.end()
            told.wait(death + 1)
        assert told.lines[-1] == "the page died 6 times in a row; the lab goes on without it"
        daemon.end()
        told.wait(MAX_RESTARTS + 2)
        assert told.lines[-1] == "it died and was started again"
        assert other.starts == 1 + MAX_RESTARTS
        assert given_up.lines == []
    finally:
        supervisor.stop()


def test_one_that_dies_on_its_way_up_is_tried_again_and_its_words_are_told(daemon, supervised):
    _, given_up = supervised
    daemon.broken = True
    daemon.end()
    given_up.wait(1)
    assert given_up.lines == ["it died 6 times in a row (it says it is broken); the lab ends"]
    assert daemon.starts == 1 + MAX_RESTARTS


def test_one_that_fails_because_another_died_meanwhile_is_not_given_up(daemon):
    told, given_up = Told(), Told()
    other = FakeDaemon()
    other.start()

    def start_without_the_other():
        daemon.start()
        if other.starts == 1:
            other.end()
            raise EmulationError("the other one is not there")

    supervisor = Supervisor(
        (
            Daemon("it", daemon.pid, start_without_the_other),
            Daemon("other", other.pid, other.start),
        ),
        told,
        given_up,
    )
    supervisor.start()
    daemon.end()
    told.wait(1)
    supervisor.stop()
    assert told.lines == ["other died and was started again"]
    assert given_up.lines == []
    assert (daemon.pid(), other.pid()) != (None, None)
    other.end()


def test_who_is_told_to_stop_starts_nothing_again(daemon):
    told = Told()
    supervisor = Supervisor((Daemon("it", daemon.pid, daemon.start),), told, told)
    supervisor.start()
    supervisor.stop()
    supervisor.stop()
    daemon.end()
    assert (daemon.starts, told.lines) == (1, [])


def test_ctrl_c_while_its_thread_starts_waits_until_it_runs(daemon, monkeypatch):
    """In between it would leave a lock askew, and what is told would not be the Ctrl-C."""
    started = []
    start = threading.Thread.start

    def interrupted_start(thread):
        signal.raise_signal(signal.SIGINT)
        start(thread)
        started.append(thread)

    told = Told()
    supervisor = Supervisor((Daemon("it", daemon.pid, daemon.start),), told, told)
    monkeypatch.setattr(threading.Thread, "start", interrupted_start)
    with pytest.raises(KeyboardInterrupt):
        supervisor.start()
    assert [thread.is_alive() for thread in started] == [True]
    supervisor.stop()
    assert not started[0].is_alive()
