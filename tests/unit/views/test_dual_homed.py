"""Dual-homed sites in pictures: both lines, the one that carries nothing dashed and named."""

from __future__ import annotations

import json

import pytest

from mplsemu.analysis.vrf_reach import vrf_reaches
from mplsemu.control.compile import compile_program
from mplsemu.drawing.hub_layout import FormFactor
from mplsemu.export.formats import RENDERERS
from mplsemu.export.picture_graph import picture_graph
from mplsemu.model.network import Network
from mplsemu.report.view import view_object
from mplsemu.views.customer import customer_view
from mplsemu.views.model import SecondLine
from mplsemu.views.overlay import with_vpn
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.text.view import draw_view
from tests.builders import MacAddresses, l3vpn, network, provider, vpls
from tests.networks import dual_homed, homed, load_sharing
from tests.unit.views import scene_checks


def many(count: int = 14) -> Network:
    """Return an L3VPN and a VPLS of so many sites, every second one dual-homed."""
    macs = MacAddresses()
    names = [f"s{number}" for number in range(count)]
    sites = {name: ("xyz"[i % 3], f"10.{i}.0.0/24") for i, name in enumerate(names)}
    made = network(
        provider(("x-y", "y-z")),
        l3vpn("v", sites, macs=macs),
        vpls("lan", {name: pe for name, (pe, _) in sites.items()}, macs=macs),
    )
    other = {"x": "y", "y": "z", "z": "x"}
    homes = {
        f"{vpn}/{name}": (sites[name][0], other[sites[name][0]])
        for vpn in ("v", "lan")
        for name in names[::2]
    }
    return homed(made, homes)


@pytest.mark.parametrize("form_factor", FormFactor)
@pytest.mark.parametrize("vpn", ["v", "lan"])
@pytest.mark.parametrize("lab", [dual_homed, many])
@pytest.mark.parametrize("down", [(), ("v/s0", "lan/s0@y"), ("v/hq", "lan/hq@y")])
def test_the_second_line_is_beside_the_first_and_on_nothing_else(lab, vpn, down, form_factor):
    made = lab()
    known = {line.circuit for _, line in made.lines()}
    program = compile_program(made, frozenset(known & set(down)))
    view = customer_view(program, vpn)
    scene = scene_of(view, form_factor)
    scene_checks.check(scene)
    dashed = [line for line in scene.lines if line.is_dashed]
    assert len(dashed) == sum(site.second_line is not None for site in view.sites) > 0
    assert all(line.up for line in dashed)


@pytest.mark.parametrize(
    ("down", "state", "words"),
    [
        ((), SecondLine.STANDBY, "second line stands by"),
        (("v/hq",), SecondLine.DOWN, "✗ second line down"),
        (("v/hq@y",), SecondLine.DOWN, "✗ second line down"),
        (("x-p",), SecondLine.STANDBY, "second line stands by"),
    ],
)
def test_a_customer_sees_what_the_other_line_does(down, state, words):
    view = customer_view(compile_program(dual_homed(), frozenset(down)), "v")
    (site,) = [site for site in view.sites if site.name == "hq"]
    assert site.up
    assert [host.name for host in site.hosts] == ["h1", "h2"]
    assert site.second_line is state
    text = "\n".join(line.plain for line in draw_view(view))
    assert words in text
    assert "╌╌" in text
    about = [node.about for node in scene_of(view, FormFactor.WIDE).nodes]
    assert any(f"its {words}" in each for each in about)
    assert [edge.lines for edge in picture_graph(view).edges if edge.is_dashed] == [(words,)]


def test_lines_that_share_the_load_are_both_drawn_whole():
    program = compile_program(load_sharing())
    view = customer_view(program, "v")
    (site,) = [site for site in view.sites if site.name == "hq"]
    assert site.second_line is SecondLine.SHARING
    text = "\n".join(line.plain for line in draw_view(view))
    assert "two lines share the load │──" in text
    assert "✗" not in text
    assert "╌" not in text
    for form_factor in FormFactor:
        scene = scene_of(view, form_factor)
        scene_checks.check(scene)
        assert not any(line.is_dashed for line in scene.lines)
        assert [line.key for line in scene.lines if line.key.startswith("second")] == ["second/hq"]
    told = ("two lines share the load",)
    assert [edge.is_dashed for edge in picture_graph(view).edges if edge.lines == told] == [False]
    assert '"second_line": "load-sharing"' in json.dumps(view_object(view))
    reach = {each.pe: {*each.joined} for each in vrf_reaches(program, "v")}
    assert reach == {"x": {"far", "near"}, "y": {"far", "hq"}, "z": {"hq", "near"}}


def test_a_site_both_of_whose_lines_are_down_is_down():
    view = customer_view(compile_program(dual_homed(), frozenset({"v/hq", "v/hq@y"})), "v")
    (site,) = [site for site in view.sites if site.name == "hq"]
    assert (site.up, site.second_line) == (False, SecondLine.DOWN)


@pytest.mark.parametrize("vpn", ["v", "lan"])
def test_no_format_tells_a_customer_the_pe_of_a_line(vpn):
    view = customer_view(compile_program(dual_homed()), vpn)
    for name, renderer in RENDERERS.items():
        if renderer.is_text:
            assert "hq@y" not in renderer([view]), name
    assert "@y" not in json.dumps(view_object(view))
    assert json.dumps(view_object(view)).count('"second_line": "standby"') == 1


def test_the_provider_sees_both_lines_at_their_pes_and_which_stands_by():
    program = compile_program(dual_homed())
    view = provider_view(program)
    (found,) = [vpn for vpn in view.vpns if vpn.name == "lan"]
    assert found.sites == (("far", "z"), ("hq", "x"), ("hq@y", "y"), ("near", "y"))
    assert found.standbys == ("hq@y",)
    assert found.site_count == 3
    text = "\n".join(line.plain for line in draw_view(view))
    assert "hq at x, hq@y at y (standby)" in text
    assert "2 VPNs, 6 sites" in text
    shown = scene_of(with_vpn(view, program, "lan"), FormFactor.WIDE)
    assert [line.key for line in shown.lines if line.is_dashed] == ["site lan/hq@y"]
