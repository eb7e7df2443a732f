"""Views as Mermaid flowcharts, which README files and wikis draw."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mplsemu.export.picture_graph import Edge, PictureGraph, Vertex, picture_graph
from mplsemu.views.model import View
from mplsemu.views.scene.kinds import LineKind, NodeKind

_FORMS: Final[Mapping[NodeKind, tuple[str, str]]] = {
    NodeKind.PE: ("[[", "]]"),
    NodeKind.P: ("{{", "}}"),
    NodeKind.SITE: ("[", "]"),
    NodeKind.CE: ("[/", "/]"),
    NodeKind.VIRTUAL_ROUTER: ("(", ")"),
    NodeKind.VIRTUAL_SWITCH: ("[[", "]]"),
    NodeKind.NETWORK: ("([", "])"),
    NodeKind.PARTNER: (">", "]"),
}
_CLASSES: Final = (
    "  classDef bad stroke:#c44d00,stroke-dasharray:5 4",
    "  classDef router fill:#e3f4ee,stroke:#00805a,color:#101820",
    "  classDef switch fill:#e3f1fb,stroke:#2a7fb8,color:#101820",
)
_CLASS_OF: Final[Mapping[NodeKind, str]] = {
    NodeKind.VIRTUAL_ROUTER: "router",
    NodeKind.VIRTUAL_SWITCH: "switch",
}
_SPECIAL: Final = re.compile(
    r"[^\w .,:;/()\[\]+=✓✗→←·…-]|[`_;]"  # neither a letter nor harmless
    r"|style|classDef"  # keywords at the beginning of a line
    r"|(?<=\d)\.(?= )|\A[-+](?= )"  # would begin an item of a list
)


def draw_mermaid(views: Sequence[View]) -> str:
    """Return one flowchart, with a subgraph for each view if there are several."""
    found = [picture_graph(view) for view in views]
    chart = _Chart()
    lines = []
    if len(found) == 1:
        lines += ["---", f"title: {_title(found[0].title)}", "---"]
    lines.append("flowchart LR")
    for each in found:
        lines += chart.lines(each, is_only=len(found) == 1)
    return "\n".join([*lines, *(rule for rule in _CLASSES if chart.uses(rule)), ""])


class _Chart:
    """Hands out unique names: ``n0`` for a vertex, ``g0`` for a subgraph."""

    def __init__(self) -> None:
        self._vertices = 0
        self._groups = 0
        self._classes: set[str] = set()

    def uses(self, rule: str) -> bool:
        """Whether a vertex has the class that `rule` defines."""
        return rule.split()[1] in self._classes

    def lines(self, found: PictureGraph, *, is_only: bool) -> Iterator[str]:
        """Yield the lines of one view; one of several gets a subgraph."""
        names: dict[str, str] = {}
        indent = "  "
        if not is_only:
            yield f"{indent}{self._open(found.title)}"
            indent += "  "
        for cluster in found.clusters:
            inner = indent
            if cluster.title is not None:
                yield f"{indent}{self._open(cluster.title)}"
                inner += "  "
            for vertex in cluster.vertices:
                names[vertex.key] = f"n{self._vertices}"
                self._vertices += 1
                yield f"{inner}{self._vertex(vertex, names[vertex.key])}"
            if cluster.title is not None:
                yield f"{indent}end"
        for edge in found.edges:
            yield f"{indent}{_edge(edge, names)}"
        if not is_only:
            yield "  end"

    def _open(self, title: str) -> str:
        self._groups += 1
        return f'subgraph g{self._groups - 1}["{escaped(title)}"]'

    def _vertex(self, vertex: Vertex, name: str) -> str:
        before, after = _FORMS[vertex.kind]
        kind = "bad" if not vertex.up else _CLASS_OF.get(vertex.kind)
        if kind is not None:
            self._classes.add(kind)
        return f'{name}{before}"{_label(vertex.lines)}"{after}{f":::{kind}" if kind else ""}'


def _edge(edge: Edge, names: Mapping[str, str]) -> str:
    first, second = (names[end] for end in edge.ends)
    wire = "-.-" if edge.is_dashed or not edge.up else "-->" if edge.is_one_way else "---"
    if edge.kind is LineKind.WAY:
        wire = "<==>" if edge.is_both_ways else "==>"
    label = f'|"{_label(edge.lines)}"|' if edge.lines else ""
    return f"{first} {wire}{label} {second}"


def _label(lines: Sequence[str]) -> str:
    return "<br/>".join(escaped(line) for line in lines)


def escaped(text: str) -> str:
    """Return a text for quotes, with characters that have a meaning as entities."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0][0])};{found[0][1:]}", text)


def _title(text: str) -> str:
    """Return a title for the front matter, which is YAML; ``%`` would look like a directive."""
    return json.dumps(text, ensure_ascii=False).replace("%", "\\u0025")
