"""L3VPNs with hubs and spokes: what a lab file says, and what becomes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings

from mplsemu.analysis.connectivity import connectivity
from mplsemu.control.compile import LearnedNeighbour, compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.l3vpn import HubAndSpoke, L3vpn
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.program import Program
from mplsemu.program.services import Neighbour
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations
from tests.networks import hub_and_spokes
from tests.strategies import networks

LAB = """
name: star
provider:
  nodes: {n: {role: pe}, m: {role: pe}, o: {role: pe}}
  links: [n-m, m-o]
vpns:
  corp:
    type: l3vpn
    topology: hub-and-spoke
    sites:
      hq: {pe: n, role: hub, subnet: 10.0.0.0/24}
      a: {pe: m, subnet: 10.0.1.0/24}
      b: {pe: m, subnet: 10.0.2.0/24, ce: router}
      c: {pe: o, subnet: 10.0.3.0/24}
      near: {pe: n, subnet: 10.0.4.0/24}
"""
MORE_TARGETS = """subnet: 10.0.1.0/24, import: "1:9"}
      y: {pe: o, subnet: 10.0.8.0/24, export: "1:9"}"""
SPOKES = ("a", "b", "c", "near")


def star(text: str = LAB) -> tuple[L3vpn, Program]:
    network = loads(text, "star.yaml").network
    vpn = network.vpns[0]
    assert isinstance(vpn, L3vpn)
    return vpn, compile_program(network)


def arrives(program: Program, source: str, target: str) -> bool:
    return trace(program, f"corp/{source}/h1", f"corp/{target}/h1").delivered


def test_spokes_reach_the_hub_and_never_each_other_also_at_one_pe():
    _, program = star()
    for spoke in SPOKES:
        assert arrives(program, spoke, "hq")
        assert arrives(program, "hq", spoke)
        assert not any(arrives(program, spoke, other) for other in SPOKES if other != spoke)


def test_the_hub_has_the_vpns_vrf_and_each_spoke_its_own():
    vpn, program = star()
    assert vpn.hub_and_spoke == HubAndSpoke(("hq",))
    assert [vrf.name for vrf in program.node("n").vrfs] == ["corp", "corp/near"]
    assert [vrf.name for vrf in program.node("m").vrfs] == ["corp/a", "corp/b"]
    hub, spokes = vpn.policy("hq"), [vpn.policy(spoke) for spoke in SPOKES]
    assert len({policy.export_targets for policy in spokes}) == 1
    assert all(policy.import_targets == hub.export_targets for policy in spokes)
    assert len({policy.rd for policy in (hub, *spokes)}) == 5


def test_several_hubs_reach_each_other_and_all_spokes():
    _, program = star(LAB.replace("c: {pe: o,", "c: {pe: o, role: hub,"))
    assert arrives(program, "hq", "c")
    assert arrives(program, "a", "c")
    assert arrives(program, "c", "near")
    assert not arrives(program, "a", "near")


def test_what_is_expected_follows_from_the_roles_alone():
    network = loads(LAB, "star.yaml").network
    for each in expectations(network):
        is_meant = "hq" in {each.source.site, each.target.site}
        assert each.expect is (Expect.REACH if is_meant else Expect.ISOLATE)


@settings(max_examples=40, deadline=None)
@given(networks())
def test_whatever_the_lab_spokes_are_apart_and_the_program_is_as_it_should_be(network):
    program = compile_program(network)
    assert verify(program, network).holds
    for vpn in network.vpns:
        if isinstance(vpn, L3vpn) and vpn.hub_and_spoke is not None:
            spokes = {site.circuit for site in vpn.sites} - {
                f"{vpn.name}/{hub}" for hub in vpn.hub_and_spoke.hubs
            }
            for node in program.nodes:
                for vrf in node.vrfs_of(vpn.name):
                    known = {route.circuit for route in vrf.routes} & spokes
                    assert len(known) <= 1 or not spokes & {*vrf.circuits}


def test_a_route_between_two_spokes_is_refuted():
    network = hub_and_spokes()
    program = compile_program(network)
    assert verify(program, network).holds
    joined = compile_program(_without_roles(network))
    leaks = [each for each in verify(joined, network).violations if "leaks" in each.detail]
    assert leaks


def _without_roles(network):
    """Return the network as somebody compiles it who forgets what hubs and spokes are."""
    first, *rest = network.vpns
    return replace(network, vpns=(replace(first, vrfs=(), hub_and_spoke=None), *rest))


def test_what_a_spoke_is_not_to_reach_is_no_lack():
    _, program = star()
    found = connectivity(program, "corp")
    assert len(found.islands) == 1
    assert not any(vrf.lacks for vrf in found.vrfs)
    (a,) = [vrf for vrf in found.vrfs if vrf.vrf == "corp/a"]
    assert set(a.apart) == {"b", "c", "near"}


DEFAULT = LAB.replace(
    "subnet: 10.0.0.0/24}", "subnet: 10.0.0.0/24, hosts: 2, routes: 0.0.0.0/0 via 10.0.0.3}"
)


def test_a_default_route_at_the_hub_leads_spokes_out_and_never_to_each_other():
    """The hub's PE looks up what comes from spokes where other spokes are not known."""
    network = loads(DEFAULT, "star.yaml").network
    program = compile_program(network)
    assert verify(program, network).holds
    for spoke in SPOKES:
        out = trace(program, f"corp/{spoke}/h1", "8.8.8.8").end
        assert (str(out.host), out.mac) == ("corp/hq/h2", network.vpns[0].sites[0].hosts[1].mac)
        assert arrives(program, spoke, "hq")
        assert arrives(program, "hq", spoke)
        assert not any(arrives(program, spoke, other) for other in SPOKES if other != spoke)
    assert [vrf.name for vrf in program.node("n").vrfs] == ["corp", "corp:in", "corp/near"]


