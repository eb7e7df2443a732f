"""Static routes behind CE routers: the PE's, the CE router's own, and how they are proved."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.controller.network_change import Emulated
from mplsemu.emulation.batch_commands import ce_inet6_lines, ce_lines
from mplsemu.emulation.plan import make_plan
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.network import Network
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.services import CeRoute
from mplsemu.program.trace import trace
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
        ce: {router: linux, wan: 15.1.1.0/30}
        hosts: {fw: {address: [10.0.1.2, 172.16.9.1]}, isp: [10.0.1.3, "2001:db8:1::3"], pc: }
        routes: [172.16.9.0/24 via 10.0.1.2, 0.0.0.0/0 via 10.0.1.3, "::/0 via 2001:db8:1::3"]
      y: {pe: se, subnet: [10.0.2.0/24, "2001:db8:2::/64"]}
      z: {pe: no, subnet: 10.0.3.0/24, ce: router}
"""
NARROW = LAB.replace(', 0.0.0.0/0 via 10.0.1.3, "::/0 via 2001:db8:1::3"', "")


def lab(text: str = LAB) -> tuple[Network, Program]:
    network = loads(text, "x.yaml").network
    return network, compile_program(network)


def taker(program: Program, source: str, target: str) -> str:
    end = trace(program, source, target).end
    return str(end.host) if isinstance(end, Delivered) else type(end).__name__


def test_networks_behind_a_ce_routers_lan_are_reached_from_everywhere():
    network, program = lab()
    assert verify(program, network).violations == ()
    assert load_program(dump_program(program)) == program
    for source in ("red/y/h1", "red/z/h1", "red/x/pc"):
        assert taker(program, source, "172.16.9.1") == "red/x/fw"
        assert taker(program, source, "8.8.8.8") == "red/x/isp"
        there = trace(program, source, "172.16.9.1")
        assert is_answered(there, answer(program, there)), source
    assert taker(program, "red/y/h1", "2001:db8:ffff::1") == "red/x/isp"
    assert taker(program, "red/x/pc", "10.0.2.2") == "red/y/h1"


def test_the_ce_router_knows_what_its_wide_routes_would_hide():
    _, program = lab()
    ce = program.node("dk").circuit_by_name["red/x"].ce
    assert ce is not None
    to_pe = {str(route.prefix) for route in ce.routes if route.via is None}
    assert to_pe == {"10.0.2.0/24", "10.0.3.0/24", "2001:db8:2::/64"}
    _, narrow = lab(NARROW)
    ce = narrow.node("dk").circuit_by_name["red/x"].ce
    assert ce is not None
    assert ce.routes == (CeRoute(ip_network("172.16.9.0/24"), ip_address("10.0.1.2")),)


def test_an_extranets_prefixes_and_the_links_beside_it_are_among_these():
    more = """
      beside: {pe: dk, subnet: 10.0.9.0/24, ce: {wan: 15.2.0.0/30}}
      apart: {pe: no, subnet: 10.0.8.0/24, ce: {wan: 15.3.0.0/30}, redistribute: connected}
  blue: {type: l3vpn, export: ["64512:1", "64512:2"], sites: {s: {pe: se, subnet: 10.7.0.0/24}}}
  grey: {type: l3vpn, sites: {s: {pe: se, subnet: 10.6.0.0/24}, t: {pe: no, subnet: 10.5.0.0/24}}}
"""
    network, program = lab(LAB + more)
    assert verify(program, network).holds
    ce = program.node("dk").circuit_by_name["red/x"].ce
    assert ce is not None
    to_pe = {str(route.prefix) for route in ce.routes if route.via is None}
    assert to_pe >= {"10.0.9.0/24", "10.0.8.0/24", "10.7.0.0/24", "15.2.0.0/30", "15.3.0.0/30"}
    assert not to_pe & {"10.6.0.0/24", "10.5.0.0/24"}


def test_what_comes_from_the_pe_never_goes_back_there():
    network, _ = lab()
    down = compile_program(network, frozenset({"p-no"}))
    there = trace(down, "red/y/h1", "10.0.3.2")  # a prefix that dk has no route to any more
    assert str(there.end.host) == "red/x/isp"
    there = trace(down, "red/x/pc", "10.0.3.2")  # to the PE, back by its default route, and out
    assert str(there.end.host) == "red/x/isp"
    assert [hop.node for hop in there.hops] == ["red/x/ce", "dk", "red/x/ce"]


def test_a_ce_routers_own_way_out_wins_on_its_lan():
    text = LAB.replace("y: {pe: se,", "y: {pe: se, routes: 0.0.0.0/0 via 10.0.2.2, preference: 5,")
    network, program = lab(text)
    assert verify(program, network).violations == ()
    assert taker(program, "red/z/h1", "8.8.8.8") == "red/y/h1"
    assert taker(program, "red/x/pc", "8.8.8.8") == "red/x/isp"
    text += """
  blue: {type: l3vpn, sites: {s: {pe: se, subnet: 10.7.0.0/24}, t: {pe: no, subnet: 10.8.0.0/24}}}
"""
    network, _ = lab(text)
    found = {(str(each.source), str(each.target)): each for each in expectations(network)}
    assert str(found["red/z/h1", "blue/s/h1"].answered_by) == "red/y/h1"
    assert str(found["red/x/pc", "blue/s/h1"].answered_by) == "red/x/isp"


