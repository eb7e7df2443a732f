"""The reference interpreter and the eBPF maps, run by a fake data plane, do the same."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.model.labels import Label
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.entries import Forward, IlmEntry, Nhlfe, Push, Swap
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader
from mplsemu.program.program import Program
from mplsemu.southbound.ebpf.kinds import Drop
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests import builders, strategies
from tests.networks import CHAIN, LADDER, between
from tests.oracles import frames
from tests.oracles.ebpfcomparison import Comparison
from tests.oracles.fakebpf import Lost, Punted
from tests.oracles.fakebpfnet import FakeNetwork
from tests.oracles.senders import (
    NOBODYS,
    STRANGE_SOURCES,
    senders,
    strange_targets,
)
from tests.places import LAB_FILES
from tests.programs import MODES, changed_node, program_of

# --- the labs of the repository ------------------------------------------------------------


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_every_pair_of_hosts_of_a_vpn_is_served_the_same(lab):
    comparison = Comparison(program_of(lab))
    comparison.teach()
    assert comparison.all_pairs(dscp=46)


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_addresses_of_others_gateways_strangers_and_martians_are_treated_the_same(lab):
    program = program_of(lab)
    comparison = Comparison(program)
    strange = strange_targets(program)
    strange += [address for each in senders(program) for address in each.addresses]
    seen_circuits = set()
    for sender in senders(program):
        if sender.routed and sender.circuit not in seen_circuits:
            seen_circuits.add(sender.circuit)
            comparison.send_to(sender, dict.fromkeys(strange))


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_sources_that_nobody_has_are_treated_the_same(lab):
    program = program_of(lab)
    comparison = Comparison(program)
    everyone = senders(program)
    targets = [address for each in everyone[:6] for address in each.addresses]
    targets += [ip_address(text) for text in ("8.8.8.8", "2001:db8:ffff::1", "fe80::1", "ff02::5")]
    for circuit in program.nodes[0].circuits:
        targets += [gateway.ip for gateway in circuit.gateways]
    for sender in [each for each in everyone if each.routed][:4]:
        for source in STRANGE_SOURCES:
            forged = replace(sender, addresses=(source,))
            comparison.send_to(forged, dict.fromkeys(targets))
        group = replace(sender, mac="03:00:00:00:00:01")
        comparison.send_to(group, dict.fromkeys(targets))


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_sources_of_others_are_treated_the_same(lab):
    program = program_of(lab)
    comparison = Comparison(program)
    everyone = [each for each in senders(program) if each.routed][:8]
    sources = [address for each in everyone for address in each.addresses]
    for node in program.nodes:
        for gateway in (each for circuit in node.circuits for each in circuit.gateways):
            sources += [gateway.ip, gateway.network[-1], gateway.network[0], gateway.network[-2]]
    sources += [ip_address("8.8.8.8"), ip_address("2001:db8:ffff::1"), ip_address("fe80::9")]
    for sender in everyone:
        for target in (everyone[0], everyone[-1]):
            for source in dict.fromkeys(sources[:60]):
                forged = replace(sender, addresses=(source,))
                comparison.send_to(forged, (*target.addresses, ip_address("fe80::1")))


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_every_ttl_runs_out_at_the_same_router(lab):
    program = program_of(lab)
    comparison = Comparison(program)
    for sender in [each for each in senders(program) if each.routed][:3]:
        for other in senders(program):
            if other.vpn == sender.vpn and other.circuit != sender.circuit:
                for ttl in range(9):
                    comparison.send_to(sender, other.addresses, ttl=ttl)


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
@pytest.mark.parametrize("vlans", [(), (7,), (100, 7)])
def test_a_broadcast_reaches_the_same_circuits_and_a_group_none(lab, vlans):
    program = program_of(lab)
    comparison = Comparison(program)
    for sender in senders(program):
        own = sender.addresses[0]
        header = IpHeader(own, NOBODYS[own.version], dscp=46)
        comparison.send(sender, BROADCAST_MAC, header, vlans)
        if not sender.routed:
            group = replace(sender, mac="03:00:00:00:00:01")
            comparison.send(group, BROADCAST_MAC, header, vlans)


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_what_is_for_the_nearest_bridge_ends_at_the_same_place(lab):
    program = program_of(lab)
    comparison = Comparison(program)
    for sender in [each for each in senders(program) if not each.routed][:4]:
        own = sender.addresses[0]
        header = IpHeader(own, NOBODYS[own.version])
        for last in range(18):
            for vlans in ((), (7,)):
                comparison.send(sender, f"01:80:c2:00:00:{last:02x}", header, vlans)
        pause = frames.ethernet("02:00:00:00:99:99", sender.mac, 0x8808, bytes(46))
        (trail,) = comparison.network.inject(sender.circuit, pause)
        assert trail.end.fate == Lost(Drop.ONE_LINK)


# --- random labs ---------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(program=strategies.programs(), ttl=st.integers(0, 9))
def test_random_labs_serve_every_pair_the_same(program, ttl):
    comparison = Comparison(program)
    for sender in senders(program):  # nothing is learned yet
        for own in sender.addresses[:1]:
            comparison.send(sender, BROADCAST_MAC, IpHeader(own, NOBODYS[own.version]))
    comparison.teach()
    comparison.all_pairs()
    comparison.all_pairs(ttl=ttl, dscp=34)


# --- ways of equal cost --------------------------------------------------------------------


@pytest.mark.parametrize("mode", TtlMode)
@pytest.mark.parametrize("null", NullLabel)
def test_every_way_of_equal_cost_is_the_same_with_the_same_share(mode, null):
    macs = builders.MacAddresses()
    program = compile_program(
        builders.network(
            builders.provider(LADDER, pes=("x", "y"), ecmp=4, ttl_mode=mode, null_label=null),
            builders.l3vpn(
                "v",
                {
                    "a": ("x", "10.1.0.0/29 2001:db8:1::/64"),
                    "b": ("y", "10.1.1.0/29 2001:db8:2::/64"),
                },
                macs=macs,
            ),
            builders.vpls("lan", {"a": "x", "b": "y", "c": "y"}, subnet="10.0.0.0/28", macs=macs),
        )
    )
    comparison = Comparison(program)
    comparison.teach()
    comparison.all_pairs(dscp=46)
    for ttl in range(7):
        comparison.all_pairs(ttl=ttl)
    assert comparison.seen_ways > 100


def test_what_is_pushed_may_differ_from_way_to_way():
    macs = builders.MacAddresses()
    program = compile_program(
        builders.network(
            builders.provider(("x-y", "x-p", "p-y"), metrics={"x-y": 20}, ecmp=2),
            builders.vpls("lan", {"a": "x", "b": "y", "c": "p"}, macs=macs),
        )
    )
    comparison = Comparison(program)
    comparison.all_pairs()
    assert comparison.seen_ways


# --- what no lab compiles to ---------------------------------------------------------------


def chain(**settings) -> Program:
    return compile_program(between(CHAIN, **settings))


def with_ilm(program: Program, changes: dict[str, tuple[IlmEntry, ...]]) -> Program:
    nodes = [
        replace(node, ilm=(*node.ilm, *changes[node.name])) if node.name in changes else node
        for node in program.nodes
    ]
    return replace(program, nodes=tuple(nodes))


@pytest.mark.parametrize("mode", TtlMode)
def test_a_transit_lsr_may_push(mode):
    """A tunnel in the tunnel, as a bypass: p pushes a label that q pops."""
    program = chain(ttl_mode=mode)
    p, q = program.node("p"), program.node("q")
    (to_y,) = [each for each in p.ilm if each.egress == "y"]
    (at_q,) = [each for each in q.ilm if each.egress == "y"]
    bypass = Label(5000)
    pushing = replace(to_y, action=Forward((Nhlfe("p-q", Push((bypass,))),)))
    swapped = IlmEntry(to_y.label, at_q.action, "y")
    bent = replace(
        program,
        nodes=tuple(
            replace(node, ilm=tuple(pushing if each is to_y else each for each in node.ilm))
            if node is p
            else replace(
                node,
                ilm=(
                    *(each for each in node.ilm if each.label != to_y.label),
                    swapped,
                    IlmEntry(bypass, Forward((Nhlfe("q-y", Swap((bypass,))),)), "y"),
                ),
            )
            if node is q
            else node
            for node in program.nodes
        ),
    )
    comparison = Comparison(bent)
    comparison.teach()
    comparison.all_pairs()
    comparison.all_pairs(ttl=3)


def test_a_missing_label_a_missing_tunnel_and_a_dead_link_end_at_the_same_lsr():
    program = chain()
    for name, changes in (("q", {"ilm": ()}), ("x", {"ftn": ()}), ("y", {"ilm": ()})):
        comparison = Comparison(changed_node(program, name, **changes))
        comparison.all_pairs()
    links = tuple(replace(each, up=each.name != "p-q") for each in program.links)
    Comparison(replace(program, links=links)).all_pairs()


def test_a_vsi_floods_what_is_for_those_it_could_not_learn():
    program = chain()
    y = program.node("y")
    limited = replace(y.vsis[0], mac_limit=1)
    comparison = Comparison(changed_node(program, "y", vsis=(limited,)))
    comparison.teach()
    learned = [key for key in comparison.network.learned() if key[0] == "y"]
    assert len(learned) == 1
    comparison.all_pairs()


def test_an_address_that_is_silent_for_too_long_is_forgotten():
    comparison = Comparison(chain())
    comparison.teach()
    lsrs = comparison.network.lsrs
    sender, target, other = [each for each in senders(comparison.program) if not each.routed]
    raw = frames.ethernet(target.mac, sender.mac, 0x88B5, b"hello" * 10)
    assert len(comparison.network.inject(sender.circuit, raw)) == 1
    lsrs.now_ns += 301 * 10**9
    ends = {trail.end.circuit for trail in comparison.network.inject(sender.circuit, raw)}
    assert ends == {target.circuit, other.circuit}


# --- what the gateway answers by itself ----------------------------------------------------


def test_a_gateway_answers_arp_and_echo_requests():
    program = chain()
    network = FakeNetwork(program)
    sender, far = [each for each in senders(program) if each.routed]
    asked = frames.arp(1, sender.mac, "10.1.0.2", "00:00:00:00:00:00", "10.1.0.1")
    punted, answer = network.inject(sender.circuit, asked)
    assert punted.end.fate == Punted(PuntReason.ARP, 1)
    assert answer.end.circuit == sender.circuit
    assert answer.end.frame == frames.arp(
        2, GATEWAY_MAC, "10.1.0.1", sender.mac, "10.1.0.2", dst=sender.mac
    )
    for own, gateway, back in (
        (sender, "10.1.0.1", "10.1.0.2"),
        (far, "10.1.0.1", "10.1.1.2"),
    ):
        request = frames.ip_frame(GATEWAY_MAC, own.mac, frames.echo(back, gateway))
        (trail,) = network.inject(own.circuit, request)
        assert trail.end.circuit == own.circuit
        seen = frames.seen(trail.end.frame)
        assert (str(seen.addresses[0]), str(seen.addresses[1])) == (gateway, back)
        assert (
            seen.body
            == frames.seen(
                frames.ip_frame(GATEWAY_MAC, own.mac, frames.echo(gateway, back, kind=0))
            ).body
        )


def test_of_arp_only_requests_for_the_gateway_are_answered():
    program = chain()
    network = FakeNetwork(program)
    sender = next(each for each in senders(program) if each.routed)
    for operation, target in ((1, "10.1.0.5"), (2, "10.1.0.1")):
        said = frames.arp(operation, sender.mac, "10.1.0.2", "00:00:00:00:00:00", target)
        (trail,) = network.inject(sender.circuit, said)
        assert trail.end.fate == Punted(PuntReason.ARP, 1)
