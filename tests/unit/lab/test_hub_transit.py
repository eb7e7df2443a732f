"""L3VPNs whose spokes reach each other through the CE router of a hub."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from mplsemu.analysis.alarms import LabState, alarms
from mplsemu.analysis.connectivity import connectivity
from mplsemu.control.compile import compile_program
from mplsemu.control.whatif import WhatIf
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.l3vpn import HubAndSpoke, L3vpn
from mplsemu.model.names import is_core
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.link_crossings import crossings
from mplsemu.program.path import Delivered, TtlExpired
from mplsemu.program.program import Program
from mplsemu.program.services import Connected, ViaCe, ViaPe
from mplsemu.program.trace import PacketOptions, Trace, trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations
from mplsemu.verification.verdict import Invariant
from tests.networks import hub_transit
from tests.programs import changed_node

LAB = """
name: star
provider:
  nodes: {n: {role: pe}, m: {role: pe}, o: {role: pe}}
  links: [n-m, m-o, o-n]
vpns:
  corp:
    type: l3vpn
    topology: hub-and-spoke
    via: ce
    sites:
      hq: {pe: n, role: hub, subnet: 10.0.0.0/24, ce: router}
      a: {pe: m, subnet: 10.0.1.0/24}
      b: {pe: m, subnet: 10.0.2.0/24, ce: router}
      c: {pe: o, subnet: 10.0.3.0/24}
      near: {pe: n, subnet: 10.0.4.0/24}
