"""``trace --live``: one packet really sent, on every cable just what the program says."""

import json
import re
from ipaddress import ip_address

import pytest

from mplsemu.program.trace import PacketOptions
from mplsemu.running.directory import LabDirectory
from mplsemu.running.live_trace import follow
from mplsemu.running.session import Session
from tests.system.running import forget_labels, mplsemu
from tests.waiting import eventually

pytestmark = pytest.mark.system

BROADCAST = "ff:ff:ff:ff:ff:ff"


def live(lab, source, target, /, **header):
    return follow(lab.session, source, target, PacketOptions(**header))


@pytest.mark.parametrize(
    ("source", "target", "header"),
    [
        ("a/aarhus/h1", "a/stockholm/h1", {"ttl": 9, "dscp": 46}),
        ("a/oslo/h1", "a/aarhus/h2", {}),  # from behind a CE router
        ("a/aarhus/h1", "2001:db8:3::2", {"dscp": 10}),
        ("b/aarhus/h1", "b/oslo/h1", {}),
        ("c/odense/h1", "c/bergen/h1", {"vlans": (7,)}),
        ("c/odense/h1", "c/bergen/h1", {"vlans": (7, 8)}),
        ("c/malmo/h1", BROADCAST, {}),
        ("c/malmo/h1", "02:ff:00:00:00:01", {}),
        ("a/aarhus/h1", "a/aarhus/h2", {"ttl": 1}),
    ],
)
def test_what_is_on_every_cable_is_what_the_program_says(nordic, source, target, header):
    if source[0] != "c":  # an L3VPN's hosts are resolved when somebody asks for them
        assert nordic.reaches(source, target)
    found = live(nordic, source, target, **header)
    assert found.sent
    assert [step for step in found.steps if step.verdict != "ok"] == []
    assert bool(found.arrived_at) is (target != "02:ff:00:00:00:01")
    if len(found.predicted.branches) == 1:
        assert found.way == found.predicted.way


@pytest.mark.parametrize(
    ("source", "target", "header", "end"),
    [
        ("a/aarhus/h1", "a/stockholm/h1", {"ttl": 1}, "its TTL expired at dk"),
        ("a/oslo/h1", "a/aarhus/h1", {"ttl": 1}, "its TTL expired at a/oslo/ce"),
        ("a/aarhus/h1", "a/stockholm/h1", {"vlans": (7,)}, "VLAN-tagged on a routed circuit"),
        ("a/aarhus/h1", "10.1.2.3", {}, "no route to 10.1.2.3 in VRF a"),
        *(
            ("a/aarhus/h1", "a/stockholm/h1", {"source": ip_address(source)}, "nobody sends from")
            for source in ("0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255")
        ),
        ("a/aarhus/h1", "2001:db8:3::2", {"source": ip_address("ff02::1")}, "nobody sends from"),
        ("a/aarhus/h1", "2001:db8:3::2", {"source": ip_address("fe80::9")}, "nothing is routed"),
    ],
)
def test_a_packet_that_the_program_drops_is_seen_just_so_far(nordic, source, target, header, end):
    found = live(nordic, source, target, **header)
    assert found.as_predicted
    assert end in str(found.predicted.end)
    assert found.arrived_at == ()


@pytest.mark.parametrize(
    ("source", "target", "forged", "arrives"),
    [
        ("a/both/h1", "a/routed/h1", "10.0.1.99", True),
        ("a/both/h1", "a/routed/h1", "10.0.4.9", False),
        ("a/both/h1", "a/routed/h1", "10.0.1.1", False),
        ("a/open/h1", "a/routed/h1", "10.0.1.9", True),
        ("a/routed/h1", "a/both/h1", "10.0.5.200", True),
        ("a/routed/h1", "a/both/h1", "10.0.7.0", False),
        ("a/routed/h1", "2001:db8:1::2", "2001:db8:5::99", True),
        ("a/routed/h1", "2001:db8:1::2", "2001:db8:1::3", False),
        ("spoke/office/h1", "hub/servers/h1", "10.8.0.77", True),
        ("spoke/office/h1", "hub/servers/h1", "10.9.0.77", False),
    ],
)
def test_where_sources_are_validated_a_forged_one_gets_no_further(
    running, source, target, forged, arrives
):
    lab = running("urpf")
    lab.reaches(source, target)
    found = live(lab, source, target, source=ip_address(forged))
    assert found.as_predicted
    assert found.predicted.delivered is bool(found.arrived_at) is arrives


