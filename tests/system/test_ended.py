"""A lab that is ended from outside, at any moment: nothing is left behind, and it is told."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from tests.places import ROOT
from tests.system.running import MPLSEMU, mplsemu, refusal, start, up_and_down, without
from tests.waiting import eventually

pytestmark = pytest.mark.system

OPENFLOW = pytest.mark.dataplane("openflow")


# --- ended from outside --------------------------------------------------------------------

STAGES = {
    "the first moment": lambda ground: ground.directory.exists(),
    "the database": lambda ground: ground.process("ovsdb-server"),
    "the switch daemon": lambda ground: ground.process("ovs-vswitchd"),
    "the controller": lambda ground: (ground.directory / "small/controller.sock").exists(),
    "the reaper": lambda ground: ground.process("reaper"),
    "nearly up": lambda ground: (ground.directory / "small/lab.json.new").exists() or ready(ground),
}
"""Moments of a boot."""
_OF_OPENFLOW = {"the database", "the switch daemon"}


def stages(*cases):
    """Return cases for parametrize; those at a moment that only Open vSwitch has are marked."""
    return [
        pytest.param(*case, marks=OPENFLOW if _OF_OPENFLOW & {*map(str, case)} else ())
        for case in cases
    ]


def ready(ground):
    return (ground.directory / "small/lab.json").exists()


def started(ground, *words, until, **options):
    """Start a command and wait for a moment of its boot."""
    process = start(*words, env=ground.env, **options)
    eventually(
        lambda: until(ground) or process.poll() is not None, "the moment", 60.0, pause_s=0.002
    )
    return process


def ended(process, timeout_s=60):
    """Wait for a command's end; return its exit status and what it said on standard error."""
    try:
        _, said = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
        process.communicate()
    assert "Traceback" not in said, said
    return process.returncode, said


@pytest.mark.parametrize(
    ("command", "stage"),
    stages(*(("up", stage) for stage in STAGES), ("test", "the controller")),
)
def test_ctrl_c_while_booting_leaves_nothing(command, stage, small, ground):
    process = started(ground, command, small, until=STAGES[stage])
    os.killpg(process.pid, signal.SIGINT)
    if command == "up" and stage == "nearly up":
        process.stdin.close()  # it may be at its prompt already, where Ctrl-C only clears the line
        process.stdin = None
    code, said = ended(process)
    if not (command == "up" and stage == "nearly up" and code == 0):
        assert (code, said) == (130, "mplsemu: interrupted\n")
    ground.assert_clean()


def test_a_second_ctrl_c_while_it_tidies_up_changes_nothing(small, ground):
    process = started(ground, "up", small, until=STAGES["the controller"])
    while process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.01)
    code, _ = ended(process)
    assert code in {130, -signal.SIGINT}  # the last one may come when Python itself ends
    ground.assert_clean()


@pytest.mark.parametrize(
    ("command", "stage", "number"),
    stages(
        ("up", "the database", signal.SIGTERM),
        ("up", "the controller", signal.SIGHUP),
        ("test", "the switch daemon", signal.SIGTERM),
        ("test", "the reaper", signal.SIGTERM),
    ),
)
def test_a_signal_while_booting_leaves_nothing(command, stage, number, small, ground):
    process = started(ground, command, small, until=STAGES[stage])
    process.send_signal(number)
    assert ended(process) == (2, "mplsemu: ended by a signal before it was done\n")
    ground.assert_clean()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_at_the_prompt_takes_the_lab_down(number, small, ground):
    process = started(ground, "up", small, until=ready)
    process.send_signal(number)
    assert ended(process)[0] == 0
    ground.assert_clean()


def test_ctrl_c_during_the_checks_leaves_nothing(small, ground):
    process = started(ground, "test", small, until=ready)
    os.killpg(process.pid, signal.SIGINT)
    assert ended(process) == (130, "mplsemu: interrupted\n")
    ground.assert_clean()


@pytest.mark.parametrize("stage", stages(["the database"], ["the reaper"], ["up"]))
def test_a_lab_process_that_is_killed_leaves_nothing_that_runs(stage, small, ground):
    process = started(ground, "up", small, until=STAGES.get(stage, ready))
    process.kill()
    ended(process)
    eventually(lambda: ground.left_over() in ([], [f"file {ground.directory / 'small'}"]), "end")
    done = mplsemu("status", env=ground.env)
    assert (done.returncode, done.stdout) == (0, "no lab is running\n")
    up_and_down(small, ground)  # which sweeps away the directory, too