"""
TWO_HUBS = LAB + "      spare: {pe: o, role: hub, subnet: 10.0.9.0/24, ce: router}\n"
SPOKES = ("a", "b", "c", "near")


def star(text: str = LAB, *down: str) -> Program:
    return compile_program(loads(text, "star.yaml").network, frozenset(down))


def routes(program: Program, pe: str, vrf: str) -> dict:
    found = program.node(pe).vrf_by_name[vrf].routes
    return {str(route.prefix): route.next_hop for route in found}


def between(program: Program, source: str, target: str, ttl: int = 64) -> Trace:
    return trace(program, f"corp/{source}/h1", f"corp/{target}/h1", PacketOptions(ttl=ttl))


def test_every_packet_between_spokes_passes_the_hubs_ce_router_also_at_one_pe():
    program = star()
    for source in SPOKES:
        for target in SPOKES:
            if source != target:
                found = between(program, source, target)
                assert found.delivered
                assert [hop.node for hop in found.hops].count("corp/hq/ce") == 1
        assert between(program, source, "hq").delivered
        assert between(program, "hq", source).delivered


def test_the_hubs_pe_has_a_vrf_to_its_ce_router_and_one_from_it():
    program = star()
    node = program.node("n")
    assert [vrf.name for vrf in node.vrfs] == ["corp", "corp:in", "corp/near"]
    outward, inward = node.vrf_by_name["corp"], node.vrf_by_name["corp:in"]
    assert (outward.circuits, inward.circuits) == (("corp/hq",), ())
    assert (outward.export_targets, inward.import_targets) == ((), ())
    assert outward.rd != inward.rd
    assert {route.next_hop for route in inward.routes} == {ViaCe("corp/hq")}
    ways = {str(route.prefix): route.next_hop for route in outward.routes}
    assert ways["10.0.1.0/24"] == ViaPe("m", program.node("m").vrf_by_name["corp/a"].label)
    assert ways["100.64.0.0/30"] == Connected("corp/hq")
    spoke = program.node("m").vrf_by_name["corp/a"]
    (to_c,) = [route for route in spoke.routes if str(route.prefix) == "10.0.3.0/24"]
    assert to_c.next_hop == ViaPe("n", inward.label)


def test_the_hubs_ce_router_counts_in_ttl_and_answers_traceroute():
    program = star()
    seen = []
    for ttl in range(1, 8):
        found = between(program, "a", "c", ttl)
        back = answer(program, found, PacketOptions(ttl=ttl))
        assert back is not None
        assert back.trace.delivered
        seen.append(back.trace.source)
        if found.delivered:
            break
        assert isinstance(found.end, TtlExpired)
    assert seen == ["m", "n", "corp/hq/ce", "n", "o", "corp/c/h1"]


def test_answers_between_spokes_pass_the_hub_too():
    program = star()
    there = between(program, "a", "b")
    back = answer(program, there)
    assert is_answered(there, back)
    assert back is not None
    assert any(hop.node == "corp/hq/ce" for hop in back.trace.hops)


def test_what_is_for_a_spoke_that_is_down_ends_at_the_hubs_pe():
    found = between(star(LAB, "corp/c"), "a", "c")
    assert not found.delivered
    assert str(found.end) == "dropped at n: no route to 10.0.3.2 in VRF corp"


@pytest.mark.parametrize(
    ("down", "hub"), [((), "hq"), (("corp/hq",), "spare"), (("n-m", "o-n"), "spare")]
)
def test_of_several_hubs_the_first_that_is_reached_passes_packets_on(down, hub):
    found = between(star(TWO_HUBS, *down), "a", "c")
    assert found.delivered
    assert [hop.node for hop in found.hops if hop.is_ce] == [f"corp/{hub}/ce"]


def test_hubs_reach_each_other_and_are_no_spokes():
    program = star(TWO_HUBS)
    found = between(program, "hq", "spare")
    assert found.delivered
    assert [hop.node for hop in found.hops if hop.is_ce] == ["corp/hq/ce", "corp/spare/ce"]


@pytest.mark.parametrize("text", [LAB, TWO_HUBS])
def test_check_proves_it(text):
    network = loads(text, "star.yaml").network
    assert {each.expect for each in expectations(network)} == {Expect.REACH}
    assert verify(compile_program(network), network).holds


@pytest.mark.parametrize("settings", [{}, {"ecmp": 2}])
def test_whatever_fails_the_program_after_it_is_the_compiled_one(settings):
    network = hub_transit(**settings)
    what_if = WhatIf(network)
    names = [link.name for link in network.provider.links]
    names += [site.circuit for _, site in network.sites()]
    for name in names:
        failed = frozenset({name})
        compiled = compile_program(network, failed, previous=what_if.base)
        assert what_if.after(failed) == compiled


def test_a_way_past_the_hub_is_refuted():
    network = hub_transit()
    program = compile_program(network)
    node = program.node("y")
    a = node.vrf_by_name["v/a"]
    label = program.node("x").vrf_by_name["v/c"].label
    (far,) = [route for route in a.routes if str(route.prefix) == "10.1.4.0/29"]
    past = replace(far, next_hop=ViaPe("x", label), circuit="v/c")
    routes = tuple(past if route is far else route for route in a.routes)
    vrfs = tuple(replace(vrf, routes=routes) if vrf is a else vrf for vrf in node.vrfs)
    wrong = changed_node(program, "y", vrfs=vrfs)
    found = trace(wrong, "v/a/h1", "v/c/h1")
    assert found.delivered
    (violation,) = [each for each in verify(wrong, network).violations if "hub" in each.detail]
    assert violation.invariant is Invariant.ISOLATE
    assert "passes no hub's CE router to v/c, should pass v/hq/ce" in violation.detail


def test_a_ce_router_that_gets_its_own_packets_back_makes_a_loop():
    network = hub_transit()
    program = compile_program(network)
    node = program.node("x")
    outward = node.vrf_by_name["v"]
    (to_a,) = [route for route in outward.routes if str(route.prefix) == "10.1.2.0/29"]
    wrong_way = replace(to_a, next_hop=ViaCe("v/hq"), circuit="v/hq")
    routes = tuple(wrong_way if route is to_a else route for route in outward.routes)
    vrfs = tuple(replace(vrf, routes=routes) if vrf is outward else vrf for vrf in node.vrfs)
    wrong = changed_node(program, "x", vrfs=vrfs)
    assert str(trace(wrong, "v/hq/h1", "v/a/h1").end) == "dropped at x: loop"
    assert any(each.invariant is Invariant.LOOP for each in verify(wrong, network).violations)


def test_the_customer_sees_spokes_that_reach_each_other_and_what_a_dead_hub_means():
    found = connectivity(star(), "corp")
    assert len(found.islands) == 1
    for vrf in found.vrfs:
        assert (vrf.lacks, vrf.apart) == ((), ())
    program = star(LAB, "corp/hq")
    vpns = tuple(connectivity(program, vpn.name) for vpn in program.vpns)
    status = {"switches": {}, "down": ["corp/hq"]}
    told = [str(each.text) for each in alarms(LabState(status, True, program, vpns, 0.0))]
    assert "no hub is reached from a, b, c, 1 more" in told


def test_a_host_of_the_hub_that_nobody_has_is_not_sent_back():
    found = trace(star(), "corp/a/h1", "10.0.0.77")
    assert isinstance(found.end, Delivered)
    assert found.end.circuit == "corp/hq"


def test_the_model_says_who_is_a_hub_and_that_spokes_are_joined():
    vpn = loads(LAB, "star.yaml").network.vpns[0]
    assert isinstance(vpn, L3vpn)
    assert vpn.hub_and_spoke == HubAndSpoke(("hq",), via_ce=True)
    assert vpn.policy("hq").inward == "corp:in"
    assert loads(LAB, "star.yaml").notes == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "remedy"),
    [
        (
            ", ce: router}\n      a",
            "}\n      a",
            12,
            "hub corp/hq has no CE router, through which spokes are to reach each other",
            "write ce: router at site corp/hq",
        ),
        (
            "    topology: hub-and-spoke\n    via: ce\n",
            "    via: ce\n",
            9,
            "'via: ce' goes with topology hub-and-spoke",
            "write topology: hub-and-spoke",
        ),
        (
            "role: hub,",
            "role: hub, urpf: strict,",
            12,
            "hub corp/hq: its CE router passes on what spokes send (via: ce), and urpf: strict",
            "write urpf: none at site corp/hq",
        ),
        (
            "via: ce",
            "via: ce\n    urpf: strict",
            11,
            "urpf: strict drops what is not from its own prefixes",
            "write urpf: none at site corp/hq",
        ),
        ("via: ce", "via: firewall", 10, "'firewall'", "ce"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_remedy(old, new, line, problem, remedy):
    text = LAB.replace(old, new, 1)
    if "topology" in old:
        text = text.replace("role: hub, ", "")
    with pytest.raises(LabError) as caught:
        loads(text, "star.yaml")
    error = caught.value
    assert error.location is not None
    assert error.location.line == line
    assert problem in error.problem
    assert remedy in error.remedy


def test_a_spoke_whose_lines_share_the_load_is_refused_and_a_hub_is_not():
    shared = "pe: [m, o], mode: load-sharing, subnet: 10.0.1.0/24"
    with pytest.raises(LabError) as caught:
        loads(LAB.replace("pe: m, subnet: 10.0.1.0/24", shared), "star.yaml")
    assert caught.value.location.line == 13
    assert "the lines of spoke corp/a cannot share the load" in caught.value.problem
    assert caught.value.remedy == "write standby, or leave via out"
    hub = loads(LAB.replace("pe: n, role", "pe: [n, o], mode: load-sharing, role"), "star.yaml")
    for down in ((), ("corp/hq",), ("corp/hq@o",)):
        program = compile_program(hub.network, frozenset(down))
        assert verify(program, hub.network).holds


def test_a_hub_without_ipv6_between_spokes_with_ipv6_is_refused():
    text = LAB.replace("10.0.1.0/24", '["2001:db8:1::/64"]')
    loads(text, "star.yaml")
    with pytest.raises(LabError) as caught:
        loads(text.replace("10.0.3.0/24", '["2001:db8:3::/64"]'), "star.yaml")
    assert "passes nothing on between corp/a and corp/c" in caught.value.problem
    assert caught.value.remedy == "write an IPv6 prefix at site corp/hq, too"


@pytest.mark.parametrize("down", [(), ("n-m",)])
@pytest.mark.parametrize("way_out", ["", ", routes: 0.0.0.0/0 via 10.0.0.2"])
@pytest.mark.parametrize("pe", ["n", "[n, o]", "[n, o], mode: load-sharing"])
def test_links_of_ce_routers_are_distributed_and_reached_past_the_hub_as_prefixes_are(
    pe, way_out, down
):
    text = LAB.replace("via: ce", "via: ce\n    redistribute: connected")
    text = text.replace("pe: n, role", f"pe: {pe}, role").replace("ce: router", "ce: WAN")
    text = text.replace("WAN", f"{{wan: 10.99.0.0/30}}{way_out}", 1)
    text = text.replace("WAN", "{wan: 10.99.0.4/30}")
    program = star(text, *down)
    assert verify(program, loads(text, "star.yaml").network).violations == ()
    for source in ("a", "c", "near"):
        of_spoke = trace(program, f"corp/{source}/h1", "10.99.0.6")
        assert of_spoke.delivered
        assert "corp/hq/ce" in {hop.node for hop in of_spoke.hops}
        of_hub = trace(program, f"corp/{source}/h1", "10.99.0.2")
        assert is_answered(of_hub, answer(program, of_hub))
        assert "corp/b/ce" not in {hop.node for hop in of_hub.hops}


def test_a_spokes_ipv6_that_no_hub_passes_on_is_not_known_to_others():
    text = LAB.replace("10.0.1.0/24", '[10.0.1.0/24, "2001:db8:1::/64"]')
    program = star(text)
    assert verify(program, loads(text, "star.yaml").network).violations == ()
    assert "2001:db8:1::/64" not in routes(program, "o", "corp/c")


def test_the_first_hub_that_has_a_packets_ip_version_passes_it_on():
    text = TWO_HUBS.replace("10.0.9.0/24", '[10.0.9.0/24, "2001:db8:9::/64"]')
    text = text.replace("10.0.1.0/24", '[10.0.1.0/24, "2001:db8:1::/64"]')
    text = text.replace("10.0.4.0/24", '[10.0.4.0/24, "2001:db8:4::/64"]')
    with pytest.raises(LabError, match="hub corp/hq has no IPv6 address"):
        loads(text, "star.yaml")
    text = text.replace(', "2001:db8:4::/64"', "")
    program = star(text)
    assert verify(program, loads(text, "star.yaml").network).violations == ()
    assert routes(program, "m", "corp/b")["10.0.1.0/24"].egress == "n"
    assert routes(program, "m", "corp/b")["2001:db8:1::/64"].egress == "o"


@pytest.mark.parametrize("pe", ["n", "[n, o], mode: load-sharing"])
def test_a_capture_on_the_hubs_line_shows_a_packet_between_spokes_both_ways(pe):
    program = star(LAB.replace("pe: n, role", f"pe: {pe}, role"))
    ways = set()
    for variant in between(program, "b", "c").variants():
        shown = [
            (each.link, each.sender, each.ip_ttl)
            for each in crossings(program, variant)
            if not is_core(each.link)
        ]
        to, back = (each[0] for each in shown if each[0].startswith("corp/hq"))
        at, again = (program.node_of_circuit[each].name for each in (to, back))
        assert shown == [
            ("corp/b", "corp/b", 63),
            (to, at, 61),
            (back, back, 60),
            ("corp/c", "o", 59 if again == "o" else 58),
        ]
        ways.add((at, again))
    # the router chooses by its own hash
    assert ways == set(itertools.product("no" if "o" in pe else "n", repeat=2))
