"""Pictures of several providers: of all of them, and each one's own."""

from __future__ import annotations

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import ProgramError
from mplsemu.program.codec import dump_program
from mplsemu.program.provider_part import part_of, providers_of
from mplsemu.program.trace import trace
from mplsemu.views.customer import customer_view
from mplsemu.views.overlay import with_trace, with_vpn
from mplsemu.views.provider import provider_view
from mplsemu.views.text.view import draw_view
from mplsemu.views.trace import TraceView
from tests.builders import nordic
from tests.networks import two_providers

PROGRAM = compile_program(two_providers())
SOUTHS = ("sa", "sp", "s-", "10.255.0.5", "v/b", "v/c", "w/b", "v@south", "64501")
"""What the north does not know: names, a router ID, sites, a VRF, an AS number."""


def text(view) -> str:
    return "\n".join(line.plain for line in draw_view(view, 80))


def test_a_provider_sees_his_lsrs_and_whom_his_borders_lead_to():
    view = provider_view(PROGRAM, "north")
    assert [(r.name, r.provider) for r in view.routers] == [
        ("n1", None), ("n2", None), ("na", None), ("np", None), ("s1", "south"), ("s2", "south"),
    ]  # fmt: skip
    assert [link.name for link in view.links] == ["n1-s1", "na-np", "np-n1", "np-n2", "s2-n2"]
    assert [vpn.sites for vpn in view.vpns] == [(("a", "na"),), (("a", "na"),)]
    assert text(view).startswith(" Provider north of two\n 3 PE, 1 P, 5 links")
    assert "option a" in text(view)


def test_nothing_of_another_provider_is_in_his_part_but_the_far_ends_of_borders():
    part = part_of(PROGRAM, "north")
    written = dump_program(part)
    assert [word for word in SOUTHS if f'"{word}' in written] == []
    for name in ("s1", "s2"):
        node = part.node(name)
        assert (node.circuits, node.vrfs, node.ilm, node.ftn) == ((), (), (), ())
        assert {end.border for end in node.adjacencies} == {PROGRAM.link_by_name["n1-s1"].border}


def test_the_prefixes_beyond_a_border_are_there_as_the_border_circuits():
    routes = part_of(PROGRAM, "north").node("na").vrf_by_name["v@north"].routes
    found = {str(route.prefix): route.circuit for route in routes}
    assert found["10.2.0.0/29"] == "v/n1>s1"
    assert found["10.1.0.0/29"] == "v/a"


def test_with_option_b_too_a_provider_sees_his_own_and_no_site_beyond():
    part = part_of(compile_program(two_providers("b")), "north")
    written = dump_program(part).replace("v/border", "").replace("w/border", "")
    assert [word for word in SOUTHS if f'"{word}' in written] == []
    routes = part.node("na").vrf_by_name["v@north"].routes
    found = {str(route.prefix): route.circuit for route in routes}
    assert found["10.2.0.0/29"] == "v/border"
    assert found["10.1.0.0/29"] == "v/a"
    assert "option b" in text(provider_view(compile_program(two_providers("b")), "north"))


def test_all_providers_are_in_one_picture_with_their_names():
    view = provider_view(PROGRAM)
    assert {router.provider for router in view.routers} == {"north", "south"}
    assert text(view).startswith(" Providers of two\n 6 PE, 2 P")


def test_on_a_border_a_packet_has_no_labels_and_nobody_has_popped_one():
    view = with_trace(provider_view(PROGRAM), TraceView.of(trace(PROGRAM, "v/a/h1", "v/b/h1")))
    (way,) = view.ways
    stacks = {each.link: each.there.text for each in way.links}
    assert stacks["n1-s1"] == "IP"
    assert stacks["sp-s1" if "sp-s1" in stacks else "s1-sp"] != "IP"
    own = with_trace(
        provider_view(PROGRAM, "south"), TraceView.of(trace(PROGRAM, "v/a/h1", "v/b/h1"))
    )
    assert {each.link for each in own.ways[0].links} == {"n1-s1", "sp-s1", "sa-sp"}


def test_the_lsps_of_a_vpn_are_those_of_each_network():
    part = part_of(PROGRAM, "north")
    view = with_vpn(provider_view(PROGRAM, "north"), part, "v")
    assert {link.link for way in view.ways for link in way.links} == {"na-np", "np-n1", "np-n2"}


def test_a_customer_sees_his_whole_vpn_and_no_border():
    view = customer_view(PROGRAM, "v")
    assert [site.name for site in view.sites] == ["a", "b", "c"]
    (island,) = view.islands
    assert [router.lacks for router in island] == [(), (), ()]
    assert ">" not in text(view).replace("->", "")


def test_a_customer_whose_border_failed_sees_islands():
    cut = compile_program(two_providers(), frozenset({"n1-s1", "s2-n2"}))
    view = customer_view(cut, "v")
    islands = [[site.name for each in island for site in each.sites] for island in view.islands]
    assert islands == [["a"], ["b", "c"]]


def test_a_lab_with_one_provider_has_no_parts():
    assert providers_of(compile_program(nordic())) == ()
    assert providers_of(PROGRAM) == ("north", "south")
    with pytest.raises(ProgramError, match="no provider 'east' in lab 'two'"):
        part_of(PROGRAM, "east")
