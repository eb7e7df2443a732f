"""docs/how-do-i.md: its commands are such, its links lead somewhere."""

import re
import shlex

import pytest

from mplsemu.cli.main import build_parser
from tests.places import DOCS

TEXT = (DOCS / "how-do-i.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"`(?:sudo )?mplsemu ([^`]+)`", TEXT)))
LINKS = sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT)))


def anchors(text):
    """What links into a document may say behind the #, as GitHub has it."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_can_be_typed(command):
    words = shlex.split(command.replace("\\|", "|").split(" | ")[0])
    parser, _ = build_parser(words[0])
    parser.parse_args(words)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_somewhere(link):
    name, _, anchor = link.partition("#")
    text = (DOCS / name).read_text(encoding="utf-8")
    assert not anchor or anchor in anchors(text)


def test_every_command_that_a_user_types_is_answered():
    typed = {command.split()[0] for command in COMMANDS}
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Commands")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `(\w+)", table, re.MULTILINE))
    assert listed - typed <= {"export", "controller", "web", "help"}
