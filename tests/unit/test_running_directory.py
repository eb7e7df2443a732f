"""Where labs leave what others need, and what is never touched."""

import pytest

from mplsemu.emulation.interface import Interface
from mplsemu.errors import EmulationError, LabNotRunningError, LabRunningError
from mplsemu.running.directory import (
    DEFAULT_DIRECTORY,
    HostRecord,
    LabDirectory,
    LabRecord,
    LsrRecord,
    find_lab,
    last_words,
    run_directory,
    running_labs,
)


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
    directory.leave_word("ovs-vswitchd died 6 times")
    directory.release()
    assert last_words() == {"x": "ovs-vswitchd died 6 times"}
    assert last_words() == {}
    assert not run_dir.exists()


def test_a_new_lab_forgets_the_last_words_of_the_one_before():
    first = claimed("x")
    first.leave_word("old")
    first.release()
    second = claimed("x")
    assert last_words() == {}
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