@pytest.mark.parametrize(
    "name", ["mplsemu controller", pytest.param("ovsdb-server", marks=OPENFLOW)]
)
def test_a_daemon_killed_while_booting_is_told_or_replaced(name, small, ground):
    process = started(ground, "up", small, until=lambda ground: ground.process(name))
    pid = ground.process(name)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    code, said = ended(process)
    assert (code == 2 and said.startswith("mplsemu: ")) or code == 0
    ground.assert_clean()


def test_up_under_timeout_ends_in_time(small, ground):
    done = subprocess.run(
        ["timeout", "3", *MPLSEMU, "up", str(small)],
        stdin=open_pipe(),
        env={**os.environ, **ground.env},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=20,
    )
    assert done.returncode == 124
    assert "Traceback" not in done.stderr
    ground.assert_clean()


def open_pipe():
    """Return the end of a pipe from which nothing ever comes; this process keeps the other."""
    reading, _ = os.pipe()
    return reading


# --- standard input and output -------------------------------------------------------------


def test_commands_come_from_a_pipe_and_its_end_takes_the_lab_down(small, ground):
    process = start("up", small, env=ground.env)
    out, said = process.communicate("a/x/h1 ping -c1 -W2 a/y/h1\nnodes\n", timeout=60)
    assert " 0% packet loss" in out
    assert process.returncode == 0
    assert "Traceback" not in said
    ground.assert_clean()


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", ">/dev/full"])
def test_closed_files_do_no_harm(redirection, small, ground):
    command = f'exec "$@" {redirection}'
    done = mplsemu("up", small, env=ground.env, prefix=("sh", "-c", command, "sh"))
    assert "Traceback" not in done.stderr
    assert done.returncode in ({0} if redirection.startswith(("<", "2")) else {0, 2})
    ground.assert_clean()


def test_a_reader_that_goes_away_takes_the_lab_down(small, ground):
    process = start("up", small, env=ground.env)
    process.stdout.close()
    process.stdout = None
    code, _ = ended(process)
    assert code == 0
    ground.assert_clean()


def test_a_reader_that_does_not_read_keeps_no_lab_from_being_taken_down(small, ground):
    """As a terminal after Ctrl-S, or a pager that waits for a key."""
    process = start("up", small, env=ground.env)
    eventually(lambda: ready(ground), "the lab", 60.0)
    process.stdin.write("help\n" * 1000)  # more than a pipe holds, both ways
    process.stdin.flush()
    assert mplsemu("down", env=ground.env).returncode == 0
    assert process.wait(60) == 0
    ended(process)
    ground.assert_clean()


# --- in the background ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "number"),
    stages(
        ("the database", signal.SIGKILL),
        ("the controller", signal.SIGKILL),
        ("the database", signal.SIGTERM),
        ("the controller", signal.SIGINT),
        ("the reaper", signal.SIGTERM),
    ),
)
def test_up_detach_ended_before_it_is_up_leaves_nothing(stage, number, small, ground):
    process = started(ground, "up", "--detach", small, until=STAGES[stage])
    process.send_signal(number)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130}.get(number, 2)
    if number == signal.SIGKILL and "take it down" in shown:  # it was up, and that was said
        assert mplsemu("down", env=ground.env).returncode == 0
    ground.assert_clean()


def test_a_detached_lab_survives_the_end_of_the_session_that_started_it(small, ground):
    script = '"$@"; kill -HUP -$$'
    prefix = ("setsid", "-w", "sh", "-c", script, "sh")
    mplsemu("up", "--detach", small, env=ground.env, prefix=prefix)
    assert mplsemu("ping", "-c1", "a/x/h1", "a/y/h1", env=ground.env).returncode == 0
    assert mplsemu("down", env=ground.env).returncode == 0
    ground.assert_clean()


def test_a_detached_lab_that_is_killed_is_gone_and_that_is_told(small, ground):
    assert mplsemu("up", "--detach", small, env=ground.env).returncode == 0
    [lab] = json.loads(mplsemu("status", "--json", env=ground.env).stdout)["labs"]
    os.kill(lab["pid"], signal.SIGKILL)
    eventually(lambda: ground.left_over() == [f"file {ground.directory / 'small'}"], "its end")
    assert "no lab is running" in refusal(mplsemu("down", env=ground.env))
    up_and_down(small, ground)


