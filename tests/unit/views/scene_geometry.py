"""What must hold of every picture's geometry, checked without the code that made it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.polyline import ROUNDING
from mplsemu.drawing.scene import Line, Node, Scene
from mplsemu.views.scene.kinds import LineKind
from tests.unit.views import scene_checks

SLACK = 0.2  # places are rounded to a tenth
STEP = 1.5


def assert_legible(scene: Scene) -> None:
    """No box over another, no line through a box, no label over anything, all on the canvas."""
    for name, found in (
        ("keys", scene_checks.keys(scene)),
        ("texts", scene_checks.texts(scene)),
        ("canvas", scene_checks.canvas(scene)),
    ):
        assert not (wrong := list(found)), (name, wrong[:5])
    assert_boxes_apart([node.box for node in scene.nodes], "nodes")
    labels = [label.box for line in scene.lines for label in line.labels]
    assert_boxes_apart(labels, "labels")
    assert_none_covers(labels, [node.box for node in scene.nodes])
    assert_lines_clear(scene.lines, scene.nodes)


def assert_boxes_apart(boxes: Sequence[Box], what: str) -> None:
    ordered = sorted(boxes, key=lambda box: box.x)
    for index, box in enumerate(ordered):
        for other in itertools.islice(ordered, index + 1, None):
            if other.x >= box.right:
                break
            assert not box.overlaps(other, -SLACK), f"{what} overlap: {box} and {other}"


def assert_none_covers(boxes: Sequence[Box], others: Sequence[Box]) -> None:
    corners = as_array(others)
    for box in boxes:
        hit = (
            (corners[:, 0] < box.right - SLACK)
            & (corners[:, 2] > box.x + SLACK)
            & (corners[:, 1] < box.bottom - SLACK)
            & (corners[:, 3] > box.y + SLACK)
        )
        assert not hit.any(), f"{box} covers {others[int(np.argmax(hit))]}"


def assert_lines_clear(lines: Sequence[Line], nodes: Sequence[Node]) -> None:
    boxes = as_array([node.box for node in nodes])
    number = {node.key: index for index, node in enumerate(nodes)}
    for line in lines:
        own = [number[end] for end in line.ends]
        courses = [line.points, *([rounded(line)] if line.is_smooth else [])]
        points = np.concatenate([_samples(course) for course in courses])
        near = (boxes[:, :2] < points.max(axis=0)).all(axis=1)
        near &= (boxes[:, 2:] > points.min(axis=0)).all(axis=1)
        near[own] = False
        for index in np.nonzero(near)[0].tolist():
            inside = (points > boxes[index, :2] + SLACK) & (points < boxes[index, 2:] - SLACK)
            assert not inside.all(axis=1).any(), f"{line.key} goes through {nodes[index].key}"


def assert_spots_free(scene: Scene) -> None:
    """What a live page writes covers nothing either."""
    links = [line for line in scene.lines if line.kind is LineKind.LINK]
    spots = [line.spot for line in links if line.spot is not None]
    assert_boxes_apart(spots, "spots")
    assert_none_covers(spots, [node.box for node in scene.nodes])
    texts = [label.box for line in links for label in line.labels if label.box != line.spot]
    assert_none_covers(spots, texts)
    whole = Box(0, 0, scene.width, scene.height)
    assert all(scene_checks.holds(whole, spot) for spot in spots)


def rounded(line: Line) -> tuple[Point, ...]:
    """Return a line with its corners cut off as far as a renderer may at most."""
    points = [line.points[0]]
    for before, corner, after in zip(line.points, line.points[1:], line.points[2:], strict=False):
        points += [_towards(corner, before), _towards(corner, after)]
    return (*points, line.points[-1])


def as_array(boxes: Sequence[Box]) -> np.ndarray:
    return np.array([(b.x, b.y, b.right, b.bottom) for b in boxes]).reshape(-1, 4)


def _towards(corner: Point, other: Point) -> Point:
    whole = math.dist((corner.x, corner.y), (other.x, other.y))
    share = min(ROUNDING, whole / 2) / whole if whole else 0.0
    return Point(corner.x + (other.x - corner.x) * share, corner.y + (other.y - corner.y) * share)


def _samples(points: Sequence[Point]) -> np.ndarray:
    return np.array(list(_along(points)))


def _along(points: Sequence[Point]) -> Iterator[tuple[float, float]]:
    for a, b in itertools.pairwise(points):
        count = max(2, int(math.dist((a.x, a.y), (b.x, b.y)) / STEP))
        for index in range(count + 1):
            share = index / count
            yield a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share
