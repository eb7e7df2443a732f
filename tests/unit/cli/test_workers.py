"""Work shared out: results in order, errors that come through, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mplsemu.cli.workers import Workers, cpus
from mplsemu.errors import EmulationError, LabError


def alive(pid: int) -> bool:
    """Whether a process runs: one that has ended and waits to be noticed does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("processes", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_results_come_in_the_order_of_the_items(processes, count):
    def slow_first(number):
        time.sleep(0.02 if number == 0 else 0)
        return number * number

    with Workers(slow_first, range(count), processes) as workers:
        assert list(workers.results()) == [number * number for number in range(count)]


def test_the_work_is_done_elsewhere_and_by_several():
    with Workers(lambda _: (time.sleep(0.05), os.getpid())[1], range(8), 2) as workers:
        pids = set(workers.results())
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert not any(map(alive, pids))


def test_an_error_of_the_work_is_raised_where_results_are_read():
    def work(number):
        if number == 5:
            raise LabError("five is too much", remedy="write four")
        return number

    with Workers(work, range(20), 2) as workers, pytest.raises(LabError, match="five is too much"):
        list(workers.results())


def test_a_worker_that_somebody_ends_is_noticed():
    def work(number):
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with Workers(work, range(20), 2) as workers, pytest.raises(EmulationError, match="was ended"):
        list(workers.results())


def test_results_that_nobody_reads_leave_no_process_behind():
    with Workers(lambda _: (time.sleep(0.01), os.getpid())[1], range(1000), 2) as workers:
        pid = next(workers.results())
        assert alive(pid)
    assert not alive(pid)


def test_a_machine_has_at_least_one_cpu():
    assert cpus() >= 1


SLEEPERS = """
import os, sys, time
from mplsemu.cli.workers import Workers
def work(number):
    os.write(1, str(os.getpid()).encode() + bytes([10]))
    time.sleep(60)
with Workers(work, range(2), 2) as workers:
    list(workers.results())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_process_that_wants_their_work(number):
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPERS],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    pids = [int(process.stdout.readline()) for _ in range(2)]
    assert all(map(alive, pids))
    process.send_signal(number)
    process.wait(timeout=10)
    process.stdout.close()
    deadline = time.monotonic() + 10
    while any(map(alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
