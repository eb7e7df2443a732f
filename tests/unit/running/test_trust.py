"""Where others may write, nothing is believed: root would signal and enter what they name."""

import os

import pytest

from mplsemu.errors import EmulationError
from mplsemu.running.directory import DIRECTORY_VARIABLE, LabDirectory, running_labs
from mplsemu.running.trust import is_trusted

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def run_dir(tmp_path, monkeypatch):
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "run"))
    return tmp_path / "run"


def test_what_is_there_already_is_looked_at_and_what_is_not_is_fine(tmp_path):
    assert is_trusted(tmp_path / "nothing")
    for mode, trusted in ((0o755, True), (0o775, False), (0o777, False), (0o1777, True)):
        (tmp_path / f"{mode:o}").mkdir()
        (tmp_path / f"{mode:o}").chmod(mode)
        assert is_trusted(tmp_path / f"{mode:o}") is trusted


def test_a_lab_makes_directories_that_nobody_else_writes_to_whatever_the_umask(run_dir):
    before = os.umask(0)
    try:
        lab = LabDirectory("mine")
        lab.claim()
    finally:
        os.umask(before)
    assert run_dir.stat().st_mode & 0o777 == 0o755
    assert lab.path.stat().st_mode & 0o777 == 0o700
    assert running_labs() == ("mine",)
    lab.release()


def test_a_run_directory_that_others_may_write_to_is_refused(run_dir):
    run_dir.mkdir()
    run_dir.chmod(0o777)
    with pytest.raises(EmulationError, match="others may write there; set MPLSEMU_RUN_DIR"):
        running_labs()
    with pytest.raises(EmulationError, match="others may write there"):
        LabDirectory("mine").claim()


@needs_root
def test_a_directory_that_another_user_planted_is_no_labs(run_dir):
    run_dir.mkdir()
    run_dir.chmod(0o1777)
    lab = LabDirectory("mine")
    lab.claim()
    os.chown(lab.path, NOBODY, NOBODY)
    assert running_labs() == ()
    with pytest.raises(EmulationError, match="is another user's"):
        LabDirectory("mine").claim()
    assert lab.path.exists()
    os.chown(lab.path, 0, 0)
    lab.release()


@needs_root
def test_a_run_directory_of_another_user_is_refused(run_dir):
    run_dir.mkdir()
    os.chown(run_dir, NOBODY, NOBODY)
    with pytest.raises(EmulationError, match="is another user's"):
        running_labs()
