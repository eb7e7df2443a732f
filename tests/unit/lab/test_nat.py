"""NAT at the CE router of an Internet site: whom packets come from, answers, and mistakes."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.emulation import masquerading
from mplsemu.emulation.marked_packet import MarkedPacket
from mplsemu.errors import LabError, MissingToolError
from mplsemu.lab.loader import loads
from mplsemu.model.network import Network
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.packet import IpHeader
from mplsemu.program.path import Delivered, Walk
from mplsemu.program.program import Program
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.nat import nat_problem
from mplsemu.verification.reachability_policy import Expectation, expectations

LAB = """
name: nat
provider: {nodes: {dk: {role: pe}, p: , se: {role: pe}}, links: [dk-p, p-se]}
vpns:
  red:
    type: l3vpn
    sites:
      exit:
        pe: dk
        subnet: [203.0.113.64/29, 192.0.2.0/28, "2001:db8:f::/64"]
        ce: {router: linux, nat: masquerade}
        hosts: {isp: {address: [203.0.113.66, 198.51.100.80, "2001:db8:f::2"]}, web: 192.0.2.3}
        routes: [0.0.0.0/0 via 203.0.113.66, "::/0 via 2001:db8:f::2"]
      office: {pe: se, subnet: [10.1.0.0/24, "2001:db8:1::/64"]}
      plant: {pe: se, subnet: 192.168.0.0/24, ce: router}
      public: {pe: se, subnet: 198.18.0.0/24}
