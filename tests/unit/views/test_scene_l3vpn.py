"""A customer's L3VPN as a picture: all that is his is there, nothing lies on anything else."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from mplsemu.analysis.vrf_reach import ReachablePrefix
from mplsemu.control.compile import compile_program
from mplsemu.drawing.scene import Scene, Tone
from mplsemu.export.dot import draw_dot
from mplsemu.export.drawio import draw_drawio
from mplsemu.export.mermaid import draw_mermaid
from mplsemu.lab.loader import loads
from mplsemu.views.customer import customer_view
from mplsemu.views.model import L3vpnView, VirtualRouter
from mplsemu.views.pictures import draw_svg
from mplsemu.views.scene.kinds import LineKind, NodeKind
from mplsemu.views.scene.l3vpn import l3vpn_scene
from mplsemu.views.text.l3vpn import draw_l3vpn
from tests.places import TOPOLOGIES
from tests.programs import program_of
from tests.unit.views.customer_views import l3vpn_views
from tests.unit.views.scene_checks import check, of_kind, text_of, words
from tests.unit.views.test_pictures import without_route
from tests.view_labs import NORTH, many_sites, north

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def scene(program, vpn: str) -> Scene:
    return l3vpn_scene(customer_view(program, vpn))


def spread(count: int) -> L3vpnView:
    """Return a VPN with so many sites, each at a virtual router of its own."""
    view = customer_view(many_sites(count, "l3vpn"), "huge")
    return replace(view, islands=(tuple(VirtualRouter((s,), (), ()) for s in view.sites),))


def nodes(picture: Scene, kind: NodeKind) -> list:
    return [node for node in picture.nodes if node.kind is kind]


@pytest.mark.slow
@SLOW
@given(l3vpn_views())
def test_nothing_lies_on_anything_else(view):
    check(l3vpn_scene(view))


@pytest.mark.parametrize("count", [*range(1, 30), 40, 57, 75, 99, 100])
def test_any_number_of_sites_makes_a_picture_that_fits_a_screen(count):
    picture = l3vpn_scene(spread(count))
    check(picture)
    assert (
        len(nodes(picture, NodeKind.SITE)) == len(nodes(picture, NodeKind.VIRTUAL_ROUTER)) == count
    )
    if count > 3:
        assert 0.7 < picture.width / picture.height < 2.6


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 13, 50, 100])
def test_any_number_of_sites_at_one_router_makes_a_picture(count):
    view = spread(count)
    router = VirtualRouter(view.sites, (), ())
    picture = l3vpn_scene(replace(view, islands=((router,),)))
    check(picture)
    assert len(of_kind(picture, LineKind.ACCESS)) == count
    assert not nodes(picture, NodeKind.NETWORK)


@SLOW
@given(l3vpn_views(most=25))
def test_every_site_has_a_card_a_line_and_its_own_router(view):
    picture = l3vpn_scene(view)
    texts = {node.key: text_of(node) for node in picture.nodes}
    lines = {line.key: line for line in picture.lines}
    for router in view.routers:
        (key,) = {_router_of(lines, site) for site in router.sites}
        assert picture_kind(picture, key) is NodeKind.VIRTUAL_ROUTER
        for site in router.sites:
            shown = texts[f"site/{site.name}"]
            assert site.name.startswith(shown[0].removesuffix("…"))
            prefixes = [str(prefix) for prefix in site.prefixes]
            assert prefixes[:3] == [text for text in shown if text in prefixes][:3]


def _router_of(lines, site) -> str:
    line = lines[f"access/{site.name}"]
    start = f"site/{site.name}" if site.ce is None else f"ce/{site.name}"
    assert line.ends[0] == start
    assert line.up == site.up
    assert (f"lan/{site.name}" in lines) == (site.ce is not None)
    return line.ends[1]


def picture_kind(picture: Scene, key: str) -> NodeKind:
    return next(node.kind for node in picture.nodes if node.key == key)


@SLOW
@given(l3vpn_views(most=25))
def test_colour_is_never_all_that_says_it(view):
    picture = l3vpn_scene(view)
    runs = [run for node in picture.nodes for run in node.texts]
    runs += [label.run for line in picture.lines for label in line.labels]
    for run in runs:
        if run.tone is Tone.BAD:
            # the words after a ✗ may need a second line
            assert "✗" in run.text or run.text == "down" or _follows_a_cross(run, picture)
        if run.tone is Tone.OK:
            assert "✓" in run.text
    for line in picture.lines:
        if line.kind is LineKind.ACCESS and not line.up:
            assert [label.run.text for label in line.labels] == ["down"]


def _follows_a_cross(run, picture: Scene) -> bool:
    (node,) = (node for node in picture.nodes if run in node.texts)
    before = node.texts[node.texts.index(run) - 1]
    return before.tone is Tone.BAD and before.text.startswith("✗")


def test_a_route_missing_in_a_vrf_is_a_site_missing_in_the_picture():
    picture = scene(without_route(north(), "pe-osl", "beta", "192.168.1.0/24"), "beta")
    check(picture)
    lyon, porto = nodes(picture, NodeKind.VIRTUAL_ROUTER)
    assert "→ porto" in text_of(lyon)
    assert "✗ cannot reach lyon" in text_of(porto)
    assert not any("→" in text for text in text_of(porto))
    (cut,) = of_kind(picture, LineKind.SEVERED)
    assert set(cut.ends) == {lyon.key, porto.key}
    assert not cut.up
    assert "Not every site reaches every other." in picture.summary
    assert "✓" not in words(picture)


def test_where_nothing_is_missing_it_says_so():
    picture = scene(north(), "beta")
    assert not of_kind(picture, LineKind.SEVERED)
    assert "✓ every site reaches every other" in words(picture)
    assert "✗" not in words(picture)


def test_a_prefix_missing_in_its_own_vrf_is_not_on_the_card():
    program = without_route(north(), "pe-kbh", "alfa", "2001:db8:1::/64")
    whole, part = (
        next(n for n in scene(p, "alfa").nodes if n.key == "site/aarhus")
        for p in (north(), program)
    )
    assert "2001:db8:1::/64" in text_of(whole)
    assert "2001:db8:1::/64" not in text_of(part)
    assert "192.168.1.0/24" in text_of(part)


def test_a_site_that_nobody_and_nothing_reaches_is_a_part_of_its_own():
    program = without_route(north(), "pe-osl", "beta", "192.168.1.0/24")
    program = without_route(program, "pe-kbh", "beta", "192.168.3.0/24")
    picture = scene(program, "beta")
    check(picture)
    assert [area.heading.text for area in picture.areas] == [
        "Part 1 of 2: cannot reach porto",
        "Part 2 of 2: cannot reach lyon",
    ]
    (cut,) = of_kind(picture, LineKind.SEVERED)
    assert {picture_kind(picture, end) for end in cut.ends} == {NodeKind.VIRTUAL_ROUTER}


def test_a_core_split_in_two_is_two_parts():
    picture = scene(north("core1-core2", "pe-kbh-core2"), "alfa")
    check(picture)
    left, right = picture.areas
    assert left.heading.text == "Part 1 of 2: cannot reach oslo"
    assert right.about == "Part 2 of 2: cannot reach aarhus, odense and stockholm"
    (oslo,) = (node for node in picture.nodes if node.key == "site/oslo")
    assert oslo.box.x > right.box.x
    assert len(nodes(picture, NodeKind.NETWORK)) == 1
    assert "2 parts that nothing joins" in picture.summary


def test_the_line_of_a_site_that_is_down_says_so_and_nobody_reaches_it():
    picture = scene(north("alfa/odense"), "alfa")
    check(picture)
    (line,) = (line for line in picture.lines if not line.up)
    assert line.key == "access/odense"
    assert line.about == "access line of odense, down"
    assert [label.run.text for label in line.labels] == ["down"]
    (site,) = (node for node in picture.nodes if not node.up)
    assert site.key == "site/odense"
    assert "✗ line down" in text_of(site)
    assert "Down: the line of odense." in picture.summary
    for router in nodes(picture, NodeKind.VIRTUAL_ROUTER):
        lacks = text_of(router)[-2:] == ["✗ cannot reach", "odense"]
        assert lacks or "✗ cannot reach odense" in text_of(router) or "odense" in text_of(router)[0]
    (sign,) = (entry for entry in picture.legend if not entry.up)
    assert sign.run.text == "line down"


def test_a_line_that_is_down_is_not_drawn_as_a_missing_route_too():
    picture = scene(north("alfa/odense"), "alfa")
    assert not of_kind(picture, LineKind.SEVERED)


def test_a_site_that_is_down_reaches_nobody_at_its_own_router_either():
    view = customer_view(north(), "epsilon")
    (router,) = view.routers
    (site,) = router.sites
    sites = (site, replace(site, name="attic", up=False))
    picture = l3vpn_scene(replace(view, islands=((replace(router, sites=sites),),)))
    check(picture)
    assert nodes(picture, NodeKind.NETWORK)
    assert "every" not in words(picture).casefold()


def test_a_ce_router_stands_between_its_site_and_the_virtual_router():
    picture = scene(program_of("nordic"), "a")
    (edge,) = nodes(picture, NodeKind.CE)
    assert text_of(edge) == ["CE router", "100.64.0.2"]
    ends = {line.key: line.ends for line in picture.lines}
    assert ends["lan/oslo"] == ("site/oslo", edge.key)
    assert ends["access/oslo"][0] == edge.key
    (line,) = (line for line in scene(north("alfa/oslo"), "alfa").lines if not line.up)
    assert line.ends[0] == "ce/oslo"


def test_partners_are_joined_to_the_network():
    picture = scene(program_of("extranet"), "shared")
    check(picture)
    (partner,) = nodes(picture, NodeKind.PARTNER)
    (network,) = nodes(picture, NodeKind.NETWORK)
    assert text_of(partner) == [
        "partners",
        "10.1.1.0/24",
        "10.1.2.0/24",
        "10.2.1.0/24",
        "10.2.2.0/24",
    ]
    (line,) = (line for line in picture.lines if partner.key in line.ends)
    assert line.ends == (partner.key, network.key)
    assert line.kind is LineKind.MEMBER


def test_a_single_router_with_partners_has_a_network_too():
    picture = scene(north(), "epsilon")
    check(picture)
    assert len(nodes(picture, NodeKind.NETWORK)) == 1
    assert "→ partners" in text_of(nodes(picture, NodeKind.VIRTUAL_ROUTER)[0])


def test_a_part_that_has_no_route_to_partners_shows_none():
    view = customer_view(program_of("extranet"), "shared")
    first, second = view.routers
    alone = replace(second, reaches=(), lacks=("backup",))
    picture = l3vpn_scene(replace(view, islands=((first,), (alone,))))
    check(picture)
    (partner,) = nodes(picture, NodeKind.PARTNER)
    assert partner.box.right < picture.areas[1].box.x


def test_the_line_between_two_parts_never_passes_the_partners_of_one():
    view = spread(24)
    view = replace(view, partners=customer_view(program_of("extranet"), "shared").partners)
    reach = tuple(ReachablePrefix(prefix, None) for prefix in view.partners)
    routers = [replace(router, reaches=reach) for router in view.routers]
    picture = l3vpn_scene(replace(view, islands=(tuple(routers[:8]), (view.routers[8],))))
    check(picture)
    assert len(picture.areas) == 2
    assert picture.areas[0].box.right < picture.areas[1].box.x
    assert not of_kind(picture, LineKind.SEVERED)


def test_many_hosts_are_the_first_few_and_how_many_more():
    lab = NORTH.replace("subnet: 192.168.4.0/24, hosts: 5", "subnet: 192.168.4.0/24, hosts: 15")
    picture = scene(compile_program(loads(lab, "polaris.yaml").network), "alfa")
    (odense,) = (node for node in picture.nodes if node.key == "site/odense")
    texts = text_of(odense)
    assert [text for text in texts if text.startswith("h")] == ["h1", "h2", "h3"]
    assert texts[-1] == "and 12 more hosts"
    assert "h8 192.168.4.9" in odense.about


def test_names_of_255_letters_are_shortened_and_addresses_are_not():
    name, subnet = "W" * 255, "2001:db8:1234:5678:9abc:def0:1234:5600/120"
    lab = (
        "name: one\nprovider: {nodes: {left: {role: pe}, right: {role: pe}}, links: [left-right]}\n"
        f"vpns: {{{name}: {{type: l3vpn, sites: {{{name}: {{pe: left, subnet: '{subnet}'}},"
        " b: {pe: right, subnet: 10.0.0.0/24}}}}"
    )
    picture = scene(compile_program(loads(lab, "one.yaml").network), name)
    check(picture)
    card = next(node for node in picture.nodes if node.key == f"site/{name}")
    assert text_of(card)[0].endswith("…")
    assert subnet in text_of(card)
    assert "2001:db8:1234:5678:9abc:def0:1234:5602" in text_of(card)
    assert name in card.about
    assert picture.width < 1200


def test_cards_of_one_picture_have_one_size_and_stand_in_rows():
    picture = l3vpn_scene(spread(30))
    cards = [node.box for node in nodes(picture, NodeKind.SITE)]
    assert len({(card.width, card.height) for card in cards}) == 1
    assert len({card.y for card in cards}) <= 6


def test_sites_stand_in_the_order_in_which_people_read():
    picture = l3vpn_scene(spread(40))
    boxes = {node.key: node.box for node in picture.nodes}
    places = [(boxes[f"site/s{i}"].y, boxes[f"site/s{i}"].x) for i in sorted(range(40))]
    by_view = [boxes[f"site/{site.name}"] for site in spread(40).sites]
    assert len(places) == len(by_view)
    assert all((a.y, a.x) < (b.y, b.x) for a, b in pairwise(by_view))


@pytest.mark.parametrize("name", ["nordic", "extranet", "hub", "attmpls", "uniform"])
def test_every_l3vpn_of_the_labs_makes_the_same_picture_each_time(name):
    program = program_of(name)
    again = compile_program(loads((TOPOLOGIES / f"{name}.yaml").read_text(), name).network)
    vpns = [info.name for info in program.vpns if info.kind == "l3vpn"]
    assert vpns
    for vpn in vpns:
        picture = scene(program, vpn)
        check(picture)
        assert picture == scene(again, vpn)


ONE_WAY = """
name: one-way
provider: {nodes: {w: {role: pe}, e: {role: pe}}, links: [w-e]}
vpns:
  a:
    type: l3vpn
    import: ["64512:1", "64512:2"]
    sites: {x: {pe: w, subnet: 10.1.1.0/24}, y: {pe: e, subnet: 10.1.2.0/24, ce: router}}
  b: {type: l3vpn, sites: {z: {pe: e, subnet: 10.2.1.0/24}}}
  c: {type: l3vpn, import: ["64512:3", "64512:1"], sites: {z: {pe: e, subnet: 10.3.1.0/24}}}
