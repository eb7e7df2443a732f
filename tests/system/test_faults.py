"""What can go wrong, through the command line: one clear line, exit 2, and nothing left behind."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from mplsemu.cli.main import main
from tests.system.running import (
    MPLSEMU,
    ROOT,
    SMALL,
    TOPOLOGIES,
    Ground,
    eventually,
    mplsemu,
    start,
)

pytestmark = pytest.mark.system

OPENFLOW = pytest.mark.dataplane("openflow")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    """A small lab that runs in the background, for commands that get it wrong."""
    directory = tmp_path_factory.mktemp("up")
    (directory / "small.yaml").write_text(SMALL)
    made = Ground(directory / "r")
    try:
        assert mplsemu("up", "--detach", directory / "small.yaml", env=made.env).returncode == 0
        yield made
        assert mplsemu("down", env=made.env).returncode == 0
        made.assert_clean()
    finally:
        made.sweep()


def refusal(done):
    """Demand one line on standard error and exit status 2; return the line."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("mplsemu")
    return line


@pytest.fixture
def typed(capfd, monkeypatch):
    """Return ``typed(words, ground)``: the command line in this process, which starts sooner."""

    def run(words, ground):
        monkeypatch.setenv("MPLSEMU_RUN_DIR", str(ground.directory))
        code = main(words)
        out, error = capfd.readouterr()
        return subprocess.CompletedProcess(words, code, out, error)

    return run


def up_and_down(small, ground):
    """Demand that a lab can run here."""
    assert mplsemu("up", small, env=ground.env).returncode == 0
    ground.assert_clean()


# --- the machine ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [("up", "LAB"), ("up", "--detach", "LAB"), ("test", "LAB"), ("test", "--running", "small")],
    ids=" ".join,
)
def test_who_is_not_root_is_told(words, up):
    import_it = [*NOBODY, sys.executable, "-c", "import mplsemu"]
    if subprocess.run(import_it, check=False, capture_output=True, cwd=ROOT).returncode:
        pytest.skip("this checkout is not for everybody to read")
    words = [str(TOPOLOGIES / "nordic.yaml") if word == "LAB" else word for word in words]
    assert "type sudo before the command" in refusal(mplsemu(*words, env=up.env, prefix=NOBODY))


@pytest.mark.parametrize(
    "words",
    [
        ("exec", "a/x/h1", "--", "true"),
        ("ping", "a/x/h1", "a/y/h1"),
        ("capture", "dk-se"),
        ("link", "dk", "se", "down"),
        ("status",),
        ("down",),
    ],
    ids=" ".join,
)
def test_who_is_not_root_cannot_touch_a_running_lab(words, up):
    done = mplsemu(*words, env={"MPLSEMU_RUN_DIR": str(up.directory)}, prefix=NOBODY)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert mplsemu("ping", "-c1", "a/x/h1", "a/y/h1", env=up.env).returncode == 0


def without(tool):
    """Return words that run a command where a program is not there, for it alone."""
    path = shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    script = f'mount --bind /dev/null {path} && exec "$@"'
    return ("unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh")


@pytest.mark.parametrize(
    ("command", "tool", "package"),
    [
        pytest.param("up", "ovs-vswitchd", "openvswitch-switch", marks=OPENFLOW),
        pytest.param("test", "ovsdb-server", "openvswitch-switch", marks=OPENFLOW),
        pytest.param("up", "ovs-vsctl", "openvswitch-switch", marks=OPENFLOW),
        ("up", "tc", "iproute2"),
        ("test", "ip", "iproute2"),
    ],
)
def test_what_is_not_installed_is_named_with_what_to_type(command, tool, package, small, ground):
    line = refusal(mplsemu(command, small, env=ground.env, prefix=without(tool)))
    assert f"{tool} is not installed; type: sudo apt-get install {package}" in line


def test_without_tcpdump_a_capture_with_a_filter_says_what_to_type(up):
    words = ("capture", "dk-se", "--filter", "icmp")
    line = refusal(mplsemu(*words, env=up.env, prefix=without("tcpdump")))
    assert "tcpdump is not installed; type: sudo apt-get install tcpdump" in line


