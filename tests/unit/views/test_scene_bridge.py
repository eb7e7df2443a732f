"""A customer's VPLS or VPWS as a picture: one switch with numbered ports, or a wire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from mplsemu.drawing.scene import Scene, Tone
from mplsemu.model.vpn import VpnKind
from mplsemu.views.customer import customer_view
from mplsemu.views.model import BridgeView
from mplsemu.views.scene.bridge import bridge_scene
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.scene.kinds import LineKind, NodeKind
from tests.programs import program_of
from tests.unit.views.customer_views import bridge_views
from tests.unit.views.scene_checks import check, of_kind, text_of, words
from tests.view_labs import many_sites, north

SLOW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CUT = ("core1-core2", "pe-kbh-core2")


def scene(program, vpn: str) -> Scene:
    return bridge_scene(customer_view(program, vpn))


def switches(picture: Scene) -> list:
    return [node for node in picture.nodes if node.kind is NodeKind.VIRTUAL_SWITCH]


@pytest.mark.slow
@SLOW
@given(bridge_views())
def test_nothing_lies_on_anything_else(view):
    check(bridge_scene(view))


@pytest.mark.parametrize("count", [*range(1, 30), 40, 57, 75, 99, 100])
def test_any_number_of_sites_makes_a_picture_that_fits_a_screen(count):
    picture = scene(many_sites(count, "vpls"), "huge")
    check(picture)
    (switch,) = switches(picture)
    assert {line.ends[1] for line in of_kind(picture, LineKind.ACCESS)} == {switch.key}
    if count > 3:
        assert 0.7 < picture.width / picture.height < 3


@pytest.mark.slow
@SLOW
@given(bridge_views(most=30))
def test_every_site_is_on_its_switch_at_a_port_with_a_number(view: BridgeView):
    picture = bridge_scene(view)
    if view.kind is VpnKind.VPWS:
        assert len(picture.lines) == 1
        return
    assert len(switches(picture)) == len(view.islands)
    ports = []
    for switch in switches(picture):
        numbers = [run for run in switch.texts if run.text.isdecimal()]
        ends = {
            line.points[-1].x: line for line in picture.lines if line.ends[1] == switch.key
            and line.kind is LineKind.ACCESS
        }  # fmt: skip
        assert {run.at.x for run in numbers} == set(ends)
        ports += [int(run.text) for run in numbers]
    assert sorted(ports) == list(range(1, len(view.sites) + 1))


def test_a_vpls_that_is_whole_says_so():
    picture = scene(program_of("nordic"), "c")
    check(picture)
    (switch,) = switches(picture)
    assert "10.0.0.0/24" in text_of(switch)
    assert "✓ every site hears every other" in text_of(switch)
    assert "Every site hears every other." in picture.summary


def test_learned_addresses_are_on_the_cards_of_their_ports():
    view = customer_view(program_of("vpls"), "campus")
    first, *rest = view.sites
    macs = tuple(f"02:00:00:00:00:{n:02x}" for n in range(1, 10))
    picture = bridge_scene(replace(view, islands=((replace(first, macs=macs), *rest),)))
    check(picture)
    card, *others = (node for node in picture.nodes if node.kind is NodeKind.SITE)
    assert "learned 02:00:00:00:00:01" in text_of(card)
    assert "and 6 more addresses" in text_of(card)
    assert not any("learned" in text for node in others for text in text_of(node))
    assert "learned" not in words(bridge_scene(view))


def test_a_vpls_that_is_split_is_two_switches():
    picture = scene(north(*CUT), "gamma")
    check(picture)
    assert len(switches(picture)) == 2
    assert [area.heading.text for area in picture.areas] == [
        "Part 1 of 2: does not hear malmo and ribe",
        "Part 2 of 2: does not hear bergen",
    ]
    (cut,) = of_kind(picture, LineKind.SEVERED)
    assert set(cut.ends) == {switch.key for switch in switches(picture)}
    assert "2 parts that nothing joins" in picture.summary
    assert "✓" not in words(picture)


def test_sites_that_do_not_hear_each_other_say_so_on_both_cards():
    view = customer_view(program_of("vpls"), "campus")
    picture = bridge_scene(replace(view, severed=(("harbour", "stadium"), ("harbour", "library"))))
    check(picture)
    texts = {node.key: text_of(node) for node in picture.nodes}
    assert "✗ does not hear harbour" in texts["site/stadium"]
    assert texts["site/harbour"][1:3] == ["✗ does not hear", "stadium and library"]
    assert not any("✗" in text for text in texts["site/dormitory"])
    assert "✗ 2 pairs of sites do not hear each other" in text_of(switches(picture)[0])
    assert "harbour and stadium" in picture.summary


def test_the_line_of_a_site_that_is_down_says_so():
    picture = scene(north("gamma/ribe"), "gamma")
    check(picture)
    (line,) = (line for line in picture.lines if not line.up)
    assert line.key == "access/ribe"
    assert [label.run.text for label in line.labels] == ["down"]
    (site,) = (node for node in picture.nodes if not node.up)
    assert "✗ line down" in text_of(site)
    assert "Down: the line of ribe." in picture.summary
    assert "every" not in words(picture).casefold()


@pytest.mark.parametrize(
    ("down", "said", "kind"),
    [
        ((), "virtual wire", LineKind.ACCESS),
        (CUT, "wire cut", LineKind.SEVERED),
        (("delta/west",), "line down", LineKind.ACCESS),
    ],
)
def test_a_vpws_is_a_wire_and_no_switch(down, said, kind):
    picture = scene(north(*down), "delta")
    check(picture)
    assert not switches(picture)
    (wire,) = picture.lines
    assert wire.ends == ("site/east", "site/west")
    assert wire.kind is kind
    assert wire.up == (not down)
    (label,) = wire.labels
    assert label.run.text == said
    assert (label.run.tone is Tone.BAD) == bool(down)
    assert [node.up for node in picture.nodes] == [True, "delta/west" not in down]


def test_a_wire_whose_second_end_is_lost_is_drawn_with_what_there_is():
    view = customer_view(north(), "delta")
    picture = bridge_scene(replace(view, islands=(view.sites[:1],)))
    check(picture)
    assert [node.key for node in picture.nodes if node.kind is NodeKind.SITE] == ["site/east"]


@pytest.mark.parametrize("name", ["nordic", "vpls", "attmpls", "uniform"])
def test_every_vpls_of_the_labs_makes_the_same_picture_each_time(name):
    program = program_of(name)
    views = [customer_view(program, i.name) for i in program.vpns if i.kind != "l3vpn"]
    assert views
    for view in views:
        picture = scene_of(view)
        check(picture)
        assert picture == scene_of(view) == bridge_scene(view)
