"""What docs/lab-file.md shows and says is what the loader does."""

import itertools
import re

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.document import parse
from mplsemu.lab.loader import loads
from mplsemu.lab.schema import (
    LabFile,
    RawCe,
    RawDefaults,
    RawHost,
    RawL3vpn,
    RawLink,
    RawNode,
    RawPath,
    RawPing,
    RawProvider,
    RawRoutedSite,
    RawSixPe,
    RawThroughput,
    RawVpls,
    RawVplsSite,
    RawVpws,
)
from mplsemu.verification.matrix import verify
from mplsemu.verification.validate import prove
from tests.places import DOCS

TEXT = (DOCS / "lab-file.md").read_text()
MODELS = [LabFile, RawProvider, RawNode, RawLink, RawL3vpn, RawVpls, RawRoutedSite]
MODELS += [RawPing, RawPath, RawThroughput, RawSixPe, RawVplsSite, RawVpws, RawHost, RawCe]
MODELS += [RawDefaults]


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


def pes_of(value: object) -> set[str]:
    """Return the PEs that sites name."""
    match value:
        case dict():
            own = [value.get("pe"), value.get("hub")] if "pe" in value else []
            listed = [[each] if isinstance(each, str) else each for each in own if each]
            named = set(itertools.chain.from_iterable(listed))
            return named.union(*map(pes_of, value.values()))
        case list():
            return set().union(*map(pes_of, value))
        case _:
            return set()


def whole_lab(example: str) -> str:
    """Return a lab file of an example: what it does not show of one is put around it."""
    if example.startswith("name:"):
        return example
    if example.startswith("      "):
        example = f"    sites:\n{example}"
    if example.startswith("    "):
        example = f"vpns:\n  v:\n    type: l3vpn\n{example}"
    if example.startswith("provider:"):
        return f"name: x\n{example}"
    shown = parse(f"name: x\n{example}", "lab-file.md").value
    pes = sorted(pes_of(shown["vpns"]))
    nodes = ", ".join(f"{pe}: {{role: pe}}" for pe in pes)
    links = ", ".join(f"core-{pe}" for pe in pes)
    return f"name: x\nprovider: {{nodes: {{core: , {nodes}}}, links: [{links}]}}\n{example}"


def line_of(example: re.Match[str]) -> str:
    return f"line {TEXT[: example.start()].count(chr(10)) + 2}"


EXAMPLES = [
    found
    for found in re.finditer(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    if not found[1].startswith("validate:")
]


@pytest.mark.parametrize("example", EXAMPLES, ids=line_of)
def test_every_example_is_a_lab_that_holds(example):
    network = loads(whole_lab(example[1]), "lab-file.md").network
    assert verify(compile_program(network), network).violations == ()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_documented(model):
    keys = [field.alias or name for name, field in model.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in TEXT and f".{key}`" not in TEXT] == []
