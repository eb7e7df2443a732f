"""docs/first-exercise.md, done as a reader does it: what it shows is what is printed."""

import re
import textwrap

import pytest

from tests.places import DOCS, ROOT, TOPOLOGIES
from tests.system.exercise import Command, Reader, commands_of

pytestmark = [pytest.mark.system, pytest.mark.quiet]

DOCUMENT = DOCS / "first-exercise.md"
NORDIC = TOPOLOGIES / "nordic.yaml"


def steps():
    """The steps of the document: heading, and text."""
    parts = re.split(r"^## ", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.split("\n", 1)[0]: part for part in parts[1:]}


def write_shared(file, text, reader):
    """Do what step 9 says about its lab file, with the lines that it shows."""
    vpn, lines = (
        textwrap.indent(textwrap.dedent(block), "  ")
        for block in re.findall(r"(?:^      .*\n)+", text, re.MULTILINE)[:2]
    )
    lab = NORDIC.read_text(encoding="utf-8").replace("\nvalidate:", f"\n{vpn}validate:")
    file.write_text(lab, encoding="utf-8")
    command, said = re.search(r"`(mplsemu trace .*)` says `(.*)`", text).groups()
    reader.type(Command(command, 0, [f"... {said} ..."]))
    for name, keys in re.findall(r"^  (\w+):\n(    .*\n)", lines, re.MULTILINE):
        lab = lab.replace(f"\n  {name}:\n", f"\n  {name}:\n{keys}")
    file.write_text(lab, encoding="utf-8")


def test_the_exercise_prints_what_it_says(tmp_path, monkeypatch):
    run_dir = tmp_path / "run"
    reader = Reader(tmp_path, ROOT, {"MPLSEMU_RUN_DIR": str(run_dir)})
    try:
        for heading, text in steps().items():
            if heading.startswith("9."):
                write_shared(tmp_path / "shared.yaml", text, reader)
            for command in commands_of(text):
                reader.type(command)
    finally:
        reader.type(Command("mplsemu down", 0))
    assert not run_dir.exists() or not list(run_dir.iterdir())
