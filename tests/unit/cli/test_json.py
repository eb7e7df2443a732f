"""docs/json.md shows what the commands really print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mplsemu.cli.main import main
from tests.json_document import example, keys
from tests.places import TOPOLOGIES

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


@pytest.mark.parametrize("heading", EXAMPLES)
def test_the_document_has_every_field_and_no_other(heading, capsys):
    assert main(EXAMPLES[heading]) in (0, 1)
    real = json.loads(capsys.readouterr().out)
    assert set(keys(example(heading))) == set(keys(real))


def test_the_documents_trace_is_the_real_one(capsys):
    main(EXAMPLES["trace"])
    assert json.loads(capsys.readouterr().out) == example("trace")
