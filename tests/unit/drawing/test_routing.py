"""Lines past boxes: straight where they can be, round by the shortest way where not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.drawing.routing.parallel_lines import NodeOutline, clipped_to_outlines, offset_sideways
from mplsemu.drawing.routing.routes import route_lines

SIZE = (60.0, 20.0)
CLEARANCE = 5.0


def routed(places: list[tuple[float, float]], links: list[tuple[int, int]]) -> list[np.ndarray]:
    at = np.array(places, dtype=float)
    return route_lines(at, np.tile(SIZE, (len(at), 1)), links, CLEARANCE)


def length(polyline: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(polyline, axis=0), axis=1).sum())


def passes(polyline: np.ndarray, box: tuple[float, float, float, float]) -> bool:
    """Look at points a pixel apart."""
    for a, b in itertools.pairwise(polyline):
        for share in np.linspace(0, 1, max(2, int(math.dist(a, b)))):
            x, y = a + share * (b - a)
            if box[0] < x < box[2] and box[1] < y < box[3]:
                return True
    return False


def box_at(place: tuple[float, float], margin: float) -> tuple[float, float, float, float]:
    x, y = place
    width, height = SIZE[0] / 2 + margin, SIZE[1] / 2 + margin
    return x - width, y - height, x + width, y + height


def test_a_line_is_straight_where_nothing_is_in_the_way() -> None:
    (polyline,) = routed([(0, 0), (300, 100), (100, 200)], [(0, 1)])
    assert polyline.tolist() == [[0, 0], [300, 100]]


def test_a_line_goes_round_a_box_on_its_shorter_side() -> None:
    (polyline,) = routed([(0, 0), (400, 0), (200, 4)], [(0, 1)])
    corners = polyline[1:-1]
    assert len(corners) == 2
    assert (corners[:, 1] < 0).all()
    assert length(polyline) < 402


def test_two_lines_between_the_same_nodes_take_the_same_way_from_either_end() -> None:
    there, back = routed([(0, 0), (400, 0), (200, 4)], [(0, 1), (1, 0)])
    assert there.tolist() == back[::-1].tolist()


@st.composite
def crowds(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Boxes on a loose grid, none within reach of another."""
    cells = draw(
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(0, 7)), min_size=2, max_size=30, unique=True
        )
    )
    shift = st.integers(-8, 8)
    return [(x * 90.0 + draw(shift), y * 50.0 + draw(shift)) for x, y in cells]


@pytest.mark.slow
@given(crowds())
@settings(max_examples=60, deadline=None)
def test_no_line_comes_near_a_foreign_box_however_crowded(
    places: list[tuple[float, float]],
) -> None:
    links = list(itertools.combinations(range(min(len(places), 7)), 2))
    for (a, b), polyline in zip(links, routed(places, links), strict=True):
        assert polyline[0].tolist() == list(places[a])
        assert polyline[-1].tolist() == list(places[b])
        for index, place in enumerate(places):
            if index not in (a, b):
                assert not passes(polyline, box_at(place, CLEARANCE - 0.1))


@given(crowds())
@settings(max_examples=20, deadline=None)
def test_a_way_round_is_not_much_longer_than_the_line(places: list[tuple[float, float]]) -> None:
    links = [(0, index) for index in range(1, len(places))]
    for (_, b), polyline in zip(links, routed(places, links), strict=True):
        assert length(polyline) < 1.25 * math.dist(places[0], places[b]) + 60


@pytest.mark.parametrize("shift", [-6.0, 4.0])
def test_a_line_beside_another_keeps_its_distance_round_corners(shift: float) -> None:
    polyline = np.array([(0.0, 0.0), (100.0, 0.0), (100.0, 80.0), (190.0, 120.0)])
    moved = offset_sideways(polyline, shift)
    for index, (a, b) in enumerate(itertools.pairwise(polyline)):
        for point in moved[index : index + 2]:
            assert _from_line(point, a, b) == pytest.approx(shift)


def test_a_line_begins_where_the_form_does_not_where_its_box_does() -> None:
    box = np.array([-30.0, -10.0, 30.0, 10.0])
    polyline = clipped_to_outlines(
        np.array([(0.0, 0.0), (300.0, 100.0)]), NodeOutline(box, 8.0), NodeOutline(box + 400, 8.0)
    )
    x, y = polyline[0]
    assert x + y == pytest.approx(32.0)  # on the side that is cut off the corner
    assert polyline[-1].tolist() == [300.0, 100.0]


def _from_line(point: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Return how far to the right of the line from `a` to `b` a point is, y being down."""
    x, y = (b - a) / math.dist(a, b)
    return float((point - a) @ np.array((-y, x)))
