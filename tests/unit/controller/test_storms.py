"""Storms: told when they begin and end, on both data planes, and an alarm meanwhile."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from mplsemu.analysis.alarms import LabState, Severity, alarms
from mplsemu.control.compile import compile_program
from mplsemu.controller.events import EventLog
from mplsemu.controller.network_change import NetworkChanged
from mplsemu.controller.serve import calls_of
from mplsemu.controller.storms import CALM_S, POLL_S, Storms, look_for_storms
from mplsemu.model.network import Network
from mplsemu.southbound.ebpf.kinds import CounterKind
from mplsemu.southbound.ebpf.layout import CounterKey, CounterRecord
from mplsemu.southbound.openflow import encode
from mplsemu.southbound.openflow.storm_meters import storm_meter, storm_meters
from tests.builders import MacAddresses, network, provider, vpls
from tests.clock import Clock
from tests.unit.controller import ebpf_lab, openflow_lab


def lab(bps: int | None = 1_000_000) -> Network:
    lan = vpls("lan", {"a": "x", "b": "x", "c": "y"}, macs=MacAddresses())
    return network(provider(("x-y",)), replace(lan, storm_control_bps=bps))


def told(events: EventLog) -> list[str]:
    return [event["text"] for event in events.since(0) if event["kind"] == "storm"]


def test_a_storm_is_told_once_and_its_end_once_it_is_calm():
    clock, events = Clock(), EventLog()
    storms = Storms(events, clock)
    for dropped in (7, 7, 8, 500, 900):
        storms.take({"lan/a": dropped, "lan/b": 3})
        clock.now += POLL_S
    assert storms.circuits == {"lan/a": 900}
    assert told(events) == ["lan/a floods more than storm control lets through"]
    clock.now += CALM_S
    storms.take({"lan/a": 900, "lan/b": 3})
    assert storms.circuits == {}
    assert told(events)[1:] == ["lan/a is calm again; storm control dropped 900 frames"]


def test_what_was_dropped_before_the_controller_began_is_no_storm():
    storms = Storms(EventLog(), Clock())
    storms.take({"lan/a": 10_000})
    assert storms.circuits == {}


def test_a_circuit_that_has_no_storm_control_any_more_has_no_storm():
    storms = Storms(EventLog(), Clock())
    for dropped in ({"lan/a": 0}, {"lan/a": 9}, {}):
        storms.take(dropped)
    assert storms.circuits == {}


def on_openflow():
    controller = openflow_lab.connected(lab())
    index = controller.program.node("x").index

    def drop(circuit: str, packets: int) -> None:
        port = controller.program.node("x").circuit_by_name[circuit].port
        controller.line.dropped[index] = {storm_meter(port): packets, 1: 77}

    return controller, drop


def on_ebpf():
    made = ebpf_lab.Lab(network=lab()).enter()
    controller = made.controller

    def drop(circuit: str, packets: int) -> None:
        node = controller.program.node("x")
        port = node.circuit_by_name[circuit].port
        key = CounterKey(node.index, CounterKind.STORM, port).pack()
        made.tables["counters"].set_many([(key, CounterRecord(packets, 64 * packets).pack())])

    return controller, drop


@pytest.mark.parametrize("plane", [on_openflow, on_ebpf])
def test_drops_that_a_data_plane_counts_are_an_alarm(plane):
    controller, drop = plane()
    controller.ask = lambda work, timeout_s=0.0: work()
    for dropped in (5, 5, 9):
        drop("lan/b", dropped)
        look_for_storms(controller)
    status = calls_of(controller)["status"]({})
    assert status["storms"] == {"lan/b": 9}
    (alarm,) = alarms(LabState(status, answers=True, program=controller.program))
    assert (alarm.severity, alarm.object) == (Severity.MINOR, "line lan/b")
    assert "storm control" in alarm.text


def test_every_circuit_of_a_vsi_with_storm_control_has_a_meter_of_its_rate():
    program = compile_program(lab(2_000_000))
    found = [meter for node in program.nodes for meter in storm_meters(node)]
    assert {meter.rate_kbps for meter in found} == {2000}
    assert {meter.burst_kbits for meter in found} == {200}
    assert len({(meter.meter_id) for meter in storm_meters(program.node("x"))}) == 2
    assert not list(storm_meters(compile_program(lab(None)).node("x")))


def test_a_rate_that_changes_in_a_running_lab_and_back_changes_the_meters_each_time():
    controller = openflow_lab.connected(lab(1_000_000))
    for bps in (2_000_000, 1_000_000):
        controller.line.meter_mods.clear()
        controller.handle([NetworkChanged(lab(bps))])
        for node in controller.program.nodes:
            for meter in storm_meters(node):
                both = encode.add_meter(meter)
                sizes = [0, len(both) // 2, len(both)]
                wanted = [both[at + 8 : to] for at, to in pairwise(sizes)]
                assert set(wanted) <= set(controller.line.meter_mods)
                assert meter.rate_kbps == bps // 1000
