"""Static routes of sites: networks behind a host, default routes, and how they are proved."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.host_stack import PacketOptions
from mplsemu.program.path import Delivered, Unresolved
from mplsemu.program.program import Program
from mplsemu.program.services import ViaNeighbour
from mplsemu.program.trace import trace
from mplsemu.southbound.punt.event import OutOfPort
from mplsemu.southbound.punt.resolve import resolution_request
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import expectations

LAB = """
name: behind
provider: {nodes: {dk: {role: pe}, p: , se: {role: pe}, no: {role: pe}}, links: [dk-p, se-p, p-no]}
vpns:
  red:
    type: l3vpn
    sites:
      x:
        pe: dk
        subnet: [10.0.1.0/24, "2001:db8:1::/64"]
        hosts: {router: {address: [10.0.1.2, 172.16.9.1, "2001:db8:1::2"]}, pc: }
        routes: [172.16.9.0/24 via 10.0.1.2, 0.0.0.0/0 via 10.0.1.2, "::/0 via 2001:db8:1::2"]
      y: {pe: se, subnet: [10.0.2.0/24, "2001:db8:2::/64"]}
"""
MORE = """
      z: {pe: no, subnet: 10.0.3.0/24, ROUTES}
"""


def lab(text: str = LAB):
    network = loads(text, "x.yaml").network
    return network, compile_program(network)


def taker(program: Program, source: str, target: str) -> str:
    end = trace(program, source, target).end
    return str(end.host) if isinstance(end, Delivered) else type(end).__name__


def test_a_network_behind_a_host_is_reached_from_everywhere():
    network, program = lab()
    assert verify(program, network).violations == ()
    assert load_program(dump_program(program)) == program
    for source in ("red/y/h1", "red/x/pc"):
        for target in ("172.16.9.1", "172.16.9.77", "8.8.8.8", "10.0.9.9"):
            assert taker(program, source, target) == "red/x/router"
    assert taker(program, "red/y/h1", "2001:db8:ffff::1") == "red/x/router"


def test_an_address_that_a_route_leads_to_is_no_oversight():
    assert loads(LAB, "x.yaml").notes == ()
    text = LAB.replace("172.16.9.0/24 via", "172.17.9.0/24 via")
    (note,) = loads(text.replace(" 0.0.0.0/0 via 10.0.1.2,", ""), "x.yaml").notes
    assert "red/x/router has 172.16.9.1" in note


def test_what_is_behind_a_host_is_the_hosts_business():
    _, program = lab()
    there = trace(program, "red/y/h1", "172.16.9.1")
    assert is_answered(there, answer(program, there))
    there = trace(program, "red/y/h1", "172.16.9.2")
    assert there.delivered
    assert answer(program, there) is None


def test_an_error_for_a_source_behind_a_host_finds_its_way_back():
    _, program = lab()
    options = PacketOptions(ttl=1, source=ip_address("172.16.9.1"))
    there = trace(program, "red/x/router", "10.0.2.2", options)
    back = answer(program, there, options)
    assert back is not None
    assert back.trace.delivered


def test_the_mac_address_of_a_next_hop_is_asked_for():
    network, program = lab(LAB.replace("172.16.9.0/24 via 10.0.1.2", "172.16.9.0/24 via 10.0.1.9"))
    assert verify(program, network).holds
    end = trace(program, "red/y/h1", "172.16.9.5").end
    assert isinstance(end, Unresolved)
    assert str(end.address) == "10.0.1.9"
    dk = program.node("dk")
    request = resolution_request(dk, dk.vrf_by_name["red"], end.address)
    assert isinstance(request, OutOfPort)


def test_the_nearest_exit_wins_and_another_takes_over():
    text = LAB.replace(
        "links: [dk-p, se-p, p-no]", "links: [dk-p, se-p, {ends: [p, no], metric: 3}]"
    )
    network, program = lab(text + MORE.replace("ROUTES", "routes: 0.0.0.0/0 via 10.0.3.2"))
    assert verify(program, network).violations == ()
    assert taker(program, "red/y/h1", "8.8.8.8") == "red/z/h1"
    assert taker(program, "red/x/pc", "8.8.8.8") == "red/x/router"
    down = compile_program(network, frozenset({"red/z"}))
    assert taker(down, "red/y/h1", "8.8.8.8") == "red/x/router"
    down = compile_program(network, frozenset({"p-no"}))
    assert taker(down, "red/y/h1", "8.8.8.8") == "red/x/router"


def test_a_preference_wins_against_the_nearest_exit():
    text = LAB.replace("      y: {pe: se,", "      y: {pe: se, preference: 200,")
    text += MORE.replace("ROUTES", "preference: 5, routes: 0.0.0.0/0 via 10.0.3.2")
    network, program = lab(text)
    assert verify(program, network).violations == ()
    assert taker(program, "red/x/pc", "8.8.8.8") == "red/z/h1"


def test_strict_validation_takes_a_circuits_static_routes_into_account():
    network, program = lab(LAB.replace("        pe: dk\n", "        pe: dk\n        urpf: strict\n")
                           .replace("0.0.0.0/0 via 10.0.1.2, ", ""))  # fmt: skip
    assert verify(program, network).violations == ()
    for source, arrives in (("172.16.9.1", True), ("172.17.0.1", False), ("10.0.2.9", False)):
        options = PacketOptions(source=ip_address(source))
        assert trace(program, "red/x/router", "10.0.2.2", options).delivered is arrives


def test_a_host_gets_what_is_for_networks_behind_it_and_answers_for_its_own_addresses_alone():
    text = (
        LAB
        + """
  blue: {type: l3vpn, sites: {s: {pe: se, subnet: 10.7.0.0/24}, t: {pe: no, subnet: 10.8.0.0/24}}}