"""


def one_way(text=ONE_WAY, vpn="a", down=()):
    return customer_view(compile_program(loads(text, "x.yaml").network, frozenset(down)), vpn)


def test_an_arrow_leads_to_partners_who_have_no_route_back():
    picture = l3vpn_scene(one_way())
    check(picture)
    (partner,) = nodes(picture, NodeKind.PARTNER)
    (network,) = nodes(picture, NodeKind.NETWORK)
    assert text_of(partner) == ["partners", "10.2.1.0/24", "→ one way: no answers"]
    (line,) = (line for line in picture.lines if partner.key in line.ends)
    assert (line.ends, line.is_one_way) == ((network.key, partner.key), True)
    assert "From 1 of them no answers come back." in picture.summary
    (other,) = (line for line in l3vpn_scene(one_way(vpn="c")).lines if line.is_one_way)
    assert other.ends[1].startswith("partner/")


def test_of_partners_some_of_whom_answer_the_others_are_marked():
    both = ONE_WAY.replace('import: ["64512:1", "64512:2"]', "import: [64512:1, 64512:2, 64512:3]")
    picture = l3vpn_scene(one_way(both))
    (partner,) = nodes(picture, NodeKind.PARTNER)
    assert text_of(partner)[1:] == ["10.2.1.0/24 (one way: no answers)", "10.3.1.0/24"]
    assert not any(line.is_one_way for line in picture.lines)


def test_a_line_that_is_down_makes_no_partner_silent():
    both = ONE_WAY.replace(
        "  b: {type: l3vpn,", '  b: {type: l3vpn, import: ["64512:2", "64512:1"],'
    )
    view = one_way(both, down=["a/x"])
    assert all(entry.answers for router in view.routers for entry in router.reaches)
    assert not any(line.is_one_way for line in l3vpn_scene(view).lines)


def test_every_format_has_the_arrow():
    view = one_way()
    assert '"network/1" -- "partner/1" [dir="forward"];' in draw_dot([view])
    assert re.search(r"n\d+ --> n\d+", draw_mermaid([view]))
    assert "endArrow=block" in draw_drawio([l3vpn_scene(view)])
    assert "╟←┘" in "\n".join(line.plain for line in draw_l3vpn(view))
    assert 'class="arrow"' in draw_svg(l3vpn_scene(view))
