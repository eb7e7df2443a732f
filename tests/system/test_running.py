"""A running lab through what goes wrong: how long customers are without a way, what is lost."""

import re

import pytest

from tests.system.changing import (
    PING_INTERVAL_MS,
    REPAIR_MS,
    events,
    kill_controller,
    kill_daemons,
    mend,
    pinging,
    settled,
)
from tests.waiting import eventually

pytestmark = [pytest.mark.system, pytest.mark.quiet]

OPENFLOW = pytest.mark.dataplane("openflow")


@pytest.fixture
def lab(changing):
    """Begin and end with everything up, so that one test's failure is not the next one's."""
    yield changing
    mend(changing)


# --- links ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("a/aarhus/h1", "192.168.2.2"),
        ("a/aarhus/h1", "2001:db8:2::2"),
        ("c/odense/h1", "10.0.0.2"),
    ],
    ids=["L3VPN", "6VPE", "VPLS"],
)
def test_after_a_link_went_down_traffic_flows_again_soon_and_back_up_nothing_is_lost(
    lab, tmp_path, source, target, record_property
):
    with pinging(lab, source, target, tmp_path) as ping:
        lab.link("se", "p1").down()
        ping.await_more()
        lost = ping.stop()
    record_property("outage_ms", lost * PING_INTERVAL_MS)
    print(f"down: {lost} packets, {lost * PING_INTERVAL_MS} ms")
    assert lost * PING_INTERVAL_MS < REPAIR_MS
    with pinging(lab, source, target, tmp_path) as ping:
        lab.link("se", "p1").up()
        ping.await_more()
        assert ping.stop() == 0


@pytest.fixture
def neighbour(lab):
    """An address that the lab file does not know."""
    lab.cmd("a/stockholm/h1", "ip addr add 192.168.2.77/24 dev eth0")
    yield "192.168.2.77"
    lab.cmd("a/stockholm/h1", "ip addr del 192.168.2.77/24 dev eth0")


def test_a_killed_controller_loses_no_packet_and_knows_flows_and_neighbours_again(
    lab, neighbour, tmp_path
):
    assert lab.reaches("a/aarhus/h1", neighbour)
    state = lab.session.directory.path / "controller.json"
    eventually(lambda: state.exists() and neighbour in state.read_text(), "it is written down")
    known = settled(lab)["neighbours"]
    assert known >= 1
    flows_before = {name: switch["flows"] for name, switch in settled(lab)["switches"].items()}
    before = events(lab)
    with pinging(lab, "a/aarhus/h1", "192.168.2.2", tmp_path) as ping:
        status = kill_controller(lab)
        ping.await_more()
        assert ping.stop() == 0
    assert status["neighbours"] == known
    assert events(lab)[: len(before)] == before
    since = events(lab)[len(before) :]
    assert since[0] == "controller started again; generations count from 1"
    assert lab.reaches("a/aarhus/h1", neighbour)
    assert {name: each["flows"] for name, each in status["switches"].items()} == flows_before
    has = r"(\w+) has (\d+) of (\d+) (?:flows|entries)(.*)"
    found = [re.fullmatch(has, text) for text in since]
    assert {match[1]: (match[2] == match[3], match[4]) for match in found if match} == (
        dict.fromkeys(flows_before, (True, ""))
    )
    assert not any(re.search("(flows|entries) changed", text) for text in since)


@OPENFLOW
def test_a_killed_database_server_comes_back_and_nothing_is_lost(lab, tmp_path):
    with pinging(lab, "a/aarhus/h1", "192.168.2.2", tmp_path) as ping:
        kill_daemons(lab, "ovsdb-server")
        ping.await_more()
        assert ping.stop() == 0
    eventually(lambda: "dk" in lab.cmd("dk", "ovs-vsctl --timeout=2 list-br"), "it answers")
    lab.link("dk-p1").down()
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")
