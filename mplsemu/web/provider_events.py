"""The controller's events as one of several providers may read them.

What an event says is text, so nothing passes but what is known to be of his own network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from mplsemu.program.program import Program

_PROGRAM: Final = re.compile(r"generation \d+: (.*)")
_LINK: Final = "link "


@dataclass(frozen=True, slots=True)
class OwnNames:
    """What a provider has.

    Attributes:
        nodes: names of his LSRs.
        links: of his links and borders.
        circuits: of his attachment circuits.
        vpns: of the VPNs that are his alone.
    """

    nodes: AbstractSet[str]
    links: AbstractSet[str]
    circuits: AbstractSet[str]
    vpns: AbstractSet[str]

    @classmethod
    def of(cls, part: Program, provider: str, vpns: AbstractSet[str]) -> OwnNames:
        """Return the names in a provider's part of a program, and in VPNs that are his alone."""
        nodes = {node.name for node in part.nodes if node.provider == provider}
        return cls(nodes, part.link_by_name.keys(), part.node_of_circuit.keys(), vpns)


def own_event(event: Mapping[str, Any], own: OwnNames) -> dict[str, Any]:
    """Return an event as a provider may read it; of another's, its number and time alone."""
    bare = {"number": event["number"], "time_s": event["time_s"]}
    kind, text, took_ms = event["kind"], event["text"], event["took_ms"]
    if kind == "program":
        text, took_ms = _own_changes(text, own), None  # it took so long for all providers
    elif not _is_own(kind, text, own):
        text = ""
    return {**bare, "kind": kind, "text": text, "took_ms": took_ms} if text else bare


def is_shown(event: Mapping[str, Any]) -> bool:
    """Whether an event is more than its number and time."""
    return "text" in event


def _is_own(kind: str, text: str, own: OwnNames) -> bool:
    first = text.partition(" ")[0]
    match kind:
        case "switch" | "neighbour" | "error":
            return first in own.nodes
        case "port":
            return first in own.links or first in own.circuits
        case "storm":
            return first in own.circuits
        case "mac":
            return first in own.circuits or first.removesuffix(":") in own.vpns
        case _:
            return False


def _own_changes(text: str, own: OwnNames) -> str:
    """Return what changed of a provider's links and LSRs; empty if nothing did."""
    found = _PROGRAM.fullmatch(text)
    if found is None:  # how many entries of all LSRs were changed
        return ""
    parts = []
    for part in found[1].split("; "):
        what, colon, _ = part.partition(": ")
        is_link = what.startswith(_LINK)
        names = own.links if is_link else own.nodes
        if colon and what.removeprefix(_LINK if is_link else "") in names:
            parts.append(part)
    return "; ".join(parts)
