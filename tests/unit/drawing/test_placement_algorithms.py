"""The algorithms of the layout, each for what it promises."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.drawing.arrays import boxes_around, overlapping_pairs, segments_cross
from mplsemu.drawing.graph import components
from mplsemu.drawing.placement.least_squares import LeastSquaresTerms, solve_least_squares
from mplsemu.drawing.placement.overlap_removal import Clearances, remove_overlaps
from mplsemu.drawing.placement.packing import packed
from mplsemu.drawing.placement.stress import DistanceGraph
from mplsemu.drawing.placement.tutte_embedding import cycles, tutte_embedding
from mplsemu.drawing.yao_graph import yao_graph

PLACES = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 300)), min_size=1, max_size=25, unique=True
)


def cube() -> list[tuple[int, int]]:
    corners = range(8)
    return [(a, b) for a in corners for b in corners if a < b and (a ^ b).bit_count() == 1]


@given(PLACES)
def test_a_yao_graph_is_connected_and_holds_each_nodes_nearest_neighbour(places):
    at = np.array(places, dtype=np.float64)
    firsts, seconds = yao_graph(at)
    pairs = list(zip(firsts.tolist(), seconds.tolist(), strict=True))
    assert len(components(len(at), pairs)) == 1
    for node in range(len(at)):
        away = np.linalg.norm(at - at[node], axis=1)
        nearest = min((d for other, d in enumerate(away) if other != node), default=0.0)
        linked = [away[b if a == node else a] for a, b in pairs if node in (a, b)]
        assert min(linked, default=0.0) == nearest


@given(PLACES)
def test_terms_that_can_all_be_met_are_met(places):
    wanted = np.array(places, dtype=np.float64)
    firsts, seconds = np.triu_indices(len(wanted), 1)
    terms = LeastSquaresTerms.between(
        firsts, seconds, wanted[firsts] - wanted[seconds], np.ones(len(firsts))
    )
    found = solve_least_squares(np.zeros_like(wanted), [terms])
    assert np.allclose(found - found.mean(axis=0), wanted - wanted.mean(axis=0), atol=1)


@settings(deadline=None)
@given(PLACES, st.booleans())
def test_no_boxes_overlap_afterwards_even_if_all_were_at_one_place(places, is_heap):
    at = np.array(places, dtype=np.float64) / (1000 if is_heap else 1)
    sizes = np.tile((60.0, 30.0), (len(at), 1))
    none = np.empty((0, 2), dtype=np.intp)
    found = remove_overlaps(at, sizes, none, Clearances((10.0, 8.0), None, np.empty(0), 60))
    grown = boxes_around(found, sizes + np.array((9.9, 7.9)))
    assert len(overlapping_pairs(grown)[0]) == 0


def test_a_planar_graph_has_no_crossings_around_one_of_its_faces():
    links = cube()
    outer = next(cycle for cycle in cycles(8, links) if len(cycle) == 4)
    places = tutte_embedding(8, links, outer)
    for (a, b), (c, d) in itertools.combinations(links, 2):
        if not {a, b} & {c, d}:
            assert not segments_cross(*(places[node] for node in (a, b, c, d)))


def test_majorisation_lowers_the_stress():
    graph = DistanceGraph(8, cube())
    for start in (graph.pivot_mds(), graph.random_positions(1)):
        assert graph.stress(graph.majorised(start)) < graph.stress(start)


def test_a_chain_is_as_long_as_it_has_hops():
    chain = DistanceGraph(5, list(itertools.pairwise(range(5))))
    places = chain.majorised(chain.pivot_mds())
    assert chain.stress(places) < 0.01
    assert abs(np.linalg.norm(places[0] - places[4]) - 4) < 0.2


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 60)), min_size=1, max_size=20))
def test_packed_rectangles_do_not_overlap(sizes):
    corners = np.array(packed(sizes, 5.0))
    boxes = np.concatenate((corners, corners + np.array(sizes) + 4.9), axis=1)
    assert len(overlapping_pairs(boxes)[0]) == 0
