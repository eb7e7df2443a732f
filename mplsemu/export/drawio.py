"""Scenes as an editable draw.io file: a page for each, with lines that stay joined to their boxes.

Uncompressed mxGraph XML, without a date or anything else that differs from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.polyline import at, length, nearest
from mplsemu.drawing.scene import Area, Label, LegendEntry, Line, Node, Scene, TextRun
from mplsemu.drawing.styles import LineStyle, NodeStyle
from mplsemu.drawing.svg.lines import OVERLAY_COLOURS, WAITING, load_step
from mplsemu.drawing.svg.markup import element, escaped
from mplsemu.drawing.svg.style import DASHES
from mplsemu.drawing.text_width import text_width
from mplsemu.views.palettes import LIGHT
from mplsemu.views.scene.kinds import LineKind, NodeKind

_FORMS: Final[Mapping[NodeStyle, str]] = {
    NodeKind.PE: "shape=ext;double=1;rounded=1;arcSize=18",
    NodeKind.P: "shape=hexagon;perimeter=hexagonPerimeter2;fixedSize=1;size=8",
    NodeKind.SITE: "rounded=1;arcSize=6",
    NodeKind.CE: "shape=card;size=8",
    NodeKind.VIRTUAL_ROUTER: "rounded=1;arcSize=40",
    NodeKind.VIRTUAL_SWITCH: "shape=process;size=0.02",
    NodeKind.NETWORK: "rounded=1;arcSize=50",  # lines end at the box: they would miss a cloud
    NodeKind.PARTNER: "shape=note;size=12",
}
_SIGN: Final = (30.0, 18.0)
_BLANK: Final = "\u00a0"
_GAP: Final = 2 * _BLANK
_ORIGIN: Final = Point(0, 0)
_FONT: Final = "fontFamily=Helvetica"


def draw_drawio(scenes: Sequence[Scene]) -> str:
    """Return a file with a page for each scene."""
    pages = (_page(index, scene) for index, scene in enumerate(scenes, start=1))
    return element("mxfile", "\n", *pages, host="mplsemu", type="device") + "\n"


def _page(index: int, scene: Scene) -> str:
    cells = _Cells()
    for area in scene.areas:
        _area(cells, area)
    nodes = {node.key: (_node(cells, node), node.box) for node in scene.nodes}
    for line in scene.lines:
        _line(cells, line, nodes)
    for run in scene.heading:
        _text(cells, run)
    for entry in scene.legend:
        _legend(cells, entry)
    root = element("root", "\n", *(f"{cell}\n" for cell in cells.all))
    model = element(
        "mxGraphModel", root, dx="0", dy="0", grid="1", gridSize="10", guides="1", tooltips="1",
        connect="1", arrows="1", fold="1", page="1", pageScale="1", math="0", shadow="0",
        pageWidth=scene.width, pageHeight=scene.height,
    )  # fmt: skip
    return element("diagram", model, id=f"page-{index}", name=scene.title) + "\n"


class _Cells:
    """The cells of a page; the id of each is its index."""

    def __init__(self) -> None:
        self.all = [element("mxCell", id="0"), element("mxCell", id="1", parent="0")]

    def add(self, geometry: str, about: str | None = None, **attributes: str | None) -> str:
        """Add a cell and return its id."""
        name = str(len(self.all))
        parent = attributes.pop("parent", "1")
        value = attributes.pop("value", None)
        if about is None:
            cell = element("mxCell", geometry, id=name, value=value, parent=parent, **attributes)
        else:  # a tooltip needs an <object> around the cell
            inner = element("mxCell", geometry, parent=parent, **attributes)
            cell = element("object", inner, label=value or "", tooltip=about, id=name)
        self.all.append(cell)
        return name


def _area(cells: _Cells, area: Area) -> None:
    style = _style(
        "rounded=1;arcSize=4;html=1;align=left;verticalAlign=top;spacingLeft=14;spacingTop=8",
        _FONT,
        f"fillColor={LIGHT.area.fill};strokeColor={LIGHT.area.stroke}",
    )
    value = _html([area.heading]) if area.heading else ""
    cells.add(_geometry(area.box), area.about, value=value, style=style, vertex="1")


def _node(cells: _Cells, node: Node) -> str:
    paint = LIGHT.nodes[node.kind]
    is_card = all(run.anchor == "start" for run in node.texts)
    style = _style(
        _FORMS[node.kind],
        "html=1;whiteSpace=wrap;container=0;collapsible=0",
        "align=left;verticalAlign=top;spacingLeft=9;spacingTop=5"
        if is_card
        else "verticalAlign=middle",
        _FONT,
        f"fillColor={paint.fill}",
        f"strokeColor={paint.stroke if node.up else LIGHT.down};strokeWidth=1.5",
        "" if node.up else "dashed=1",
    )
    ports = [run for run in node.texts if _is_port(node, run)]
    texts = [run for run in node.texts if run not in ports]
    name = cells.add(_geometry(node.box), node.about, value=_html(texts), style=style, vertex="1")
    corner = Point(node.box.x, node.box.y)
    for run in ports:
        _text(cells, run, name, corner)
    return name


def _is_port(node: Node, run: TextRun) -> bool:
    """Whether a text is a port number, which must stay where a site's line ends."""
    return node.kind is NodeKind.VIRTUAL_SWITCH and run.text.isdecimal()


