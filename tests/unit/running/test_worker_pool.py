"""Work shared out: results in order, errors that come through, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mplsemu.errors import EmulationError, LabError
from mplsemu.running import worker_pool
from mplsemu.running.worker_pool import WorkerPool, cpus
from tests.waiting import eventually


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

    with WorkerPool(processes) as pool:
        assert list(pool.map(slow_first, range(count))) == [
            number * number for number in range(count)
        ]


def test_the_work_is_done_elsewhere_and_by_several():
    with WorkerPool(2) as pool:
        pids = set(pool.map(lambda _: (time.sleep(0.05), os.getpid())[1], range(8)))
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert not any(map(alive, pids))


def test_an_error_of_the_work_is_raised_where_results_are_read():
    def work(number):
        if number == 5:
            raise LabError("five is too much", remedy="write four")
        return number

    with WorkerPool(2) as pool, pytest.raises(LabError, match="five is too much"):
        list(pool.map(work, range(20)))


def test_a_worker_that_somebody_ends_is_noticed():
    def work(number):
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with WorkerPool(2) as pool, pytest.raises(EmulationError, match="was ended"):
        list(pool.map(work, range(20)))


def test_results_that_nobody_reads_leave_no_process_behind():
    with WorkerPool(2) as pool:
        pid = next(pool.map(lambda _: (time.sleep(0.01), os.getpid())[1], range(1000)))
        assert alive(pid)
    assert not alive(pid)


def test_quick_work_is_not_worth_a_fork(monkeypatch):
    monkeypatch.setattr(worker_pool, "cpus", lambda: pytest.fail("not worth it"))
    with WorkerPool(worth_forking_s=0.5) as pool:
        assert list(pool.map(lambda number: (number, os.getpid()), range(3))) == [
            (number, os.getpid()) for number in range(3)
        ]


def test_slow_work_is_worth_a_fork_and_its_first_item_is_done_once(tmp_path):
    log = tmp_path / "log"

    def work(number):
        time.sleep(0.02)
        with log.open("a") as file:
            file.write(f"{number}\n")
        return os.getpid()

    with WorkerPool(2, worth_forking_s=0.05) as pool:
        pids = list(pool.map(work, range(9)))
    assert pids[0] == os.getpid()
    assert os.getpid() not in pids[1:]
    assert sorted(log.read_text().split()) == sorted(map(str, range(9)))


def test_what_is_submitted_runs_here_and_its_error_is_kept():
    with WorkerPool() as pool:
        assert pool.submit(os.getpid).result() == os.getpid()
        assert isinstance(pool.submit(lambda: 1 // 0).exception(), ZeroDivisionError)


def test_a_machine_has_at_least_one_cpu():
    assert cpus() >= 1


SLEEPERS = """
import os, sys, time
from mplsemu.running.worker_pool import WorkerPool
def work(number):
    os.write(1, str(os.getpid()).encode() + bytes([10]))
    time.sleep(60)
with WorkerPool(2) as pool:
    list(pool.map(work, range(2)))
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
    eventually(lambda: not any(map(alive, pids)), "no worker is left")
