"""What is not as it should be is named in the field's terms: LSR, table, entry."""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import replace

import pytest

from mplsemu.errors import EmulationError
from mplsemu.southbound.difference import DifferenceKind
from mplsemu.southbound.openflow import actions as act
from mplsemu.southbound.openflow.describe import FlowDescriber
from mplsemu.southbound.openflow.differences import differences
from mplsemu.southbound.openflow.flow import learned_cookie
from mplsemu.southbound.openflow.match import MPLS_LABEL, REGISTERS, Match
from mplsemu.southbound.openflow.pipeline import Table
from mplsemu.southbound.openflow.read import InstalledFlow, read_flows
from mplsemu.southbound.openflow.translate import flows
from tests.programs import program_of

from .test_decode import installed

PROGRAM = program_of("nordic")
UNIFORM = program_of("uniform")


def wanted(node, program=PROGRAM):
    return list(flows(program, node))


def found(node, having, program=PROGRAM):
    return [str(each) for each in differences(program, node, map(installed, having))]


def pick(node, table, words, program=PROGRAM):
    """Return the only flow of a table that is called so."""
    name = FlowDescriber(program, node)
    (only,) = [
        flow
        for flow in wanted(node, program)
        if flow.table == table and name.entry(flow.table, flow.match) == words
    ]
    return only


@pytest.mark.parametrize("node", [node.name for node in PROGRAM.nodes])
def test_a_switch_with_exactly_its_flows_differs_in_nothing(node):
    assert found(node, wanted(node)) == []
    assert found(node, reversed(wanted(node))) == []


@pytest.mark.parametrize(
    ("node", "table", "entry", "does"),
    [
        ("p1", Table.LFIB, "label 17", "pop, out on link no-p1"),
        ("dk", Table.SERVICE_LABELS, "label 18", "into VRF b, pop to IPv4"),
        ("dk", Table.SERVICE_LABELS, "label 19", "into VSI c, from the pseudowire to no"),
        ("dk", Table.VRF_FIB, "VRF a: 192.168.3.0/24", "to no, push 16"),
        (
            "dk",
            Table.VRF_FIB,
            "VRF a: 192.168.1.3",
            "to 02:00:00:00:00:02, out on a/aarhus",
        ),
        ("dk", Table.VRF_FIB, "VRF b: 192.168.1.0/24", "ask on the LAN who has it"),
        ("dk", Table.VRF_FIB, "every VRF: fe80::/10", "drop"),
        ("dk", Table.VRF_FIB, "every VRF: IPv4 without a route", "say that there is no route"),
        (
            "dk",
            Table.VRF_INPUT,
            "ARP for 192.168.1.1 on a/aarhus",
            "learn who asks, send back",
        ),
        ("dk", Table.PORTS, "a/aarhus: IPv6", "into VRF a"),
        ("dk", Table.PORTS, "link dk-p1: labelled packets", "go on to LFIB"),
        ("dk", Table.VSI_LEARN, "VSI c: learning from the pseudowire to se", "learn for 300 s"),
        (
            "dk",
            Table.VSI_FORWARD,
            "VSI c: flooding of what comes from a circuit",
            "out on c/odense, copy: push 19 to no, copy: push 18 to se",
        ),
        (
            "dk",
            Table.VSI_FORWARD,
            "VSI c: known addresses behind the pseudowire to no",
            "push 19, to no",
        ),
        ("dk", Table.TUNNEL_L3, "tunnel to se for routed packets", "push 18, out on link dk-p1"),
    ],
)
def test_a_flow_that_is_missing_is_named(node, table, entry, does):
    gone = pick(node, table, entry)
    rest = [flow for flow in wanted(node) if flow != gone]
    assert found(node, rest) == [f"{node} {table.name}: {entry} is missing, should be: {does}"]


def test_a_swap_is_told_from_a_push():
    gone = pick("p1", Table.LFIB, "label 1000", UNIFORM)
    rest = [flow for flow in wanted("p1", UNIFORM) if flow != gone]
    (only,) = found("p1", rest, UNIFORM)
    assert only == "p1 LFIB: label 1000 is missing, should be: swap to 0, out on link left-p1"


def test_a_flow_that_does_something_else_is_found_though_its_cookie_says_nothing():
    usual = pick("p1", Table.LFIB, "label 17")
    other = replace(usual, actions=(*usual.actions[:-1], act.Output(1)))
    having = [other if flow == usual else flow for flow in wanted("p1")]
    (only,) = differences(PROGRAM, "p1", map(installed, having))
    assert only.kind is DifferenceKind.CHANGED
    assert (only.found, only.wanted) == ("pop, out on link dk-p1", "pop, out on link no-p1")


def test_a_difference_that_words_leave_out_is_a_difference():
    usual = pick("p1", Table.LFIB, "label 17")
    assert usual.actions[0] == act.DecMplsTtl()
    having = [
        replace(flow, actions=flow.actions[1:]) if flow == usual else flow for flow in wanted("p1")
    ]
    (only,) = differences(PROGRAM, "p1", map(installed, having))
    assert only.kind is DifferenceKind.CHANGED
    assert only.found == "pop, out on link no-p1, by other actions"


