"""A label that is replaced by two on a real Open vSwitch: a tunnel in the tunnel."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mplsemu.model.topology import TtlMode
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.openflow.translate import flows
from tests.oracles import frames
from tests.oracles.fakeswitch import FakeNetwork
from tests.oracles.senders import senders
from tests.programs import repaired_ring
from tests.system.twoswitches import real_network

pytestmark = pytest.mark.system

BROADCAST = "ff:ff:ff:ff:ff:ff"


@pytest.fixture(scope="module", params=TtlMode)
def net(request, tmp_path_factory):
    program = repaired_ring("p", ttl_mode=request.param)
    made = {node.name: flows(program, node.name) for node in program.nodes}
    with real_network(program, made, tmp_path_factory.mktemp("ovs")) as (real, _):
        yield SimpleNamespace(program=program, real=real, fake=FakeNetwork(program, made))


def both_ways(net, sender, frame):
    """Send a frame; demand of the switches what the fake does, and return the stacks by link."""
    expected = net.fake.inject(sender.circuit, frame)
    got = net.real.inject(sender.circuit, frame, expected)
    assert (sorted(got.on_links), sorted(got.deliveries)) == (
        sorted(expected.on_links),
        sorted(expected.deliveries),
    )
    assert len(got.deliveries) == 1
    return {link: frames.seen(seen).stack for link, _, seen in got.on_links}


def test_a_packet_and_a_frame_go_through_the_bypass_with_three_labels(net):
    everyone = senders(net.program)
    routed, bridged = (
        next(each for each in everyone if each.circuit == circuit) for circuit in ("v/a", "lan/a")
    )
    raw = frames.ip("10.1.0.2", "10.1.1.2", ttl=9, dscp=46)
    packet = frames.ip_frame(GATEWAY_MAC, routed.mac, raw)
    frame = frames.ethernet(BROADCAST, bridged.mac, 0x88B5, b"hello" * 10)
    for sender, sent in ((routed, packet), (bridged, frame)):
        for _ in range(2):  # the second packet finds a flow in the datapath
            stacks = both_ways(net, sender, sent)
            assert [len(stacks[link]) for link in ("x-p", "p-r", "q-r", "q-y")] == [2, 3, 2, 1]
            assert stacks["p-r"][0][1:] == stacks["p-r"][1][1:]  # TC and TTL