def test_with_one_table_for_both_ways_a_default_route_joins_the_spokes_and_is_refuted():
    network = loads(DEFAULT, "star.yaml").network
    (vpn,) = network.vpns
    policies = tuple(replace(policy, inward_rd=None) for policy in vpn.vrfs)
    careless = replace(network, vpns=(replace(vpn, vrfs=policies),))
    program = compile_program(careless)
    assert arrives(program, "a", "b")
    assert any("leaks" in each.detail for each in verify(program, careless).violations)


def test_who_is_found_on_a_hubs_lan_serves_packets_of_both_ways():
    text = DEFAULT.replace("via 10.0.0.3", "via 10.0.0.9")
    network = loads(text, "star.yaml").network
    found = Neighbour(ip_address("10.0.0.9"), "corp/hq", "02:00:00:00:99:99")
    program = compile_program(network, learned=[LearnedNeighbour("n", "corp", found)])
    for vrf in ("corp", "corp:in"):
        assert found in program.node("n").vrf_by_name[vrf].neighbours
    assert verify(program, network).holds


def test_a_hub_may_import_and_export_more():
    text = LAB.replace("role: hub,", 'role: hub, import: "64512:2", export: "64512:2",')
    text += "  web: {type: l3vpn, sites: {u: {pe: o, subnet: 10.9.0.0/24}}}\n"
    _, program = star(text)
    assert trace(program, "corp/hq/h1", "web/u/h1").delivered
    assert trace(program, "web/u/h1", "corp/hq/h1").delivered
    assert arrives(program, "a", "hq")
    assert not trace(program, "corp/a/h1", "web/u/h1").delivered


def test_the_programs_json_says_which_sites_are_hubs():
    _, program = star()
    text = dump_program(program)
    assert json.loads(text)["vpns"][0]["hub_and_spoke"] == {"hubs": ["hq"]}
    assert load_program(text) == program


def test_a_good_lab_has_no_notes_and_one_without_spokes_has_one():
    assert loads(LAB, "star.yaml").notes == ()
    lines = [line for line in LAB.splitlines() if "{pe" not in line or "role: hub" in line]
    text = "\n".join(lines) + "\n      z: {pe: m, role: hub, subnet: 10.0.9.0/24}\n"
    assert loads(text, "star.yaml").notes == (
        "vpn corp has no spoke: all its sites are hubs, which reach each other as in a mesh",
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "remedy"),
    [
        (", role: hub", "", 9, "vpn corp: none of its sites is a hub", "write role: hub"),
        (
            "topology: hub-and-spoke",
            "topology: mesh",
            11,
            "site corp/hq is a hub, but vpn corp is a mesh",
            "write topology: hub-and-spoke at vpn corp",
        ),
        (
            "topology: hub-and-spoke",
            'topology: hub-and-spoke\n    import: "64512:7"',
            10,
            "'import' does not go with topology hub-and-spoke",
            "leave it out",
        ),
        (
            "topology: hub-and-spoke",
            "topology: hub-and-spoke\n    export: []",
            10,
            "'export' does not go with topology hub-and-spoke",
            "leave it out",
        ),
        ("hub-and-spoke", "star", 9, "'star'", "hub-and-spoke"),
        ("role: hub", "role: centre", 11, "'centre'", "hub"),
        (
            "subnet: 10.0.1.0/24}",
            MORE_TARGETS,
            12,
            "site corp/a imports route target 1:9, which site corp/y exports: both are spokes",
            "role: hub",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_remedy(old, new, line, problem, remedy):
    with pytest.raises(LabError) as caught:
        loads(LAB.replace(old, new, 1), "star.yaml")
    error = caught.value
    assert error.location is not None
    assert error.location.line == line
    assert problem in error.problem
    assert remedy in error.remedy
