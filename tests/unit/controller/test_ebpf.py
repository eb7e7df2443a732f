"""The running controller on eBPF maps that are dictionaries: what a change writes, and when."""

import os

import pytest

from mplsemu.controller.macs import learned_macs
from mplsemu.errors import DataPlaneError
from mplsemu.southbound.ebpf import installer
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.kinds import CounterKind, FdbKind
from mplsemu.southbound.ebpf.layout import (
    SETTINGS_KEY,
    CounterKey,
    CounterRecord,
    FdbKey,
    FdbRecord,
    Settings,
    VsiKey,
    unpack_long,
)
from mplsemu.southbound.ebpf.plane import EbpfPlane, open_plane
from mplsemu.southbound.plane.events import InstallRejected, LsrConnected, PortChanged
from tests.oracles.faketables import FakeTables
from tests.places import TOPOLOGIES
from tests.unit.controller.ebpf_lab import Lab

NORDIC = TOPOLOGIES / "nordic.yaml"


@pytest.fixture
def lab(monkeypatch):
    made = Lab()
    monkeypatch.setattr(
        installer.time,
        "sleep",
        lambda seconds: made.tables.log.append(("wait", "ecmp_nhlfes", seconds)),
    )
    return made.enter()


def test_every_lsr_gets_the_entries_of_its_program(lab):
    lab.assert_installed()
    status = lab.call("status")
    assert status["dataplane"] == "ebpf"
    assert sum(lsr["flows"] for lsr in status["switches"].values()) == len(lab.log)
    common = Settings.unpack(lab.tables["settings"].get(SETTINGS_KEY))
    assert not common.uniform_ttl


def test_a_cut_link_changes_only_what_it_must_and_comes_back_when_mended(lab):
    lab.cut("dk", "dk-p1")
    assert 0 < len(lab.log) < 30
    lab.assert_installed()
    lab.cut("dk", "dk-p1", live=True)
    lab.assert_installed()


def test_nothing_is_changed_or_removed_before_what_replaces_it_is_everywhere(lab):
    lab.cut("dk", "dk-p1")
    kinds = [kind for kind, *_ in lab.log]
    assert {"add", "change", "wait", "delete"} <= set(kinds)
    first_change, wait = kinds.index("change"), kinds.index("wait")
    assert {"add"} == set(kinds[:first_change])
    assert {"change"} == set(kinds[first_change:wait])
    assert {"delete"} == set(kinds[wait + 1 :])


def test_a_restarted_controller_finds_everything_installed(lab, tmp_path):
    first = Lab(state=tmp_path / "state.json").enter()
    first.cut("dk", "dk-p1")
    first.controller.state_file.due = 0.0
    first.controller.handle([])
    again = Lab(first.tables, tmp_path / "state.json")
    again.enter(("dk", again.port("dk", "dk-p1")))
    assert again.tables.log == []
    again.assert_installed()


def test_a_site_whose_line_is_down_is_withdrawn_everywhere_and_its_addresses_flushed(lab):
    dk, se = (lab.controller.program.node(name) for name in ("dk", "se"))
    circuit, vsi = dk.circuit_by_name["c/odense"], dk.vsi_by_name["c"]
    wire = next(pw for pw in se.vsi_by_name["c"].pseudowires if pw.peer == "dk")
    local = FdbRecord(FdbKind.AT_CIRCUIT, lab.ports["dk"][circuit.port], 1 << 62)
    remote = FdbRecord(FdbKind.AT_PW, wire.index, 1 << 62)
    for node, record in ((dk, local), (se, remote)):
        key = FdbKey(node.index, node.vsi_by_name["c"].index, bytes((2, 0, 0, 0, 0, 8)))
        lab.tables["fdb"].rows[key.pack()] = record.pack()
    assert [(e["node"], e["circuit"], e["peer"]) for e in learned_macs(lab.controller)] == [
        ("dk", "c/odense", None),
        ("se", None, "dk"),
    ]
    lab.controller.handle([PortChanged("dk", circuit.port, live=False)])
    assert learned_macs(lab.controller) == []
    forgotten = lab.tables["fdb_removed"].get(VsiKey(dk.index, vsi.index).pack())
    assert unpack_long(forgotten) == 1


def test_what_is_attached_must_be_of_this_very_lab(lab):
    strange = Attached({}, {"elsewhere": {1: 100}}, {}, frozenset(), {"elsewhere": 1})
    plane = EbpfPlane(strange, FakeTables())
    with pytest.raises(DataPlaneError, match="LSR 'dk'"):
        plane.prepare(lab.controller.program, lab.controller.deliver)
    with pytest.raises(DataPlaneError, match="no map circuits, counters"):
        open_plane(strange)


@pytest.mark.parametrize("pid", [1 << 22, os.getpid()], ids=["no process", "another process"])
def test_an_lsr_whose_process_was_killed_is_programmed_but_its_ports_are_unknown(pid, lab):
    lab.attached.pids["dk"] = pid
    assert lab.plane.enter("dk", 1) is None
    entered, refused = lab.controller.next_batch()
    assert entered == LsrConnected("dk", frozenset(lab.ports["dk"]))
    assert isinstance(refused, InstallRejected)
    assert refused.what.startswith("to tell of its ports: ")


def settle(lab):
    """Have the worker deal with what waits, as often as something does."""
    batches = 0
    while not lab.controller.inbox.is_empty:
        lab.controller.handle(lab.controller.next_batch())
        batches += 1
        assert batches < 10, "it never comes to rest"


def test_an_lsr_with_a_port_that_is_not_attached_stops_neither_the_worker_nor_the_others():
    lab = Lab()
    link = lab.port("dk", "dk-p1")
    whole = lab.ports["dk"].pop(link)
    lab.enter()
    settle(lab)
    status = lab.call("status")
    behind = {node for node, lsr in status["switches"].items() if not lsr["in_sync"]}
    assert behind == {"dk"}
    said = [each["text"] for each in lab.controller.events.since(0) if each["kind"] == "error"]
    assert said == [
        f"dk refused its program: dk: port {link} is not attached; take the lab down and up again"
    ]
    lab.ports["dk"][link] = whole
    lab.controller.handle([])
    lab.assert_installed()


def test_a_map_that_is_full_does_not_keep_the_worker_busy():
    lab = Lab()
    lab.tables["fib4"].room = 0
    lab.enter()
    settle(lab)
    assert not lab.call("status")["in_sync"]
    lab.tables["fib4"].room = 1 << 20
    lab.controller.handle([])
    lab.assert_installed()


def test_counters_are_told_northbound(lab):
    dk = lab.controller.program.node("dk")
    key = CounterKey(dk.index, CounterKind.VRF_IN, dk.vrf_by_name["a"].index).pack()
    assert key in lab.tables["counters"].rows
    lab.tables["counters"].rows[key] = CounterRecord(12, 1176).pack()
    answer = lab.call("counters")
    assert (answer["dataplane"], answer["counted"]) == ("ebpf", True)
    assert [row for row in answer["counters"] if row["packets"]] == [
        {
            "node": "dk", "kind": "vrf-in", "name": "a", "packets": 12, "octets": 1176,
            "peer": None,
        }
    ]  # fmt: skip
