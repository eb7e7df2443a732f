"""What mplsemu starts as root imports nothing from the directory that somebody is in."""

import re
import subprocess

from mplsemu.running.command import mplsemu_command
from tests.places import ROOT, TOPOLOGIES
from tests.planted import plant_modules

NORDIC = str(TOPOLOGIES / "nordic.yaml")


def test_a_child_imports_nothing_from_the_working_directory(tmp_path):
    witness = plant_modules(tmp_path)
    words = mplsemu_command("check", NORDIC)
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert not witness.exists(), witness.read_text()
    assert done.returncode == 0, done.stderr


def test_the_planted_modules_would_have_been_imported(tmp_path):
    witness = plant_modules(tmp_path)
    words = [word for word in mplsemu_command("check", NORDIC) if word != "-P"]
    subprocess.run(words, cwd=tmp_path, capture_output=True, check=False)
    assert witness.read_text()


def test_every_python_that_mplsemu_starts_leaves_the_working_directory_out():
    starts = re.compile(r"sys\.executable,(?P<options>[^\]]*)")
    found = {}
    for file in (ROOT / "mplsemu").rglob("*.py"):
        for match in starts.finditer(file.read_text(encoding="utf-8")):
            found[file.relative_to(ROOT).as_posix()] = match["options"].split(",")[0].strip()
    assert found == {
        "mplsemu/running/command.py": '"-P"',
        "mplsemu/emulation/reaper.py": '"-I"',
    }
