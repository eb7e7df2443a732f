"""Where labs leave what others need, and what is never touched."""

import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mplsemu.cli.main import main
from mplsemu.emulation.interface import Interface
from mplsemu.errors import EmulationError, LabNotRunningError, LabRunningError, NodeGoneError
from mplsemu.running.captures import tap_points
from mplsemu.running.directory import (
    DEFAULT_DIRECTORY,
    LabDirectory,
    find_lab,
    messages_of_ended_labs,
    run_directory,
    running_labs,
)
from mplsemu.running.down import take_down
from mplsemu.running.process import Process
from mplsemu.running.record import HostRecord, LabRecord, LsrRecord
from mplsemu.running.session import Session
from tests.builders import nordic


@pytest.fixture(autouse=True)
def run_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", str(tmp_path / "run"))
    return tmp_path / "run"


def record(name):
    return LabRecord(
        name, 1, "openflow", "userspace", "lab.yaml", 1.0,
        {"a/x/h1": HostRecord("a-x-h1", 3, "eth0", "02:00:00:00:00:01", ("10.0.0.1/24",))},
        {"dk": LsrRecord(1, "dk"), "se": LsrRecord(2, None)},
        {"dk-se": (Interface("dk-eth1", 1), Interface("se-eth1", 2))},
    )  # fmt: skip


def claimed(name):
    directory = LabDirectory(name)
    directory.claim()
    return directory


def test_a_claimed_lab_is_found_and_a_released_one_leaves_nothing(run_dir):
    directory = claimed("x")
    directory.write(record("x"))
    assert running_labs() == ("x",)
    assert find_lab(None).read() == record("x")
    directory.release()
    assert running_labs() == ()
    assert not run_dir.exists()


def test_a_lab_runs_once(run_dir):
    directory = claimed("x")
    with pytest.raises(LabRunningError, match="already running; type: sudo mplsemu down --lab x"):
        LabDirectory("x").claim()
    directory.release()


def test_a_booting_lab_says_so():
    directory = claimed("x")
    with pytest.raises(LabNotRunningError, match="still booting"):
        LabDirectory("x").read()
    directory.release()


def test_several_labs_must_be_told_apart():
    first, second = claimed("x"), claimed("y")
    with pytest.raises(LabNotRunningError, match=r"several labs are running \(x, y\)"):
        find_lab(None)
    assert find_lab("y").name == "y"
    with pytest.raises(LabNotRunningError, match=r"no lab named 'z' is running \(running: x, y\)"):
        find_lab("z")
    first.release()
    second.release()


def killed(name):
    """Leave what a lab leaves that was killed: everything but the lock's holder."""
    directory = claimed(name)
    directory.write(record(name))
    directory._lock.close()
    directory._lock = None


def test_what_a_killed_lab_left_is_swept_by_who_looks(run_dir):
    killed("x")
    assert (run_dir / "x").exists()
    assert running_labs() == ()
    assert not (run_dir / "x").exists()


def test_a_killed_labs_directory_can_be_claimed_again(run_dir):
    killed("x")
    (run_dir / "x" / "left-over").mkdir()
    directory = claimed("x")
    assert [path.name for path in directory.path.iterdir()] == ["lock"]
    directory.release()


def test_a_directory_that_is_not_a_labs_is_never_touched(run_dir):
    (run_dir / "x").mkdir(parents=True)
    (run_dir / "x" / "thesis.tex").write_text("three years of work")
    (run_dir / "y").mkdir()
    (run_dir / "y" / "lock").write_text("another program's")
    with pytest.raises(EmulationError, match="holds something that is not a lab's"):
        LabDirectory("x").claim()
    with pytest.raises(EmulationError, match="holds something that is not a lab's"):
        LabDirectory("y").claim()
    assert running_labs() == ()
    assert (run_dir / "x" / "thesis.tex").read_text() == "three years of work"
    assert (run_dir / "y" / "lock").read_text() == "another program's"


