"""docs/glossary.md: what it names is there, and what names a term of the field is in it."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import importlib.util
import inspect
import pkgutil
import re
from functools import cache
from types import ModuleType

import pytest

import mplsemu
from mplsemu import control, model, program
from tests.places import DOCS, ROOT

GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in GLOSSARY.splitlines()
    if line.startswith("| ") and not line.startswith(("| term", "| word"))
]
NAMES = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", row[-1])})
NO_TERMS = {
    "control.compile.Compilation", "control.compile.Tunnels",
    "control.services.compiler.Dependencies", "control.services.compiler.ServiceState",
    "control.services.compiler.ServiceTables", "control.services.vpls_wires.WireEnd",
    "program.diff.Changes", "program.diff.InVrf", "program.diff.NodeDiff",
    "program.host_stack.Sent", "program.hosts.LocatedHost", "program.link_crossings.Crossing",
    "program.observation.Step", "program.program.VpnInfo",
}  # fmt: skip
"""Values that only pass between two modules: whoever reads the code needs no glossary for them."""


def modules(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [package, *(importlib.import_module(each.name) for each in found)]


def is_full(name: str) -> bool:
    package = name.partition(".")[0]
    return package in {each.name for each in pkgutil.iter_modules(mplsemu.__path__)}


def module_of(name: str) -> tuple[ModuleType, list[str]]:
    """Return the module in a full name, and what of it is left."""
    module, parts = mplsemu, name.split(".")
    while parts and importlib.util.find_spec(f"{module.__name__}.{parts[0]}"):
        module = importlib.import_module(f"{module.__name__}.{parts.pop(0)}")
        if not hasattr(module, "__path__"):
            break
    return module, parts


@cache
def short_names() -> dict[str, object]:
    """Return what may be named without its module: all of the modules that full names are of."""
    found: dict[str, object] = {}
    for name in filter(is_full, NAMES):
        found |= vars(module_of(name)[0])
    return found


def member(holder: object, name: str) -> object:
    if dataclasses.is_dataclass(holder) and name in {f.name for f in dataclasses.fields(holder)}:
        return holder
    return getattr(holder, name)


@pytest.mark.parametrize("name", NAMES)
def test_what_it_names_is_there(name):
    if "/" in name:
        assert (ROOT / "mplsemu" / name).exists()
        return
    found, parts = module_of(name) if is_full(name) else (None, name.split("."))
    if found is None:
        found = short_names()[parts.pop(0)]
    for part in parts:
        found = member(found, part)


def test_labs_that_it_names_are_there():
    named = re.findall(r"\btopologies/[\w.-]+\.yaml", GLOSSARY)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def frozen_values() -> dict[str, type]:
    """Return the public classes of the domain that are values: frozen, or an enumeration."""
    return {
        f"{module.__name__.removeprefix('mplsemu.')}.{name}": value
        for package in (model, program, control)
        for module in modules(package)
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and name[0] != "_"
        if issubclass(value, enum.Enum)
        or (dataclasses.is_dataclass(value) and value.__dataclass_params__.frozen)
    }


def test_every_value_of_the_domain_is_in_it():
    in_it = set(re.findall(r"\w+", " ".join(NAMES)))
    missing = {name for name in frozen_values() if name.rpartition(".")[2] not in in_it} - NO_TERMS
    assert sorted(missing) == []


def test_what_is_said_to_be_no_term_is_there_and_not_in_it():
    in_it = set(re.findall(r"\w+", " ".join(NAMES)))
    assert frozen_values().keys() >= NO_TERMS
    assert [name for name in NO_TERMS if name.rpartition(".")[2] in in_it] == []
