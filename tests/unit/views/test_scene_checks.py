"""What looks after pictures finds what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.drawing.geometry import Box, Point
from mplsemu.views.customer import customer_view
from mplsemu.views.scene.l3vpn import l3vpn_scene
from tests.unit.views.scene_checks import check
from tests.view_labs import north


def picture():
    return l3vpn_scene(customer_view(north("alfa/odense"), "alfa"))


def moved(node, dx: float, dy: float):
    box = node.box
    texts = tuple(replace(t, at=Point(t.at.x + dx, t.at.y + dy)) for t in node.texts)
    return replace(node, box=Box(box.x + dx, box.y + dy, box.width, box.height), texts=texts)


def with_node(scene, change):
    first, *rest = scene.nodes
    return replace(scene, nodes=(change(first, rest), *rest))


def with_line(scene, change):
    index = next(i for i, line in enumerate(scene.lines) if line.labels)
    return replace(
        scene,
        lines=tuple(change(line) if i == index else line for i, line in enumerate(scene.lines)),
    )


FAULTS = {
    "nodes": lambda s: with_node(
        s, lambda n, rest: moved(n, rest[0].box.x - n.box.x, rest[0].box.y - n.box.y)
    ),
    "texts": lambda s: with_node(
        s, lambda n, _: replace(n, texts=(replace(n.texts[0], text="W" * 200),))
    ),
    "lines": lambda s: with_line(
        s, lambda li: replace(li, points=(li.points[0], Point(li.points[0].x, 10)))
    ),
    "labels": lambda s: with_line(
        s,
        lambda li: replace(li, labels=(replace(li.labels[0], box=s.nodes[0].box),)),
    ),
    "canvas": lambda s: replace(s, height=s.height / 2),
    "keys": lambda s: replace(s, lines=(*s.lines, s.lines[0])),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_found(what):
    check(picture())
    with pytest.raises(AssertionError, match=what):
        check(FAULTS[what](picture()))
