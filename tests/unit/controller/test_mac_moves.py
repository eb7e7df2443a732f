"""MAC addresses that move too often: told, an alarm, and a circuit blocked for a while."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.analysis.alarms import LabState, Severity, alarms
from mplsemu.control.compile import compile_program
from mplsemu.controller.events import EventLog
from mplsemu.controller.mac_moves import BLOCK_S, HOLD_S, MAX_TOLD, MacMoves
from mplsemu.controller.network_change import NetworkChanged
from mplsemu.controller.serve import calls_of
from mplsemu.model.mac_move import MacMove
from mplsemu.model.network import Network
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.packet import Packet
from mplsemu.program.path import Delivered
from mplsemu.program.walk import walk
from mplsemu.southbound.ebpf.kinds import FdbKind
from mplsemu.southbound.ebpf.layout_vsi import MacMovedRecord
from mplsemu.southbound.mac_moves import TOO_MANY, WINDOW_S
from mplsemu.southbound.openflow.app import PacketIn
from mplsemu.southbound.openflow.move_reports import (
    REPEAT_S,
    RETURN_S,
    REVALIDATION_MS,
    MoveReports,
    revalidation_ms,
)
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.plane.events import AtPort, MacMoved, OverPseudowire
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.builders import MacAddresses, network, provider, vpls
from tests.clock import Clock
from tests.oracles import frames
from tests.oracles.fakeswitch import FakeNetwork
from tests.unit.controller import ebpf_lab, openflow_lab

MAC = "02:99:99:99:99:99"


def lab(move: MacMove = MacMove.BLOCK) -> Network:
    lan = vpls("lan", {"a": "x", "b": "x", "c": "y"}, macs=MacAddresses())
    return network(provider(("x-y",)), replace(lan, mac_move=move))


PROGRAM = compile_program(lab())


def port(circuit: str) -> AtPort:
    return AtPort(PROGRAM.node_of_circuit[circuit].circuit_by_name[circuit].port)


def moved(before: str, now: str, mac: str = MAC, times: int = 1) -> MacMoved:
    index = PROGRAM.node("x").vsis[0].index
    places = (OverPseudowire(1) if each == "y" else port(each) for each in (before, now))
    return MacMoved("x", index, mac, *places, times=times)


class Told(MacMoves):
    """Moves, with the clock and the events that they are told in."""

    def __init__(self) -> None:
        self.clock, self.log = Clock(), EventLog()
        super().__init__(self.log, self.clock)

    def texts(self) -> list[str]:
        return [event["text"] for event in self.log.since(0)]

    def flap(self, times: int, *, pause_s: float = 1.0, program=PROGRAM, mac: str = MAC):
        block = None
        for number in range(times):
            places = ("lan/a", "lan/b") if number % 2 == 0 else ("lan/b", "lan/a")
            block = self.take(program, moved(*places, mac)) or block
            self.clock.now += pause_s
        return block


def test_some_moves_are_honest_and_too_many_are_told_once_and_block_where_they_ended():
    moves = Told()
    assert moves.flap(TOO_MANY - 1) is None
    assert moves.texts() == []
    block = moves.take(PROGRAM, moved("lan/a", "lan/b"))
    assert block.circuit == "lan/b"
    assert moves.blocked == moves.changed == {"lan/b"}
    told, blocked = moves.texts()
    assert told == f"lan: {MAC} moves between lan/a and lan/b, 5 times within 10 s"
    assert blocked == f"lan/b is blocked for 30 s: {MAC} moved to it too often"


def test_slow_moves_are_never_too_many():
    moves = Told()
    assert moves.flap(50, pause_s=WINDOW_S / (TOO_MANY - 1)) is None
    assert not moves.flapping()


def test_a_report_of_several_moves_counts_as_many():
    moves = Told()
    assert moves.take(PROGRAM, moved("lan/b", "lan/a", times=TOO_MANY)).circuit == "lan/a"


def test_of_several_addresses_each_counts_for_itself():
    moves = Told()
    for number in range(TOO_MANY - 1):
        for last in range(9):
            moves.take(PROGRAM, moved("lan/a", "lan/b", f"02:00:00:00:99:0{last}"))
        moves.clock.now += number / 10
    assert not moves.flapping()


def test_a_pseudowire_is_not_blocked_but_the_circuit_from_which_an_address_moves_to_one():
    moves = Told()
    assert moves.take(PROGRAM, moved("lan/a", "y", times=TOO_MANY)).circuit == "lan/a"
    assert moves.flapping()[0].places == ("lan/a", "PE y")
    moves.clock.now += HOLD_S
    assert moves.take(PROGRAM, moved("y", "lan/b", times=TOO_MANY)).circuit == "lan/b"
    moves.clock.now += HOLD_S
    assert moves.take(PROGRAM, moved("y", "y", times=TOO_MANY)) is None


def test_moves_to_another_pe_and_back_are_too_many_after_as_many_as_within_one():
    moves = Told()
    for number in range(TOO_MANY):
        places = ("lan/a", "y") if number % 2 == 0 else ("y", "lan/a")
        assert not moves.blocked
        moves.take(PROGRAM, moved(*places))
        moves.clock.now += 1
    assert moves.blocked == {"lan/a"}


def test_one_circuit_is_blocked_for_a_loop_and_reports_on_their_way_block_no_other():
    moves = Told()
    moves.take(PROGRAM, moved("lan/a", "lan/b", times=TOO_MANY))
    assert moves.take(PROGRAM, moved("lan/b", "lan/a", times=TOO_MANY)) is None
    moves.clock.now += HOLD_S
    assert moves.take(PROGRAM, moved("y", "lan/a", times=TOO_MANY)).circuit == "lan/a"


def test_a_circuit_is_free_again_after_a_while():
    moves = Told()
    moves.take(PROGRAM, moved("lan/a", "lan/b", times=TOO_MANY))
    moves.settle()
    moves.clock.now += BLOCK_S - 1
    moves.free()
    assert moves.blocked == {"lan/b"}
    moves.clock.now += 1
    moves.free()
    assert moves.blocked == set()
    assert moves.changed == {"lan/b"}
    assert moves.texts()[-1] == "lan/b is free again"


@pytest.mark.parametrize("move", [MacMove.NONE, MacMove.ALARM])
def test_what_is_not_asked_for_is_not_done(move):
    moves, program = Told(), compile_program(lab(move))
    assert moves.flap(3 * TOO_MANY, pause_s=0.1, program=program) is None
    assert bool(moves.flapping()) is (move is MacMove.ALARM)
    moves.clock.now += WINDOW_S
    assert not moves.flapping()


def test_a_loop_that_moves_every_address_is_not_told_for_each():
    moves, program = Told(), compile_program(lab(MacMove.ALARM))
    for number in range(3 * MAX_TOLD):
        moves.take(program, moved("lan/a", "lan/b", f"02:00:00:00:aa:{number:02x}", TOO_MANY))
    assert len(moves.texts()) == len(moves.flapping()) == MAX_TOLD


def test_a_blocked_circuit_carries_nothing_either_way_and_the_program_says_so():
    program = compile_program(lab(), blocked={"lan/b"})
    circuit = program.node("x").circuit_by_name["lan/b"]
    assert (circuit.up, circuit.blocked) == (False, True)
    assert load_program(dump_program(program)) == program
    assert str(walk(program, "lan/b", Packet(MAC, BROADCAST_MAC)).ends[0]).endswith("is blocked")
    ends = walk(program, "lan/a", Packet(MAC, BROADCAST_MAC), learned=False).ends
    assert [end.circuit for end in ends if isinstance(end, Delivered)] == ["lan/c"]


# --- with a data plane --------------------------------------------------------------------------


def on_openflow():
    controller = openflow_lab.connected(lab())
    x = controller.program.node("x")

    def flap() -> None:
        fake = FakeNetwork(
            controller.program,
            {node.name: flows(controller.program, node.name) for node in controller.program.nodes},
        )
        for circuit in ("lan/a", "lan/b") * 3:
            frame = frames.ethernet(BROADCAST_MAC, MAC, 0x88B5, bytes(46))
            for node, seen in fake.inject(circuit, frame).packet_ins:
                index = controller.program.node(node).index
                controller.plane.packet_in(
                    PacketIn(
                        index, 0, 0, seen.reason, seen.in_port, seen.metadata, seen.registers,
                        seen.frame,
                    )
                )  # fmt: skip

    return controller, flap, x


def on_ebpf():
    made = ebpf_lab.Lab(network=lab()).enter()
    controller, x = made.controller, made.controller.program.node("x")
    ports = made.attached.ports["x"]
    first, second = (ports[x.circuit_by_name[each].port] for each in ("lan/a", "lan/b"))

    def flap() -> None:
        at = FdbKind.AT_CIRCUIT
        mac = bytes.fromhex(MAC.replace(":", ""))
        record = MacMovedRecord(x.index, x.vsis[0].index, at, second, at, first, mac)
        names = {node.index: node.name for node in controller.program.nodes}
        made.plane._punted(names, record.pack())

    return controller, flap, x


@pytest.mark.parametrize("plane", [on_openflow, on_ebpf])
def test_a_data_plane_that_sees_an_address_flap_has_its_circuit_taken_out_and_put_back(plane):
    controller, flap, _ = plane()
    controller.ask = lambda work, timeout_s=0.0: work()
    before = controller.program
    flap()
    controller.handle(controller.next_batch())
    circuit = controller.program.node("x").circuit_by_name["lan/b"]
    assert circuit.blocked
    status = calls_of(controller)["status"]({})
    assert status["in_sync"]
    assert status["blocked"] == {"lan/b": MAC}
    found = alarms(LabState(status, answers=True, program=controller.program))
    assert [(each.severity, each.object) for each in found] == [
        (Severity.MAJOR, "line lan/b"),
        (Severity.MINOR, "VPN lan"),
    ]
    controller.handle([NetworkChanged(lab(MacMove.ALARM))])
    assert not controller.program.node("x").circuit_by_name["lan/b"].blocked
    assert controller.program.node("x").circuits == before.node("x").circuits


class Reports(MoveReports):
    """Reports of a switch, a frame's time after each other."""

    def __init__(self) -> None:
        self.clock = Clock()
        super().__init__(self.clock)

    def told(self, *reports: MacMoved) -> list[int]:
        found = []
        for each in reports:
            self.clock.now += 0.03
            found.append(self.moves(each))
        return found


