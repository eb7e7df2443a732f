"""Views in the DOT language of Graphviz, to be laid out and edited with its tools.

Each view is a graph. The provider's has the known geographic positions, and a ``layout`` that keeps
them.
"""

from __future__ import annotations

import cmath
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mplsemu.export.picture_graph import Cluster, Edge, PictureGraph, Vertex, picture_graph
from mplsemu.views.model import ProviderView, View
from mplsemu.views.palettes import LIGHT
from mplsemu.views.scene.kinds import LineKind, NodeKind

_FONT: Final = "DejaVu Sans"
_INCHES_PER_NODE: Final = 3.6
"""Width of a map, for the square root of the number of its nodes."""
_INCHES_TO_A_SITE: Final = 1.3
_FAN: Final = math.radians(40)

_NODES: Final[Mapping[NodeKind, Mapping[str, str]]] = {
    NodeKind.PE: {"shape": "box", "style": "rounded,filled", "peripheries": "2"},
    NodeKind.P: {"shape": "octagon"},
    NodeKind.SITE: {"shape": "box"},
    NodeKind.CE: {"shape": "hexagon"},
    NodeKind.VIRTUAL_ROUTER: {"shape": "box", "style": "rounded,filled", "fillcolor": "#e3f4ee"},
    NodeKind.VIRTUAL_SWITCH: {"shape": "box", "peripheries": "2", "fillcolor": "#e3f1fb"},
    NodeKind.NETWORK: {"shape": "ellipse", "fillcolor": "#eef1f5"},
    NodeKind.PARTNER: {"shape": "note", "fillcolor": "#f8edf3"},
}
_EDGES: Final[Mapping[LineKind, Mapping[str, str]]] = {
    LineKind.LINK: {},
    LineKind.ACCESS: {},
    LineKind.MEMBER: {},
    LineKind.WAY: {"dir": "forward", "penwidth": "3", "constraint": "false"},
    LineKind.SEVERED: {"style": "dashed"},
}
_WAY_STYLES: Final = ("solid", "dashed", "dotted")
_DOWN: Final = "#c44d00"


def draw_dot(views: Sequence[View]) -> str:
    """Return one graph for each view."""
    return "\n".join(_graph(view) for view in views)


def _graph(view: View) -> str:
    found = picture_graph(view)
    name = found.title.replace("\\", "/")  # DOT cannot escape a backslash before a quote
    lines = [f"graph {quoted(name)} {{"]
    lines += [f"  {name}={quoted(value)};" for name, value in _settings(view, found).items()]
    lines.append(f'  node [fontname={quoted(_FONT)}, style="filled", fillcolor="#ffffff"];')
    lines.append(f"  edge [fontname={quoted(_FONT)}, fontsize=10];")
    places = _places(found)
    for number, cluster in enumerate(found.clusters):
        lines += _cluster(cluster, number, places)
    lines += [f"  {_edge(edge)}" for edge in found.edges]
    return "\n".join([*lines, "}", ""])


def _settings(view: View, found: PictureGraph) -> dict[str, str]:
    settings = {"label": _label((found.title,)), "labelloc": "t", "fontname": _FONT}
    if not isinstance(view, ProviderView):
        return {**settings, "layout": "dot", "rankdir": "LR", "ranksep": "0.8"}
    if any(vertex.position for vertex in found.vertices):
        return {**settings, "layout": "neato"}
    return {**settings, "layout": "neato", "overlap": "false", "splines": "true"}


def _cluster(cluster: Cluster, number: int, places: Mapping[str, str]) -> Iterator[str]:
    indent = "  "
    if cluster.title is not None:
        yield f"  subgraph {quoted(f'cluster_{number}')} {{"
        yield f"    label={quoted(_label((cluster.title,)))};"
        indent = "    "
    for vertex in cluster.vertices:
        yield f"{indent}{_vertex(vertex, places.get(vertex.key))}"
    if cluster.title is not None:
        yield "  }"


def _vertex(vertex: Vertex, place: str | None) -> str:
    settings = {"label": _label(vertex.lines), **_NODES[vertex.kind]}
    if not vertex.up:
        settings |= {"style": f"{settings.get('style', 'filled')},dashed", "color": _DOWN}
    if place is not None:
        settings["pos"] = place
    return f"{quoted(vertex.key)} {_attributes(settings)};"


def _edge(edge: Edge) -> str:
    first, second = (quoted(end) for end in edge.ends)
    settings = {"label": _label(edge.lines)} if edge.lines else {}
    settings |= _EDGES[edge.kind]
    if edge.kind is LineKind.WAY:
        colour = LIGHT.ways[edge.number % len(LIGHT.ways)]
        style = _WAY_STYLES[edge.number % len(_WAY_STYLES)]
        settings |= {"color": colour, "fontcolor": colour, "style": style}
        if edge.is_both_ways:
            settings["dir"] = "both"
    if edge.is_one_way:
        settings["dir"] = "forward"
    if edge.is_dashed:
        settings["style"] = "dashed"
    if not edge.up:
        settings |= {"style": "dashed", "color": _DOWN, "fontcolor": _DOWN}
    return f"{first} -- {second} {_attributes(settings)};" if settings else f"{first} -- {second};"


def _attributes(settings: Mapping[str, str]) -> str:
    return f"[{', '.join(f'{name}={quoted(value)}' for name, value in settings.items())}]"


def quoted(text: str) -> str:
    """Return a quoted string.

    A backslash stays as it is, as it begins the escapes of labels; those of `text` itself must be
    doubled.
    """
    return '"' + text.replace('"', '\\"') + '"'


def _label(lines: Sequence[str]) -> str:
    r"""Return the text of a label, with ``\\`` for a backslash and ``&amp;`` for an ampersand."""
    return "\\n".join(line.replace("\\", "\\\\").replace("&", "&amp;") for line in lines)


def _places(found: PictureGraph) -> dict[str, str]:
    """Return positions in inches, east to the right and north up.

    Vertices keep known positions; sites stand beyond their PEs, seen from the middle of the map.
    """
    known = {v.key: v.position for v in found.vertices if v.position is not None}
    if not known:
        return {}
    shrink = math.cos(math.radians(sum(lat for _, lat in known.values()) / len(known)))
    flat = {key: complex(lon * shrink, lat) for key, (lon, lat) in known.items()}
    west, south = min(p.real for p in flat.values()), min(p.imag for p in flat.values())
    flat = {key: place - complex(west, south) for key, place in flat.items()}
    extent = max(max(p.real, p.imag) for p in flat.values()) or 1.0
    scale = _INCHES_PER_NODE * math.sqrt(len(known)) / extent
    places = {key: place * scale for key, place in flat.items()}
    middle = sum(places.values()) / len(places)
    at_pe: Counter[str] = Counter()
    for site, pe in (edge.ends for edge in found.edges if edge.kind is LineKind.ACCESS):
        if pe in places:
            away = cmath.phase(places[pe] - middle or 1j)
            turn = (at_pe[pe] + 1) // 2 * (1 if at_pe[pe] % 2 else -1) * _FAN
            places[site] = places[pe] + cmath.rect(_INCHES_TO_A_SITE, away + turn)
            at_pe[pe] += 1
    return {key: f"{place.real:.3f},{place.imag:.3f}!" for key, place in places.items()}
