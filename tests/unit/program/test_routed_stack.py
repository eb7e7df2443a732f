"""CE routers on a VPLS, and hosts behind them: where packets go, and who answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.network import Network
from mplsemu.program.answer import AnswerKind, answer, is_answered
from mplsemu.program.host_stack import PacketOptions
from mplsemu.program.program import Program
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations
from tests.programs import with_node

LAB = """
name: routed
provider: {nodes: {x: {role: pe}, y: {role: pe}, p: }, links: [x-p, p-y]}
vpns:
  lan:
    type: vpls
    subnet: 10.99.0.0/24
    sites:
      a: {pe: x, ce: router, subnet: 192.168.1.0/24, hosts: 2}
      b: {pe: [x, y], ce: router, subnet: [192.168.2.0/24, 192.168.20.0/24]}
      c: {pe: y, ce: router, subnet: 192.168.3.0/24, hosts: 0}
"""
H1, FAR = "lan/a/h1", "lan/b/h1"


@pytest.fixture
def network() -> Network:
    return loads(LAB, "routed.yaml").network


@pytest.fixture
def program(network: Network) -> Program:
    return compile_program(network)


def told(program: Program, target: str, **options: int) -> tuple[str, str]:
    """Return how a packet from the first host ends, and what is answered."""
    header = PacketOptions(**options)  # type: ignore[arg-type]
    there = trace(program, H1, target, header)
    return str(there.end), str(answer(program, there, header))


def test_a_packet_passes_both_ce_routers_and_comes_back(program: Program) -> None:
    there = trace(program, H1, FAR)
    assert [hop.node for hop in there.hops] == ["lan/a/ce", "x", "lan/b/ce"]
    assert [hop.ip_ttl for hop in there.hops] == [63, 63, 62]
    back = answer(program, there)
    assert is_answered(there, back)
    assert back is not None
    assert [hop.node for hop in back.trace.hops] == ["lan/b/ce", "x", "lan/a/ce"]


def test_the_provider_carries_frames_between_ce_routers(program: Program) -> None:
    there = trace(program, H1, "192.168.3.1")
    assert there.packet is not None
    routers = [
        program.node_of_circuit[name].circuit_by_name[name].hosts[0].mac
        for name in ("lan/a", "lan/c")
    ]
    assert [there.packet.source_mac, there.packet.destination_mac] == routers


@pytest.mark.parametrize("address", ["192.168.3.1", "10.99.0.3", "192.168.20.1"])
def test_a_ce_router_answers_at_all_its_addresses(program: Program, address: str) -> None:
    there = trace(program, H1, address)
    assert is_answered(there, answer(program, there))


def test_ones_own_ce_router_answers_too(program: Program) -> None:
    for address in ("192.168.1.1", "10.99.0.1"):
        there = trace(program, H1, address)
        assert there.hops == ()
        assert is_answered(there, answer(program, there))


def test_what_nobody_has_is_told_by_the_router_that_finds_out(program: Program) -> None:
    assert told(program, "192.168.3.77") == (
        "it arrives at lan/c",
        "the host unreachable of lan/c/ce comes back",
    )
    assert told(program, "172.16.0.1") == (
        "dropped at lan/a/ce: no route to 172.16.0.1",
        "the network unreachable of lan/a/ce comes back",
    )
    assert (
        told(program, "10.99.0.200")[0] == "dropped at lan/a/ce: nobody on the VPLS has 10.99.0.200"
    )


def test_ttl_expires_at_either_router(program: Program) -> None:
    for ttl, where in ((1, "lan/a/ce"), (2, "lan/b/ce")):
        end, back = told(program, FAR, ttl=ttl)
        assert end == f"its TTL expired at {where}"
        assert back == f"the time exceeded of {where} comes back"
    assert AnswerKind.TIME_EXCEEDED.value == "time exceeded"


def test_a_frame_stays_on_the_lan(program: Program) -> None:
    there = trace(program, H1, "02:00:00:00:00:77")
    assert str(there.end) == "dropped at lan/a/ce: a CE router passes no frames on"
    assert trace(program, H1, trace(program, H1, "lan/a/h2").end.mac).delivered  # type: ignore[union-attr]
    with pytest.raises(LabError, match="behind a CE router"):
        trace(program, H1, FAR, PacketOptions(destination_mac="02:00:00:00:00:77"))


def test_a_dual_homed_site_is_reached_by_its_other_line(network: Network) -> None:
    there = trace(compile_program(network, frozenset({"lan/b"})), H1, FAR)
    assert there.delivered
    assert [hop.node for hop in there.hops] == ["lan/a/ce", "x", "p", "y", "lan/b/ce"]


def test_hosts_are_to_reach_each_other_across_the_vpls(network: Network) -> None:
    found = expectations(network)
    assert {each.expect for each in found} == {Expect.REACH}
    assert all(each.two_way for each in found)
    assert len(found) == 3 * 2
    tree = LAB.replace("type: vpls", "type: vpls\n    topology: hub-and-spoke")
    tree = tree.replace("c: {pe: y", "c: {pe: y, role: hub")
    apart = expectations(loads(tree, "tree.yaml").network)
    pairs = {(str(each.source), str(each.target)): each.expect for each in apart}
    assert pairs[H1, FAR] is Expect.ISOLATE
    assert pairs[H1, "lan/a/h2"] is Expect.REACH


def test_a_route_that_is_missing_or_wrong_is_found(network: Network, program: Program) -> None:
    assert verify(program, network).holds
    x = program.node("x")
    circuit = x.circuit_by_name["lan/a"]
    assert circuit.behind is not None
    first, *rest = circuit.behind.routes
    wrong = replace(first, via=rest[-1].via)
    for routes in (rest, [wrong, *rest]):
        behind = replace(circuit.behind, routes=tuple(routes))
        spoiled = replace(circuit, behind=behind)
        circuits = tuple(spoiled if each is circuit else each for each in x.circuits)
        found = verify(with_node(program, replace(x, circuits=circuits)), network).violations
        assert "reach lan: the CE router of lan/a has no way to 192.168.2.0/24 at lan/b" in map(
            str, found
        )
