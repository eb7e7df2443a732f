"""A running lab through what goes wrong, no packet counted: all of it comes back."""

import json
import os
import re
import signal
import time

import pytest

from mplsemu.emulation.probe import FrameProbe, Prober
from mplsemu.running.checks import endpoints
from tests.oracles import frames
from tests.places import TOPOLOGIES
from tests.system.changing import daemon, kill_controller, kill_daemons, mend, settled
from tests.system.running import Ground, mplsemu, start
from tests.system.test_wire import send_frame
from tests.waiting import eventually

pytestmark = pytest.mark.system

OPENFLOW = pytest.mark.dataplane("openflow")


@pytest.fixture
def lab(changing):
    """Begin and end with everything up, so that one test's failure is not the next one's."""
    yield changing
    mend(changing)


# --- links ---------------------------------------------------------------------------------


def test_of_parallel_links_the_dearer_one_takes_over_then_the_way_around(lab):
    def first_link():
        return lab.trace("a/aarhus/h1", "a/stockholm/h1").hops[0].link

    assert first_link() == "dk-p1"
    lab.link("dk-p1").down()
    assert first_link() == "dk-p1#2"
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")
    lab.link("dk-p1#2").down()
    assert first_link() == "dk-p2"
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")
    lab.link("dk-p1").up()
    assert first_link() == "dk-p1"
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")


def test_one_end_going_down_is_enough(lab):
    """A cable is cut where it is cut: the other end has lost its carrier."""
    interface = lab.session.record.links["se-p1"][1].name
    lab.cmd("p1", f"ip link set {interface} down")
    lab.session.controller.wait_until(
        lambda status: status["down"] == ["se-p1"] and status["in_sync"], 5.0, "se-p1 down"
    )
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")
    lab.cmd("p1", f"ip link set {interface} up")
    lab.session.controller.wait_until(
        lambda status: not status["down"] and status["in_sync"], 5.0, "se-p1 up"
    )


def test_a_part_that_is_cut_off_comes_back(lab):
    lab.link("se", "p1").down()
    lab.link("se", "p2").down()
    assert not lab.reaches("a/aarhus/h1", "a/stockholm/h1")
    assert not lab.reaches("c/odense/h1", "c/malmo/h1")
    assert lab.reaches("c/odense/h1", "c/bergen/h1")
    lab.link("se", "p2").up()
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")
    assert lab.reaches("c/odense/h1", "c/malmo/h1")


def test_a_link_that_flaps_ends_where_it_ended(lab):
    one = lab.session.record.links["dk-p1"][0].name
    flap = f"for i in 1 2 3 4 5 6 7 8 9; do ip link set {one} down; ip link set {one} up; done"
    lab.cmd("dk", flap)
    lab.session.controller.wait_until(
        lambda status: not status["down"] and status["in_sync"], 10.0, "everything up"
    )
    assert lab.trace("a/aarhus/h1", "a/stockholm/h1").hops[0].link == "dk-p1"
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")


def test_a_site_whose_line_is_cut_is_withdrawn(lab):
    assert lab.reaches("a/stockholm/h1", "a/aarhus/h1")
    lab.link("a/aarhus").down()
    assert "Net Unreachable" in lab.cmd("a/stockholm/h1", "ping -n -c1 -W2 192.168.1.2")
    lab.link("a/aarhus").up()
    assert lab.reaches("a/stockholm/h1", "a/aarhus/h1")


# --- MAC addresses -------------------------------------------------------------------------


def macs(lab, mac=None):
    """Return where MAC addresses are learned: by PE, the circuit or the peer."""
    return {
        (entry["node"], entry["mac"]): entry["circuit"] or entry["peer"]
        for entry in lab.session.controller.call("macs")
        if mac in {None, entry["mac"]}
    }


def test_mac_addresses_are_learned_and_forgotten_when_their_line_is_cut(lab):
    mac = lab.session.host("c/odense/h1").mac
    assert lab.reaches("c/odense/h1", "c/malmo/h1")
    assert lab.reaches("c/odense/h1", "c/bergen/h1")
    assert macs(lab, mac) == {("dk", mac): "c/odense", ("se", mac): "dk", ("no", mac): "dk"}
    lab.link("c/odense").down()
    assert macs(lab, mac) == {}
    lab.link("c/odense").up()
    assert lab.reaches("c/odense/h1", "c/malmo/h1")


def test_mac_addresses_of_who_is_silent_age(lab):
    mac = "02:00:00:00:77:01"
    everybody = "ff:ff:ff:ff:ff:ff"
    send_frame(lab, "c/odense/h1", frames.ethernet(everybody, mac, 0x88B5, b"here" * 12))
    eventually(lambda: len(macs(lab, mac)) == 3, "all PEs have learned")
    learned_at = time.monotonic()
    eventually(lambda: macs(lab, mac) == {}, "all PEs have forgotten", 20, pause_s=0.2)
    assert 8.0 < time.monotonic() - learned_at < 15.0


def who_gets(prober, mac):
    [result] = prober.run_frames([FrameProbe("c/bergen/h1", mac)])
    return result.received


