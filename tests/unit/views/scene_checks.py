"""What must hold of every picture: nothing lies on anything else, and nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.scene import Line, Node, Scene, TextRun
from mplsemu.drawing.text_width import text_width
from mplsemu.views.scene.kinds import LineKind

CROSS = 9.0
"""How far the mark of what is down reaches."""
SIGN = 30.0
SLACK = 0.01


def box_of(run: TextRun) -> Box:
    """Return the box that a text takes, from capital letters down to what hangs below."""
    width = text_width(run.text, run.size, bold=run.bold)
    left = {"start": 0.0, "middle": width / 2, "end": width}[run.anchor]
    return Box(run.at.x - left, run.at.y - 0.76 * run.size, width, 0.98 * run.size)


def holds(outer: Box, inner: Box) -> bool:
    return (
        outer.x <= inner.x + SLACK
        and outer.y <= inner.y + SLACK
        and inner.right <= outer.right + SLACK
        and inner.bottom <= outer.bottom + SLACK
    )


def check(scene: Scene) -> None:
    """Fail with what is wrong with a picture's geometry."""
    for name, found in (
        ("keys", keys(scene)),
        ("nodes", nodes(scene)),
        ("labels", labels(scene)),
        ("texts", texts(scene)),
        ("lines", lines(scene)),
        ("canvas", canvas(scene)),
        ("areas", areas(scene)),
    ):
        wrong = list(found)
        assert not wrong, (name, wrong[:5])


def texts(scene: Scene) -> Iterator[object]:
    """Yield texts that leave their boxes or lie on one another."""
    for node in scene.nodes:
        boxes = [(run.text, box_of(run)) for run in node.texts]
        yield from ((node.key, text) for text, box in boxes if not holds(node.box, box))
        yield from (
            (node.key, a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)
        )
        yield from ((node.key, "empty") for run in node.texts if not run.text)
    for line in scene.lines:
        for label in line.labels:
            if not holds(label.box, box_of(label.run)):
                yield line.key, label.run.text


def nodes(scene: Scene) -> Iterator[object]:
    """Yield nodes that come too close to one another."""
    for one, two in combinations(scene.nodes, 2):
        if one.box.overlaps(two.box, 8):
            yield one.key, two.key


def labels(scene: Scene) -> Iterator[object]:
    """Yield labels and marks that lie on something."""
    found = [(line, label.box) for line in scene.lines for label in line.labels]
    crosses = [(line, cross(line)) for line in scene.lines if not line.up]
    for (line, box), (other, second) in combinations([*found, *crosses], 2):
        if box.overlaps(second):
            yield line.key, other.key
    for line, box in [*found, *crosses]:
        yield from ((line.key, node.key) for node in scene.nodes if box.overlaps(node.box))
        for other in scene.lines:
            if other is not line and any(touches(a, b, box) for a, b in pairwise(other.points)):
                yield line.key, "on", other.key


def cross(line: Line) -> Box:
    first, last = line.points[0], line.points[-1]
    mark = line.mark or Point((first.x + last.x) / 2, (first.y + last.y) / 2)
    return Box(mark.x - CROSS, mark.y - CROSS, 2 * CROSS, 2 * CROSS)


def touches(start: Point, end: Point, box: Box) -> bool:
    """Whether a line, parallel to an axis, comes into a box."""
    if start.x != end.x and start.y != end.y:
        raise NotImplementedError(f"a slanted line from {start} to {end}")
    low, high = min(start.x, end.x), max(start.x, end.x)
    top, bottom = min(start.y, end.y), max(start.y, end.y)
    return Box(low, top, high - low, bottom - top).overlaps(box, -SLACK)


def lines(scene: Scene) -> Iterator[object]:
    """Yield lines that cross a foreign node, miss their own, or run on another."""
    known: dict[str, Node] = {node.key: node for node in scene.nodes}
    for line in scene.lines:
        if len(line.points) < 2:
            yield line.key, "short"
        for key, point in zip(line.ends, (line.points[0], line.points[-1]), strict=True):
            if not on_border(known[key].box, point):
                yield line.key, "misses", key
        for node in scene.nodes:
            grown = node.box.grown(-SLACK if node.key in line.ends else 3)
            if any(touches(a, b, grown) for a, b in pairwise(line.points)):
                yield line.key, "crosses", node.key
    yield from overlapping(scene)


