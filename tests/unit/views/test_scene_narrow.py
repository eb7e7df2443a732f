"""A customer's picture for a phone: the same, with his sites one below the other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from mplsemu.drawing.hub_layout import FormFactor
from mplsemu.views.customer import customer_view
from mplsemu.views.scene.bridge import bridge_scene
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.scene.kinds import NodeKind
from mplsemu.views.scene.l3vpn import l3vpn_scene
from tests.programs import program_of
from tests.unit.views.customer_views import bridge_views, l3vpn_views
from tests.unit.views.scene_checks import check
from tests.view_labs import many_sites

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def views():
    for lab in ("nordic", "vpls", "extranet", "hub"):
        program = program_of(lab)
        for vpn in program.vpns:
            yield pytest.param(customer_view(program, vpn.name), id=f"{lab}-{vpn.name}")


@pytest.mark.parametrize("view", list(views()))
def test_sites_are_one_below_the_other_and_nothing_is_left_out(view):
    wide, narrow = scene_of(view), scene_of(view, FormFactor.NARROW)
    check(narrow)
    assert {node.key for node in narrow.nodes} == {node.key for node in wide.nodes}
    assert {line.key for line in narrow.lines} == {line.key for line in wide.lines}
    sites = sorted((n.box for n in narrow.nodes if n.kind is NodeKind.SITE), key=lambda b: b.y)
    assert all(above.bottom < below.y for above, below in pairwise(sites))
    assert narrow.width < 420


@pytest.mark.slow
@SLOW
@given(l3vpn_views())
def test_nothing_lies_on_anything_else_in_a_narrow_l3vpn(view):
    check(l3vpn_scene(view, FormFactor.NARROW))


@pytest.mark.slow
@SLOW
@given(bridge_views())
def test_nothing_lies_on_anything_else_in_a_narrow_vpls(view):
    check(bridge_scene(view, FormFactor.NARROW))


@pytest.mark.parametrize("kind", ["l3vpn", "vpls"])
@pytest.mark.parametrize("count", [1, 2, 3, 12, 13, 25, 60])
def test_any_number_of_sites_makes_a_narrow_picture(kind, count):
    picture = scene_of(customer_view(many_sites(count, kind), "huge"), FormFactor.NARROW)
    check(picture)
    assert sum(node.kind is NodeKind.SITE for node in picture.nodes) == count
