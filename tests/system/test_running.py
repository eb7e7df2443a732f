"""A running lab through what goes wrong: lines cut, sites moved, daemons killed."""

import json
import os
import re
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from mplsemu import Lab
from mplsemu.emulation.probe import FrameProbe, Prober
from mplsemu.running.checks import endpoints
from tests.oracles import frames
from tests.places import TOPOLOGIES
from tests.system.running import Ground, mplsemu, start
from tests.system.test_wire import send_frame
from tests.waiting import eventually

pytestmark = [pytest.mark.system, pytest.mark.quiet]

OPENFLOW = pytest.mark.dataplane("openflow")
CHANGING = """
name: changing
provider:
  nodes: {dk: {role: pe}, se: {role: pe}, no: {role: pe}, p1: {}, p2: {}}
  links:
    - dk-p1
    - {ends: [dk, p1], metric: 15}
    - se-p1
    - no-p1
    - {ends: [dk, p2], metric: 30}
    - {ends: [se, p2], metric: 30}
    - {ends: [no, p2], metric: 30}
vpns:
  a:
    type: l3vpn
    sites:
      aarhus: {pe: dk, subnet: [192.168.1.0/24, "2001:db8:1::/64"]}
      stockholm: {pe: se, subnet: [192.168.2.0/24, "2001:db8:2::/64"]}
      oslo: {pe: "no", subnet: 192.168.3.0/24, ce: router}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    aging: 10 s
    sites: {odense: {pe: dk}, malmo: {pe: se}, bergen: {pe: "no"}}
"""
PING_INTERVAL_MS = 5
REPAIR_MS = 300


@pytest.fixture(scope="module")
def lab(tmp_path_factory, dataplane):
    file = tmp_path_factory.mktemp("changing") / "changing.yaml"
    file.write_text(CHANGING)
    with Lab(file) as booted:
        yield booted


@pytest.fixture(autouse=True)
def all_well(lab):
    """Begin and end with everything up, so that one test's failure is not the next one's."""
    yield
    for each in lab.session.links():
        if not each.up:
            lab.link(each.link).up()
    settled(lab)


def settled(lab):
    """Wait until the controller has all switches where they should be; return its status."""
    return lab.session.controller.wait_until(lambda status: status["in_sync"], 20.0, "sync")


def events(lab, since=0):
    return [each["text"] for each in lab.session.controller.call("events", since=since)]


def last_event(lab):
    return lab.session.controller.call("events")[-1]["number"]


class FastPing:
    """A ping that goes on; what it lost can be told at any time."""

    def __init__(self, lab, source, target, file):
        self._file = file
        with file.open("w") as output:
            command = ["ping", "-n", "-i", str(PING_INTERVAL_MS / 1000), "-W", "1", target]
            self._process = lab.session.popen(source, command, stdout=output, stderr=output)

    def received(self):
        return [int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", self._file.read_text())]

    def await_more(self, count=50):
        """Wait until so many more answers have come."""
        target = len(self.received()) + count
        eventually(lambda: len(self.received()) >= target, "pings are answered")

    def stop(self):
        """End it; return how many packets were lost (what is still on its way is not)."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        return max(self.received()) - len(set(self.received()))

    def kill(self):
        self._process.kill()
        self._process.wait()


@contextmanager
def pinging(lab, source, target, tmp_path):
    ping = FastPing(lab, source, target, tmp_path / "ping")
    try:
        ping.await_more()
        yield ping
    finally:
        ping.kill()


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


def kill_controller(lab):
    """Kill it; return the status once another one has everything in hand."""
    before = settled(lab)["pid"]
    os.kill(before, signal.SIGKILL)
    return lab.session.controller.wait_until(
        lambda status: status["pid"] != before and status["in_sync"], 20.0, "another controller"
    )


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


# --- Open vSwitch --------------------------------------------------------------------------


def daemon(lab, name):
    """Return a daemon's process id, None while it has none."""
    file = Path(lab.session.record.environment["OVS_RUNDIR"]) / f"{name}.pid"
    try:
        pid = int(file.read_text())
        return pid if name in Path(f"/proc/{pid}/cmdline").read_text() else None
    except (OSError, ValueError):
        return None


def kill_daemons(lab, *names):
    """Kill daemons at the same time and wait for others in their place."""
    settled(lab)
    before = {name: daemon(lab, name) for name in names}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    for name, pid in before.items():
        eventually(lambda: daemon(lab, name) not in {None, pid}, f"another {name}", 20)  # noqa: B023


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
def test_a_killed_database_server_comes_back_and_nothing_is_lost(lab, tmp_path):
    with pinging(lab, "a/aarhus/h1", "192.168.2.2", tmp_path) as ping:
        kill_daemons(lab, "ovsdb-server")
        ping.await_more()
        assert ping.stop() == 0
    eventually(lambda: "dk" in lab.cmd("dk", "ovs-vsctl --timeout=2 list-br"), "it answers")
    lab.link("dk-p1").down()
    assert lab.reaches("a/aarhus/h1", "a/stockholm/h1")


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
