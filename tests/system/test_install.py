"""Another user installs a clone that root owns and has set up."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.unit.test_build import build, copy_of_the_tree

pytestmark = pytest.mark.system

USER = "nobody"


@pytest.fixture
def place():
    path = Path(tempfile.mkdtemp(prefix="mplsemu-install-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_another_user_builds_what_root_has_set_up(place):
    run = [sys.executable, "-c", "import setuptools"]
    if subprocess.run(run, user=USER, cwd="/", capture_output=True, check=False).returncode:
        pytest.skip(f"{USER} may not run {sys.executable}")
    tree = copy_of_the_tree(place / "tree")
    (tree / "mplsemu.egg-info").mkdir()  # as an older scripts/setup left it
    (tree / "mplsemu.egg-info" / "PKG-INFO").touch(0o644)
    (tree / "build").mkdir()
    output = place / "output"
    output.mkdir()
    shutil.chown(output, USER)
    for what in ("build_wheel", "build_editable"):
        built = build(tree, what, output, user=USER, env={"TMPDIR": "/tmp"})
        assert built.suffix == ".whl"
        assert built.stat().st_size > 1000
