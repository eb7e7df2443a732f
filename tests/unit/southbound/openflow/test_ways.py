"""Equal-cost multipath at an ingress PE, in the flows: which there are, and how they change."""

from __future__ import annotations

import struct
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.openflow import actions as act
from mplsemu.southbound.openflow import encode
from mplsemu.southbound.openflow.changes import by_cookie, change, stages
from mplsemu.southbound.openflow.decode import decode
from mplsemu.southbound.openflow.describe import FlowDescriber
from mplsemu.southbound.openflow.differences import differences
from mplsemu.southbound.openflow.flow_text import flow_text
from mplsemu.southbound.openflow.match import ETH_TYPE, IP_FRAGMENT
from mplsemu.southbound.openflow.pipeline import REG_TUNNEL, REG_WAY, Table
from mplsemu.southbound.openflow.translate import flows
from tests import builders
from tests.oracles import frames
from tests.oracles.fakeswitch import FakeNetwork, FakeSwitch
from tests.strategies import failures, networks

from .test_decode import installed

SQUARE = ("dk-p1", "dk-p2", "p1-se", "p2-se")
TREE = ("dk-p1", "p1-se", "p1-no")
LADDER = (*SQUARE, "dk-p3", "p3-se")


def program_of(links=SQUARE, *, ecmp=4, down=(), previous=None):
    macs = builders.MacAddresses()
    pes = sorted({"dk", "se", "no"} & {end for link in links for end in link.split("-")})
    network = builders.network(
        builders.provider(links, pes=pes, ecmp=ecmp),
        builders.l3vpn(
            "a",
            {pe: (pe, f"10.0.{number}.0/24 2001:db8:{number}::/64")
             for number, pe in enumerate(pes)},
            macs=macs,
        ),
        builders.vpls("c", {pe: pe for pe in pes}, macs=macs),
        builders.vpws("d", {"dk": "dk", "se": "se"}, macs=macs),
    )  # fmt: skip
    return compile_program(network, down=frozenset(down), previous=previous)


def all_flows(program):
    return {node.name: flows(program, node.name) for node in program.nodes}


def encoded(program):
    return {
        name: b"".join(encode.add_flow(flow, flow.cookie) for flow in made)
        for name, made in all_flows(program).items()
    }


def in_table(program, node, table):
    return [flow for flow in flows(program, node) if flow.table == table]


# which flows there are ---------------------------------------------------------------------------


@pytest.mark.parametrize(("links", "ecmp"), [(TREE, 4), (SQUARE, 1)])
def test_where_there_is_one_way_no_flow_says_that_there_could_be_more(links, ecmp):
    for made in all_flows(program_of(links, ecmp=ecmp)).values():
        for flow in made:
            text = flow_text(flow)
            assert "multipath" not in text
            assert f"resubmit(,{Table.WAYS:d})" not in text
            assert REG_WAY.name not in text


def test_flows_are_the_same_to_the_byte_where_more_ways_are_allowed_but_there_are_none():
    assert encoded(program_of(TREE, ecmp=4)) == encoded(program_of(TREE, ecmp=1))


def test_each_way_is_a_flow_of_its_own_and_one_choice_is_made_for_each_egress():
    program = program_of(LADDER)
    (se,) = {flow.match.value(REG_TUNNEL) for flow in in_table(program, "dk", Table.WAYS)}
    assert se == program.node("se").index
    for table in (Table.TUNNEL_L3, Table.TUNNEL_L2):
        ways = in_table(program, "dk", table)
        assert [flow.match.value(REG_WAY) for flow in ways] == [0, 1, 2]
        assert len({flow.actions[-1] for flow in ways}) == 3
    choices = {
        (flow.match.value(ETH_TYPE), flow.match.value(IP_FRAGMENT)): flow
        for flow in in_table(program, "dk", Table.WAYS)
    }
    assert {
        packets: [(each.fields, each.ways) for each in flow.actions]
        for packets, flow in choices.items()
    } == {
        (0x0800, None): [(act.HashFields.IP_FLOW, 3)],
        (0x0800, 1): [(act.HashFields.IP_ADDRESSES, 3)],
        (0x86DD, None): [(act.HashFields.IP_FLOW, 3)],
        (0x86DD, 1): [(act.HashFields.IP_ADDRESSES, 3)],
        (None, None): [(act.HashFields.FRAME, 3)],
    }