@pytest.mark.parametrize("limit", [24, 64, 120])
def test_a_shell_that_allows_too_few_open_files_is_told(limit, small, ground):
    prefix = ("sh", "-c", f'ulimit -n {limit} && exec "$@"', "sh")
    done = mplsemu("test", small, env=ground.env, prefix=prefix)
    if done.returncode == 0:
        return  # here root may raise even a hard limit
    line = refusal(done)
    assert f"a process may open {limit} files here" in line
    assert "type: ulimit -n 16384" in line


@pytest.mark.parametrize("size", ["4k", "24k"])
def test_a_full_disk_is_told(size, small, ground):
    ground.directory.mkdir()
    script = f'mount -t tmpfs -o size={size} none {ground.directory} && exec "$@"'
    prefix = ("unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh")
    done = mplsemu("up", small, env=ground.env, prefix=prefix)
    ground.directory.rmdir()
    if size != "4k" and done.returncode == 0:
        return  # a lab needs no more than that
    assert done.returncode == 2
    assert done.stderr.startswith("mplsemu: ")
    assert re.search("No space left on device|has 0 MB free", done.stderr)
    assert "Traceback" not in done.stderr


def test_a_run_directory_of_which_the_path_is_too_long_is_told(small, tmp_path):
    ground = Ground(tmp_path / ("long" * 30))
    line = refusal(mplsemu("up", small, env=ground.env))
    assert "MPLSEMU_RUN_DIR" in line
    ground.assert_clean()


def test_a_run_directory_that_is_a_file_is_told(small, tmp_path):
    (tmp_path / "file").write_text("")
    line = refusal(mplsemu("up", small, env={"MPLSEMU_RUN_DIR": str(tmp_path / "file")}))
    assert "cannot make" in line
    assert "Not a directory" in line


@OPENFLOW
def test_a_framework_that_is_not_there_is_told(small, ground):
    done = mplsemu("up", small, env={**ground.env, "MPLSEMU_OPENFLOW_FRAMEWORK": "frenetic"})
    assert "frenetic" in refusal(done)


# --- lab files -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "content"),
    [
        ("up", None),
        ("test", ""),
        ("up", "name: ["),
        ("test", "name: x\nprovidr: {}\n"),
        ("up", b"\xff"),
    ],
)
def test_a_lab_file_that_is_none_starts_nothing(command, content, tmp_path, ground):
    file = tmp_path / "bad.yaml"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert "bad.yaml" in refusal(mplsemu(command, file, env=ground.env))


def test_a_directory_is_no_lab_file(tmp_path, ground):
    assert "is a directory" in refusal(mplsemu("up", tmp_path, env=ground.env)).lower()


def test_a_lab_file_that_may_not_be_read_is_told(tmp_path):
    tmp_path.chmod(0o755)
    file = tmp_path / "secret.yaml"
    file.write_text(SMALL)
    file.chmod(0o600)
    done = mplsemu("check", file, prefix=NOBODY)
    if "No module" in done.stderr:
        pytest.skip("this checkout is not for everybody to read")
    assert "ermission" in refusal(done)


# --- a lab that runs already, or none ------------------------------------------------------


@pytest.mark.parametrize("words", [("up",), ("up", "--detach"), ("test",)], ids=" ".join)
def test_a_lab_already_running_under_that_name_is_told_and_left_alone(words, small, up):
    line = refusal(mplsemu(*words, small, env=up.env))
    assert "a lab named 'small' is already running; type: sudo mplsemu down --lab small" in line
    assert mplsemu("ping", "-c1", "a/x/h1", "a/y/h1", env=up.env).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("down",),
        ("down", "--lab", "small"),
        ("ping", "a/x/h1", "a/y/h1"),
        ("exec", "dk", "--", "true"),
        ("link", "dk", "se", "down"),
        ("link",),
        ("capture", "dk-se"),
        ("status", "--lab", "small"),
        ("test", "--running", "small"),
    ],
    ids=" ".join,
)
def test_where_nothing_runs_that_is_told(words, ground, typed):
    line = refusal(typed(words, ground))
    assert "is running" in line


