"""Numbers of ways: each is seen, however short its line and however many there are."""

from __future__ import annotations

from itertools import combinations

import pytest

from mplsemu.drawing.polyline import at, length
from mplsemu.drawing.svg.badges import draw_badge_above, place_badges
from mplsemu.drawing.svg.lines import ARROW, OVERLAY_COLOURS
from mplsemu.drawing.svg.style import DASHES
from mplsemu.views.overlay import with_vpn
from mplsemu.views.pictures import draw_svg
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.scene.kinds import LineKind
from mplsemu.views.scene.overlay import MOST_PATHS
from tests.programs import program_of

OVERLAYS = [
    ("attmpls", "vpn1"),
    ("attmpls", "vpn2"),
    ("nordic", "a"),
    ("vpls", "campus"),
    ("extranet", "shared"),
    ("ecmp", "a"),
]


@pytest.fixture(scope="module", params=OVERLAYS, ids="-".join)
def scene(request):
    lab, vpn = request.param
    program = program_of(lab)
    return scene_of(with_vpn(provider_view(program), program, vpn))


def ways(scene):
    return [line for line in scene.lines if line.kind is LineKind.WAY]


def tips(scene):
    for line in ways(scene):
        whole = length(line.points)
        for place in (whole - ARROW / 2, ARROW / 2)[: 1 + line.is_both_ways]:
            yield at(line.points, place)[0]


def test_no_number_lies_under_or_over_anything(scene):
    badges = place_badges(scene, ways(scene))
    assert set(badges) == {line.key for line in ways(scene)}
    labels = [label.box for line in scene.lines for label in line.labels]
    boxes = [node.box for node in scene.nodes] + labels
    for badge in badges.values():
        center = badge.box.center
        assert not any(badge.box.overlaps(box, -1) for box in boxes), badge.line.about
        for tip in tips(scene):
            assert abs(tip.x - center.x) > 8 or abs(tip.y - center.y) > 8, badge.line.about
        assert 0 < badge.box.x < scene.width - badge.box.width
    for one, other in combinations(badges.values(), 2):
        assert not one.box.overlaps(other.box, -0.2), (one.line.about, other.line.about)


def test_what_is_not_on_its_line_is_drawn_after_all_lines_and_labels(scene):
    drawn = draw_svg(scene)
    last_label = drawn.rindex('class="plate"')
    for badge in place_badges(scene, ways(scene)).values():
        if badge.is_above:
            assert drawn.index(draw_badge_above(badge)) > last_label


def test_a_number_is_on_its_line_or_near_it_or_at_its_label(scene):
    for badge in place_badges(scene, ways(scene)).values():
        center = badge.box.center
        course = [
            at(badge.line.points, length(badge.line.points) * step / 20)[0] for step in range(21)
        ]
        near = min(abs(p.x - center.x) + abs(p.y - center.y) for p in course)
        at_label = any(badge.box.overlaps(label.box, 6) for label in badge.line.labels)
        assert near < 60 or at_label, badge.line.about


def test_as_many_ways_as_a_picture_draws_apart_differ_in_form():
    assert OVERLAY_COLOURS >= MOST_PATHS
    assert len(DASHES) >= MOST_PATHS