@OPENFLOW
def test_what_went_wrong_in_the_background_is_told_in_the_foreground(small, ground):
    prefix = without("ovs-vswitchd")
    line = refusal(mplsemu("up", "--detach", small, env=ground.env, prefix=prefix))
    assert "ovs-vswitchd is not installed" in line


def test_a_detached_lab_does_not_hold_the_callers_pipes(small, ground):
    """`$(mplsemu up --detach LAB)` returns when the lab is up, not when it ends."""
    done = subprocess.run(
        ["sh", "-c", 'said=$("$@"); echo "<$said>"', "sh", *MPLSEMU, "up", "--detach", str(small)],
        env={**os.environ, **ground.env},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=20,
    )
    assert "lab small: 2 LSRs" in done.stdout
    assert mplsemu("down", env=ground.env).returncode == 0
    ground.assert_clean()


def test_a_detached_lab_whose_greeting_nobody_reads_is_taken_down_and_that_is_told(small, ground):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*MPLSEMU, "up", "--detach", str(small)],
        env={**os.environ, **ground.env},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=30,
    )
    os.close(writer)
    said = "mplsemu: nobody reads what is printed; the lab was taken down again\n"
    assert (done.returncode, done.stderr) == (2, said)
    ground.assert_clean()


@pytest.mark.parametrize("stage", stages(["the database"], ["the controller"], ["the reaper"]))
def test_down_ends_a_lab_that_boots(stage, small, ground):
    process = started(ground, "up", small, until=STAGES[stage])
    done = mplsemu("down", "small", env=ground.env)
    assert (done.returncode, done.stdout) == (0, "lab small is down\n"), done.stderr
    code, said = ended(process)
    assert (code, said) in {(2, "mplsemu: ended by a signal before it was done\n"), (0, "")}
    ground.assert_clean()


def test_one_of_several_that_boot_the_same_lab_at_once_has_it(small, ground):
    processes = [start("up", "--detach", small, env=ground.env) for _ in range(3)]
    codes = []
    for process in processes:
        code, said = ended(process)
        codes.append(code)
        assert code == 0 or "a lab named 'small' is already running" in said
    assert sorted(codes) == [0, 2, 2]
    assert mplsemu("ping", "-c1", "a/x/h1", "a/y/h1", env=ground.env).returncode == 0
    assert mplsemu("down", env=ground.env).returncode == 0
    ground.assert_clean()


def test_a_link_cut_and_mended_at_once_makes_nobody_wait(small, ground):
    assert mplsemu("up", "--detach", small, env=ground.env).returncode == 0
    for _ in range(3):
        both = [start("link", "dk", "se", state, env=ground.env) for state in ("down", "up")]
        assert [ended(process) for process in both] == [(0, ""), (0, "")]
    assert mplsemu("down", env=ground.env).returncode == 0
    ground.assert_clean()


def test_down_takes_the_labs_name_and_only_one(small, ground):
    assert mplsemu("up", small, "--detach", env=ground.env).returncode == 0
    line = refusal(mplsemu("down", "small", "--lab", "other", env=ground.env))
    assert "small and other; name one lab, or write --all" in line
    done = mplsemu("down", "small", env=ground.env)
    assert (done.returncode, done.stdout) == (0, "lab small is down\n")


def test_a_lab_that_boots_hides_no_other(small, ground):
    assert mplsemu("up", small, "--detach", env=ground.env).returncode == 0
    booting = ground.directory / "booting"
    booting.mkdir()
    with (booting / "lock").open("w") as lock:  # as a lab does that has only just begun
        lock.write("a running lab of mplsemu")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = mplsemu("status", "--json", env=ground.env)
        assert said.returncode == 0
        assert [lab["lab"] for lab in json.loads(said.stdout)["labs"]] == ["small"]
        assert "lab 'booting' is still booting" in said.stderr
        done = mplsemu("down", "--all", env=ground.env)
        assert (done.returncode, done.stdout) == (2, "lab small is down\n")
        assert "lab 'booting' is still booting" in done.stderr
    shutil.rmtree(booting)