"""
    )
    network, program = lab(text)
    assert verify(program, network).holds
    found = {(str(each.source), str(each.target)): each for each in expectations(network)}
    lost = found["red/y/h1", "blue/s/h1"]
    assert (lost.expect.value, str(lost.answered_by), lost.answered) == (
        "isolate", "red/x/router", False)  # fmt: skip
    assert trace(program, "red/y/h1", "10.7.0.2").end.host == lost.answered_by


def test_a_wrong_next_hop_is_refuted():
    network, program = lab()
    dk = program.node("dk")
    (vrf,) = dk.vrfs

    def spoilt(**changes: object) -> Program:
        routes = tuple(
            replace(each, **changes) if isinstance(each.next_hop, ViaNeighbour) else each
            for each in vrf.routes
        )
        node = replace(dk, vrfs=(replace(vrf, routes=routes),))
        return replace(program, nodes=tuple(node if n is dk else n for n in program.nodes))

    pc = network.vpns[0].sites[0].hosts[1].addresses[0].ip
    assert not verify(spoilt(next_hop=ViaNeighbour("red/x", pc)), network).holds
    assert verify(spoilt(), network).holds


VIA = "via 10.0.1.2, 0"
FAR = "172.16.9.0/24 via"


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "remedy"),
    [
        (VIA, "via 10.0.7.2, 0", 12, "10.0.7.2 is not on its LAN, which has", "PREFI"),
        (VIA, "via 10.0.1.1, 0", 12, "10.0.1.1 is the gateway itself", "write PREFIX"),
        (VIA, "via 10.0.1.255, 0", 12, "is the first or the last of 10.0.1.0/24", ""),
        (FAR, "10.0.1.128/25 via", 12, "10.0.1.128/25 is on its LAN", "write PREFIX"),
        ("0.0.0.0/0 via", FAR, 12, "has another route to the same prefix", ""),
        (FAR, "127.1.0.0/16 via", 12, "127.1.0.0/16 is never routed", "unicast"),
        (FAR, "172.16.9.1/24 via", 12, "host bits set", "write 172.16.9.0/24 via 10"),
        (f"{FAR} 10.0.1.2", "172.16.9.0/24", 12, "is not PREFIX via ADDRESS", "10.50.0."),
        ("0.0.0.0/0 via 10.0.1.2", "0.0.0.0/0 via ::2", 12, "from one IP version to the other", ""),
        ("10.0.2.0/24", "10.0.1.0/28", 12, "10.0.1.2 is within 10.0.1.0/28 of site red/y (line 13)",
         "another address"),
        ("      y: {pe: se, subnet: [10.0.2.0/24, \"2001:db8:2::/64\"]}\n", "", 12,
         "nobody can use its default route", "add a site"),
        ("\"2001:db8:2::/64\"]", "\"2001:db8:2::/64\"], routes: 172.16.9.0/24 via 10.0.2.2", 13,
         "172.16.9.0/24 is that of site red/x (line 12), too", "preference"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_value_and_remedy(old, new, line, problem, remedy):
    assert old in LAB
    with pytest.raises(LabError) as caught:
        loads(LAB.replace(old, new, 1), "x.yaml")
    assert caught.value.location is not None
    assert (caught.value.location.line, problem in caught.value.problem) == (line, True), str(
        caught.value
    )
    assert remedy in (caught.value.remedy or "")


def test_default_routes_need_no_preference():
    network, program = lab(LAB + MORE.replace("ROUTES", "routes: 0.0.0.0/0 via 10.0.3.2"))
    assert verify(program, network).violations == ()
    (route,) = (r for r in program.node("se").vrfs[0].routes if not r.prefix.prefixlen
                and r.prefix.version == 4)  # fmt: skip
    assert len(route.ways) == 2