def test_every_lsr_chooses_with_a_basis_of_its_own():
    program = program_of()
    bases = {
        node.name: {flow.actions[0].basis for flow in in_table(program, node.name, Table.WAYS)}
        for node in program.nodes
    }
    assert len(bases["dk"]) == len(bases["se"]) == 1
    assert bases["dk"] != bases["se"]
    assert bases["p1"] == set()


def test_the_choice_is_made_before_any_header_hides_the_customers():
    for flow in flows(program_of(), "dk"):
        parts = [flow.actions, *(a.actions for a in flow.actions if isinstance(a, act.Clone))]
        for actions in parts:
            kinds = [type(action) for action in actions]
            if act.Resubmit(Table.WAYS) in actions:
                at = actions.index(act.Resubmit(Table.WAYS))
                assert not {act.PushMpls, act.Encap} & set(kinds[:at])
                assert {act.PushMpls, act.Encap} & set(kinds[at:])


def test_a_pseudowire_without_a_tunnel_is_left_out():
    program = program_of()
    nodes = tuple(replace(node, ftn=()) for node in program.nodes)
    made = all_flows(replace(program, nodes=nodes))
    sent = frames.ethernet("ff:ff:ff:ff:ff:ff", "02:00:00:00:99:01", 0x88B5, bytes(60))
    assert FakeNetwork(program, made).inject("c/dk", sent).on_links == []


# as bytes, text and words ------------------------------------------------------------------------


CHOICE = act.Multipath(act.HashFields.IP_FLOW, 7, 3, REG_WAY)


def test_a_choice_reads_as_ovs_ofctl_writes_it():
    texts = [flow_text(flow) for flow in in_table(program_of(), "dk", Table.WAYS)]
    (ip4,) = [text for text in texts if "dl_type=0x800," in text and "ip_frag" not in text]
    assert ip4.endswith(
        "actions=multipath(symmetric_l3l4+udp,1,hash_threshold,2,0,NXM_NX_REG9[0..15])"
    )
    (pieces,) = [text for text in texts if "dl_type=0x800," in text and "ip_frag=yes," in text]
    assert "multipath(symmetric_l3,1," in pieces
    (other,) = [text for text in texts if "dl_type" not in text]
    assert "multipath(symmetric_l4,1," in other


@pytest.mark.parametrize(("at", "value"), [(11, 9), (17, 2), (23, 1), (27, 1 << 6)])
def test_a_choice_that_ours_never_make_is_none_of_ours(at, value):
    flow = in_table(program_of(), "dk", Table.WAYS)[0]

    def strange(instructions):
        changed = bytearray(instructions)
        changed[8 + at] = value
        return bytes(changed)

    assert decode(installed(flow)) == flow
    assert decode(installed(flow, strange)) is None


def test_a_choice_and_its_ways_have_words():
    program = program_of()
    words = FlowDescriber(program, "dk")
    said = {
        words.entry(flow.table, flow.match): words.does(flow)
        for flow in flows(program, "dk")
        if flow.table >= Table.WAYS
    }
    assert said["the way to se for IPv4"] == "one of 2 by its IP flow"
    assert said["the way to se for fragments of IPv6"] == "one of 2 by its IP addresses"
    assert said["the way to se for other frames"] == "one of 2 by its frame"
    assert said["way 1 of the tunnel to se for routed packets"].endswith("out on link dk-p1")
    assert said["way 2 of the tunnel to se for frames"].endswith("out on link dk-p2")
    wire = next(
        flow for flow in in_table(program, "dk", Table.VSI_FORWARD)
        if words.entry(flow.table, flow.match).endswith("the pseudowire to se")
    )  # fmt: skip
    assert words.does(wire).startswith("to se, choose a way, push ")


def test_a_way_that_is_missing_or_changed_in_a_switch_is_named():
    program = program_of()
    having = list(flows(program, "dk"))
    (second,) = [f for f in having if f.table == Table.TUNNEL_L3 and f.match.value(REG_WAY) == 1]
    having.remove(second)
    (choice,) = [
        flow for flow in having if flow.table == Table.WAYS
        and flow.match.value(ETH_TYPE) == 0x0800 and flow.match.value(IP_FRAGMENT) is None
    ]  # fmt: skip
    (asked,) = choice.actions
    having[having.index(choice)] = replace(choice, actions=(replace(asked, ways=1),))
    found = differences(program, "dk", map(installed, having))
    assert sorted(f"{each.table} {each.entry} {each.kind}" for each in found) == [
        "TUNNEL_L3 way 2 of the tunnel to se for routed packets missing",
        "WAYS the way to se for IPv4 changed",
    ]