def test_status_of_nothing_is_no_error(ground):
    done = mplsemu("status", env=ground.env)
    assert (done.returncode, done.stdout) == (0, "no lab is running\n")
    assert json.loads(mplsemu("status", "--json", env=ground.env).stdout) == {"labs": []}
    assert mplsemu("down", "--all", env=ground.env).returncode == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("exec", "a/x/h2", "--", "true"), "did you mean 'a/x/h1'?"),
        (("exec", "a/x/h1"), "no command to run"),
        (("exec", "a/x/h1", "--", "no-such-command"), "cannot run 'no-such-command'"),
        (("ping", "a/x/h1", "a/z/h1"), "no host 'a/z/h1'"),
        (("ping", "a/x/h1", "dk"), "dk is an LSR"),
        (("ping", "q", "a/x/h1"), "no host 'q'"),
        (("ping", "-c", "0", "a/x/h1", "a/y/h1"), "write a count from 1 on"),
        (("ping", "a/x/h1", "2001:db8::1"), "IP version"),
        (("capture", "dk-no"), "did you mean 'dk-se'?"),
        (("capture", "dk-se", "a/x/h3"), "did you mean 'a/x/h1'?"),
        (("capture", "dk-se", "-c", "0"), "write a count from 1 on"),
        (("capture", "dk-se", "-w", "/no/such/directory/x.pcap"), "its directory does not exist"),
        (("capture", "dk-se", "--filter", "and and"), "syntax error"),
        (("capture", "dk-se", "--seconds", "-1"), "write more than 0"),
        (("link", "dk", "no", "down"), "no link between 'dk' and 'no'"),
        (("link", "dk-ee", "down"), "did you mean 'dk-se'?"),
        (("link", "dk", "se"), "write: mplsemu link dk p1 down"),
        (("link", "dk", "se", "sideways"), "write: mplsemu link dk p1 down"),
        (("status", "--lab", "smal"), "no lab named 'smal' is running (running: small)"),
        (("test", "--running", "smal"), "no lab named 'smal' is running"),
        (("test",), "name a lab file"),
        (("test", "--running", "small", "--junit", "/no/such/x.xml"), "its directory does not"),
        (("test", "--running", "small", "--junit", "/"), "cannot write /"),
        (("up", "x.yaml", "--dataplane", "p4"), "no data plane 'p4'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_names_and_arguments_are_told(words, hint, up, typed):
    assert hint in refusal(typed(words, up))


def test_a_report_that_cannot_be_written_is_told_before_anything_boots(small, ground, tmp_path):
    line = refusal(mplsemu("test", small, "--junit", tmp_path, env=ground.env))
    assert f"cannot write {tmp_path}" in line
    assert not ground.directory.exists()


# --- ended from outside --------------------------------------------------------------------

STAGES = {
    "the first moment": lambda ground: ground.directory.exists(),
    "the database": lambda ground: ground.process("ovsdb-server"),
    "the switch daemon": lambda ground: ground.process("ovs-vswitchd"),
    "the controller": lambda ground: (ground.directory / "small/controller.sock").exists(),
    "the undertaker": lambda ground: ground.process("undertaker"),
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
        ("test", "the undertaker", signal.SIGTERM),
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


@pytest.mark.parametrize("stage", stages(["the database"], ["the undertaker"], ["up"]))
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


# --- in the background ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "number"),
    stages(
        ("the database", signal.SIGKILL),
        ("the controller", signal.SIGKILL),
        ("the database", signal.SIGTERM),
        ("the controller", signal.SIGINT),
        ("the undertaker", signal.SIGTERM),
    ),
)
def test_up_detach_ended_before_it_is_up_leaves_nothing(stage, number, small, ground):
    process = started(ground, "up", "--detach", small, until=STAGES[stage])
    process.send_signal(number)
    code, _ = ended(process)
    assert code == {signal.SIGKILL: -9, signal.SIGINT: 130}.get(number, 2)
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
