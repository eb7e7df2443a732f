"""The running controller against switches that are three lines long: no framework, no network."""

import time

import pytest

from mplsemu.controller import events
from mplsemu.controller.events import KEPT_OF_PROVIDER, EventLog
from mplsemu.controller.inbox import MAX_PUNTS_PER_BATCH
from mplsemu.controller.lsr_states import LsrState
from mplsemu.lab.loader import load, loads
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.openflow import installer
from mplsemu.southbound.openflow.app import Disconnected
from mplsemu.southbound.plane.events import LsrDisconnected, PacketPunted, PortChanged
from mplsemu.southbound.punt.event import Punt, PuntReason
from tests.oracles import frames
from tests.places import TOPOLOGIES
from tests.unit.controller.openflow_lab import (
    assert_installed,
    connected,
    port_of,
    said,
    unconnected,
)

NORDIC = TOPOLOGIES / "nordic.yaml"


@pytest.fixture
def network():
    return load(NORDIC).network


@pytest.fixture
def controller(network):
    return connected(network)


def test_every_switch_gets_the_flows_of_its_program(controller):
    assert_installed(controller)
    assert all(lsr.node is controller.program.node(lsr.name) for lsr in controller.lsrs)


def test_a_cut_link_changes_only_what_it_must_and_comes_back_when_mended(controller):
    before = {node.name: node.ftn for node in controller.program.nodes}
    controller.line.log.clear()
    controller.handle([PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=False)])
    assert controller.program.node("dk").ftn != before["dk"]
    assert_installed(controller)
    assert 0 < sum(kind != "barrier" for kind, _, _ in controller.line.log) < 30
    controller.handle([PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=True)])
    links = {entry.nhlfes[0].link for entry in controller.program.node("dk").ftn}
    assert links == {entry.nhlfes[0].link for entry in before["dk"]}
    assert_installed(controller)


def test_nothing_is_changed_or_removed_before_what_replaces_it_is_everywhere(controller):
    controller.line.log.clear()
    controller.handle([PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=False)])
    log = controller.line.log
    kinds = [kind for kind, _, _ in log]
    assert {"add", "change", "delete"} <= set(kinds)
    first_change = kinds.index("change")
    first_delete = kinds.index("delete")
    assert "add" not in kinds[first_change:]
    assert "barrier" in kinds[kinds.index("add") : first_change]
    assert "barrier" in kinds[first_change:first_delete]
    assert not {"add", "change"} & set(kinds[first_delete:])


def test_what_is_removed_stays_until_switches_do_what_their_flows_say(controller, monkeypatch):
    """A barrier does not say that; a link that came up again cost one packet in ten times."""
    log = controller.line.log
    monkeypatch.setattr(installer.hub, "sleep", lambda seconds: log.append(("wait", seconds, None)))
    controller.handle([PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=False)])
    log.clear()
    controller.handle([PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=True)])
    kinds = [kind for kind, _, _ in log]
    before, after = kinds[: kinds.index("wait")], kinds[kinds.index("wait") :]
    assert {"add", "change"} <= set(before)
    assert "delete" not in before
    assert set(after) == {"wait", "delete", "barrier"}
    assert log[kinds.index("wait")][1] >= 0.02


def test_both_ends_of_a_cable_are_one_change(controller):
    generation = controller.generation
    controller.handle(
        [
            PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=False),
            PortChanged("p1", port_of(controller, "p1", "dk-p1"), live=False),
        ]
    )
    assert controller.generation == generation + 1


def test_a_restarted_controller_finds_everything_installed(network, tmp_path):
    state = tmp_path / "state.json"
    first = connected(network, state)
    first.handle([PortChanged("dk", port_of(first, "dk", "dk-p1"), live=False)])
    first.state_file.due = 0.0
    first.handle([])
    assert state.exists()
    again, line = unconnected(network, state, first.line.flows)
    dk = again.program.node("dk")
    gone = port_of(again, "dk", "dk-p1")
    ports = {end.port for end in dk.adjacencies} | {ac.port for ac in dk.circuits}
    again.handle(
        [
            line.connect(node, ports - {gone} if node.name == "dk" else None)
            for node in again.program.nodes
        ]
    )
    assert [entry for entry in line.log if entry[0] != "barrier"] == []