def test_a_hub_and_strict_validation_go_with_it():
    text = LAB.replace("  red:\n", "  red:\n    topology: hub-and-spoke\n    urpf: strict\n")
    network, program = lab(text.replace("        pe: dk\n", "        pe: dk\n        role: hub\n"))
    assert verify(program, network).violations == ()
    assert taker(program, "red/y/h1", "8.8.8.8") == "red/x/isp"
    assert taker(program, "red/y/h1", "10.0.3.2") == "red/x/isp"  # not the other spoke
    assert taker(program, "red/y/h1", "172.16.9.1") == "red/x/fw"
    assert taker(program, "red/x/pc", "10.0.3.2") == "red/z/h1"


def test_other_routes_of_a_ce_router_than_the_labs_are_refuted():
    network, program = lab()
    dk = program.node("dk")
    circuit = dk.circuit_by_name["red/x"]
    assert circuit.ce is not None
    for routes in (circuit.ce.routes[1:], circuit.ce.routes[:-1], ()):
        changed = replace(circuit, ce=replace(circuit.ce, routes=routes))
        circuits = tuple(changed if each is circuit else each for each in dk.circuits)
        node = replace(dk, circuits=circuits)
        spoilt = replace(program, nodes=tuple(node if n is dk else n for n in program.nodes))
        assert not verify(spoilt, network).holds


def test_a_nobody_behind_a_ce_router_gets_an_error_from_it():
    network, program = lab(LAB.replace("via 10.0.1.2", "via 10.0.1.9"))
    assert verify(program, network).holds
    there = trace(program, "red/y/h1", "172.16.9.1")
    back = answer(program, there)
    assert back is not None
    assert (str(back.kind), back.trace.delivered) == ("host unreachable", True)
    there = trace(program, "red/x/pc", "172.16.9.1")
    assert "nobody known on its LAN has 10.0.1.9" in str(there.end)


def test_the_kernel_of_a_ce_router_gets_its_routes():
    network, program = lab()
    plan = next(ce for ce in make_plan(network, program).ces if ce.ref.site == "x")
    lines = [*ce_lines(plan)]
    assert "route add 172.16.9.0/24 via 10.0.1.2 dev eth1" in lines
    assert "route add 0.0.0.0/0 via 10.0.1.3 dev eth1" in lines
    assert "route add 10.0.2.0/24 via 15.1.1.1 dev eth0 src 10.0.1.1" in lines
    assert "route add 2001:db8:2::/64 via fe80::1 dev eth0 src 2001:db8:1::1" in lines
    assert not any("default" in line for line in lines)
    assert "rule add iif eth0 lookup 4364 priority 4364" in lines
    assert "route add ::/0 via 2001:db8:1::3 dev eth1 table 4364" in lines
    assert [*ce_inet6_lines(plan)] == ["rule add iif eth0 lookup 4364 priority 4364"]
    network, program = lab(NARROW)
    plan = next(ce for ce in make_plan(network, program).ces if ce.ref.site == "x")
    lines = [*ce_lines(plan)]
    assert "route add default via 15.1.1.1 dev eth0 src 10.0.1.1" in lines
    assert not any("4364" in line for line in lines)
    assert [*ce_inet6_lines(plan)] == []


def test_a_running_lab_keeps_the_routes_of_its_ce_routers():
    network, _ = lab()
    without = loads(LAB.replace("      z: {pe: no, subnet: 10.0.3.0/24, ce: router}\n", ""), "x")
    with pytest.raises(LabError, match="CE router of site red/x would need other routes"):
        Emulated.of(network).check(without.network)
    Emulated.of(network).check(network)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "remedy"),
    [
        ("via 10.0.1.2", "via 10.0.7.2", 13, "10.0.7.2 is not on its LAN, which has 10.0.1.0/24",
         "write PREFIX via ADDRESS"),
        ("via 10.0.1.2", "via 15.1.1.1", 13, "15.1.1.1 is not on its LAN", "write PREFIX via"),
        ("via 10.0.1.2", "via 10.0.1.1", 13, "10.0.1.1 is the CE router itself", "write PREFIX"),
        ("172.16.9.0/24 via", "10.0.1.0/24 via", 13, "10.0.1.0/24 is on its LAN", "write PREFIX"),
        ("172.16.9.0/24 via", "15.1.1.0/30 via", 11, "15.1.1.0/30 overlaps 15.1.1.0/30 of site",
         "nothing else"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_value_and_remedy(old, new, line, problem, remedy):
    refused(LAB, old, new, line, problem, remedy)


def test_a_route_in_the_pool_of_the_links_is_refused():
    text = LAB.replace("{router: linux, wan: 15.1.1.0/30}", "router")
    refused(text, "172.16.9.0/24 via", "100.64.0.0/30 via", 13, "within 100.64.0.0/10", "PREFIX")


def test_a_hub_whose_ce_router_would_keep_what_spokes_send_each_other_is_refused():
    text = LAB.replace("  red:\n", "  red:\n    topology: hub-and-spoke\n    via: ce\n")
    text = text.replace("        pe: dk\n", "        pe: dk\n        role: hub\n")
    part = "10.0.2.128/25"
    refused(text, "0.0.0.0/0", part, 16, "10.0.2.0/24 of spoke red/y", "leave via out")
    loads(text, "x.yaml")  # wider ones are for what is no spoke's


def refused(text: str, old: str, new: str, line: int, problem: str, remedy: str) -> None:
    assert old in text
    with pytest.raises(LabError) as caught:
        loads(text.replace(old, new, 1), "x.yaml")
    assert caught.value.location is not None
    told = (caught.value.location.line, problem in caught.value.problem)
    assert told == (line, True), str(caught.value)
    assert remedy in (caught.value.remedy or "")
