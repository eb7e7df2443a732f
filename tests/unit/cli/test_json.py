"""docs/json.md shows what the commands really print."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mplsemu.cli.main import main
from tests.places import DOCS, TOPOLOGIES

DOCUMENT = DOCS / "json.md"
NORDIC = str(TOPOLOGIES / "nordic.yaml")
EXAMPLES = {
    "check": [
        *("check", NORDIC, "--failures", "2", "--down", "a/oslo", "--json"),
        *("--demands", str(Path(__file__).with_name("demands.csv"))),
    ],
    "show hosts": ["show", NORDIC, "hosts", "--json"],
    "show links": ["show", NORDIC, "links", "--json"],
    "show vpns": ["show", NORDIC, "vpns", "--json"],
    "show lfib": ["show", NORDIC, "lfib", "--json"],
    "show vrf": ["show", NORDIC, "vrf", "--json"],
    "show vsi": ["show", NORDIC, "vsi", "--json"],
    "show lsp": ["show", NORDIC, "lsp", "--json"],
    "show labels": ["show", NORDIC, "labels", "--json"],
    "trace": ["trace", NORDIC, "a/aarhus/h1", "a/stockholm/h1", "--json"],
    "view": ["view", NORDIC, "--vpn", "b", "--format", "json"],
    "doctor": ["doctor", "--json"],
}


def example(heading: str):
    """Return the first JSON block below a heading."""
    text = DOCUMENT.read_text(encoding="utf-8")
    section = re.split(rf"^##+ {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    return json.loads(re.search(r"```json\n(.*?)```", section, re.DOTALL)[1])


#: mappings whose keys are names, not fields
NAMED = {"parts"}


def keys(value, path=""):
    """Yield the path of every field that occurs anywhere in a value."""
    if isinstance(value, list):
        for item in value:
            yield from keys(item, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            if path.rpartition("/")[2] not in NAMED:
                yield f"{path}/{key}"
            yield from keys(item, f"{path}/{key}")


@pytest.mark.parametrize("heading", EXAMPLES)
def test_the_document_has_every_field_and_no_other(heading, capsys):
    assert main(EXAMPLES[heading]) in (0, 1)
    real = json.loads(capsys.readouterr().out)
    assert set(keys(example(heading))) == set(keys(real))


def test_the_documents_trace_is_the_real_one(capsys):
    main(EXAMPLES["trace"])
    assert json.loads(capsys.readouterr().out) == example("trace")
