"""The provider's network as a map of characters, for networks that fit 80 columns."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len
from rich.text import Text

from mplsemu.model.topology import Role
from mplsemu.views.model import LinkView, ProviderView, RouterView
from mplsemu.views.text import palette
from mplsemu.views.text.canvas import EAST, NORTH, SOUTH, WEST, Border, Canvas, shorten
from mplsemu.views.text.grid_placement import Cell, Grid, place
from mplsemu.views.text.line_router import OPPOSITE, Box, GridPath, LineRouter

MOST_ROUTERS: Final = 16
_MOST_LINKS: Final = 30
_WIDEST_BOX: Final = 16
_BETWEEN_ROWS: Final = 4
_JOINTS: Final = {
    Role.PE: {EAST: "╟", WEST: "╢", NORTH: "╧", SOUTH: "╤"},
    Role.P: {EAST: "├", WEST: "┤", NORTH: "┴", SOUTH: "┬"},
}


def draw_map(view: ProviderView, width: int = 80) -> list[Text] | None:
    """Return the lines of the map; None if the network is too large or too dense."""
    if not 0 < len(view.routers) <= MOST_ROUTERS or len(view.links) > _MOST_LINKS:
        return None
    boxes, height = _boxes(view, width - 3)
    router = LineRouter(width - 2, height)
    for box in boxes.values():
        router.block(box)
    ways = []
    for link in sorted(view.links, key=lambda link: _length(boxes, link)):
        way = router.connect(boxes[link.ends[0]], boxes[link.ends[1]])
        if way is None:
            return None
        ways.append((link, way))
    canvas = Canvas()
    for node in view.routers:
        _draw_box(canvas, boxes[node.name], node)
    roles = {node.name: node.role for node in view.routers}
    for link, way in ways:
        _draw_link(canvas, link, way, roles)
    lines = canvas.lines()
    while lines and not lines[0].plain.strip():
        lines.pop(0)
    return _aligned(lines)


def _boxes(view: ProviderView, width: int) -> tuple[dict[str, Box], int]:
    """Return where each router's box is, and the map's height."""
    names = [node.name for node in view.routers]
    widest = min(max(*(cell_len(name) for name in names), 4) + 4, _WIDEST_BOX)
    per_row = max(2, min((width + 4) // (widest + 6), len(names)))
    columns = min(per_row, max(3, round((len(names) * 2) ** 0.5)))
    grid = Grid(columns, max(3, -(-len(names) // columns) + 1))
    links = [(names.index(a), names.index(b)) for a, b in (link.ends for link in view.links)]
    cells = place(links, [node.position for node in view.routers], grid)
    cells, used = _squeezed(cells)
    gap = min(14, (width - used.columns * widest) // max(used.columns - 1, 1))
    boxes = {
        name: Box(2 + x * (widest + gap), 1 + y * (3 + _BETWEEN_ROWS - 1), widest, 3)
        for name, (x, y) in zip(names, cells, strict=True)
    }
    return boxes, used.rows * (3 + _BETWEEN_ROWS - 1) + 1


def _squeezed(cells: list[Cell]) -> tuple[list[Cell], Grid]:
    """Return the cells without empty columns and rows."""
    columns = sorted({x for x, _ in cells})
    rows = sorted({y for _, y in cells})
    squeezed = [(columns.index(x), rows.index(y)) for x, y in cells]
    return squeezed, Grid(len(columns), len(rows))


def _length(boxes: dict[str, Box], link: LinkView) -> tuple[int, str]:
    first, second = (boxes[end] for end in link.ends)
    return abs(first.x - second.x) + 2 * abs(first.y - second.y), link.name


def _draw_box(canvas: Canvas, box: Box, node: RouterView) -> None:
    is_pe = node.role is Role.PE
    style = palette.PE if is_pe else palette.P
    canvas.box(box.x, box.y, box.width, box.height, Border.DOUBLE if is_pe else Border.LIGHT, style)
    name = shorten(node.name, box.width - 4)
    canvas.write(box.x + (box.width - cell_len(name)) // 2, box.y + 1, name, style)


def _draw_link(canvas: Canvas, link: LinkView, way: GridPath, roles: dict[str, Role]) -> None:
    style = "" if link.up else palette.DOWN
    for (x, y), arms in way.cells:
        canvas.arm(x, y, arms, style)
    for end, ((x, y), _), away in (
        (link.ends[0], way.cells[0], way.start),
        (link.ends[1], way.cells[-1], OPPOSITE[way.end]),
    ):
        dx, dy = {EAST: (-1, 0), WEST: (1, 0), SOUTH: (0, -1), NORTH: (0, 1)}[away]
        role = roles[end]
        node_style = palette.PE if role is Role.PE else palette.P
        canvas.write(x + dx, y + dy, _JOINTS[role][away], node_style)
    if not link.up:
        (x, y), _ = way.cells[len(way.cells) // 2]
        canvas.write(x, y, "✗", palette.DOWN)


def _aligned(lines: list[Text]) -> list[Text]:
    """Return the map moved to the left margin."""
    margin = min(len(line.plain) - len(line.plain.lstrip()) for line in lines if line.plain.strip())
    return [line[margin - 1 :] if margin > 1 and line.plain.strip() else line for line in lines]
