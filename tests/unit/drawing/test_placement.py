"""Where nodes stand: by geography where it is known, by the graph where not."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from mplsemu.drawing.geometry import Point
from mplsemu.drawing.scene import Scene
from mplsemu.views.model import ProviderView
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.provider import provider_scene
from tests.programs import program_of
from tests.unit.views.network_views import provider, real
from tests.unit.views.scene_geometry import assert_legible, assert_spots_free

TRIANGLE = [("a", "b"), ("b", "c"), ("c", "a")]


def middles(scene: Scene) -> dict[str, Point]:
    return {node.key: node.box.center for node in scene.nodes}


def test_north_is_up_and_east_is_right() -> None:
    places = middles(provider_scene(provider_view(program_of("nordic"))))
    assert places["no"].y < places["se"].y < places["p1"].y < places["dk"].y
    assert places["p2"].x < places["no"].x < places["p1"].x < places["dk"].x < places["se"].x


def test_a_network_across_the_pacific_is_in_one_piece() -> None:
    positions = {"a": (179.0, -40.0), "b": (-179.0, -39.0), "c": (170.0, 0.0)}
    places = middles(provider_scene(provider(TRIANGLE, positions=positions)))
    assert places["c"].x < places["a"].x < places["b"].x


def test_the_map_of_a_large_network_is_recognisable() -> None:
    """The places of 143 routers go with their longitudes and latitudes."""
    view = real("topozoo/TataNld")
    places = middles(provider_scene(view))
    known = np.array([router.position for router in view.routers])
    drawn = np.array([(places[r.name].x, -places[r.name].y) for r in view.routers])
    assert np.corrcoef(known[:, 0], drawn[:, 0])[0, 1] > 0.93
    assert np.corrcoef(known[:, 1], drawn[:, 1])[0, 1] > 0.98


def test_routers_at_one_and_the_same_place_are_drawn_side_by_side() -> None:
    names = [f"r{index}" for index in range(9)]
    positions = dict.fromkeys(names, (10.0, 50.0)) | {f"q{i}": (i, 40.0 + i) for i in range(30)}
    pairs = [(name, f"q{index}") for index, name in enumerate(names)]
    pairs += [(f"q{index}", f"q{index + 1}") for index in range(29)]
    assert_legible(provider_scene(provider(pairs, positions=positions)))


def test_a_router_without_a_position_stands_near_its_neighbours() -> None:
    grid = {f"r{x}{y}": (x * 2.0, y * 2.0) for x in range(5) for y in range(5)}
    pairs = [(f"r{x}{y}", f"r{x + 1}{y}") for x in range(4) for y in range(5)]
    pairs += [(f"r{x}{y}", f"r{x}{y + 1}") for x in range(5) for y in range(4)]
    pairs += [("new", "r33"), ("new", "r44")]
    places = middles(provider_scene(provider(pairs, positions=grid)))
    nearest = sorted(grid, key=lambda name: _distance(places[name], places["new"]))
    assert {"r33", "r44"} <= set(nearest[:5])


def test_a_part_without_positions_stands_beside_the_map() -> None:
    positions = dict(zip("abc", [(0, 0), (9, 5), (4, 9)], strict=True))
    scene = provider_scene(provider([*TRIANGLE, ("x", "y")], positions=positions))
    assert_legible(scene)


def test_positions_that_are_all_the_same_tell_nothing() -> None:
    same = provider(TRIANGLE, positions=dict.fromkeys("abc", (10.0, 50.0)))
    without = provider(TRIANGLE)
    assert middles(provider_scene(same)) == middles(provider_scene(without))


def test_a_star_has_its_hub_in_the_middle() -> None:
    leaves = [f"leaf{index}" for index in range(6)]
    places = middles(provider_scene(provider([("hub", leaf) for leaf in leaves], pes=leaves)))
    x = sum(places[leaf].x for leaf in leaves) / 6
    y = sum(places[leaf].y for leaf in leaves) / 6
    assert _distance(places["hub"], Point(x, y)) < 40


@pytest.mark.parametrize(
    "pairs",
    [
        [("pe1", "p1"), ("pe2", "p1"), ("pe1", "p2"), ("pe2", "p2"), ("pe3", "p1"), ("pe3", "p2")],
        [(f"r{i}", f"r{(i + 1) % 7}") for i in range(7)],
        [(f"r{i}", f"r{(i - 1) // 2}") for i in range(1, 15)],
    ],
    ids=["dual-homed", "ring", "tree"],
)
def test_no_lines_cross_where_none_need_to(pairs: list[tuple[str, str]]) -> None:
    lines = [line.points for line in provider_scene(provider(pairs)).lines]
    assert all(len(points) == 2 for points in lines)
    crossings = sum(
        _cross(*first, *second) for i, first in enumerate(lines) for second in lines[i + 1 :]
    )
    assert crossings == 0


@pytest.mark.parametrize("positions", [True, False], ids=["map", "graph"])
def test_150_routers_are_legible_on_a_compact_picture(positions: bool) -> None:
    scene = provider_scene(real("topozoo/TataNld", positions=positions))
    assert_legible(scene)
    assert_spots_free(scene)
    assert scene.width <= 2600
    assert scene.height <= 2600
    assert min(run.size for node in scene.nodes for run in node.texts) >= 10


@pytest.mark.parametrize("key", ["topozoo/AttMpls", "sndlib/germany50", "gabriel/100/1"])
def test_real_networks_are_legible(key: str) -> None:
    scene = provider_scene(real(key))
    assert_legible(scene)
    assert_spots_free(scene)


@pytest.mark.slow
def test_594_routers_are_drawn_in_time() -> None:
    assert _drawn_within(15, real("caida/2024-08/7018"))


@pytest.mark.slow
def test_594_routers_without_positions_are_drawn_in_time() -> None:
    assert _drawn_within(30, real("caida/2024-08/7018", positions=False))


def _drawn_within(seconds: float, view: ProviderView) -> bool:
    start = time.process_time()
    scene = provider_scene(view)
    took = time.process_time() - start
    assert_legible(scene)
    return took < seconds


def _distance(a: Point, b: Point) -> float:
    return math.dist((a.x, a.y), (b.x, b.y))


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, c: Point) -> float:
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
