"""What docs/lab-file.md shows and says is what the loader does."""

import re
from pathlib import Path

import pytest

from mplsemu.lab.loader import loads
from mplsemu.lab.schema import (
    LabFile,
    RawL3vpn,
    RawLink,
    RawNode,
    RawPing,
    RawProvider,
    RawRoutedSite,
    RawVpls,
)

TEXT = (Path(__file__).parents[2] / "docs" / "lab-file.md").read_text()
MODELS = [LabFile, RawProvider, RawNode, RawLink, RawL3vpn, RawVpls, RawRoutedSite, RawPing]


def test_the_first_example_loads():
    example = re.search(r"```yaml\n(name:.*?)```", TEXT, re.DOTALL)
    assert loads(example[1], "lab-file.md").notes == ()


def test_the_extranet_example_loads():
    example = re.search(r"```yaml\n(vpns:.*?)```", TEXT, re.DOTALL)
    nodes = "{nodes: {west: {role: pe}, east: {role: pe}}, links: [west-east]}"
    red, shared = loads(f"name: x\nprovider: {nodes}\n{example[1]}", "lab-file.md").network.vpns
    assert red.import_targets == shared.import_targets
    assert red.export_targets < shared.import_targets


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_documented(model):
    keys = [field.alias or name for name, field in model.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in TEXT and f".{key}`" not in TEXT] == []
