"""A strict reader of Mermaid's flowcharts, as far as we write them (mermaid.js.org/syntax)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

_TEXT = r'"([^"]*)"'
_FORMS = (
    (r"\[\[", r"\]\]"), (r"\{\{", r"\}\}"), (r"\(\[", r"\]\)"), (r"\[/", r"/\]"),
    (r"\[", r"\]"), (r"\(", r"\)"), (r">", r"\]"),
)  # fmt: skip
_NODES = [re.compile(rf"(n\d+){a}{_TEXT}{b}(?::::([a-z]+))?\Z") for a, b in _FORMS]
_EDGE = re.compile(rf"(n\d+) (---|-\.-|==>|<==>)(?:\|{_TEXT}\|)? (n\d+)\Z")
_SUBGRAPH = re.compile(rf"subgraph (g\d+)\[{_TEXT}\]\Z")
_CLASS = re.compile(r"classDef ([a-z]+) [a-z-]+:[^:;]+(,[a-z-]+:[^:;]+)*\Z")
_ENTITY = re.compile(r"#(\d+);")


@dataclass
class Chart:
    """A flowchart: texts by name, a line of text each; edges; subgraphs with what is in them."""

    title: str | None = None
    nodes: dict[str, list[str]] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    edges: list[tuple[str, str, list[str], str]] = field(default_factory=list)
    subgraphs: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)


def read(text: str) -> Chart:
    """Return a flowchart.

    Raises:
        ValueError: it is not in the language.
    """
    chart = Chart()
    lines = text.splitlines()
    if lines[0] == "---":
        if not lines[1].startswith("title: ") or lines[2] != "---":
            raise ValueError(f"no title in {lines[:3]}")
        chart.title = json.loads(lines[1].removeprefix("title: "))
        lines = lines[3:]
    if lines[0] != "flowchart LR":
        raise ValueError(f"no flowchart: {lines[0]!r}")
    if "%%" in text:
        raise ValueError("a comment or a directive")
    opened: list[str] = []
    defined: set[str] = set()
    for line in map(str.strip, lines[1:]):
        _statement(chart, line, opened, defined)
    if opened:
        raise ValueError(f"not closed: {opened}")
    if {*chart.classes.values()} != defined:
        raise ValueError(f"classes {defined}, used {chart.classes}")
    return chart


def _statement(chart: Chart, line: str, opened: list[str], defined: set[str]) -> None:
    if line == "end":
        opened.pop()
    elif found := _SUBGRAPH.match(line):
        (chart.subgraphs[found[1]],) = shown(found[2])
        opened.append(found[1])
    elif found := _CLASS.match(line):
        defined.add(found[1])
    elif found := _EDGE.match(line):
        first, wire, text, second = found.groups()
        if not {first, second} <= {*chart.nodes}:
            raise ValueError(f"an edge makes a node: {line!r}")
        chart.edges.append((first, second, shown(text) if text else [], wire))
    else:
        _node(chart, line, opened)


def _node(chart: Chart, line: str, opened: list[str]) -> None:
    for form, pattern in enumerate(_NODES):
        if found := pattern.match(line):
            if found[1] in chart.nodes:
                raise ValueError(f"two nodes {found[1]}")
            chart.nodes[found[1]] = shown(found[2])
            chart.forms[found[1]] = form
            if found[3]:
                chart.classes[found[1]] = found[3]
            for group in opened:
                chart.members.setdefault(group, []).append(found[1])
            return
    raise ValueError(f"not in the language: {line!r}")


def shown(text: str) -> list[str]:
    """Return the lines that a label is drawn as."""
    lines = text.split("<br/>")
    for line in lines:
        if re.search(r"[<>\"`&{}|%*~$^@!'\\]|#(?!\d+;)", line):
            raise ValueError(f"something with a meaning in {line!r}")
        if re.search(r"style|classDef", line) or re.match(r"\d+\. |[-+] ", line):
            raise ValueError(f"would be read as something else: {line!r}")
    return [_ENTITY.sub(lambda found: chr(int(found[1])), line) for line in lines]
