"""Who answers a ping, and whether the answer finds its way back to who asked."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mplsemu.cli.main import main
from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load, loads
from mplsemu.model.network import HostRef, PingCheck
from mplsemu.program.answer import AnswerKind, answer, is_answered
from mplsemu.program.path import Dropped
from mplsemu.program.trace import PacketOptions, trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.validate import prove

LAB = """
name: answers
provider: {nodes: {w: {role: pe}, e: {role: pe}, p: }, links: [w-p, p-e]}
vpns:
  a:
    type: l3vpn
    import: ["64512:1", "64512:2"]
    sites:
      x: {pe: w, subnet: [10.1.1.0/24, "2001:db8:1:1::/64"], hosts: 2}
      y: {pe: e, subnet: [10.1.2.0/24, "2001:db8:1:2::/64"], ce: router}
      loop: {pe: e, subnet: [10.1.3.1/32, "2001:db8:1:3::1/128"], hosts: 0, ce: router}
  b:
    type: l3vpn
    sites:
      near: {pe: w, subnet: [10.2.1.0/24, "2001:db8:2:1::/64"]}
      far: {pe: e, subnet: [10.2.2.0/24, "2001:db8:2:2::/64"]}
      ce: {pe: e, subnet: 10.2.3.0/24, ce: router}
  c: {type: vpls, subnet: 10.0.0.0/24, sites: {x: {pe: w}, y: {pe: e}}}
