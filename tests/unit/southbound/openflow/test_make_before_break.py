"""While flows are added and removed, no packet is lost of what does not change."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.homing import Moving
from mplsemu.control.numbering import number_network
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.openflow.changes import by_cookie, change, stages
from mplsemu.southbound.openflow.pipeline import stage
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.plane.stage import Stage
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests import strategies
from tests.networks import hub_transit, without_sites
from tests.oracles import frames
from tests.oracles.bystanders import needs_others
from tests.oracles.fakeswitch import FakeNetwork
from tests.oracles.senders import senders


def states(before, after):
    """Yield all flows after every stage on every switch, and after every removal."""
    tables = {node.name: by_cookie(flows(before, node.name)) for node in before.nodes}
    wanted = {node.name: by_cookie(flows(after, node.name)) for node in after.nodes}
    changes = {name: change(tables[name], wanted[name]) for name in wanted}
    for number in stages(changes.values()):
        for name, each in changes.items():
            for cookie, flow in each.additions.get(number, ()):
                kept = {c: old for c, old in tables[name].items() if old.key != flow.key}
                tables[name] = kept | {cookie: flow}
            if number in each.additions:
                yield tables
    for are_labels in (False, True):
        for name, each in changes.items():
            for flow in each.deletions:
                if (stage(flow.table) <= Stage.LABELS) is are_labels:
                    del tables[name][flow.cookie]
            yield tables
    assert tables == wanted


def frames_of(program, circuits):
    """Yield a frame for every routed pair that needs no other site, and bridged hosts' broadcasts.

    Args:
        program: that says who is there.
        circuits: that neither come nor go.
    """
    everyone = senders(program)
    for sender in everyone:
        if sender.circuit not in circuits:
            continue
        if not sender.routed:
            packet = frames.ip(sender.addresses[0], ip_address("10.255.255.255"))
            yield sender.circuit, frames.ip_frame(BROADCAST_MAC, sender.mac, packet)
        for other in everyone:
            if sender.routed and other.vpn == sender.vpn and other is not sender:
                if needs_others(program, circuits, sender, other):
                    continue
                packet = frames.ip(sender.addresses[0], other.addresses[0])
                yield sender.circuit, frames.ip_frame(GATEWAY_MAC, sender.mac, packet)


def assert_nobody_else_loses(whole, before, after, also=frozenset()):
    stay = before.node_of_circuit.keys() & after.node_of_circuit.keys()
    sent = [each for each in frames_of(after, stay | also) if each[0] in stay]

    def heard(tables):
        network = FakeNetwork(whole, {name: each.values() for name, each in tables.items()})
        found = [network.inject(circuit, frame).deliveries for circuit, frame in sent]
        return [{circuit for circuit, _ in each} & stay for each in found]

    expected = heard({node.name: by_cookie(flows(before, node.name)) for node in before.nodes})
    for tables in states(before, after):
        assert heard(tables) == expected


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs=strategies.sites_that_come_and_go(max_nodes=4))
def test_sites_that_come_and_go_cost_nobody_else_a_packet(programs):
    whole, few, again = programs
    assert_nobody_else_loses(whole, whole, few)
    assert_nobody_else_loses(whole, few, again)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_other_metrics_cost_no_packet(data):
    made = data.draw(strategies.networks(max_nodes=4))
    links = tuple(
        replace(link, metric=data.draw(st.integers(1, 3))) for link in made.provider.links
    )
    before = compile_program(made)
    moved = replace(made, provider=replace(made.provider, links=links))
    assert_nobody_else_loses(before, before, compile_program(moved, previous=before))


@pytest.mark.parametrize("gone", [{"v/hq"}, {"v/spare"}, {"v/hq", "v/spare"}, {"v/a"}])
def test_spokes_lose_nothing_while_another_hub_takes_over(gone):
    made = hub_transit()
    less = without_sites(made, gone)
    numbers = number_network(made)
    whole = compile_program(made, numbers=numbers)
    few = compile_program(less, previous=whole, numbers=number_network(less, numbers))
    assert_nobody_else_loses(whole, whole, few)
    assert_nobody_else_loses(whole, few, compile_program(made, previous=few, numbers=numbers))


def test_spokes_lose_nothing_when_the_first_hub_comes_back():
    made = hub_transit()
    less = without_sites(made, {"v/hq"})
    numbers = number_network(made)
    compiled = partial(compile_program, made, numbers=numbers)
    whole = compiled()
    few = compile_program(less, previous=whole, numbers=number_network(less, numbers))
    rising = Moving(rising=frozenset({("v", "hq")}))
    between = compiled(previous=few, moving=rising)
    by_hub = {"v/hq"}  # which packets between spokes pass at last
    assert_nobody_else_loses(whole, few, between, by_hub)
    assert_nobody_else_loses(whole, between, compiled(previous=between), by_hub)
    with pytest.raises(AssertionError):
        assert_nobody_else_loses(whole, few, compiled(previous=few), by_hub)
