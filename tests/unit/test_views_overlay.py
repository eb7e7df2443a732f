"""One VPN over the provider's picture: its LSPs, both directions as one where they are."""

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import ProgramError
from mplsemu.lab.loader import loads
from mplsemu.views.overlay import with_vpn
from mplsemu.views.provider import provider_view

from .view_labs import north, topology


def overlaid(program, vpn):
    return with_vpn(provider_view(program), program, vpn)


def names(way):
    return [link.link for link in way.links]


def test_every_pair_of_the_vpns_pes_has_one_way_that_stands_for_both_directions():
    view = overlaid(topology("nordic"), "a")
    assert view.shown_vpn == "a"
    assert [way.title for way in view.ways] == ["dk ↔ no", "dk ↔ se", "no ↔ se"]
    first = view.ways[0]
    assert [(link.sender, link.link, link.receiver) for link in first.links] == [
        ("dk", "dk-p1", "p1"),
        ("p1", "no-p1", "no"),
    ]
    assert first.is_both_ways
    assert first.links[-1].there.stack == ()  # the penultimate hop pops
    assert first.links[0].back.stack == ()  # and so does the way back's, on this way's first link


def test_only_pes_with_a_site_of_the_vpn_are_joined():
    view = overlaid(north(), "beta")
    assert [way.title for way in view.ways] == ["pe-kbh ↔ pe-osl"]


def test_ways_that_do_not_arrive_are_left_out():
    assert overlaid(north("core1-core2", "pe-kbh-core2"), "beta").ways == ()


ASYMMETRIC = """
name: round
provider:
  nodes: {x: {role: pe}, y: {role: pe}, a: {}, b: {}}
  links: [x-a, a-y, y-b, b-x]
vpns:
  v: {type: vpws, subnet: 10.0.0.0/24, sites: {one: {pe: x}, two: {pe: y}}}
"""


def test_directions_that_take_other_links_are_two_ways():
    program = compile_program(loads(ASYMMETRIC, "round.yaml").network)
    there, back = overlaid(program, "v").ways
    assert (there.title, names(there)) == ("x → y", ["b-x", "y-b"])
    assert (back.title, names(back)) == ("y → x", ["a-y", "x-a"])
    assert not there.is_both_ways
    assert not back.is_both_ways


def test_a_vpn_that_does_not_exist_is_told():
    with pytest.raises(ProgramError, match="no VPN 'q'"):
        overlaid(topology("nordic"), "q")