"""


@pytest.fixture(scope="module")
def lab() -> tuple[Network, Program]:
    network = loads(LAB, "x.yaml").network
    return network, compile_program(network)


def test_the_lab_is_proved_and_its_program_can_be_written(lab):
    network, program = lab
    assert verify(program, network).violations == ()
    assert load_program(dump_program(program)) == program


@pytest.mark.parametrize(
    ("source", "target", "seen_from"),
    [
        ("red/office/h1", "198.51.100.80", "203.0.113.65"),
        ("red/office/h1", "8.8.8.8", "203.0.113.65"),
        ("red/plant/h1", "203.0.113.66", "203.0.113.65"),
        ("red/office/h1", "192.0.2.3", "192.0.2.1"),
        ("red/public/h1", "198.51.100.80", None),
        ("red/office/h1", "2001:db8:f::2", None),
        ("red/office/h1", "192.168.0.2", None),
        ("red/exit/web", "198.51.100.80", None),
    ],
)
def test_private_addresses_are_hidden_from_the_lan_and_from_nobody_else(
    lab, source, target, seen_from
):
    _, program = lab
    there = trace(program, source, target)
    assert isinstance(there.end, Delivered)
    assert there.end.source == (None if seen_from is None else ip_address(seen_from))
    if seen_from is not None:
        assert f"as {seen_from}" in there.hops[-1].action
    if target != "8.8.8.8":  # which no host has
        back = answer(program, there)
        assert is_answered(there, back), back


def test_the_way_back_is_that_of_the_connection(lab):
    _, program = lab
    back = answer(program, trace(program, "red/office/h1", "198.51.100.80"))
    assert back is not None
    assert [hop.node for hop in back.trace.hops] == ["red/exit/ce", "dk", "p", "se"]
    assert back.trace.hops[0].action == "203.0.113.65 is 10.1.0.2 here; route to the PE"
    assert back.trace.hops[0].ip_ttl == 63


def test_without_a_way_back_no_answer_comes():
    text = LAB.replace("vpns:\n", 'vpns:\n  out: {type: l3vpn, import: ["64512:1", "64512:2"],'
                       " sites: {s: {pe: se, subnet: 10.7.0.0/24}}}\n")  # fmt: skip
    network = loads(text, "x.yaml").network
    program = compile_program(network)
    there = trace(program, "out/s/h1", "198.51.100.80")
    assert there.delivered
    assert not is_answered(there, answer(program, there))
    found = _of(network)["out/s/h1", "red/exit/isp", 4]
    assert (found.expect.value, found.two_way) == ("reach", False)


def test_from_outside_nobody_opens_a_connection_to_a_private_address(lab):
    network, program = lab
    for target in ("10.1.0.2", "10.1.0.1", "192.168.0.2", "100.64.0.1"):
        end = trace(program, "red/exit/isp", target).end
        assert str(end) == (
            f"dropped at red/exit/ce: {target} is private, and this comes from outside"
        )
    assert trace(program, "red/exit/isp", "198.18.0.2").delivered
    assert trace(program, "red/exit/web", "203.0.113.66").delivered
    assert trace(program, "red/exit/isp", "100.64.0.2").delivered  # the CE router's own
    found = _of(network)
    inwards = found["red/exit/isp", "red/office/h1", 4]
    assert (inwards.expect.value, inwards.answered) == ("isolate", False)
    assert found["red/exit/isp", "red/office/h1", 6].two_way
    assert found["red/office/h1", "red/exit/isp", 4].two_way
    assert found["red/exit/isp", "red/public/h1", 4].two_way


def _of(network: Network) -> dict[tuple[str, str, int], Expectation]:
    return {
        (str(each.source), str(each.target), each.family): each for each in expectations(network)
    }


def test_an_address_that_is_not_hidden_is_a_problem(lab):
    network, program = lab
    sites = {site.circuit: site for _, site in network.sites()}
    there = trace(program, "red/office/h1", "198.51.100.80")
    ip = IpHeader(ip_address("10.1.0.2"), ip_address("198.51.100.80"))
    assert nat_problem(sites, Walk(there.branches), ip) is None
    (branch,) = there.branches
    for source in (None, ip_address("192.0.2.1")):
        walk = Walk((replace(branch, end=replace(branch.end, source=source)),))
        problem = nat_problem(sites, walk, ip)
        assert problem is not None
        assert "should come from 203.0.113.65" in problem.detail


def test_a_ce_router_that_should_masquerade_and_does_not_is_refuted(lab):
    network, program = lab
    dk = program.node("dk")
    circuit = dk.circuit_by_name["red/exit"]
    assert circuit.ce is not None
    changed = replace(circuit, ce=replace(circuit.ce, masquerades=False))
    node = replace(dk, circuits=tuple(changed if c is circuit else c for c in dk.circuits))
    spoilt = replace(program, nodes=tuple(node if n is dk else n for n in program.nodes))
    said = [str(each) for each in verify(spoilt, network).violations]
    assert any("should come from 203.0.113.65" in each for each in said), said


def test_a_packet_is_recognised_by_the_address_that_hides_its_own():
    ip = IpHeader(ip_address("10.1.0.2"), ip_address("198.51.100.80"))
    packet = MarkedPacket.make("02:00:00:00:00:01", "02:00:00:00:00:02", ip)
    mask = ip_address("203.0.113.65")
    frame = bytearray(packet.to_bytes())
    frame[26:30] = mask.packed
    assert packet.find(bytes(frame)) is None
    assert replace(packet, masks=(mask,)).find(bytes(frame)) is not None


def test_the_rules_of_nftables_and_the_tool_that_they_need(lab, monkeypatch):
    network, _ = lab
    rules = "\n".join(masquerading.nft_lines())
    assert (
        'oifname "eth1" ip saddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 }'
        in (rules)
    )
    assert 'iifname "eth1" oifname "eth0" ip daddr' in rules
    masquerading.require_nft(network)
    monkeypatch.setattr("mplsemu.emulation.openvswitch.shutil.which", lambda *_, **__: None)
    with pytest.raises(MissingToolError, match="sudo apt-get install nftables"):
        masquerading.require_nft(network)
    masquerading.require_nft(loads(LAB.replace(", nat: masquerade", ""), "x.yaml").network)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "remedy"),
    [
        ("192.0.2.0/28", "192.0.2.0/28, 10.9.0.0/28", 10,
         "10.9.0.0/28 is within 10.0.0.0/8, so its CE router", "a site of its own"),
        ("192.0.2.0/28", "192.0.2.0/28, 100.127.0.0/28", 10, "100.127.0.0/28 is within 100.64.0.0",
         "write a public prefix"),
        ("nat: masquerade", "nat: dnat", 11, "nat", "masquerade"),
        ("        ce: {router: linux, nat:", "        nat:", 11, "nat", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_value_and_remedy(old, new, line, problem, remedy):
    refused(LAB.replace(old, new, 1), line, problem, remedy)


def test_ipv6_alone_cannot_be_masqueraded():
    text = re.sub(r"hosts: \{isp.*", "hosts: 1", LAB.replace("203.0.113.64/29, 192.0.2.0/28, ", ""))
    text = text.replace("0.0.0.0/0 via 203.0.113.66, ", "")
    refused(text, 11, "has no IPv4 address on its LAN to masquerade", "add a public IPv4 prefix")


def refused(text: str, line: int, problem: str, remedy: str) -> None:
    with pytest.raises(LabError) as caught:
        loads(text, "x.yaml")
    assert caught.value.location is not None
    told = (caught.value.location.line, problem in caught.value.problem)
    assert told == (line, True), str(caught.value)
    assert remedy in (caught.value.remedy or "")
