"""The page for those who add something says the truth (docs/how-to-add.md)."""

import re

import pytest

from tests.places import DOCS, ROOT

TEXT = (DOCS / "how-to-add.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", TEXT, re.MULTILINE))
FOLDERS = ("docs/", "tests/", "scripts/")


def _files(text: str) -> list[str]:
    return re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`|((?:docs|tests|scripts)/[\w./-]*\w)", text)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_file_that_is_named_is_there(section):
    named = [quoted or plain for quoted, plain in _files(SECTIONS[section])]
    assert named
    places = [
        ROOT / name if name.startswith(FOLDERS) else ROOT / "mplsemu" / name for name in named
    ]
    assert [str(place) for place in places if not place.exists()] == []


@pytest.mark.parametrize(
    ("section", "most"), [("A label operation", 9), ("A kind of VPN", 12), ("A command", 2)]
)
def test_no_more_files_are_touched_than_it_should_take(section, most):
    rows = re.findall(r"^\| `", SECTIONS[section], re.MULTILINE)
    assert 0 < len(rows) <= most
