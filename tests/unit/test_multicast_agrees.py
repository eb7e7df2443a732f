"""What is sent to multicast groups: the interpreter, the flows and the maps do the same with it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.learned import LearnedGroup
from mplsemu.model.vpls import Vpls
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered
from mplsemu.program.walk import walk
from mplsemu.southbound.openflow.punts import punt
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.verification.matrix import verify
from mplsemu.wire.ethernet import group_mac
from tests import strategies
from tests.builders import MacAddresses, network, provider, vpls
from tests.oracles import fakebpfnet, fakeswitch, frames, membership
from tests.oracles.fakebpf import Punted

MAC = "02:99:99:99:99:99"
SOURCES = {4: "10.0.0.9", 6: "2001:db8::9"}
ADDRESSES = (
    *strategies.GROUPS,
    *(ip_address(text) for text in ("239.9.9.9", "224.0.0.251", "ff02::fb", "ff15::9")),
)


def labs():
    """Return networks with a VPLS, and what is known of groups in them."""
    with_lan = (
        strategies.networks(4)
        .filter(lambda made: any(isinstance(vpn, Vpls) for vpn in made.vpns))
        .map(snooping)
    )
    return with_lan.flatmap(
        lambda made: st.tuples(st.just(made), strategies.multicast_groups(made))
    )


def snooping(made):
    vpns = []
    for vpn in made.vpns:
        if isinstance(vpn, Vpls):  # with spoke PEs there is no snooping
            topology = replace(vpn.topology, spokes=())
            vpns.append(replace(vpn, igmp_snooping=True, topology=topology))
        else:
            vpns.append(vpn)
    return replace(made, vpns=tuple(vpns))


def both(program):
    every = {node.name: flows(program, node.name) for node in program.nodes}
    return fakeswitch.FakeNetwork(program, every), fakebpfnet.FakeNetwork(program)


@settings(max_examples=20, deadline=None)
@given(case=labs(), data=st.data())
def test_a_group_reaches_the_same_circuits_with_everything(case, data):
    made, groups = case
    program = compile_program(made, groups=groups)
    (lan,) = (vpn for vpn in made.vpns if isinstance(vpn, Vpls))
    assert verify(program, made).holds
    switches, maps = both(program)
    circuit = data.draw(st.sampled_from([site.circuit for site in lan.sites]))
    for address in ADDRESSES:
        for vlans in ((), (7,)):
            header = IpHeader(ip_address(SOURCES[address.version]), address)
            packet = Packet(MAC, group_mac(address), header, vlans)
            ends = walk(program, circuit, packet, learned=False).ends
            wanted = sorted({end.circuit for end in ends if isinstance(end, Delivered)})
            raw = frames.ip(SOURCES[address.version], str(address))
            frame = frames.ip_frame(group_mac(address), MAC, raw, vlans)
            assert sorted(each for each, _ in switches.inject(circuit, frame).deliveries) == wanted
            trails = [trail.end for trail in maps.inject(circuit, frame)]
            reached = {end.circuit for end in trails if isinstance(end, fakebpfnet.Delivered)}
            assert sorted(reached) == wanted  # one by several ways of equal cost counts once


@pytest.mark.parametrize("packet", membership.MESSAGES.values(), ids=membership.MESSAGES)
def test_every_message_goes_to_the_controller_and_nowhere_else(packet):
    macs = MacAddresses()
    lan = vpls("lan", {"a": "x", "b": "x", "c": "y"}, macs=macs)
    made = snooping(network(provider(("x-y",)), vpls("van", {"a": "x", "b": "y"}, macs=macs), lan))
    known = (LearnedGroup("lan", strategies.GROUPS[0], frozenset({"lan/a", "lan/c"})),)
    program = compile_program(made, groups=known)
    circuit = "lan/b"
    node = program.node_of_circuit[circuit]
    index = node.vsi_by_name[lan.name].index
    frame = membership.in_frame(packet, MAC)
    switches, maps = both(program)
    outcome = switches.inject(circuit, frame)
    assert outcome.deliveries == []
    ((at, seen),) = outcome.packet_ins
    punted = punt(seen.reason, seen.in_port, seen.metadata, seen.registers, seen.frame)
    assert at == node.name
    assert (punted.reason, punted.in_port, punted.service, punted.frame) == (
        PuntReason.SNOOPED, node.circuit_by_name[circuit].port, index, frame,
    )  # fmt: skip
    (trail,) = maps.inject(circuit, frame)
    assert trail.end.fate == Punted(PuntReason.SNOOPED, index)
