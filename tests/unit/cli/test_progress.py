"""The progress bar: whenever Ctrl-C comes, it is gone and the terminal is as it was."""

import io
import signal
import sys
import threading

import pytest
from rich.live import Live

from mplsemu.cli.progress import Bar
from tests.waiting import eventually

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


class Screen(io.StringIO):
    def isatty(self):
        return True


def a_screen(monkeypatch):
    """Be a person's terminal; from within a test, for pytest puts its own files there before."""
    made = Screen()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", made)
    return made


def assert_gone(screen, threads):
    assert sys.stderr is screen
    eventually(lambda: threading.active_count() == threads, "its thread has ended", 2)
    drawn = screen.getvalue()
    assert drawn.rfind(SHOW_CURSOR) > drawn.rfind(HIDE_CURSOR) >= 0


def test_the_bar_shows_how_far_a_stage_is(monkeypatch):
    screen = a_screen(monkeypatch)
    threads = threading.active_count()
    with Bar() as bar:
        bar.update("flows", 2, 5)
    assert "labels and routes" in screen.getvalue()
    assert "2/5" in screen.getvalue()
    assert_gone(screen, threads)


@pytest.mark.parametrize("moment", ["show_cursor", "push_render_hook", "clear_live"])
def test_an_interrupt_while_it_starts_or_stops_leaves_nothing(monkeypatch, moment):
    screen = a_screen(monkeypatch)
    threads = threading.active_count()
    bar = Bar()
    console = bar._progress.console
    usual = getattr(console, moment)

    def interrupted(*args):
        monkeypatch.setattr(console, moment, usual)
        signal.raise_signal(signal.SIGINT)
        return usual(*args)

    monkeypatch.setattr(console, moment, interrupted)
    with pytest.raises(KeyboardInterrupt), bar:
        bar.update("checks", 1, 2)
    assert_gone(screen, threads)


def test_an_interrupt_just_after_its_start_leaves_nothing(monkeypatch):
    screen = a_screen(monkeypatch)
    threads = threading.active_count()
    start = Live.start

    def start_and_fail(self, *args, **kwargs):
        start(self, *args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(Live, "start", start_and_fail)
    with pytest.raises(KeyboardInterrupt), Bar():
        pass
    assert_gone(screen, threads)


def test_other_threads_may_have_a_bar(monkeypatch):
    screen = a_screen(monkeypatch)

    def use():
        with Bar() as bar:
            bar.update("checks", 1, 2)

    worker = threading.Thread(target=use)
    worker.start()
    worker.join(10)
    assert "1/2" in screen.getvalue()