"""
NETWORK = loads(LAB, "answers.yaml").network
PROGRAM = compile_program(NETWORK)


def pinged(source, target, **header):
    there = trace(PROGRAM, source, target, PacketOptions(**header))
    return there, answer(PROGRAM, there, PacketOptions(**header))


@pytest.mark.parametrize(
    "target",
    [
        "10.1.2.1", "10.1.3.1", "2001:db8:1:2::1", "2001:db8:1:2::", "2001:db8:1:3::1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["a/x/h1", "a/y/h1"])
def test_a_ce_router_answers_to_its_own_addresses(source, target):
    there, back = pinged(source, target)
    assert there.end.is_ce
    assert is_answered(there, back)
    assert back.kind is AnswerKind.ECHO_REPLY


@pytest.mark.parametrize(
    ("source", "target", "who"),
    [
        ("a/y/h1", "100.64.0.2", "a/y/ce"),
        ("a/y/h1", "100.64.0.1", "the gateway of VRF a at e"),
        ("a/y/h1", "100.64.0.6", "a/loop/ce"),
        ("a/y/h1", "fe80::0:2ff:fe00:1", "a/y/ce"),
        ("a/y/h1", "ff02::2", "a/y/ce"),
        ("a/x/h1", "fe80::1", "the gateway of VRF a at w"),
        ("a/x/h1", "2001:db8:1:1::", "the gateway of VRF a at w"),
        ("b/far/h1", "2001:db8:2:1::", "the gateway of VRF b at w"),
        ("a/x/h1", "fe80::ff:fe00:2", "a/x/h2"),
        ("c/x/h1", "fe80::ff:fe00:8", "c/y/h1"),
        ("a/x/h1", "10.1.1.2", "a/x/h1"),
        ("a/x/h1", "2001:db8:1:1::2", "a/x/h1"),
        ("c/x/h1", "10.0.0.1", "c/x/h1"),
        ("c/x/h1", "127.0.0.1", "c/x/h1"),
        ("c/x/h1", "::1", "c/x/h1"),
        ("b/far/h1", "10.2.3.1", "b/ce/ce"),
    ],
)
def test_whoever_has_an_address_answers(source, target, who):
    there, back = pinged(source, target)
    assert is_answered(there, back)
    assert back.trace.source == who


@pytest.mark.parametrize(
    "target",
    [
        "10.1.2.0", "10.1.2.255", "10.1.2.77", "10.1.3.0", "100.64.0.3", "100.64.0.0",
        "fe80::1", "fe80::2", "127.255.255.255", "10.9.9.9", "2001:db8:1:2::77",
    ],
)  # fmt: skip
def test_nobody_answers_to_what_nobody_has(target):
    assert not is_answered(*pinged("a/y/h1", target))


@pytest.mark.parametrize(
    "target",
    [
        "10.2.1.1", "10.2.2.1", "2001:db8:2:1::1", "2001:db8:2:2::1",
        "10.2.1.2", "10.2.2.2", "10.2.3.1", "10.2.3.2",
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["a/x/h1", "a/y/h1"])
def test_who_has_no_route_back_is_not_heard(source, target):
    # a imports b, b does not import a: gateways, hosts and CE routers alike
    there, back = pinged(source, target)
    assert there.delivered
    assert not back.trace.delivered
    assert "no route to" in str(back.trace.end)
    assert not is_answered(there, back)
    vpn, site, host = source.split("/")
    check = PingCheck(HostRef(vpn, site, host), ip_address(target))
    found = prove(PROGRAM, NETWORK, check)
    assert (found.ok, found.detail[:38]) == (False, "its answer does not come back: dropped")


@pytest.mark.parametrize(
    ("source", "target", "ttl", "kind", "by", "comes"),
    [
        ("a/x/h1", "10.1.2.2", 1, AnswerKind.TIME_EXCEEDED, "w", True),
        ("a/y/h1", "10.1.1.2", 1, AnswerKind.TIME_EXCEEDED, "a/y/ce", True),
        ("a/x/h1", "10.1.2.2", 3, AnswerKind.TIME_EXCEEDED, "a/y/ce", True),
        ("a/x/h1", "10.2.2.2", 2, AnswerKind.TIME_EXCEEDED, "e", False),
        ("a/x/h1", "10.2.2.77", 64, AnswerKind.HOST_UNREACHABLE, "e", False),
        ("b/near/h1", "10.2.2.77", 64, AnswerKind.HOST_UNREACHABLE, "e", True),
        ("b/near/h1", "10.2.3.77", 64, AnswerKind.HOST_UNREACHABLE, "b/ce/ce", True),
        ("b/near/h1", "10.1.1.2", 64, AnswerKind.NET_UNREACHABLE, "w", True),
    ],
)
def test_an_error_is_followed_back_too(source, target, ttl, kind, by, comes):
    there, back = pinged(source, target, ttl=ttl)
    assert (back.kind, back.trace.source, back.trace.delivered) == (kind, by, comes)
    assert not is_answered(there, back)


def test_an_error_from_the_core_goes_to_the_end_of_the_lsp_first():
    uniform = loads(LAB.replace("provider: {", "provider: {ttl: uniform, "), "u.yaml").network
    program = compile_program(uniform)
    for target, comes in (("10.1.2.2", True), ("10.2.2.2", False)):
        there = trace(program, "a/x/h1", target, PacketOptions(ttl=2))
        back = answer(program, there, PacketOptions(ttl=2))
        assert (str(there.end), back.kind) == ("its TTL expired at p", AnswerKind.TIME_EXCEEDED)
        assert [hop.node for hop in back.trace.hops][:2] == ["p", "e"]
        assert back.trace.delivered is comes


def test_what_gets_no_answer_has_none():
    for target in ("02:00:00:00:00:02", "10.1.1.77", "224.0.0.1", "255.255.255.255"):
        there = trace(PROGRAM, "a/x/h1", target)
        assert answer(PROGRAM, there) is None


def test_of_a_flooded_frame_only_the_targets_copy_is_answered(capsys):
    assert main(["trace", "nordic", "c/odense/h1", "c/malmo/h1", "--down", "c/malmo"]) == 1
    said = capsys.readouterr().out
    assert "c/odense/h1 → c/bergen  delivered" in said
    assert "reply" not in said
    assert said.rstrip().endswith("✗ c/malmo/h1 does not get it")


def test_of_a_flooded_frame_that_does_not_arrive_the_lost_copy_tells_why():
    network = load("nordic").network
    program = compile_program(network, frozenset({"c/malmo"}))
    there = trace(program, "c/odense/h1", "c/malmo/h1")
    lost = "dropped at se: nobody to send it to"
    assert (there.delivered, str(there.end)) == (False, lost)
    assert answer(program, there) is None
    check = PingCheck(HostRef("c", "odense", "h1"), HostRef("c", "malmo", "h1"))
    assert prove(program, network, check).detail == f"it is not answered: {lost}"


def test_a_stranger_on_a_lan_is_not_said_to_answer():
    header = PacketOptions(destination_mac="02:00:00:00:00:99")
    there = trace(PROGRAM, "c/x/h1", "c/y/h1", header)
    assert answer(PROGRAM, there, header) is None


def test_an_answer_to_a_source_that_is_somebody_elses_goes_there(capsys):
    for source in ("192.168.3.2", "192.168.2.2"):
        assert main(["trace", "nordic", "a/aarhus/h1", "a/oslo/h1", "--source", source]) == 0
        host = "a/oslo/h1" if source == "192.168.3.2" else "a/stockholm/h1"
        said = f"✗ the echo reply of a/oslo/h1 does not come back: it goes to {host}"
        assert said in capsys.readouterr().out


def test_the_verdict_knows_whose_every_address_is():
    assert verify(PROGRAM, NETWORK).holds


def test_a_trace_says_that_its_answer_is_lost(tmp_path, capsys):
    file = tmp_path / "answers.yaml"
    file.write_text(LAB)
    assert main(["trace", str(file), "a/x/h1", "10.2.2.1"]) == 0
    said = capsys.readouterr().out
    assert "✗ the echo reply of the gateway of VRF b at e is lost: dropped at e: no route" in said
    assert main(["trace", str(file), "b/near/h1", "10.2.2.1"]) == 0
    assert "lost" not in capsys.readouterr().out


@pytest.mark.parametrize("target", ["10.1.1.2", "100.64.0.2", "10.1.2.1"])
@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ("10.1.2.1", False), ("100.64.0.2", False),  # the CE's own
        ("0.0.0.0", False), ("127.0.0.1", False), ("224.0.0.5", False), ("255.255.255.255", False),
        ("240.0.0.1", True),  # Linux forwards class E, the PE does not
        ("10.1.2.9", True), ("10.9.9.9", True),
    ],
)  # fmt: skip
def test_a_ce_router_drops_what_linux_takes_from_nobody(target, source, passes):
    there = trace(PROGRAM, "a/y/h1", target, PacketOptions(source=ip_address(source)))
    dropped_by_ce = isinstance(there.end, Dropped) and there.end.node == "a/y/ce"
    assert dropped_by_ce is not passes


@pytest.mark.parametrize("source", ["::", "::1", "ff02::1", "fe80::7"])
def test_a_ce_router_forwards_nothing_from_ipv6_sources_of_one_link(source):
    there = trace(PROGRAM, "a/y/h1", "2001:db8:1:1::2", PacketOptions(source=ip_address(source)))
    assert there.end == Dropped("a/y/ce", f"nobody on its LAN sends from {source}")
