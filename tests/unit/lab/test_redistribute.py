"""PE-CE networks that other VRFs know, on request."""

from __future__ import annotations

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify

LAB = """
name: links
provider: {nodes: {dk: {role: pe}, p: , se: {role: pe}}, links: [dk-p, se-p]}
vpns:
  red:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 10.0.1.0/24, ce: {wan: [10.99.0.0/30, "2001:db8:99::/127"]}, REDISTRIBUTE}
      y: {pe: se, subnet: [10.0.2.0/24, "2001:db8:2::/64"]}
      z: {pe: se, subnet: 10.0.3.0/24, ce: router}
"""
ADDRESSES = ("10.99.0.1", "10.99.0.2", "2001:db8:99::1")


def program_of(text: str):
    network = loads(text, "x.yaml").network
    program = compile_program(network)
    assert verify(program, network).violations == ()
    return program


@pytest.mark.parametrize("said", ["redistribute: connected", "urpf: strict"])
def test_the_link_is_known_elsewhere_just_if_it_is_distributed(said):
    program = program_of(LAB.replace("REDISTRIBUTE", said))
    for address in ADDRESSES:
        there = trace(program, "red/y/h1", address)
        is_shared = said == "redistribute: connected"
        assert is_answered(there, answer(program, there)) is is_shared, address


def test_a_vpn_says_it_for_all_its_sites():
    text = LAB.replace(", REDISTRIBUTE", "").replace(
        "l3vpn\n", "l3vpn\n    redistribute: connected\n"
    )
    program = program_of(text)
    for address in (*ADDRESSES, "100.64.0.2"):  # the second is of the pool
        there = trace(program, "red/y/h1", address)
        assert is_answered(there, answer(program, there)), address
    prefixes = {str(route.prefix) for route in program.node("dk").vrfs[0].routes}
    assert "100.64.0.0/30" in prefixes


def test_a_site_without_a_ce_router_has_no_link_to_distribute():
    text = LAB.replace(", REDISTRIBUTE", "").replace(
        '"]}\n      z', '"], redistribute: connected}\n      z'
    )
    with pytest.raises(LabError) as caught:
        loads(text, "x.yaml")
    assert caught.value.location is not None
    assert caught.value.location.line == 9
    assert "site red/y has no CE router" in caught.value.problem
    assert "leave 'redistribute' out" in (caught.value.remedy or "")


def test_two_vpns_may_not_distribute_the_same_link_to_each_other():
    text = LAB.replace(", REDISTRIBUTE", "").replace(
        "l3vpn\n", 'l3vpn\n    redistribute: connected\n    import: ["64512:1", "64512:2"]\n'
    )
    text += """
  blue:
    type: l3vpn
    redistribute: connected
    sites: {s: {pe: dk, subnet: 10.7.0.0/24, ce: router}}
"""
    with pytest.raises(LabError, match=r"imports equal prefixes: 100.64.0.0/30"):
        loads(text, "x.yaml")
