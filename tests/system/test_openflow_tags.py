"""Circuits that VLAN tags tell apart on a real Open vSwitch: every frame is what the fake sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.southbound.openflow.translate import flows
from tests.oracles import frames
from tests.oracles.fakeswitch import FakeNetwork, FakeOutcome
from tests.system.twoswitches import BROADCAST, Both, describe, real_network

pytestmark = pytest.mark.system

LAB = Path(__file__).parent.parent / "labs" / "tagged.yaml"
OWN_TAGS = ((), (7,), (7, 8), (7, 8, 9))
PAYLOADS = (
    (0x88B5, bytes(60)),
    (0x0800, frames.ip("10.3.0.1", "10.3.0.2", dscp=46)),
    (0x8847, b"\0\x06\x41\xff" + frames.ip("10.3.0.1", "10.3.0.2")),
)
"""Of no protocol, of IP with a class, of a customer's own MPLS."""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    # both choose a way by a hash of their own
    text = LAB.read_text().replace("ecmp: 2", "ecmp: 1")
    program = compile_program(loads(text, str(LAB)).network)
    made = {node.name: flows(program, node.name) for node in program.nodes}
    with real_network(program, made, tmp_path_factory.mktemp("ovs")) as (real, _):
        yield Both(program, FakeNetwork(program, made), real)
        late = FakeOutcome()
        while real.collect(late, 0.05):
            pass
        assert late == FakeOutcome(), describe(late, FakeOutcome())


def test_frames_of_bridged_circuits_are_the_same_on_every_link_and_line(both):
    bridged = [c for n in both.program.nodes for c in n.circuits if c.vpn in n.vsi_by_name]
    seen = set()
    for circuit in bridged:
        for own in OWN_TAGS:
            for ethertype, payload in PAYLOADS:
                mac = circuit.hosts[0].mac
                frame = frames.ethernet(BROADCAST, mac, ethertype, payload, own)
                seen |= {name for name, _ in both.inject(circuit.name, frame).deliveries}
    assert seen == {circuit.name for circuit in bridged}


def test_packets_between_all_routed_circuits_are_the_same(both):
    routed = [c for n in both.program.nodes for c in n.circuits if c.vpn in n.vrf_by_name]
    for one in routed:
        for other in routed:
            for mine in one.hosts[0].addresses:
                for theirs in other.hosts[0].addresses:
                    if one.vpn == other.vpn and one is not other and mine.version == theirs.version:
                        got = both.ip(one.name, mine.ip, theirs.ip, dscp=46)
                        assert [name for name, _ in got.deliveries] == [other.name]
