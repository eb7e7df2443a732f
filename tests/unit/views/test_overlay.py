"""One VPN over the provider's picture: its LSPs, both directions as one where they are."""

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import ProgramError
from mplsemu.lab.loader import loads
from mplsemu.program.trace import trace
from mplsemu.views.overlay import with_trace
from mplsemu.views.provider import provider_view
from mplsemu.views.trace import TraceView
from tests.places import TOPOLOGIES
from tests.programs import program_of
from tests.view_labs import north, overlaid


def names(way):
    return [link.link for link in way.links]


def test_every_pair_of_the_vpns_pes_has_one_way_that_stands_for_both_directions():
    view = overlaid(program_of("nordic"), "a")
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
        overlaid(program_of("nordic"), "q")


# --- a flooded frame ------------------------------------------------------------------------

BROADCAST = "ff:ff:ff:ff:ff:ff"


def flooded(program, source):
    found = trace(program, source, BROADCAST)
    return with_trace(provider_view(program), TraceView.of(found)).ways


def test_a_flooded_frame_is_drawn_with_all_its_copies():
    there, other = flooded(program_of("vpls"), "campus/library/h1")
    assert there.title == "campus/library/h1 → campus/stadium"
    assert names(there) == ["north-core1", "core1-east"]
    assert [link.there.stack for link in there.links] == [(16, 16), (16,)]
    assert other.title == "campus/library/h1 → campus/harbour"
    assert names(other) == ["north-core2", "core2-south"]


def test_copies_that_part_at_the_last_pe_are_one_way_with_both_names():
    ways = flooded(program_of("vpls"), "campus/stadium/h1")
    assert [way.title for way in ways] == [
        "campus/stadium/h1 → campus/library, campus/dormitory",
        "campus/stadium/h1 → campus/harbour",
    ]


CROWDED = """
name: crowded
provider:
  nodes: {x: {role: pe}, y: {role: pe}, p: {}, q: {}}
  links: [x-p, p-y, x-q, q-y]
  ecmp: 4
vpns:
  v: {type: vpls, subnet: 10.0.0.0/24, sites: {s1: {pe: x}, t1: {pe: x}, PLACES}}
"""


def test_copies_on_several_ways_say_so_and_copies_that_stay_take_no_link():
    places = ", ".join(f"u{number}: {{pe: y}}" for number in range(5))
    program = compile_program(loads(CROWDED.replace("PLACES", places), "crowded.yaml").network)
    (way,) = flooded(program, "v/s1/h1")
    assert way.title == "v/s1/h1 → v/u0, v/u1, v/u2 and 2 more, 2 ways"
    assert {(link.link, link.there.share) for link in way.links} == {
        (name, 0.5) for name in ("x-p", "p-y", "x-q", "q-y")
    }


def test_a_copy_that_is_lost_is_drawn_as_far_as_it_comes():
    program = program_of("vpls")
    cut = compile_program(
        loads((TOPOLOGIES / "vpls.yaml").read_text(), "vpls.yaml").network,
        frozenset({"campus/harbour"}),
        (),
        program,
    )
    there, lost = flooded(cut, "campus/library/h1")
    assert there.title == "campus/library/h1 → campus/stadium"
    assert lost.title == "campus/library/h1 → lost"
    assert names(lost) == ["north-core2", "core2-south"]
