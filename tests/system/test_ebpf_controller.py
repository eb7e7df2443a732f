"""The controller as a process on the eBPF data plane: labels, hosts, failures, restarts."""

import tempfile
from pathlib import Path

import pytest

from mplsemu.controller.state import load_state
from mplsemu.program.codec import load_program
from mplsemu.southbound.ebpf.contents import WRITE_ORDER
from mplsemu.southbound.ebpf.layout import IlmKey
from tests.system.ebpf_ground import EbpfGround, received
from tests.waiting import eventually

pytestmark = pytest.mark.system

LAB = """
name: small
provider:
  ttl: uniform
  nodes: {dk: {role: pe}, se: {role: pe}, no: {role: pe}, p1: , p2: }
  links: [dk-p1, se-p1, se-p2, no-p2, p1-p2, dk-p2]
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: [10.1.0.0/24, "2001:db8:1::/64"]}
      y: {pe: se, subnet: [10.2.0.0/24, "2001:db8:2::/64"]}
  b:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 10.1.0.0/24}
      z: {pe: no, subnet: 10.3.0.0/24}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    aging: 10 s
    sites: {u: {pe: dk}, v: {pe: se}, w: {pe: no}}
"""
PINGS = 300


@pytest.fixture(scope="module")
def ground():
    with tempfile.TemporaryDirectory(prefix="mplsemu-") as directory:
        lab_file = Path(directory) / "small.yaml"
        lab_file.write_text(LAB)
        with EbpfGround(lab_file, Path(directory)) as made:
            yield made


def lost_of(process):
    return PINGS - received(process.communicate(timeout=60)[0])


def ping_on(ground):
    """Ping, and have the first answers come."""
    process = ground.start("a/x", f"ping -n -c {PINGS} -i 0.005 -W 1 10.2.0.2")
    while "icmp_seq=20 " not in process.stdout.readline():
        assert process.poll() is None
    return process


def entries_of(ground):
    return {name: dict(ground.map(name).items()) for name in WRITE_ORDER}


def texts(ground, kind):
    return [event["text"] for event in ground.client.call("events") if event["kind"] == kind]


def remembers_all(ground):
    """Return whether the state file, written a moment after each change, is up to date."""
    state = load_state(ground.directory / "s.json")
    status = ground.client.call("status")
    program = load_program(ground.client.call("program"))
    return state.program == program and len(state.learned) == status["neighbours"]


@pytest.mark.parametrize(
    "target", ["10.2.0.2", "2001:db8:2::2", "10.1.0.1", "2001:db8:1::1", "10.2.0.1"]
)
def test_a_site_reaches_the_other_and_the_gateways(ground, target):
    assert ground.answered("a/x", target) == 3


def test_a_customer_never_reaches_another(ground):
    assert ground.answered("a/x", "10.3.0.2") == 0
    assert ground.answered("b/x", "10.3.0.2") == 3


def test_a_traceroute_shows_every_lsr_and_the_labels(ground):
    said = ground.sh("a/x", "traceroute -n -e -q 1 -w 2 10.2.0.2")
    assert [line.split()[1] for line in said.splitlines()[1:]] == [
        "10.1.0.1", str(ground.program.node("p1").router_id), "10.2.0.1", "10.2.0.2",
    ]  # fmt: skip
    assert "MPLS:L=" in said


def test_a_host_that_the_lab_file_does_not_know_is_resolved(ground):
    ground.sh("a/y", "ip addr add 10.2.0.77/24 dev eth0")
    assert ground.answered("a/x", "10.2.0.77") == 3
    assert ground.client.call("status")["neighbours"] == 1
    said = ground.sh("a/x", "ping -n -c 1 -W 5 10.2.0.99")
    assert "Destination Host Unreachable" in said


def test_addresses_are_learned_and_flushed(ground):
    assert ground.answered("c/u", "10.0.0.2") == 3
    learned = ground.client.call("macs")
    mac = ground.program.node("se").circuit_by_name["c/v"].hosts[0].mac
    assert {"node": "dk", "vsi": "c", "mac": mac, "circuit": None, "peer": "se"} in learned
    assert {"node": "se", "vsi": "c", "mac": mac, "circuit": "c/v", "peer": None} in learned
    assert ground.client.call("flush", vpn="c") == {"switches": 3}
    assert ground.client.call("macs") == []


@pytest.mark.slow
def test_addresses_that_are_silent_are_forgotten(ground):
    assert ground.answered("c/u", "10.0.0.2") == 3
    eventually(lambda: not list(ground.map("fdb").items()), "all are forgotten", pause_s=0.2)


def test_packets_are_counted(ground):
    def count():
        counters = ground.client.call("counters")["counters"]
        return {(c["node"], c["kind"], c["name"], c["peer"]): c["packets"] for c in counters}

    before = count()
    assert ground.answered("a/x", "10.2.0.2") == 3
    assert ground.answered("c/u", "10.0.0.2") == 3
    grown = {key for key, packets in count().items() if packets >= before.get(key, 0) + 3}
    assert {
        ("dk", "vrf-in", "a", None),
        ("dk", "vrf-out", "a", None),
        ("dk", "tunnel", "se", None),
        ("dk", "pseudowire-out", "c", "se"),
        ("se", "pseudowire-in", "c", "dk"),
    } <= grown


def test_a_link_that_is_cut_and_mended_costs_next_to_nothing(ground):
    process = ping_on(ground)
    ground.link("dk", "dk-p1", "down")
    ground.client.wait_until(lambda s: s["down"] == ["dk-p1"] and s["in_sync"], 10, "the cut")
    ground.link("dk", "dk-p1", "up")
    ground.client.wait_until(lambda s: s["down"] == [] and s["in_sync"], 10, "the repair")
    assert lost_of(process) <= 10


def test_a_controller_that_is_killed_and_started_again_changes_and_loses_nothing(ground):
    eventually(lambda: remembers_all(ground), "the state file is written")
    before = entries_of(ground)
    process = ping_on(ground)
    ground.kill_controller()
    ground.start_controller()
    assert lost_of(process) == 0
    assert entries_of(ground) == before
    said = texts(ground, "program")
    again = max(at for at, text in enumerate(said) if "started again" in text)
    assert not any("changed" in text for text in said[again:])


def test_what_changed_while_the_controller_was_away_is_put_right(ground):
    before = entries_of(ground)
    dk = ground.program.node("dk").index
    ground.kill_controller()
    ground.map("lfib").set(IlmKey(dk, 99_999).pack(), bytes(64))
    ground.map("tunnels").delete_many(list(before["tunnels"])[:1])
    ground.link("dk", "dk-p1", "down")
    ground.start_controller()
    assert ground.client.call("status")["down"] == ["dk-p1"]
    assert ground.answered("a/x", "10.2.0.2") == 3
    assert IlmKey(dk, 99_999).pack() not in entries_of(ground)["lfib"]
    ground.link("dk", "dk-p1", "up")
    ground.client.wait_until(lambda s: s["down"] == [] and s["in_sync"], 10, "the repair")
    assert ground.answered("a/x", "10.2.0.2") == 3


def test_no_openflow_framework_is_loaded(ground):
    pid = ground.client.call("status")["pid"]
    assert "greenlet" not in Path(f"/proc/{pid}/maps").read_text()