def test_a_switch_that_goes_on_telling_of_one_move_tells_of_one():
    reports, honest = Reports(), moved("lan/a", "lan/b")
    assert reports.told(honest) == [1]
    assert not any(reports.told(*[honest, moved("y", "lan/b")] * 100))  # for seconds
    assert reports.told(moved("lan/a", "lan/b", "02:99:99:99:99:98")) == [1]
    reports.clock.now += REPEAT_S
    assert reports.told(honest) == [1]


def test_each_way_of_an_address_that_goes_to_and_fro_is_a_move():
    assert Reports().told(moved("lan/a", "lan/b"), moved("lan/b", "lan/a")) == [1, 1]


def test_reports_of_one_way_that_go_on_after_a_way_back_are_of_returns():
    reports, there, back = Reports(), moved("lan/a", "lan/b"), moved("lan/b", "lan/a")
    reports.told(there, back)
    more = reports.told(*[back] * 20)
    assert set(more) == {0, 2}
    assert more.index(2) == RETURN_S // 0.03
    assert sum(more) == 2 * (20 // (RETURN_S // 0.03 + 1))


def test_of_addresses_that_move_no_more_nothing_is_kept():
    reports = Reports()
    for number in range(50):
        reports.clock.now += REPEAT_S / 10
        reports.told(moved("lan/a", "lan/b", f"02:00:00:00:aa:{number:02x}"))
    assert len(reports._last) <= 10


@pytest.mark.parametrize(
    ("move", "revalidated_ms"), [(MacMove.NONE, None), (MacMove.BLOCK, REVALIDATION_MS)]
)
def test_flows_are_revalidated_often_where_moves_are_watched(move, revalidated_ms):
    assert revalidation_ms(compile_program(lab(move))) == revalidated_ms


def test_with_flows_no_address_moves_that_stays_and_a_broadcast_is_flooded_all_the_same():
    fake = FakeNetwork(PROGRAM, {node.name: flows(PROGRAM, node.name) for node in PROGRAM.nodes})
    frame = frames.ethernet(BROADCAST_MAC, MAC, 0x88B5, bytes(46))
    for circuit, reports in (("lan/a", 0), ("lan/a", 0), ("lan/b", 1), ("lan/b", 0), ("lan/c", 2)):
        outcome = fake.inject(circuit, frame)
        assert len(outcome.packet_ins) == reports, circuit
        assert sorted(outcome.deliveries) == sorted(
            (each, frame) for each in ("lan/a", "lan/b", "lan/c") if each != circuit
        )
