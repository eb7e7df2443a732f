"""A hub that all packets between spokes pass is also the way out of its VPN."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.analysis.alarms import LabState, alarms
from mplsemu.analysis.connectivity import connectivity
from mplsemu.control.compile import compile_program
from mplsemu.emulation.batch_commands import ce_lines
from mplsemu.emulation.plan import make_plan
from mplsemu.lab.loader import loads
from mplsemu.program.answer import answer
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.verdict import Invariant
from tests.programs import with_node

LAB = """
name: out
provider:
  nodes: {x: {role: pe}, y: {role: pe}, h: {role: pe}, k: {role: pe}, p: }
  links: [x-p, y-p, h-p, k-p]
vpns:
  corp:
    type: l3vpn
    topology: hub-and-spoke
    via: ce
    sites:
      hq:
        pe: h
        role: hub
        subnet: 10.1.0.0/24
        ce: router
        preference: 10
        hosts: {fw: [10.1.0.9, 198.51.100.1]}
        routes: [0.0.0.0/0 via 10.1.0.9, 10.0.0.0/8 via 10.1.0.9]
      spare: {pe: k, role: hub, subnet: 10.2.0.0/24, ce: router, routes: 0.0.0.0/0 via 10.2.0.9}
      beside: {pe: k, role: hub, subnet: 10.8.0.0/24, ce: router}
      a: {pe: x, subnet: 10.3.0.0/24}
      b: {pe: y, subnet: 10.4.0.0/24, ce: router}
      c: {pe: h, subnet: 10.5.0.0/24}
"""
NETWORK = loads(LAB, "out.yaml").network
PROGRAM = compile_program(NETWORK)


def routers(program, source, target):
    return [hop.node for hop in trace(program, source, target).hops if hop.is_ce]


@pytest.mark.parametrize("target", ["b", "c"])
def test_packets_between_spokes_pass_the_hub_and_come_back_to_its_pe(target):
    there = trace(PROGRAM, "corp/a/h1", f"corp/{target}/h1")
    assert there.delivered
    assert "corp/hq/ce" in routers(PROGRAM, "corp/a/h1", f"corp/{target}/h1")


def test_everything_else_goes_out_behind_the_hub():
    there = trace(PROGRAM, "corp/a/h1", "198.51.100.1")
    assert there.delivered
    assert str(there.end) == "it arrives at corp/hq/fw"


def test_everything_arrives_where_it_should_and_no_alarm_is_raised():
    assert verify(PROGRAM, NETWORK).holds
    vpns = tuple(connectivity(PROGRAM, vpn.name) for vpn in PROGRAM.vpns)
    status = {"switches": {}, "down": []}
    assert alarms(LabState(status, True, PROGRAM, vpns)) == ()


def test_a_spoke_that_is_down_makes_no_loop():
    program = compile_program(NETWORK, frozenset({"corp/b"}))
    there = trace(program, "corp/a/h1", "10.4.0.2")
    assert str(there.end) == "dropped at h: no route to 10.4.0.2 in VRF corp"
    assert str(answer(program, there)) == "the network unreachable of h comes back"


@pytest.mark.parametrize(
    "down", [{"corp/b"}, {"corp/hq"}, {"corp/hq", "corp/spare"}, {"h-p"}, {"y-p", "corp/spare"}]
)
def test_whatever_fails_nothing_goes_round(down):
    program = compile_program(NETWORK, frozenset(down))
    found = {each.invariant for each in verify(program, NETWORK).violations}
    assert not found & {Invariant.TTL, Invariant.LOOP}


def test_the_next_hub_takes_over_as_way_and_as_way_out():
    program = compile_program(NETWORK, frozenset({"corp/hq"}))
    assert routers(program, "corp/a/h1", "corp/b/h1")[0] == "corp/spare/ce"
    assert str(trace(program, "corp/a/h1", "8.8.8.8").end) == "it arrives at corp/spare"


def test_the_router_has_the_spokes_prefixes_for_what_comes_from_its_pe():
    plan = make_plan(NETWORK, PROGRAM)
    (ce,) = [each for each in plan.ces if str(each.ref) == "corp/hq/ce"]
    from_pe = [line for line in ce_lines(ce) if "table" in line and " via 100.64." in line]
    assert [line.split()[2] for line in from_pe] == ["10.3.0.0/24", "10.4.0.0/24", "10.5.0.0/24"]


def test_a_program_with_it_is_written_and_read_and_what_is_spoilt_is_found():
    assert load_program(dump_program(PROGRAM)) == PROGRAM
    h = PROGRAM.node("h")
    circuit = h.circuit_by_name["corp/hq"]
    assert circuit.ce is not None
    routes = tuple(replace(each, returns=False) for each in circuit.ce.routes)
    spoilt = replace(circuit, ce=replace(circuit.ce, routes=routes))
    circuits = tuple(spoilt if each is circuit else each for each in h.circuits)
    assert not verify(with_node(PROGRAM, replace(h, circuits=circuits)), NETWORK).holds