def on_border(box: Box, point: Point) -> bool:
    inside = holds(box, Box(point.x, point.y, 0, 0))
    on_side = min(abs(point.x - box.x), abs(point.x - box.right)) < SLACK
    on_level = min(abs(point.y - box.y), abs(point.y - box.bottom)) < SLACK
    return inside and (on_side or on_level)


def overlapping(scene: Scene) -> Iterator[object]:
    """Yield pairs of lines of which one hides a part of the other."""
    upright: dict[int, list[tuple[float, float, str]]] = {}
    level: dict[int, list[tuple[float, float, str]]] = {}
    for line in scene.lines:
        for a, b in pairwise(line.points):
            if a.x == b.x:
                low, high = sorted((a.y, b.y))
                upright.setdefault(round(a.x), []).append((low, high, line.key))
            else:
                low, high = sorted((a.x, b.x))
                level.setdefault(round(a.y), []).append((low, high, line.key))
    for found in [*upright.values(), *level.values()]:
        found.sort()
        for (_, end, one), (start, _, two) in pairwise(found):
            if start < end - SLACK and one != two:
                yield one, "hides", two


def canvas(scene: Scene) -> Iterator[object]:
    """Yield what is not within the picture, with a margin."""
    whole = Box(0, 0, scene.width, scene.height).grown(-10)
    boxes = [(node.key, node.box) for node in scene.nodes]
    boxes += [(run.text, box_of(run)) for run in scene.heading]
    boxes += [(area.key, area.box) for area in scene.areas]
    boxes += [(label.run.text, label.box) for line in scene.lines for label in line.labels]
    boxes += [(line.key, Box(p.x, p.y, 0, 0)) for line in scene.lines for p in line.points]
    legend = []
    for entry in scene.legend:
        box = box_of(entry.run)
        if entry.symbol is not None:
            box = Box(entry.at.x, box.y, box.right - entry.at.x, box.height)
            assert entry.run.at.x >= entry.at.x + SIGN
        legend.append((entry.run.text, box))
    yield from (name for name, box in [*boxes, *legend] if not holds(whole, box))
    around = [*legend, *((run.text, box_of(run)) for run in scene.heading)]
    for name, box in around:
        yield from ((name, node.key) for node in scene.nodes if box.overlaps(node.box, 4))
        yield from ((name, area.key) for area in scene.areas if box.overlaps(area.box, 4))
    yield from ((a, b) for (a, one), (b, two) in combinations(around, 2) if one.overlaps(two))


def areas(scene: Scene) -> Iterator[object]:
    """Yield areas that lie on one another, and nodes that are in none or half in one."""
    for one, two in combinations(scene.areas, 2):
        if one.box.overlaps(two.box):
            yield one.key, two.key
    for area in scene.areas:
        if area.heading is not None:
            box = box_of(area.heading)
            if not holds(area.box, box):
                yield area.key, area.heading.text
            yield from ((area.key, n.key) for n in scene.nodes if box.overlaps(n.box, 4))
    for node in scene.nodes:
        homes = sum(holds(area.box, node.box) for area in scene.areas)
        if homes != (1 if scene.areas else 0):
            yield node.key, homes


def keys(scene: Scene) -> Iterator[object]:
    """Yield what is there twice, or says nothing to those who cannot see it."""
    seen = set()
    for key in [
        *(("node", n.key) for n in scene.nodes),
        *((li.kind, li.key) for li in scene.lines),
    ]:
        if key in seen:
            yield key
        seen.add(key)
    for thing in [*scene.nodes, *scene.lines]:
        if not thing.about:
            yield thing.key, "no about"
    if not scene.title or not scene.summary:
        yield "no title"


def words(scene: Scene) -> str:
    """Return every text anywhere in a scene, drawn or not, one a line."""
    found = [scene.title, scene.summary]
    runs = [*scene.heading, *(entry.run for entry in scene.legend)]
    for area in scene.areas:
        found += [area.key, area.about]
        runs += [area.heading] if area.heading else []
    for line in scene.lines:
        found += [line.key, line.about, *line.ends]
        runs += [label.run for label in line.labels]
    for node in scene.nodes:
        found += [node.key, node.about]
        runs += node.texts
    return "\n".join([*found, *(run.text for run in runs)])


def of_kind(scene: Scene, kind: LineKind) -> list[Line]:
    return [line for line in scene.lines if line.kind is kind]


def text_of(node: Node) -> list[str]:
    return [run.text for run in node.texts]
