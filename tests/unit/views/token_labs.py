"""Labs in which every name and number is a word of its own, so that a search for it is an answer.

Where customers are called ``a`` and labels are ``17``, finding them in a picture proves nothing.
Here every router, customer, VPN, site, host, label and target has a name that occurs nowhere else,
in no other name and in no picture by chance.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, cached_property
from typing import Any

import pytest
import yaml

from mplsemu.control.compile import compile_program
from mplsemu.lab.importers.new_lab import new_lab
from mplsemu.lab.loader import loads
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.program import Program
from mplsemu.views.customer import customer_view
from mplsemu.views.model import CustomerView
from tests.places import TOPOLOGIES
from tests.view_labs import NORTH

FIRST_LABEL = 871_001
FIRST_TARGET = 72_001
ASN = 64_999
LETTERS = "BCDFGHJKLMNPQRSTVWXYZ"

GENERATED = {
    "abilene": ("topohub:topozoo/Abilene", 4, 3, 5),
    "tatanld": ("topohub:topozoo/TataNld", 3, 2, 40),
}
LABS = ("nordic", "extranet", "hub", "vpls", "attmpls", "uniform", "ecmp", "polaris", *GENERATED)
EVERY_LAB = [
    pytest.param(name, marks=pytest.mark.slow if name == "tatanld" else ()) for name in LABS
]


@dataclass(frozen=True)
class TokenLab:
    """A lab with tokens for names.

    Attributes:
        program: compiled, with some links and lines down if asked for.
    """

    program: Program

    @property
    def vpns(self) -> tuple[str, ...]:
        return tuple(info.name for info in self.program.vpns)

    def view(self, vpn: str) -> CustomerView:
        return customer_view(self.program, vpn)

    def secrets(self, vpn: str) -> frozenset[str]:
        """Everything that the customer of a VPN must not find in anything of his."""
        others = (words for name, words in self._customers.items() if name != vpn)
        return frozenset(self._providers.union(*others) - self._customers[vpn])

    @cached_property
    def _customers(self) -> dict[str, set[str]]:
        found = {info.name: {info.name, info.customer} for info in self.program.vpns}
        for node in self.program.nodes:
            for circuit in node.circuits:
                mine = found[circuit.vpn]
                mine |= {circuit.site, circuit.name}
                mine |= {word for host in circuit.hosts for word in (host.name, host.mac)}
                if circuit.ce is not None:
                    mine.add(circuit.ce.mac)
        return found

    @cached_property
    def _providers(self) -> set[str]:
        program = self.program
        found = {program.lab, GATEWAY_MAC, *(link.name for link in program.links)}
        for node in program.nodes:
            found |= {node.name, str(node.router_id)}
            found |= {mac for end in node.adjacencies for mac in (end.mac, end.peer_mac)}
            for vrf in node.vrfs:
                found |= {str(vrf.rd), *map(str, vrf.import_targets), *map(str, vrf.export_targets)}
        labels = {str(int(label)) for label in _labels(program) if label >= FIRST_LABEL}
        assert labels, "a lab without labels proves nothing about them"
        return found | labels


def _labels(value: Any) -> Iterator[int]:
    """Yield every label anywhere in a program."""
    if type(value).__name__ == "Label":
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _labels(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _labels(getattr(value, field.name))


@cache
def token_lab(name: str, *, down: int = 0) -> TokenLab:
    """Return a lab by its name in `LABS`.

    Args:
        name: of the lab.
        down: how many links, and as many lines of sites, are down: the same at every call.
    """
    network = loads(_tokenized(_text(name)), f"{name}.yaml").network
    chooser = random.Random(down)
    links = [link.name for link in network.provider.links]
    lines = [site.circuit for _, site in network.sites()]
    lost = {*chooser.sample(links, min(down, len(links)))}
    lost |= {*chooser.sample(lines, min(down, len(lines)))}
    program = compile_program(network, down=frozenset(lost))
    return TokenLab(_with_host_tokens(program))


def _text(name: str) -> str:
    if name == "polaris":
        return NORTH
    if name in GENERATED:
        source, l3vpns, vpls, sites = GENERATED[name]
        return new_lab(name, source, l3vpns=l3vpns, vpls=vpls, sites=sites, seed=1).text
    return (TOPOLOGIES / f"{name}.yaml").read_text(encoding="utf-8")


class _Tokens:
    """Hands out words that look alike and are all different."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._taken: set[str] = set()

    def take(self) -> str:
        while True:
            word = "ZZ" + "".join(self._random.choices(LETTERS, k=8))
            if word not in self._taken:
                self._taken.add(word)
                return word

    def keys(self, names: Iterable[str]) -> dict[str, str]:
        return {name: self.take() for name in names}


def _tokenized(text: str) -> str:
    """Return a lab file with other names; the base loader takes every value as text."""
    lab = yaml.load(text, Loader=yaml.BaseLoader)
    tokens = _Tokens(seed=1)
    provider = lab["provider"]
    nodes = tokens.keys(provider["nodes"])
    provider["nodes"] = {nodes[name]: node or None for name, node in provider["nodes"].items()}
    provider["links"] = [_link(link, nodes) for link in provider.get("links", [])]
    provider["labels"] = f"{FIRST_LABEL}-1048575"
    targets = {f"64512:{n}": f"{ASN}:{FIRST_TARGET + n}" for n in range(1, len(lab["vpns"]) + 1)}
    vpns = {}
    for number, vpn in enumerate(lab["vpns"].values(), 1):
        vpn["customer"] = tokens.take()
        if vpn["type"] == "l3vpn":
            own = f"64512:{number}"
            vpn["rd"] = targets[own]
            ways = ("import", "export") if vpn.get("topology", "mesh") == "mesh" else ()
            for way in ways:
                vpn[way] = [targets[target] for target in vpn.get(way, [own])]
        vpn["sites"] = {
            tokens.take(): {**site, "pe": nodes[site["pe"]]} for site in vpn["sites"].values()
        }
        vpns[tokens.take()] = vpn
    made = {"name": tokens.take(), "provider": provider, "vpns": vpns}
    return yaml.safe_dump(made, sort_keys=False)


def _link(link: str | dict[str, Any], nodes: dict[str, str]) -> dict[str, Any]:
    more = {} if isinstance(link, str) else link
    ends = link.split("-") if isinstance(link, str) else link["ends"]
    if len(ends) != 2 or not {*ends} <= {*nodes}:  # a name with a hyphen in it
        ends = next([a, b] for a in nodes for b in nodes if f"{a}-{b}" == link)
    return {**more, "ends": [nodes[end] for end in ends]}


def _with_host_tokens(program: Program) -> Program:
    """Rename hosts too, which in lab files are all ``h1``."""
    tokens = _Tokens(seed=2)
    made = []
    for node in program.nodes:
        circuits = tuple(
            replace(
                circuit,
                hosts=tuple(replace(host, name=tokens.take()) for host in circuit.hosts),
            )
            for circuit in node.circuits
        )
        made.append(replace(node, circuits=circuits))
    return replace(program, nodes=tuple(made))


def strings(value: Any) -> Iterator[str]:
    """Yield every string anywhere in a value: of a scene, whatever fields it may get."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for item in value:
            yield from strings(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))


def leaked(text: str, secrets: Iterable[str]) -> set[str]:
    """Return those of the secrets that are in a text, in whatever case."""
    folded = text.casefold()
    return {secret for secret in secrets if secret.casefold() in folded}
