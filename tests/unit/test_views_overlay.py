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


def test_every_pair_of_the_vpns_pes_has_one_way_that_stands_for_both_directions():
    view = overlaid(topology("nordic"), "a")
    assert view.shown_vpn == "a"
    assert [way.title for way in view.ways] == ["dk ↔ no", "dk ↔ se", "no ↔ se"]
    first = view.ways[0]
    assert first.nodes == ("dk", "p1", "no")
    assert first.links == ("dk-p1", "no-p1")
    assert first.back is not None
    assert len(first.stacks) == len(first.back) == len(first.links)
    assert first.stacks[-1] == ()  # the penultimate hop pops
    assert first.back[0] == ()  # and so does the way back's, which is this way's first


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
    assert (there.title, there.links) == ("x → y", ("b-x", "y-b"))
    assert (back.title, back.links) == ("y → x", ("a-y", "x-a"))
    assert there.back is None
    assert back.back is None


def test_a_vpn_that_does_not_exist_is_told():
    with pytest.raises(ProgramError, match="no VPN 'q'"):
        overlaid(topology("nordic"), "q")
