"""An exit that several customers use: each reaches the Internet, and none another by way of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network
from mplsemu.model.numbers import VPNS
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.services import ViaPe, ViaVrf
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify

LAB = """
name: extranet
provider: {nodes: {dk: {role: pe}, p: , se: {role: pe}, no: {role: pe}}, links: [dk-p, se-p, p-no]}
vpns:
  inet:
    type: l3vpn
    import: [64512:1, 64512:2, 64512:3]
    sites:
      exit:
        pe: dk
        subnet: 203.0.113.64/29
        hosts: {isp: {address: [203.0.113.66, 198.51.100.80]}}
        routes: 0.0.0.0/0 via 203.0.113.66
      office: {pe: no, subnet: 203.0.113.0/28}
  a:
    type: l3vpn
    import: [64512:1, 64512:2]
    sites: {s: {pe: se, subnet: 10.1.0.0/24}, t: {pe: dk, subnet: 10.2.0.0/24}}
  b:
    type: l3vpn
    import: [64512:1, 64512:3]
    sites: {s: {pe: se, subnet: 10.3.0.0/24}, t: {pe: no, subnet: 10.4.0.0/24, ce: router}}
"""
NAT = LAB.replace(
    "subnet: 203.0.113.64/29\n", "subnet: 203.0.113.64/29\n        ce: {nat: masquerade}\n"
)


def lab(text: str = LAB) -> tuple[Network, Program]:
    network = loads(text, "x.yaml").network
    return network, compile_program(network)


def taker(program: Program, source: str, target: str) -> str:
    end = trace(program, source, target).end
    return str(end.host) if isinstance(end, Delivered) else type(end).__name__


@pytest.mark.parametrize("text", [LAB, NAT])
def test_customers_share_an_exit_and_do_not_reach_each_other_by_it(text):
    network, program = lab(text)
    assert verify(program, network).violations == ()
    for customer in ("a/s/h1", "a/t/h1", "b/s/h1", "b/t/h1", "inet/office/h1"):
        there = trace(program, customer, "198.51.100.80")
        assert is_answered(there, answer(program, there)), customer
    # what is another customer's is for the Internet, which has no private addresses
    assert taker(program, "a/s/h1", "10.3.0.2") == "inet/exit/isp"
    assert taker(program, "a/t/h1", "10.4.0.2") == "inet/exit/isp"
    assert taker(program, "b/t/h1", "10.2.0.2") == "inet/exit/isp"
    assert taker(program, "a/s/h1", "10.2.0.2") == "a/t/h1"
    assert taker(program, "a/s/h1", "203.0.113.2") == "inet/office/h1"
    assert taker(program, "inet/office/h1", "10.3.0.2") == "b/s/h1"


def test_the_exits_vrf_has_a_half_for_what_comes_to_it():
    _, program = lab()
    dk = program.node("dk")
    outward, inward = dk.vrf_by_name["inet"], dk.vrf_by_name["inet:in"]
    assert {str(route.prefix) for route in inward.routes} == {
        "0.0.0.0/0", "203.0.113.64/29", "203.0.113.66/32"}  # fmt: skip
    assert len({outward.label, inward.label}) == 2
    assert (outward.export_targets, inward.import_targets) == ((), ())
    default = next(r for r in program.node("se").vrf_by_name["a"].routes if not r.prefix.prefixlen)
    assert default.next_hop == ViaPe("dk", inward.label)
    default = next(r for r in dk.vrf_by_name["a"].routes if not r.prefix.prefixlen)
    assert default.next_hop == ViaVrf("inet:in")


def test_an_exit_that_looks_up_in_all_that_it_knows_is_refuted():
    network, program = lab()
    (inet, *others) = network.vpns
    assert isinstance(inet, L3vpn)
    joined = replace(inet, vrfs=())
    leaking = compile_program(replace(network, vpns=(joined, *others)))
    assert any("leaks" in str(each) for each in verify(leaking, network).violations)
    assert program != leaking


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        routes: 0.0.0.0/0 via 203.0.113.66\n", ""),  # nothing to lead on by
        ("0.0.0.0/0 via", "198.51.100.0/24 via"),  # which holds nobody's prefix
        ("import: [64512:1, 64512:2, 64512:3]", "import: [64512:1, 64512:2]"),  # b is not known
        ("import: [64512:1, 64512:2]\n", "import: [64512:1, 64512:2, 64512:3]\n"),
    ],
)
def test_no_vrf_is_in_two_halves_without_need(old, new):
    text = LAB.replace(old, new)
    if "64512:1, 64512:2]" in old:  # a and b know each other
        text = text.replace("import: [64512:1, 64512:3]", new.strip())
    if new.endswith("64512:2]"):
        text = text.replace("import: [64512:1, 64512:3]", "import: 64512:3")
    network, _ = lab(text)
    assert [policy.inward for vpn in network.vpns for policy in vpn.policies] == [None] * 3


def test_numbers_stay_when_an_exit_is_no_longer_shared():
    before = loads(LAB, "x.yaml")
    after = loads(LAB.replace("64512:2, 64512:3]", "64512:2]"), "x.yaml", before.numbers)
    again = loads(LAB, "x.yaml", after.numbers)
    assert before.numbers[VPNS]["inet:in"] == again.numbers[VPNS]["inet:in"] == 4
    assert again.network == before.network