def test_the_last_words_of_a_lab_in_the_background_are_told_once(run_dir):
    directory = claimed("x")
    directory.leave_message("ovs-vswitchd died 6 times")
    directory.release()
    assert messages_of_ended_labs() == {"x": "ovs-vswitchd died 6 times"}
    assert messages_of_ended_labs() == {}
    assert not run_dir.exists()


def test_a_new_lab_forgets_the_last_words_of_the_one_before():
    first = claimed("x")
    first.leave_message("old")
    first.release()
    second = claimed("x")
    assert messages_of_ended_labs() == {}
    second.release()


def test_where_no_directory_can_be_made_that_is_told(monkeypatch):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", "/proc/mplsemu")
    with pytest.raises(EmulationError, match="cannot make /proc/mplsemu/x; set MPLSEMU_RUN_DIR"):
        LabDirectory("x").claim()


def test_a_relative_directory_is_made_absolute_and_an_empty_one_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLSEMU_RUN_DIR", "here")
    assert run_directory() == tmp_path / "here"
    monkeypatch.setenv("MPLSEMU_RUN_DIR", "")
    assert run_directory() == DEFAULT_DIRECTORY


# --- whose it is ---------------------------------------------------------------------------


def test_nobody_else_may_open_a_labs_directory_or_lock(run_dir):
    directory = claimed("x")
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory.path / "lock").stat().st_mode) == 0o600
    directory.release()


def test_what_an_older_lab_left_open_to_all_is_closed(run_dir):
    killed("x")
    (run_dir / "x").chmod(0o755)
    directory = claimed("x")
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    directory.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_stranger_neither_holds_a_labs_lock_nor_takes_it_for_no_lab(run_dir, tmp_path):
    for place in (*reversed(tmp_path.parents), tmp_path):
        if place.stat().st_uid == os.geteuid() and place != Path("/"):
            place.chmod(place.stat().st_mode | 0o711)
    directory = claimed("x")
    code = (
        "from mplsemu.running.directory import LabDirectory, running_labs\n"
        "from mplsemu.errors import NotRootError\n"
        "import os\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: open(LabDirectory('x').path / 'lock')\n"
        "except PermissionError: print('no lock')\n"
        "try: running_labs()\n"
        "except NotRootError as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = ["no lock", f"cannot read {run_dir}/x; type sudo before the command"]
    assert said.stdout.splitlines() == lines
    directory.release()


def test_a_lab_that_is_there_says_so_while_others_try_to_claim_its_name():
    """The lock is written by who holds it: an attempt to claim it does not empty it."""
    directory = claimed("x")
    inode = (directory.path / "lock").stat().st_ino
    for _ in range(3):
        assert LabDirectory("x")._try_lock() is None
        assert LabDirectory("x").holder() == Process.this()
        assert LabDirectory("x").is_ours()
    assert (directory.path / "lock").stat().st_ino == inode
    directory.release()
    assert LabDirectory("x").holder() is None


def test_one_of_many_that_begin_at_once_gets_the_name(run_dir):
    code = (
        "import sys\n"
        "from mplsemu.errors import LabRunningError\n"
        "from mplsemu.running.directory import LabDirectory\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "lab = LabDirectory('x')\n"
        "try: lab.claim()\n"
        "except LabRunningError: print('taken', flush=True)\n"
        "else: print('mine', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", code], **pipes) for _ in range(5)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.stdout.readline().strip() for process in processes]
    assert sorted(answers) == ["mine", *["taken"] * 4]
    assert LabDirectory("x").holder().pid == processes[answers.index("mine")].pid
    for process in processes:
        process.communicate("\n", timeout=20)


