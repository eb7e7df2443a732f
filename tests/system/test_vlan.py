"""Circuits that VLAN tags tell apart on one line: what is there, and who goes down with it."""

from __future__ import annotations

import socket

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.network_namespace import inside
from tests.oracles.frames import arp
from tests.system.running import capturing, decoded
from tests.waiting import eventually

pytestmark = pytest.mark.system

_ALL_TYPES = 3  # ETH_P_ALL
SHARING = ("a/both", "a/second", "a/plain", "a/inner", "b/near", "lan/one", "lan/two", "lan/four",
           "kept/one", "kept/two", "wire/near")  # fmt: skip
"""Circuits of the line west:trunk."""


@pytest.fixture
def tagged(running):
    return running("tagged")


def test_a_capture_at_the_port_shows_the_circuits_tags_and_one_at_a_host_does_not(tagged, tmp_path):
    line, host = tmp_path / "line", tmp_path / "host"
    with capturing(tagged, "a/both", line), capturing(tagged, "a/both/h1", host):
        tagged.cmd("a/both/h1", ["ping", "-n", "-c1", "-W2", "10.0.2.2"])
    ways = decoded(line, "vlan.id", "icmp.type", show="icmp")
    expected = [(["10"], ["0"]), (["10"], ["8"]), (["11"], ["0"]), (["11"], ["8"])]
    assert sorted(map(tuple, ways)) == expected
    assert [vlan for vlan, _ in decoded(host, "vlan.id", "icmp.type", show="icmp")] == [[], []]


def test_a_capture_of_tagged_mode_shows_the_circuits_tag_or_a_dummy_behind_the_labels(
    tagged, tmp_path
):
    program = tagged.session.program()
    labels = {int(w.in_label) for n in program.nodes for v in n.vsis for w in v.pseudowires}
    options = [word for each in labels for word in ("-d", f"mpls.label=={each},pwethnocw")]
    files = [tmp_path / "up", tmp_path / "down"]
    with capturing(tagged, "west-up", files[0]), capturing(tagged, "west-down", files[1]):
        tagged.cmd(
            "dummy/far/h1",
            ["ping", "-n", "-c1", "-W2", str(tagged.host("dummy/near/h1").addresses[0])],
        )
    ways = [
        (vlan, kind)
        for file in files
        for vlan, kind in decoded(file, "vlan.id", "icmp.type", show="icmp", options=options)
    ]
    assert sorted(ways) == [(["0"], ["0"]), (["71"], ["8"])]


def test_frames_with_another_tag_or_none_get_no_answer(tagged):
    """The gateway of a/second answers ARP under tag 11 alone."""
    near, far = tagged.session.record.links["a/second"]
    assert near != far
    macs = "02:00:00:00:00:77", "00:00:00:00:00:00"
    question = arp(1, macs[0], "10.0.2.9", macs[1], "10.0.2.1")
    with inside(far.pid), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300) as line:
        line.bind((far.name, _ALL_TYPES))
        line.setblocking(False)
        for tags in ("", "8100000a", "8100000c", "81000fff", "8100000b81000005", "8100000b"):
            octets = bytes.fromhex(tags)
            line.send(question[:12] + octets + question[12:])
        answers = []

        def answered() -> bool:
            try:
                frame = line.recv(2000)
            except BlockingIOError:
                return False
            if bytes.fromhex(GATEWAY_MAC.replace(":", "")) == frame[6:12]:
                answers.append(frame)
            return bool(answers)

        eventually(answered, "an answer to the question under the right tag")
    assert len(answers) == 1  # it was asked last


def test_a_customers_own_tags_pass_through_a_tagged_circuit(tagged):
    for target in ("lan/two/h1", "lan/three/h1", "lan/far/h1"):
        mac = tagged.host(target).mac
        assert tagged.follow("lan/one/h1", target, vlan=7, destination_mac=mac)


def test_all_circuits_of_a_line_go_down_with_it_and_come_back(tagged):
    with tagged.link("a/both").down():
        down = set(tagged.session.controller.call("status")["down"])
        assert {*SHARING, "loop/near", "loop/far"} == down
        assert not tagged.ping("a/both/h1", "a/far/h1", 1).received
    assert tagged.ping("a/both/h1", "a/far/h1").received
    assert tagged.ping("lan/two/h1", "lan/far/h1").received