def test_a_mac_address_that_moves_to_another_site_is_followed(lab):
    mac, everybody = "02:00:00:00:77:02", "ff:ff:ff:ff:ff:ff"
    hello = frames.ethernet(everybody, mac, 0x88B5, b"here" * 12)
    with Prober(endpoints(lab.session.record)) as prober:
        for site, pe in (("odense", "dk"), ("malmo", "se"), ("odense", "dk")):
            send_frame(lab, f"c/{site}/h1", hello)
            eventually(lambda: macs(lab, mac)["no", mac] == pe, f"no has it at {pe}")  # noqa: B023
            assert macs(lab, mac)[pe, mac] == f"c/{site}"
            # Open vSwitch's cache follows its flows a moment later
            eventually(lambda: who_gets(prober, mac) == {f"c/{site}/h1": 1}, f"{site} gets it")  # noqa: B023


# No daemon may die more than five times in half a minute here, or the lab ends as it should.

# --- the controller ------------------------------------------------------------------------


def test_after_a_controller_was_killed_links_are_still_watched(lab):
    kill_controller(lab)
    lab.link("dk-p1").down()
    assert lab.trace("a/aarhus/h1", "a/stockholm/h1").hops[0].link == "dk-p1#2"
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")
    kill_controller(lab)  # and it finds out what is down
    assert settled(lab)["down"] == ["dk-p1"]
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")
    lab.link("dk-p1").up()
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")


def test_a_link_that_is_cut_while_there_is_no_controller_is_noticed_later(lab):
    os.kill(settled(lab)["pid"], signal.SIGKILL)
    for node, interface in zip(("se", "p1"), lab.session.record.links["se-p1"], strict=True):
        lab.cmd(node, f"ip link set {interface.name} down")
    lab.session.controller.wait_until(
        lambda status: status["down"] == ["se-p1"] and status["in_sync"], 20.0, "se-p1 down"
    )
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")


def everybody_reaches(lab):
    def look():
        return (
            lab.reaches("a/aarhus/h1", "a/stockholm/h1")
            and lab.reaches("a/aarhus/h1", "a/oslo/h1")
            and lab.reaches("c/odense/h1", "c/bergen/h1")
        )

    return eventually(look, "traffic flows again", 20)


@OPENFLOW
def test_a_killed_switch_daemon_comes_back_with_all_flows(lab):
    kill_daemons(lab, "ovs-vswitchd")
    assert everybody_reaches(lab)
    assert settled(lab)["down"] == []


@OPENFLOW
def test_a_switch_daemon_killed_while_a_link_is_down_comes_back(lab):
    lab.link("se", "p1").down()
    kill_daemons(lab, "ovs-vswitchd")
    assert everybody_reaches(lab)
    assert settled(lab)["down"] == ["se-p1"]
    lab.link("se", "p1").up()
    assert everybody_reaches(lab)


@OPENFLOW
def test_both_daemons_killed_come_back(lab):
    kill_daemons(lab, "ovsdb-server", "ovs-vswitchd")
    assert everybody_reaches(lab)


@OPENFLOW
def test_everything_killed_at_once_comes_back(lab):
    pid = settled(lab)["pid"]
    os.kill(pid, signal.SIGKILL)
    kill_one_after_another = ("ovs-vswitchd", "ovsdb-server")
    for name in kill_one_after_another:
        os.kill(daemon(lab, name), signal.SIGKILL)
    assert everybody_reaches(lab)


# --- whole labs ----------------------------------------------------------------------------


def test_a_controller_that_keeps_dying_ends_the_lab_with_a_message(tmp_path, dataplane):
    ground = Ground(tmp_path / "run")
    file = tmp_path / "small.yaml"
    file.write_text("name: small\nprovider: {nodes: {dk: {role: pe}}}\n")
    process = start("up", file, env=ground.env)
    try:
        killed = set()
        while process.poll() is None and len(killed) < 10:
            pid = eventually(
                lambda: ground.process(r"mplsemu controller") or process.poll() is not None,
                "a controller",
            )
            if (
                pid is not True
                and pid not in killed
                and (ground.directory / "small/lab.json").exists()
            ):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
        process.communicate()
        ground.sweep()
    assert re.search(r"mplsemu: the controller died 6 times in a row.*; the lab ends\n", said)
    assert "Traceback" not in said
    assert process.returncode == 2
    ground.assert_clean()


@OPENFLOW
def test_the_other_openflow_framework_does_the_same(tmp_path, dataplane):
    ground = Ground(tmp_path / "run")
    env = {**ground.env, "MPLSEMU_OPENFLOW_FRAMEWORK": "os_ken"}
    try:
        assert mplsemu("up", "--detach", TOPOLOGIES / "nordic.yaml", env=env).returncode == 0
        [status] = json.loads(mplsemu("status", "--json", env=env).stdout)["labs"]
        assert "ken" in status["controller"]["framework"]
        answer = json.loads(mplsemu("test", "--running", "nordic", "--json", env=env).stdout)
        assert [check for check in answer["checks"] if not check["ok"]] == []
        assert mplsemu("down", env=env).returncode == 0
        ground.assert_clean()
    finally:
        ground.sweep()


def test_two_labs_with_the_same_node_names_run_side_by_side(lab, nordic):
    assert set(lab.session.record.lsrs) == set(nordic.session.record.lsrs)
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")
    assert nordic.reaches("a/aarhus/h1", "a/stockholm/h1")
    nordic.link("dk", "p1").down()
    assert [each.link for each in lab.session.links() if not each.up] == []
    nordic.link("dk", "p1").up()
    said = mplsemu("ping", "a/aarhus/h1", "a/stockholm/h1")
    assert (said.returncode, said.stdout) == (2, "")
    assert "several labs are running" in said.stderr
    assert mplsemu("ping", "--lab", "changing", "a/aarhus/h1", "a/stockholm/h1").returncode == 0