def test_a_restarted_controller_goes_on_with_its_events(network, tmp_path):
    state = tmp_path / "state.json"
    first = connected(network, state)
    first.events.add("error", "trouble", 1.5)
    before = list(first.events.since(0))
    again, _ = unconnected(network, state)
    assert list(again.events.since(0))[: len(before)] == before
    [new] = again.events.since(len(before))
    assert new["number"] == len(before) + 1
    assert new["text"] == "controller started again; generations count from 1"


def test_events_are_read_where_lines_are_damaged_and_the_file_stays_small(tmp_path):
    file = tmp_path / "x.events"
    log = EventLog(file)
    for number in range(5 * KEPT_OF_PROVIDER):
        log.add("port", f"{number} is down")
    assert len(file.read_text().splitlines()) <= 2 * KEPT_OF_PROVIDER
    with file.open("a") as damaged:
        damaged.write(
            '[1]\n{"number": "x"}\n{"number": 3, "time_s": 1, "kind": "a", "text": "b"}\n{"nu'
        )
    again = EventLog(file)
    assert list(again.since(0)) == list(log.since(0))
    assert again.last == 5 * KEPT_OF_PROVIDER


def test_a_log_that_cannot_be_written_is_kept_in_memory(tmp_path):
    log = EventLog(tmp_path / "nowhere" / "x.events")
    log.add("port", "x is down")
    log.add("port", "x is up again")
    assert [event["number"] for event in log.since(0)] == [1, 2]


def test_a_damaged_state_file_is_as_good_as_none(network, tmp_path):
    state = tmp_path / "state.json"
    state.write_text('{"program": ')
    assert_installed(connected(network, state))


def test_a_state_file_of_another_lab_is_as_good_as_none(network, tmp_path):
    state = tmp_path / "state.json"
    other = connected(load(NORDIC.with_name("vpls.yaml")).network, state)
    other.state_file.due = 0.0
    other.handle([])
    assert state.exists()
    assert_installed(connected(network, state))


TIGHT = """
name: tight
provider:
  labels: 16-18
  nodes: {dk: {role: pe}, se: {role: pe}, no: {role: pe}, p1: , p2: }
  links: [dk-p1, p1-p2, p2-dk, se-p1, no-p1]
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 10.1.0.0/24}
      y: {pe: se, subnet: 10.2.0.0/24}
      z: {pe: no, subnet: 10.3.0.0/24}
"""


def test_a_label_range_without_room_for_two_programs_still_follows_the_links():
    controller = connected(loads(TIGHT, "tight.yaml").network)
    p1 = controller.program.node("p1")
    assert len(p1.ilm) == 3
    port = port_of(controller, "p1", "dk-p1")
    controller.handle([PortChanged("p1", port, live=False)])
    assert_installed(controller)
    ways = {entry.egress: entry.nhlfes[0].link for entry in controller.program.node("p1").ilm}
    assert ways["dk"] == "p1-p2"
    assert any("label range is too small" in e["text"] for e in controller.events.since(0))


def test_flows_that_nobody_asked_for_are_removed(network):
    stranger = {(1, 5, "a match"): 0x4D00_0000_0000_BEEF}
    controller = connected(network, flows_before={1: dict(stranger)})
    assert_installed(controller)


def test_learned_addresses_survive_a_restarted_controller(network):
    learned = {(21, 100, "a learned match"): 0x4C00_0003_0000_0005}
    controller = connected(network, flows_before={1: dict(learned)})
    assert 0x4C00_0003_0000_0005 in controller.line.flows[1].values()


def test_a_switch_that_comes_back_empty_is_filled_again(controller):
    controller.handle([LsrDisconnected("se")])
    controller.line.flows[2] = {}
    controller.plane.replied(Disconnected(2))  # what the framework still had to say
    controller.handle([controller.line.connect(controller.program.nodes[1])])
    se = next(node for node in controller.program.nodes if node.index == 2)
    controller.handle([controller.line.connect(se)])
    assert_installed(controller)


def test_what_a_switch_last_said_of_its_ports_holds_while_it_is_away(controller):
    controller.handle([PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=False)])
    generation = controller.generation
    controller.handle([LsrDisconnected("dk")])
    assert controller.generation == generation
    assert controller.lsrs.down() == {"dk-p1"}


def test_a_refused_message_is_counted_and_told(controller):
    controller.plane.rejected(1, 5, 3)
    controller.handle(said(controller))
    assert controller.lsrs["dk"].errors == 1
    assert "dk refused a message" in [e["text"] for e in controller.events.since(0)][-1]


