"""While entries are written and deleted, one after another, no packet is lost on any way."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from ipaddress import ip_address

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.homing import Moving
from mplsemu.control.numbering import number_network
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf import translate_labels
from mplsemu.southbound.ebpf.contents import WRITE_ORDER, change, contents_of, in_order
from mplsemu.southbound.ebpf.translate import entries
from mplsemu.southbound.plane.stage import Stage
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests import builders, strategies
from tests.networks import hub_transit, without_sites
from tests.oracles import frames
from tests.oracles.bystanders import needs_others
from tests.oracles.fakebpfnet import Delivered, FakeNetwork, attach, contents_of_all
from tests.oracles.senders import senders


def states(before, after, attached=None):
    """Yield what the maps hold after every single write and deletion, in the installer's order."""
    attached = attached or attach(after)
    rows = dict(contents_of_all(before, attached))
    changes = [
        change(
            contents_of(entries(before, node.name, attached)), entries(after, node.name, attached)
        )
        for node in after.nodes
    ]
    for step in in_order(step for each in changes for step in each.writes):
        for each in changes:
            for key, value in each.writes.get(step, ()):
                rows[step.map, key] = value
                yield rows
    for name in reversed(WRITE_ORDER):
        for each in changes:
            for key in each.deletions.get(name, ()):
                del rows[name, key]
                yield rows
    assert rows == contents_of_all(after, attached)


def packets(program, stay=None):
    """Return a frame for each pair of hosts, and a broadcast of each bridged one.

    Args:
        program: that says who is there.
        stay: circuits that neither come nor go: only of pairs that need no other site; None if
            all stay.
    """
    everyone = senders(program)
    found = []
    for sender in everyone:
        if not sender.routed:
            found.append((sender.circuit, broadcast(sender)))
        for other in everyone:
            if sender.routed and other.vpn == sender.vpn and other is not sender:
                if stay is not None and needs_others(program, stay, sender, other):
                    continue
                packet = frames.ip(sender.addresses[0], other.addresses[0])
                found.append((sender.circuit, frames.ip_frame(GATEWAY_MAC, sender.mac, packet)))
    return found


def broadcast(sender):
    packet = frames.ip(sender.addresses[0], ip_address("10.255.255.255"))
    return frames.ip_frame(BROADCAST_MAC, sender.mac, packet)


def ends(network, sent):
    return [
        {
            trail.end.circuit if isinstance(trail.end, Delivered) else trail.end
            for trail in network.inject(circuit, frame)
        }
        for circuit, frame in sent
    ]


def assert_nothing_is_lost(before, after):
    sent = packets(after)
    expected = ends(FakeNetwork(after), sent)
    assert ends(FakeNetwork(after, contents_of_all(before, attach(after))), sent) == expected
    count = 0
    for rows in states(before, after):
        assert ends(FakeNetwork(after, rows), sent) == expected
        count += 1
    return count


def reached(program):
    return {(node.name, entry.egress) for node in program.nodes for entry in node.ftn}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_links_that_come_back_cost_no_packet(data):
    made = data.draw(strategies.networks(max_nodes=5))
    before = compile_program(made, data.draw(strategies.failures(made)))
    after = compile_program(made, previous=before)
    assume(reached(before) == reached(after))
    assert_nothing_is_lost(before, after)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_other_metrics_cost_no_packet(data):
    made = data.draw(strategies.networks(max_nodes=5))
    links = tuple(
        replace(link, metric=data.draw(st.integers(1, 3))) for link in made.provider.links
    )
    before = compile_program(made)
    moved = replace(made, provider=replace(made.provider, links=links))
    assert_nothing_is_lost(before, compile_program(moved, previous=before))


def ladder():
    macs = builders.MacAddresses()
    links = ("x-a1", "x-b1", "a1-a2", "b1-b2", "a1-b2", "b1-a2", "a2-y", "b2-y")
    return builders.network(
        builders.provider(links, pes=("x", "y"), ecmp=2),
        builders.l3vpn("v", {"a": ("x", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29")}, macs=macs),
        builders.vpls("lan", {"a": "x", "b": "y", "c": "y"}, macs=macs),
    )


@pytest.mark.parametrize("link", ["x-a1", "a1-a2", "b2-y"])
def test_ways_of_equal_cost_come_and_go_without_loss(link):
    whole = compile_program(ladder())
    cut = compile_program(ladder(), frozenset({link}), previous=whole)
    up = tuple(replace(each, up=True) for each in cut.links)
    drained = replace(cut, links=up)  # still there, but no longer used
    assert assert_nothing_is_lost(whole, drained) > 3
    assert assert_nothing_is_lost(drained, compile_program(ladder(), previous=drained)) > 3


def test_a_tunnels_way_that_is_written_before_the_labels_would_lose_packets(monkeypatch):
    """The stage of a tunnel's ways matters: they use labels that are new elsewhere."""
    whole = compile_program(ladder())
    cut = compile_program(ladder(), frozenset({"b2-y"}), previous=whole)
    drained = replace(cut, links=tuple(replace(each, up=True) for each in cut.links))
    real = translate_labels._further_nhlfes

    def too_early(lsr, stage, *rest):
        return real(lsr, Stage.LABELS, *rest)

    monkeypatch.setattr(translate_labels, "_further_nhlfes", too_early)
    with pytest.raises(AssertionError):
        assert_nothing_is_lost(whole, drained)


def assert_nobody_else_loses(whole, before, after, also=frozenset()):
    """Whatever stays hears of others that stay what it always did, at every step in between."""
    stay = before.node_of_circuit.keys() & after.node_of_circuit.keys()
    vsis = [{(vsi.name, n.name) for n in each.nodes for vsi in n.vsis} for each in (before, after)]
    partly = {name for name, _ in vsis[0] ^ vsis[1]}  # for a moment labels lead to no VSI there
    sent = [
        (circuit, frame)
        for circuit, frame in packets(after, stay | also)
        if circuit in stay and circuit.split("/")[0] not in partly
    ]

    def heard(network):
        return [found & stay for found in ends(network, sent)]

    attached = attach(whole)
    expected = heard(FakeNetwork(whole, contents_of_all(before, attached)))
    for rows in states(before, after, attached):
        assert heard(FakeNetwork(whole, rows)) == expected


@settings(max_examples=40, deadline=None)
@given(programs=strategies.sites_that_come_and_go(max_nodes=5))
def test_sites_that_come_and_go_cost_nobody_else_a_packet(programs):
    whole, few, again = programs
    assert_nobody_else_loses(whole, whole, few)
    assert_nobody_else_loses(whole, few, again)


@pytest.mark.parametrize("gone", ["a", "b", "c", "d"])
def test_a_vsi_floods_to_all_that_stay_while_others_come_and_go(gone):
    sites = {"a": "x", "b": "x", "c": "x", "d": "x", "e": "y"}
    made = builders.network(
        builders.provider(["x-y"]), builders.vpls("lan", sites, macs=builders.MacAddresses())
    )
    less = without_sites(made, {f"lan/{gone}"})
    numbers = number_network(made)
    whole = compile_program(made, numbers=numbers)
    few = compile_program(less, previous=whole, numbers=number_network(less, numbers))
    assert_nobody_else_loses(whole, whole, few)
    assert_nobody_else_loses(whole, few, compile_program(made, previous=few, numbers=numbers))


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