def test_a_flow_of_our_own_kind_that_should_not_be_there_is_named():
    usual = pick("dk", Table.VRF_FIB, "VRF a: 192.168.3.0/24")
    leak = replace(pick("dk", Table.VRF_FIB, "VRF b: 192.168.3.0/24"), priority=1077)
    leak = replace(leak, actions=usual.actions)
    (only,) = found("dk", [*wanted("dk"), leak])
    assert only == ("dk VRF_FIB: VRF b: 192.168.3.0/24 should not be there, is: to no, push 16")


def test_a_label_to_another_vrf_is_named():
    to_b = pick("dk", Table.SERVICE_LABELS, "label 18")
    to_a = pick("dk", Table.SERVICE_LABELS, "label 16")
    having = [
        replace(flow, actions=to_a.actions) if flow == to_b else flow for flow in wanted("dk")
    ]
    (only,) = found("dk", having)
    assert only == (
        "dk SERVICE_LABELS: label 18 is: into VRF a, pop to IPv4; "
        "should be: into VRF b, pop to IPv4"
    )


def test_what_no_flow_of_ours_could_be_is_named_as_that():
    strange = InstalledFlow(50, 3, 0, struct.pack("!HBBH", 0x8000, 14 << 1, 2, 80), b"")
    having = [*map(installed, wanted("se")), strange]
    (only,) = map(str, differences(PROGRAM, "se", having))
    assert only.startswith("se table 50: match 80001c020050 should not be there")
    group = struct.pack("!HH4xHHI", 4, 16, 22, 8, 1)
    having = [*map(installed, wanted("se")), InstalledFlow(1, 7, 0, b"", group)]
    (only,) = map(str, differences(PROGRAM, "se", having))
    assert only == (
        "se LFIB: everything else should not be there, is: something that no flow of ours does"
    )


def test_what_a_vpls_has_learned_is_no_difference():
    learned = InstalledFlow(int(Table.VSI_FDB), 100, learned_cookie(3, 5), b"", b"")
    foreign = replace(learned, cookie=7)
    assert list(differences(PROGRAM, "dk", [*map(installed, wanted("dk")), learned])) == []
    assert len(list(differences(PROGRAM, "dk", [*map(installed, wanted("dk")), foreign]))) == 1


def test_every_flow_has_words_and_hardly_two_the_same():
    for node in PROGRAM.nodes:
        words = FlowDescriber(PROGRAM, node.name)
        said = [(flow.table, words.entry(flow.table, flow.match)) for flow in wanted(node.name)]
        assert all(entry for _, entry in said)
        assert len(set(said)) == len(said)
        assert all(words.does(flow) for flow in wanted(node.name))
    assert FlowDescriber(PROGRAM, "dk").entry(0, Match()) == "everything else"
    strange = replace(wanted("dk")[0], actions=(act.SetField(MPLS_LABEL, 5),), goto=77)
    assert FlowDescriber(PROGRAM, "dk").does(strange) == "swap to 5"
    nothing = replace(strange, actions=(act.SetField(REGISTERS[9], 1),))
    assert FlowDescriber(PROGRAM, "dk").does(nothing) == "go on to table 77"


# reading -----------------------------------------------------------------------------------------


def head(kind, body, xid=1):
    return struct.pack("!BBHI", 4, kind, 8 + len(body), xid) + body


def entry(flow):
    match = struct.pack("!HH", 1, 4 + len(flow.match)) + flow.match
    rest = match + bytes(-len(match) % 8) + flow.instructions
    fixed = struct.pack(
        "!HBxIIHHHH4xQQQ",
        48 + len(rest),
        flow.table,
        1,
        2,
        flow.priority,
        0,
        0,
        0,
        flow.cookie,
        3,
        4,
    )
    return fixed + rest


def part(having, *, more):
    return head(19, struct.pack("!HH4x", 1, int(more)) + b"".join(map(entry, having)))


@pytest.fixture
def switch(tmp_path):
    """Return ``switch(answers)``: a management socket that says hello, then this."""
    servers = []

    def listen(answers):
        path = tmp_path / ("long" * 30) / "dk.mgmt"  # a path too long for a socket's address
        path.parent.mkdir()
        server = socket.socket(socket.AF_UNIX)
        with socket.socket(socket.AF_UNIX):
            directory = tmp_path / "short"
            directory.symlink_to(path.parent)
            server.bind(str(directory / "dk.mgmt"))
        server.listen()
        servers.append(server)

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.sendall(head(0, b"", 9) + answers)
                while connection.recv(4096):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        return path

    yield listen
    for server in servers:
        server.close()


def test_flows_are_read_from_all_parts_of_an_answer(switch):
    having = tuple(map(installed, wanted("dk")))
    echo = head(2, b"alive?", 5)
    answers = part(having[:10], more=True) + echo + part(having[10:], more=False)
    assert read_flows(switch(answers)) == having


def test_a_switch_that_refuses_or_hangs_up_is_named(switch):
    with pytest.raises(EmulationError, match="switch dk: it refuses"):
        read_flows(switch(head(1, bytes(4))))


def test_a_switch_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EmulationError, match="switch p1: No such file or directory"):
        read_flows(tmp_path / "p1.mgmt")