def test_a_meter_that_is_there_already_is_no_error(controller):
    controller.plane.rejected(1, 12, 1)
    controller.handle(said(controller))
    assert controller.lsrs["dk"].errors == 0


def test_a_stranger_among_the_switches_is_told_and_left_alone(controller):
    controller.plane.connected(0xBAD, frozenset())
    controller.handle(said(controller))
    assert "0xbad is not an LSR" in [e["text"] for e in controller.events.since(0)][-1]


def test_a_site_whose_line_is_down_is_withdrawn_everywhere_and_its_addresses_flushed(controller):
    c_odense = controller.program.node("dk").circuit_by_name["c/odense"]
    vsi = controller.program.node("dk").vsi_by_name["c"]
    cookie = 0x4C << 56 | vsi.index << 32 | c_odense.port
    controller.line.flows[1][21, 1, "learned there"] = cookie
    elsewhere = 0x4C << 56 | vsi.index << 32 | 0x1_0001
    controller.line.flows[1][21, 1, "learned elsewhere"] = elsewhere
    controller.handle([PortChanged("dk", c_odense.port, live=False)])
    assert cookie not in controller.line.flows[1].values()
    assert elsewhere in controller.line.flows[1].values()


def test_an_unknown_switch_has_no_ports_down():
    assert LsrState("dk").live_ports is None


def test_a_cut_cable_does_not_wait_for_punted_packets(controller):
    port = controller.program.node("dk").circuit_by_name["a/aarhus"].port
    for _ in range(10 * MAX_PUNTS_PER_BATCH):
        controller.deliver(PacketPunted("dk", Punt(PuntReason.NO_ROUTE, port, 1, bytes(60))))
    assert len(controller.next_batch()) == MAX_PUNTS_PER_BATCH
    cut = PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=False)
    controller.deliver(cut)
    batch = controller.next_batch()
    assert batch[0] is cut
    assert len(batch) == 1 + MAX_PUNTS_PER_BATCH


def arp_from(controller, address, mac, circuit="a/aarhus"):
    port = controller.program.node("dk").circuit_by_name[circuit].port
    frame = frames.arp(2, mac, address, GATEWAY_MAC, "192.168.1.1", dst=GATEWAY_MAC)
    return PacketPunted("dk", Punt(PuntReason.ARP, port, 1, frame))


def flapping(controller, count=200):
    return [
        arp_from(controller, f"192.168.1.{number % 50 + 100}", f"02:aa:00:00:{number:02x}:01")
        for number in range(count)
    ]


def test_addresses_that_change_together_are_one_change_of_the_program(controller):
    before = controller.generation
    controller.handle(flapping(controller))
    assert controller.neighbours() == 50
    assert controller.generation == before + 1


def test_what_customers_change_waits_while_the_last_such_change_was_just_made(controller):
    controller.handle(flapping(controller, 1))
    before = controller.generation
    for event in flapping(controller, 200)[1:]:
        controller._customers_at = time.monotonic() + 60
        controller.handle([event])
    assert controller.generation == before
    assert controller._wait_s() > 0
    controller.handle([PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=False)])
    assert controller.generation == before + 1
    assert controller.lsrs.down() == {"dk-p1"}
    assert_installed(controller)


def test_a_customers_changes_do_not_push_the_provider_s_events_out(network, monkeypatch):
    monkeypatch.setattr(events, "KEPT_OF_PROVIDER", 40)
    monkeypatch.setattr(events, "KEPT_PER_CIRCUIT", 10)
    controller = connected(network)
    controller.handle([PortChanged("dk", port_of(controller, "dk", "dk-p1"), live=False)])
    port = controller.program.node("dk").circuit_by_name["a/aarhus"].port
    for event in flapping(controller, 20):
        for each in (event, *(PortChanged("dk", port, live=live) for live in (False, True))):
            controller._customers_at = 0
            controller.handle([each])
    said = list(controller.events.since(0))
    assert said[-1]["number"] > 100
    assert "dk-p1 is down" in {event["text"] for event in said}
    assert sum("connected" in event["text"] for event in said) == len(controller.program.nodes)


def test_the_state_is_written_although_changes_do_not_end(network, tmp_path):
    state_file = tmp_path / "state.json"
    controller = connected(network, state_file)
    deadline = time.monotonic() + 10
    while not state_file.exists():
        assert time.monotonic() < deadline
        controller._customers_at = 0
        controller.handle(flapping(controller, 1 + int(time.monotonic() * 1000) % 100))