def test_in_uniform_mode_labels_have_the_packets_ttl(running):
    found = live(running("uniform"), "a/south/h1", "a/north/h1", ttl=9, dscp=46)
    assert found.as_predicted
    assert [entry.ttl for entry in found.steps[1].seen.stack] == [8, 8]


def test_what_a_vpls_has_learned_decides_whether_a_frame_is_flooded(nordic):
    nordic.session.controller.call("flush", vpn="c")
    flooded = live(nordic, "c/odense/h1", "c/malmo/h1")
    assert flooded.as_predicted
    assert len(flooded.predicted.branches) == 2
    assert nordic.reaches("c/odense/h1", "c/malmo/h1")

    def goes_one_way():
        found = live(nordic, "c/odense/h1", "c/malmo/h1")
        return found.as_predicted and len(found.predicted.branches) == 1

    eventually(goes_one_way, "the frame goes one way")


def test_the_command_line_prints_the_table_and_json(nordic):
    words = ("trace", "nordic", "a/aarhus/h1", "a/stockholm/h1", "--live", "--dscp", "46")
    done = mplsemu(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "sent, as predicted" in done.stdout
    assert re.search(r"✓ +dk-p1 +dk +p1 +\d+ ttl 255 tc 5 \| 16 ttl 255 tc 5 \| IP", done.stdout)
    answer = json.loads(mplsemu(*words, "--json").stdout)
    assert {"src", "dst", "delivered", "hops", "live"} <= answer.keys()
    assert answer["live"]["as_predicted"] is answer["live"]["sent"] is True
    assert answer["live"]["arrived_at"] == ["a/stockholm/h1"]
    step = answer["live"]["steps"][1]
    assert (step["link"], step["from"], step["to"], step["verdict"]) == ("dk-p1", "dk", "p1", "ok")
    assert step["predicted"] == step["seen"]
    assert step["seen"]["stack"] == answer["hops"][0]["out_stack"]


def test_where_the_network_does_not_do_what_the_program_says_is_shown(small, ground):
    assert mplsemu("up", "--detach", small, env=ground.env).returncode == 0
    forget_labels(Session(LabDirectory("small", ground.directory)), "se")
    words = ("trace", "small", "a/x/h1", "a/y/h1", "--live")
    done = mplsemu(*words, env=ground.env)
    assert done.returncode == 1
    assert "✗ not as predicted" in done.stdout
    assert re.search(r"✓ +dk-se +dk +se .* the same", done.stdout)
    assert re.search(r"✗ +a/y +se +a/y +IP ttl 62 +not seen", done.stdout)
    answer = json.loads(mplsemu(*words, "--json", env=ground.env).stdout)
    assert [step["verdict"] for step in answer["live"]["steps"]] == [
        "ok", "ok", "not seen", "not seen",
    ]  # fmt: skip
    assert mplsemu("down", env=ground.env).returncode == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("nordic", "a/aarhus/h1", "a/oslo/h9"), "did you mean a/oslo/h1?"),
        (("nordik", "a/aarhus/h1", "a/oslo/h1"), "no lab named 'nordik' is running (running:"),
        (("nordic", "a/aarhus/h1", "a/oslo/h1", "--down", "dk-p1"), "--down is for lab files"),
        (("nordic", "a/oslo/h1", "a/aarhus/h1", "--dst-mac", BROADCAST), "behind a CE router"),
        (("nordic", "a/oslo/h1", "a/aarhus/h1", "--vlan", "4095"), "not a number from 1 to 4094"),
    ],
)
def test_what_makes_no_sense_is_one_line(nordic, words, hint):
    done = mplsemu("trace", *words, "--live")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert hint in done.stderr
