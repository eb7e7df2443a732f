"""Layouts of random networks: whatever the graph, the picture is legible and always the same."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.drawing.layout import lay_out
from mplsemu.drawing.scene import Line, Scene
from mplsemu.views.model import ProviderView
from mplsemu.views.scene.kinds import LineKind
from mplsemu.views.scene.provider import provider_scene
from tests.unit.views.network_views import Pair, provider
from tests.unit.views.scene_geometry import assert_legible, assert_spots_free

pytestmark = pytest.mark.slow

MANY = settings(max_examples=15, deadline=None)
FEW = settings(max_examples=8, deadline=None)


@st.composite
def networks(draw: st.DrawFn, most: int = 14) -> ProviderView:
    """Networks of one part or several, with parallel links, with positions or without."""
    count = draw(st.integers(1, most))
    names = [f"{'n' * draw(st.integers(1, 9))}{index}" for index in range(count)]
    joined = [index for index in range(1, count) if draw(st.integers(0, 3))]
    pairs: list[Pair] = [(names[draw(st.integers(0, index - 1))], names[index]) for index in joined]
    ends = st.tuples(st.sampled_from(names), st.sampled_from(names))
    pairs += [pair for pair in draw(st.lists(ends, max_size=count + 4)) if pair[0] != pair[1]]
    positions = None
    if draw(st.booleans()):
        degrees = st.tuples(st.integers(-179, 180), st.integers(-85, 85))
        positions = {name: draw(degrees) for name in names if draw(st.integers(0, 9))}
    pes = [name for name in names if draw(st.booleans())]
    metrics = draw(st.sampled_from([(10,), (10, 10, 25), (1, 2, 3, 4, 5)]))
    return provider(pairs, pes=pes, lonely=names, positions=positions, metrics=metrics)


@given(networks())
@MANY
def test_no_box_covers_another_no_line_passes_a_box_and_no_label_covers_anything(
    view: ProviderView,
) -> None:
    scene = provider_scene(view)
    assert_legible(scene)
    assert_spots_free(scene)


@given(networks())
@FEW
def test_every_router_and_link_is_in_the_picture_once(view: ProviderView) -> None:
    scene = provider_scene(view)
    assert [node.key for node in scene.nodes] == [router.name for router in view.routers]
    assert [(line.key, line.ends) for line in scene.lines] == [
        (link.name, link.ends) for link in view.links
    ]


@given(networks())
@FEW
def test_a_line_runs_from_one_end_to_the_other(view: ProviderView) -> None:
    scene = provider_scene(view)
    boxes = {node.key: node.box for node in scene.nodes}
    for line in scene.lines:
        for end, point in zip(line.ends, (line.points[0], line.points[-1]), strict=True):
            box = boxes[end].grown(0.3)
            assert box.x <= point.x <= box.right
            assert box.y <= point.y <= box.bottom
            core = boxes[end].grown(-min(10, boxes[end].height / 2.5))
            assert not (core.x < point.x < core.right and core.y < point.y < core.bottom)


@given(networks(10))
@FEW
def test_the_same_network_is_laid_out_the_same_way_again(view: ProviderView) -> None:
    first = provider_scene(view)
    lay_out.cache_clear()
    assert provider_scene(view) == first


@given(networks(), st.data())
@MANY
def test_nothing_moves_when_links_go_down_or_packets_flow(
    view: ProviderView, data: st.DataObject
) -> None:
    links = tuple(
        replace(
            link,
            up=data.draw(st.booleans()),
            load_bps=data.draw(st.sampled_from([None, (0.0, 0.0), (10.0**9, 4.0), (3e7, 2e8)])),
        )
        for link in view.links
    )
    before, after = provider_scene(view), provider_scene(replace(view, links=links))
    assert_legible(after)
    assert before.width == after.width
    assert before.nodes == after.nodes
    for first, second in zip(before.lines, after.lines, strict=True):
        assert first.points == second.points
        if first.spot is not None:
            assert (first.spot, first.mark) == (second.spot, second.mark)


@pytest.mark.parametrize("copies", [2, 3, 4, 7])
def test_parallel_links_are_drawn_apart(copies: int) -> None:
    scene = provider_scene(provider([("a", "b")] * copies + [("b", "c"), ("c", "a")]))
    assert_legible(scene)
    middles = sorted(_middle(line) for line in _between(scene)["a", "b"])
    gaps = [
        ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        for (x0, y0), (x1, y1) in itertools.pairwise(middles)
    ]
    assert len(gaps) == copies - 1
    assert min(gaps) > 3


def test_a_network_without_routers_is_an_empty_picture() -> None:
    scene = provider_scene(provider([]))
    assert scene.nodes == scene.lines == ()
    assert scene.width > 100


def _middle(line: Line) -> tuple[float, float]:
    a, b = line.points[0], line.points[-1]
    return (a.x + b.x) / 2, (a.y + b.y) / 2


def _between(scene: Scene) -> dict[Pair, list[Line]]:
    found = defaultdict(list)
    for line in scene.lines:
        if line.kind is LineKind.LINK:
            found[min(line.ends), max(line.ends)].append(line)
    return found