def _line(cells: _Cells, line: Line, nodes: Mapping[str, tuple[str, Box]]) -> None:
    ends = [nodes.get(end) for end in line.ends]
    has_arrow = line.is_one_way or (line.kind is LineKind.WAY and not line.is_bare)
    style = _style(
        "endArrow=block;endFill=1;endSize=6" if has_arrow else "endArrow=none",
        "startArrow=block;startFill=1;startSize=6" if line.is_both_ways else "startArrow=none",
        "edgeStyle=none;html=1",
        f"rounded={int(line.is_smooth)}",
        f"strokeColor={_colour(line)}",
        f"strokeWidth={line.width + 1.2 * load_step(line.load or 0.0):g}",
        _dashes(line),
        _fixed("exit", line.points[0], ends[0][1]) if ends[0] else "",
        _fixed("entry", line.points[-1], ends[1][1]) if ends[1] else "",
    )
    waypoints = "".join(element("mxPoint", x=p.x, y=p.y) for p in line.points[1:-1])
    points = element("Array", waypoints, as_="points") if waypoints else ""
    loose = [
        element("mxPoint", x=point.x, y=point.y, as_=f"{which}Point")
        for which, point in (("source", line.points[0]), ("target", line.points[-1]))
    ]
    geometry = element("mxGeometry", *loose, points, relative="1", as_="geometry")
    source, target = (end[0] if end else None for end in ends)
    edge = cells.add(geometry, line.about, style=style, edge="1", source=source, target=target)
    for label in line.labels:
        _label(cells, edge, line, label)
    if not line.up or line.kind is LineKind.SEVERED:
        _cross(cells, edge, line)


def _label(cells: _Cells, edge: str, line: Line, label: Label) -> None:
    style = _style(
        "edgeLabel;html=1;align=center;verticalAlign=middle;resizable=0;points=[]",
        _FONT,
        f"labelBackgroundColor={LIGHT.ground}",
    )
    _on_edge(cells, edge, line, label.box.center, value=_html([label.run]), style=style)


def _cross(cells: _Cells, edge: str, line: Line) -> None:
    place = line.mark or at(line.points, length(line.points) / 2)[0]
    style = _style(
        "edgeLabel;html=1;align=center;verticalAlign=middle;resizable=0;points=[]",
        f"labelBackgroundColor={LIGHT.ground};fontStyle=1;fontSize=14;fontColor={LIGHT.down}",
    )
    _on_edge(cells, edge, line, place, value="✗", style=style)


def _on_edge(cells: _Cells, edge: str, line: Line, place: Point, *, value: str, style: str) -> None:
    """Add a text that moves with its edge."""
    distance, foot = nearest(line.points, place)
    share = distance / (length(line.points) or 1)
    offset = element("mxPoint", x=place.x - foot.x, y=place.y - foot.y, as_="offset")
    geometry = element("mxGeometry", offset, x=f"{2 * share - 1:.4g}", relative="1", as_="geometry")
    cells.add(geometry, value=value, style=style, vertex="1", connectable="0", parent=edge)


