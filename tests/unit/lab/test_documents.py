"""What docs/lab-file.md shows and says is what the loader does."""

import re

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.lab.schema import (
    LabFile,
    RawL3vpn,
    RawLink,
    RawNode,
    RawPath,
    RawPing,
    RawProvider,
    RawRoutedSite,
    RawThroughput,
    RawVpls,
)
from mplsemu.verification.validate import prove
from tests.places import DOCS

TEXT = (DOCS / "lab-file.md").read_text()
MODELS = [LabFile, RawProvider, RawNode, RawLink, RawL3vpn, RawVpls, RawRoutedSite]
MODELS += [RawPing, RawPath, RawThroughput]


def test_the_first_example_loads():
    example = re.search(r"```yaml\n(name:.*?)```", TEXT, re.DOTALL)
    assert loads(example[1], "lab-file.md").notes == ()


def test_the_extranet_example_loads():
    example = re.search(r"```yaml\n(vpns:.*?)```", TEXT, re.DOTALL)
    nodes = "{nodes: {west: {role: pe}, east: {role: pe}}, links: [west-east]}"
    red, shared = loads(f"name: x\nprovider: {nodes}\n{example[1]}", "lab-file.md").network.vpns
    assert red.import_targets == shared.import_targets
    assert red.export_targets < shared.import_targets


def test_the_example_of_checks_loads():
    first = re.search(r"```yaml\n(name:.*?)```", TEXT, re.DOTALL)[1]
    checks = re.search(r"```yaml\n(validate:.*?)```", TEXT, re.DOTALL)[1]
    lab = first.replace("p1:\n", "p1:\n    p2:\n").replace("p1-se]", "p1-se, dk-p2, p2-se]")
    lab += "  b: {type: l3vpn, sites: {stockholm: {pe: se, subnet: 192.168.2.0/24}}}\n"
    network = loads(lab + checks, "lab-file.md").network
    assert len(network.validate) == checks.count("- {")
    program = compile_program(network)
    assert all(prove(program, network, check).ok is not False for check in network.validate)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_documented(model):
    keys = [field.alias or name for name, field in model.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in TEXT and f".{key}`" not in TEXT] == []
