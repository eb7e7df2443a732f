"""A strict reader of Graphviz's language, as far as we write it (graphviz.org/doc/info/lang)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|--|[{}\[\];=,]|[A-Za-z_][A-Za-z0-9_]*|-?\d+(?:\.\d+)?)')


@dataclass
class Graph:
    """One graph: what is set, nodes, edges and clusters, ids and values without their quotes."""

    name: str
    settings: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    clusters: dict[str, Graph] = field(default_factory=dict)


def read(text: str) -> list[Graph]:
    """Return the graphs of a file.

    Raises:
        ValueError: it is not in the language.
    """
    reader = _Reader(_tokens(text))
    graphs = []
    while reader.more():
        reader.expect("graph")
        graph = Graph(reader.identifier())
        reader.body(graph, graph)
        graphs.append(graph)
    return graphs


def shown(label: str) -> list[str]:
    """Return the lines that a label is drawn as."""
    lines = [""]
    for part in re.findall(r"\\.|[^\\]", label):
        if part == "\\n":
            lines.append("")
        elif part.startswith("\\") and part[1] not in '\\"':
            raise ValueError(f"{part!r} has a meaning in a label")
        else:
            lines[-1] += part[-1]
    if any(re.search(r"&(?!amp;)", line) for line in lines):
        raise ValueError(f"an entity in {label!r}")
    return [line.replace("&amp;", "&") for line in lines]


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"not in the language: {text[at : at + 40]!r}")
        found.append(match[1])
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._tokens)

    def peek(self) -> str:
        return self._tokens[self._at] if self.more() else ""

    def next(self) -> str:
        token = self.peek()
        if not token:
            raise ValueError("it ends too early")
        self._at += 1
        return token

    def expect(self, token: str) -> None:
        found = self.next()
        if found != token:
            raise ValueError(f"{found!r} where {token!r} should be")

    def identifier(self) -> str:
        token = self.next()
        if token.startswith('"'):
            return token[1:-1].replace('\\"', '"')  # all other backslashes stay
        if not re.fullmatch(r"[\w.-]+", token):
            raise ValueError(f"{token!r} is no name")
        return token

    def body(self, graph: Graph, whole: Graph) -> None:
        self.expect("{")
        while self.peek() != "}":
            self._statement(graph, whole)
        self.expect("}")

    def _statement(self, graph: Graph, whole: Graph) -> None:
        if self.peek() == "subgraph":
            self.next()
            cluster = Graph(self.identifier())
            if not cluster.name.startswith("cluster"):
                raise ValueError(f"{cluster.name!r} would not be drawn as a cluster")
            self.body(cluster, whole)
            graph.clusters[cluster.name] = cluster
            return
        is_default = self.peek() in {"node", "edge"}
        name = self.identifier()
        if self.peek() == "=":
            self.next()
            graph.settings[name] = self.identifier()
        elif self.peek() == "--":
            self.next()
            other = self.identifier()
            if not {name, other} <= {*whole.nodes}:
                raise ValueError(f"an edge makes a node: {name!r} -- {other!r}")
            graph.edges.append((name, other, self._attributes()))
        else:
            attributes = self._attributes()
            if not is_default:
                if name in whole.nodes:
                    raise ValueError(f"two nodes {name!r}")
                whole.nodes[name] = attributes
                graph.nodes[name] = attributes
        self.expect(";")

    def _attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.peek() != "[":
            return found
        self.next()
        while self.peek() != "]":
            name = self.identifier()
            self.expect("=")
            if name in found:
                raise ValueError(f"{name!r} twice")
            found[name] = self.identifier()
            if self.peek() == ",":
                self.next()
        self.expect("]")
        return found