def _text(cells: _Cells, run: TextRun, parent: str = "1", corner: Point = _ORIGIN) -> None:
    align = {"start": "left", "middle": "center", "end": "right"}[run.anchor]
    style = _style(
        f"text;html=1;align={align};verticalAlign=middle;resizable=0;spacing=0",
        f"strokeColor=none;fillColor=none;{_FONT}",
        "part=1;connectable=0" if parent != "1" else "",
    )
    width, height = text_width(run.text, run.size, bold=run.bold), run.size * 1.5
    left = run.at.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[run.anchor]
    top = run.at.y - run.size * 0.36 - height / 2
    box = Box(left - corner.x, top - corner.y, width, height)
    cells.add(_geometry(box), value=_html([run]), style=style, vertex="1", parent=parent)


def _legend(cells: _Cells, entry: LegendEntry) -> None:
    _text(cells, entry.run)
    x, y = entry.at.x, entry.at.y
    width, height = _SIGN
    colour = LIGHT.down
    match entry.symbol:
        case NodeStyle() as kind:
            paint = LIGHT.nodes[kind]
            style = _style(
                _FORMS[kind],
                f"fillColor={paint.fill};strokeColor={paint.stroke if entry.up else colour}",
                "" if entry.up else "dashed=1",
            )
            box = Box(x + 1, y - height / 2, width - 4, height)
            cells.add(_geometry(box), style=style, vertex="1")
        case LineStyle() as kind:
            ends = (Point(x, y), Point(x + width, y))
            symbol = Line("", kind, ("", ""), ends, "", up=entry.up, number=entry.number)
            _line(cells, symbol, {})


def _colour(line: Line) -> str:
    if not line.up:
        return LIGHT.down
    if line.kind is LineKind.WAY:
        return LIGHT.ways[line.number % OVERLAY_COLOURS]
    step = load_step(line.load or 0.0)
    return LIGHT.loads[step - 1] if step else LIGHT.lines[line.kind]


def _dashes(line: Line) -> str:
    if line.kind is LineKind.SEVERED:
        return "dashed=1;fixDash=1;dashPattern=3 5"
    if not line.up:
        return "dashed=1;fixDash=1;dashPattern=7 5"
    if line.is_dashed:
        return f"dashed=1;fixDash=1;dashPattern={WAITING}"
    pattern = DASHES[line.number % OVERLAY_COLOURS % len(DASHES)]
    return (
        f"dashed=1;fixDash=1;dashPattern={pattern}"
        if line.kind is LineKind.WAY and pattern != "none"
        else ""
    )


def _fixed(which: str, point: Point, box: Box) -> str:
    """Return the style for the point of a node's border at which a line is joined to it."""
    x, y = (point.x - box.x) / box.width, (point.y - box.y) / box.height
    return f"{which}X={x:.4g};{which}Y={y:.4g};{which}Dx=0;{which}Dy=0;{which}Perimeter=0"


def _html(runs: Sequence[TextRun]) -> str:
    """Return texts as HTML, which draw.io's labels are; those of one height on one line."""
    rows: dict[float, list[TextRun]] = {}
    for run in sorted(runs, key=lambda run: (run.at.y, run.at.x)):
        rows.setdefault(run.at.y, []).append(run)
    left = min((run.at.x for run in runs), default=0.0)
    return "<br>".join(_indent(row[0], left) + _GAP.join(map(_words, row)) for row in rows.values())


def _indent(run: TextRun, left: float) -> str:
    if run.anchor != "start":
        return ""
    return _BLANK * round((run.at.x - left) / text_width(_BLANK, run.size))


def _words(run: TextRun) -> str:
    text = f"<b>{escaped(run.text)}</b>" if run.bold else escaped(run.text)
    colour = LIGHT.texts[run.tone]
    return f'<font style="font-size:{run.size:g}px" color="{colour}">{text}</font>'


def _geometry(box: Box) -> str:
    return element(
        "mxGeometry", x=box.x, y=box.y, width=box.width, height=box.height, as_="geometry"
    )


def _style(*parts: str) -> str:
    return ";".join(part for part in parts if part) + ";"
