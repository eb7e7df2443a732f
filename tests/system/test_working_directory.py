"""Nothing that lies in the directory of a lab file runs as root because a lab is started there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted import plant_modules
from tests.system.running import SMALL, mplsemu

pytestmark = pytest.mark.system

COMMAND = str(Path(sys.executable).with_name("mplsemu"))
SCRIPT = """
from mplsemu import Lab
with Lab("small.yaml") as lab:
    assert lab.reaches("a/x/h1", "a/y/h1")
"""


@pytest.fixture
def planted(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    witness = plant_modules(tmp_path)
    yield tmp_path
    assert not witness.exists(), witness.read_text()


def run(ground, directory, *words):
    done = subprocess.run(
        words, cwd=directory, env={**os.environ, **ground.env}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_lab_with_its_page_controller_and_hosts(ground, planted):
    run(ground, planted, COMMAND, "up", "small.yaml", "--detach", "--web", "0")
    run(ground, planted, COMMAND, "ping", "a/x/h1", "a/y/h1")
    run(ground, planted, COMMAND, "exec", "a/x/h1", "--", "true")
    assert mplsemu("down", env=ground.env).returncode == 0
    ground.assert_clean()


def test_a_lab_of_a_script(ground, planted):
    run(ground, planted, sys.executable, "-P", "-c", SCRIPT)
    ground.assert_clean()


def test_a_whole_test_run(ground, planted):
    run(ground, planted, COMMAND, "test", "small.yaml")
    ground.assert_clean()
