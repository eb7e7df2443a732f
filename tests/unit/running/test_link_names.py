"""Cables by the names that people give them."""

import pytest

from mplsemu.control.cables import cables_of as cables_of_network
from mplsemu.control.compile import compile_program
from mplsemu.emulation.plan import make_plan
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.program.cables import cable_names, cables_of
from mplsemu.running.link_names import link_name
from mplsemu.suggest import some, unknown_name_remedy
from tests.builders import nordic

PARALLEL = """\
name: x
provider:
  nodes: {dk: {role: pe}, a-very-long-name-of-an-lsr: {role: pe}, p1: }
  links: [dk-p1, p1-dk, {ends: [a-very-long-name-of-an-lsr, p1]}]
vpns:
  a: {type: vpls, subnet: 10.0.0.0/24, sites: {x: {pe: dk}, y: {pe: a-very-long-name-of-an-lsr}}}
"""


@pytest.mark.parametrize("net", [nordic(), loads(PARALLEL, "x.yaml").network])
def test_program_and_network_agree_and_so_does_what_is_built(net):
    program = compile_program(net)
    names = cables_of_network(net)
    assert names == cables_of(program)
    for pair in make_plan(net, program).veth_pairs:
        for end in pair.ends:
            if end.node in program.node_by_name:
                assert names[end.interface] == pair.name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("dk-p1", "dk-p1"),
        ("p1-dk", "dk-p1"),
        ("dk-p1#2", "dk-p1#2"),
        ("p1-dk#2", "dk-p1#2"),
        ("dk-eth1", "dk-p1"),
        ("dk-eth2", "dk-p1#2"),
        ("dk-eth3", "a/x"),
        ("p1-eth2", "dk-p1#2"),
        ("n2-eth1", "a-very-long-name-of-an-lsr-p1"),
        ("p1-a-very-long-name-of-an-lsr", "a-very-long-name-of-an-lsr-p1"),
        ("a/x", "a/x"),
    ],
)
def test_a_cable_has_names_from_both_ends_and_those_of_its_interfaces(name, meant):
    network = loads(PARALLEL, "x.yaml").network
    assert link_name(network, name) == meant


def test_what_could_be_two_cables_is_none_and_a_labs_own_name_wins():
    names = cable_names(
        [("b-c-a", ("b-c", "a")), ("c-a-b", ("c", "a-b")), ("x-y", ("x", "y"))],
        [("x", 1, 1, "x-y"), ("y", 2, 1, "x-y")],
    )
    assert "a-b-c" not in names
    assert names["b-c-a"] == "b-c-a"
    assert names["y-eth1"] == names["y-x"] == "x-y"


def test_an_unknown_name_gets_the_nearest_or_is_told_where_all_are():
    with pytest.raises(LabError, match="did you mean 'dk-p1'"):
        link_name(nordic(), "dk-p1x")
    with pytest.raises(LabError, match="no link between 'dk' and 'no'; links: dk-p1"):
        link_name(nordic(), "dk", "no")
    with pytest.raises(LabError, match="if you mean the lab, write --lab nordic; links: dk-p1"):
        link_name(nordic(), "nordic", "dk-p1")
    names = [f"r{number}" for number in range(20)]
    assert some(names, "mplsemu show x links") == (
        "r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11 and 8 more "
        "(`mplsemu show x links` lists all)"
    )
    assert unknown_name_remedy("zzz", names[:3], "") == "known: r0, r1, r2"


def test_checks_take_a_link_from_either_end_and_by_an_interface():
    text = PARALLEL + (
        "validate:\n  - {path: [a/x/h1, a/y/h1], via: [p1-dk, p1-eth3], avoid: ['p1-dk#2']}\n"
    )
    [check] = loads(text, "x.yaml").network.validate
    assert check.via == ("dk-p1", "a-very-long-name-of-an-lsr-p1")
    assert check.avoid == ("dk-p1#2",)
    with pytest.raises(LabError, match="check 1: dk-p1 is under via and under avoid"):
        loads(text.replace("p1-dk#2", "dk-eth1"), "x.yaml")
    with pytest.raises(LabError, match="there is no LSR or link 'dk-eth3'"):  # a site's line
        loads(text.replace("p1-dk#2", "dk-eth3"), "x.yaml")