def test_a_directory_that_another_lab_claims_just_now_is_a_labs(run_dir, monkeypatch):
    """Its lock may come between two looks: at the lock, and at what else is there."""
    lab = LabDirectory("x")
    lab.path.mkdir(parents=True)
    open_file = Path.open

    def no_lock_yet(path, *args, **options):
        if path.name != "lock" or path.exists():
            return open_file(path, *args, **options)
        path.touch()
        raise FileNotFoundError

    monkeypatch.setattr(Path, "open", no_lock_yet)
    assert lab.is_ours()
    (lab.path / "lock").unlink()
    (lab.path / "thesis.tex").touch()
    assert not lab.is_ours()


# --- its process ---------------------------------------------------------------------------


def test_a_process_is_told_from_a_later_one_of_its_number():
    this = Process.this()
    assert Process.parse(str(this)) == this
    descriptor = this.open()
    assert descriptor is not None
    os.close(descriptor)
    assert Process(this.pid, this.started + 1).open() is None
    assert Process(2**22 + 1, 1).open() is None


def test_a_process_of_a_lab_whose_number_is_anothers_now_is_gone(run_dir):
    this = Process.this()
    known = replace(record("x"), started={this.pid: this.started, 2: this.started})
    directory = claimed("x")
    directory.write(known)
    read = directory.read()
    assert read == known
    read.require(this.pid)
    with pytest.raises(NodeGoneError, match="process 2 of the lab is gone"):
        read.require(2)
    session = Session.__new__(Session)  # without root
    session.directory = directory
    session.record = replace(read, started={3: this.started, 2: this.started})
    session.network = nordic()
    for node in ("a/x/h1", "a-x-h1", "se"):
        with pytest.raises(NodeGoneError, match="of the lab is gone"):
            session.exec_target(node)
    assert session.exec_target("dk").pid == 1
    with pytest.raises(NodeGoneError, match="process 3 of the lab is gone"):
        tap_points(session, ["a/x/h1"])
    directory.release()


@pytest.mark.parametrize("text", ["", "1", "1 2 3", "a b", "-1 5", "1 ²"])
def test_what_is_no_process_is_none(text):
    assert Process.parse(text) is None


def test_a_process_that_has_the_number_of_one_that_is_gone_gets_no_signal(run_dir):
    """As after a lab process was killed: the directory is there, and its number somebody else's."""
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        directory = claimed("x")
        (directory.path / "lock").write_text(f"a running lab of mplsemu\n{stranger.pid} 1\n")
        with pytest.raises(EmulationError, match=f"process {stranger.pid}'s, which is not to be"):
            take_down(LabDirectory("x"))
        directory.release()
        killed("x")
        (run_dir / "x" / "lock").write_text(f"a running lab of mplsemu\n{stranger.pid} 1\n")
        take_down(LabDirectory("x"))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_lab_that_boots_is_taken_down_too(run_dir):
    code = (
        "import signal\n"
        "from mplsemu.running.directory import LabDirectory\n"
        "lab = LabDirectory('x')\n"
        "lab.claim()\n"
        "print('booting', flush=True)\n"
        "signal.pause()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "booting\n"
    take_down(find_lab("x"))
    assert process.wait(20) == -signal.SIGTERM
    process.stdout.close()
    assert running_labs() == ()


def test_one_at_a_time_changes_a_lab():
    directory = claimed("x")
    with (
        LabDirectory("x").changing(1.0),
        pytest.raises(EmulationError, match="another command has been changing lab 'x'"),
        LabDirectory("x").changing(0.0),
    ):
        pass
    with LabDirectory("x").changing(0.0):
        pass
    directory.release()
    with pytest.raises(LabNotRunningError), LabDirectory("x").changing(0.0):
        pass


def test_who_may_not_look_at_running_labs_may_still_mistype_a_name(run_dir, monkeypatch, capsys):
    """Only root may look into a lab's directory; whether there is one of a name, anybody may."""
    directory = claimed("x")
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path) != run_dir / "x" and access(path, mode)
    )
    assert main(["check", "nrdic"]) == 2
    assert "no lab 'nrdic' is running, and there is no such file" in capsys.readouterr().err
    assert main(["check", "x"]) == 2
    assert "cannot read" in capsys.readouterr().err
    directory.release()