# changes -----------------------------------------------------------------------------------------


def traffic():
    """Yield circuits and frames: L3VPN of both IP versions, a flood, and a VPWS."""
    for port in range(1000, 1012):
        payload = struct.pack("!HHHH", port, 5001, 16, 0) + bytes(8)
        for source, target in (("10.0.0.2", "10.0.1.2"), ("2001:db8::2", "2001:db8:1::2")):
            packet = frames.ip(ip_address(source), ip_address(target), payload=payload)
            yield "a/dk", frames.ip_frame(GATEWAY_MAC, "02:00:00:00:00:01", packet)
        packet = frames.ip("10.9.0.1", "10.9.0.2", payload=payload)
        for circuit in ("c/dk", "d/dk"):
            yield circuit, frames.ip_frame("ff:ff:ff:ff:ff:ff", "02:00:00:00:99:01", packet)
        mac = f"02:00:00:00:77:{port - 1000:02x}"
        yield "c/dk", frames.ethernet("ff:ff:ff:ff:ff:ff", mac, 0x88B5, bytes(60))


def steps(before, after):
    """Yield the flows of all switches after each message, the phase, and whose message it was."""
    have = {name: by_cookie(made) for name, made in all_flows(before).items()}
    wanted = {name: by_cookie(made) for name, made in all_flows(after).items()}
    changes = {name: change(have[name], wanted[name]) for name in have}
    for stage in stages(changes.values()):
        for name, each in changes.items():
            for cookie, flow in each.additions.get(stage, ()):
                same = [old for old, other in have[name].items() if other.key == flow.key]
                for old in same:
                    del have[name][old]
                have[name][cookie] = flow
                yield shown(have), "adding", name
    yield shown(have), "added", next(iter(have))
    for name, each in changes.items():
        for flow in each.deletions:
            del have[name][flow.cookie]
            yield shown(have), "deleting", name
    assert {name: set(made) for name, made in have.items()} == {
        name: set(made) for name, made in wanted.items()
    }


def shown(have):
    return {name: tuple(made.values()) for name, made in have.items()}


CHANGES = [
    (SQUARE, (), ("dk-p1",)),
    (SQUARE, (), ("p2-se",)),
    (SQUARE, ("dk-p1",), ("dk-p2",)),
    (LADDER, (), ("dk-p1",)),
    (LADDER, ("dk-p2",), ("dk-p1", "dk-p2")),
]


@pytest.mark.parametrize("links, one, other", CHANGES)  # noqa: PT006
@pytest.mark.parametrize("forth", [True, False])
def test_no_flow_is_lost_while_ways_come_and_go_and_added_flows_count_at_once(
    links, one, other, forth
):
    first = program_of(links)
    programs = [program_of(links, down=down, previous=first) for down in (one, other)]
    before, after = programs if forth else programs[::-1]
    gone = set(other if forth else one) - set(one if forth else other)
    count = 0
    for made, phase, _ in steps(before, after):
        # all links carry: what is to be lost goes by a link that the program only holds to be down
        network = FakeNetwork(first, made)
        for circuit, frame in traffic():
            outcome = network.inject(circuit, frame)
            assert len(outcome.deliveries) == 1, (phase, circuit)
            if phase != "adding":
                assert not gone & {link for link, _, _ in outcome.on_links}, (phase, circuit)
        count += 1
    assert count > 3


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_change_of_any_network_leaves_a_frame_encapsulated_without_a_tunnel(data):
    network = data.draw(networks())
    downs = [data.draw(failures(network)) for _ in range(2)]
    first = compile_program(network, down=downs[0])
    second = compile_program(network, down=downs[1], previous=first)
    frame = frames.ip_frame(
        "ff:ff:ff:ff:ff:ff", "02:00:00:00:99:01", frames.ip("10.9.0.1", "10.9.0.2")
    )
    for made, _, name in steps(first, second):
        node = first.node(name)
        switch = FakeSwitch(made[name])
        for circuit in node.circuits:
            if node.vsi_by_name.get(circuit.vpn):
                switch.receive(circuit.port, frame)  # it asserts
