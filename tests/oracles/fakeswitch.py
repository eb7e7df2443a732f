"""An OpenFlow 1.3 switch without a switch: it runs flows on the bytes of a packet.

Written from the OpenFlow 1.3.5 specification and ovs-actions(7), as an oracle beside the program's
reference interpreter and the real switch: it knows nothing of MPLS VPNs, only of flows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mplsemu.program.program import Program
from mplsemu.southbound.openflow.actions import (
    Action,
    CheckLarger,
    Clone,
    Controller,
    Decap,
    DecMplsTtl,
    DecTtl,
    Encap,
    InPort,
    Learn,
    LearnLoad,
    Move,
    Multipath,
    Output,
    OutputRegister,
    PacketType,
    PopMpls,
    PopVlan,
    PushMpls,
    PushVlan,
    Resubmit,
    SetField,
)
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.match import (
    IP_TOS,
    IP_TTL,
    MPLS_BOS,
    MPLS_TC,
    MPLS_TTL,
    Field,
    Match,
    Term,
)
from tests.oracles.fakece import FakeCes
from tests.oracles.fakechoice import Place, hashed, way
from tests.oracles.fakepacket import MPLS, FakePacket
from tests.oracles.lines import Lines

MAX_LABELS = 3
CONTROLLER_PORT = 0xFFFF_FFFD
REASON_ACTION, REASON_INVALID_TTL = 1, 2
MAX_DEPTH = 64
MAX_HOPS = 2000


@dataclass(frozen=True)
class FakeLearned:
    """What a learned flow does, beside the flow as a key."""

    flow: Flow
    cookie: int


@dataclass(frozen=True)
class PacketIn:
    """A packet that a switch sent to the controller."""

    reason: int
    in_port: int
    metadata: int
    registers: dict[int, int]
    frame: bytes


class _ActionsEnd(Exception):  # noqa: N818 - nothing went wrong
    """An action ended the actions it stands among."""


class FakeTable:
    """Flows, found by the shape of their match: which fields, under which masks."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[tuple[Field, int], ...], dict[tuple[int, ...], list[Flow]]] = {}

    def add(self, flow: Flow) -> None:
        shape = tuple((term.field, _mask(term)) for term in flow.match.terms)
        values = tuple(term.value for term in flow.match.terms)
        same = self._shapes.setdefault(shape, {}).setdefault(values, [])
        same[:] = [other for other in same if other.priority != flow.priority]
        same.append(flow)
        same.sort(key=lambda each: -each.priority)

    def look_up(self, packet: FakePacket) -> Flow | None:
        best: Flow | None = None
        seen: dict[Field, int | None] = {}
        for shape, by_values in self._shapes.items():
            values = []
            for wanted, mask in shape:
                if wanted not in seen:
                    seen[wanted] = packet.read(wanted)
                value = seen[wanted]
                if value is None:
                    break
                values.append(value & mask)
            else:
                for flow in by_values.get(tuple(values), ())[:1]:
                    if best is not None and best.priority == flow.priority:
                        raise AssertionError(f"two flows match one packet: {best} and {flow}")
                    if best is None or best.priority < flow.priority:
                        best = flow
        return best


class FakeSwitch:
    """One switch: tables in, packets in, packets out."""

    def __init__(self, flows: Iterable[Flow], place: Place = hashed) -> None:
        self._place = place
        self.tables: dict[int, FakeTable] = {}
        self.learned: dict[tuple[int, int, Match], FakeLearned] = {}
        self.out: list[tuple[int, bytes]] = []
        self.packet_ins: list[PacketIn] = []
        for flow in flows:
            self.tables.setdefault(int(flow.table), FakeTable()).add(flow)

    def receive(self, port: int, frame: bytes) -> None:
        self._run_table(0, FakePacket.received(frame, port), 0)

    def packet_out(self, actions: tuple[Action, ...], frame: bytes) -> None:
        self._run(actions, FakePacket.received(frame, CONTROLLER_PORT), 0)

    def _run_table(self, table: int, packet: FakePacket, depth: int) -> None:
        assert depth < MAX_DEPTH, "resubmitted too often"
        flow = self.tables[table].look_up(packet) if table in self.tables else None
        if flow is None:
            assert packet.is_ethernet, "a packet without an Ethernet header stops Open vSwitch 3.1"
            return
        if self._run(flow.actions, packet, depth) and flow.goto is not None:
            assert flow.goto > table, "OpenFlow goes forwards only"
            self._run_table(flow.goto, packet, depth)

    def _run(self, actions: tuple[Action, ...], packet: FakePacket, depth: int) -> bool:
        try:
            for action in _merged(actions):
                if action is None:
                    packet.read_anew()
                else:
                    self._do(action, packet, depth)
        except _ActionsEnd:
            return False
        return True

    def _do(self, action: Action, packet: FakePacket, depth: int) -> None:
        match action:
            case Output(port):
                if port != packet.in_port:
                    self._send(port, packet)
            case OutputRegister(register, bits):
                port = (packet.read(register) or 0) & (1 << bits) - 1
                if port not in {packet.in_port, 0}:
                    self._send(port, packet)
            case InPort():
                self._send(packet.in_port, packet)
            case Controller():
                self._punt(REASON_ACTION, packet)
            case Clone(inner):
                self._run(inner, packet.copy(), depth)
            case Resubmit(table):
                self._run_table(table, packet, depth + 1)
            case Learn():
                self._learn(action, packet)
            case Multipath(target=target, bits=bits):
                chosen = way(self._place(packet, action), action)
                kept = (packet.read(target) or 0) >> bits << bits
                packet.write(target, kept | chosen)
            case CheckLarger(octets, target):
                kept = (packet.read(target) or 0) & ~1
                packet.write(target, kept | (len(packet.data) > octets))
            case DecTtl():
                self._decrement(IP_TTL, packet)
            case DecMplsTtl():
                self._decrement(MPLS_TTL, packet)
            case _:
                _edit(action, packet)

    def _send(self, port: int, packet: FakePacket) -> None:
        assert packet.is_ethernet, "a packet without an Ethernet header cannot be sent"
        self.out.append((port, bytes(packet.data)))

    def _punt(self, reason: int, packet: FakePacket) -> None:
        registers = {int(reg.name[3:]): value for reg, value in packet.registers.items()}
        self.packet_ins.append(
            PacketIn(reason, packet.in_port, packet.metadata, registers, bytes(packet.data))
        )

    def _decrement(self, ttl_field: Field, packet: FakePacket) -> None:
        ttl = packet.read(ttl_field)
        assert ttl is not None, "dec_ttl of what has no TTL"
        if ttl <= 1:
            self._punt(REASON_INVALID_TTL, packet)
            raise _ActionsEnd
        packet.write(ttl_field, ttl - 1)

    def _learn(self, learn: Learn, packet: FakePacket) -> None:
        terms = [Term(spec.target, packet.read(spec.source) or 0) for spec in learn.matches]
        actions = tuple(_as_set_field(spec, packet) for spec in learn.loads)
        flow = Flow(learn.table, learn.priority, Match.of(*terms), actions)
        self.tables.setdefault(int(learn.table), FakeTable()).add(flow)
        self.learned[flow.key] = FakeLearned(flow, learn.cookie)


def _merged(actions: tuple[Action, ...]) -> Iterator[Action | None]:
    """Yield actions; None for a label pushed and popped at once, of which remains a new parse."""
    rest = deque(actions)
    while rest:
        action = rest.popleft()
        if isinstance(action, PushMpls) and rest and isinstance(rest[0], PopMpls):
            rest.popleft()
            yield None
        else:
            yield action


def _mask(term: Term) -> int:
    return term.field.full_mask if term.mask is None else term.mask


def _as_set_field(load: LearnLoad, packet: FakePacket) -> SetField:
    return SetField(load.target, packet.read(load.source) or 0)


def _edit(action: Action, packet: FakePacket) -> None:
    match action:
        case SetField(target, value):
            packet.write(target, value)
        case Move():
            _move(action, packet)
        case PushMpls():
            _push_mpls(packet)
        case PopMpls(ethertype):
            _pop_mpls(ethertype, packet)
        case PushVlan(ethertype):
            packet.push_tag(ethertype)
        case PopVlan():
            packet.pop_tag()
        case Encap(PacketType.MPLS):
            _encap_mpls(packet)
        case Encap(PacketType.ETHERNET):
            assert not packet.is_ethernet
            packet.data[:0] = bytes(12) + MPLS.to_bytes(2, "big")
            packet.is_ethernet = True
            packet.known_tags = 0
        case Decap(PacketType.USE_NEXT):
            assert packet.is_ethernet
            assert packet.ethertype == MPLS
            del packet.data[: packet.behind_ethernet]
            packet.is_ethernet = False
        case Decap(PacketType.ETHERNET):
            assert packet.read(MPLS_BOS) == 1, "what is below a label is not Ethernet"
            del packet.data[:4]
            packet.is_ethernet = True
            packet.read_anew()
        case _:
            raise AssertionError(f"no such action: {action}")


def _move(move: Move, packet: FakePacket) -> None:
    ones = (1 << move.bits) - 1
    source = packet.read(move.source)
    assert source is not None, f"{move.source} moved, but it is not there"
    bits = source >> move.source_offset & ones
    target = packet.read(move.target)
    assert target is not None, f"{move.target} moved into, but it is not there"
    kept = target & ~(ones << move.target_offset)
    packet.write(move.target, kept | bits << move.target_offset)


def _push_mpls(packet: FakePacket) -> None:
    if packet.label_count >= MAX_LABELS:
        raise _ActionsEnd
    if packet.ethertype == MPLS:
        ttl, tc, last = packet.read(MPLS_TTL), packet.read(MPLS_TC), 0
    else:
        # the TC is Open vSwitch's own doing: a flow that forgets to set it shall be found out
        ttl, tc, last = packet.read(IP_TTL), (packet.read(IP_TOS) or 0) >> 2 & 7, 1
    packet.store(packet.type_at, 2, MPLS)
    entry = (tc or 0) << 9 | last << 8 | (64 if ttl is None else ttl)
    at = packet.behind_ethernet
    packet.data[at:at] = entry.to_bytes(4, "big")


def _pop_mpls(ethertype: int, packet: FakePacket) -> None:
    assert packet.ethertype == MPLS, "pop of a label that is not there"
    is_last = packet.read(MPLS_BOS) == 1
    assert is_last is (ethertype != MPLS), "the bottom of the stack is not what the flow says"
    at = packet.behind_ethernet
    del packet.data[at : at + 4]
    packet.store(packet.type_at, 2, ethertype)
    if is_last:
        packet.read_anew()


def _encap_mpls(packet: FakePacket) -> None:
    if not packet.is_ethernet and packet.label_count >= MAX_LABELS:
        raise _ActionsEnd
    last = int(packet.is_ethernet)
    packet.data[:0] = (last << 8 | 64).to_bytes(4, "big")
    packet.is_ethernet = False


@dataclass
class FakeOutcome:
    """What became of an injected frame."""

    deliveries: list[tuple[str, bytes]] = field(default_factory=list)
    packet_ins: list[tuple[str, PacketIn]] = field(default_factory=list)
    on_links: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Link, sending LSR, frame: what a capture there would show."""


FakeController = Callable[[str, PacketIn], Iterable[tuple[tuple[Action, ...], bytes]]]


class FakeNetwork:
    """All switches of a lab and the links between them.

    Args:
        program: for its links, ports and circuits only.
        flows: of every node.
        controller: gives packet-outs for a packet-in; without one nothing is answered.
        place: of a flow among the ways.
        ces: whether CE routers send back what is not for their LAN.
    """

    def __init__(
        self,
        program: Program,
        flows: Mapping[str, Iterable[Flow]],
        controller: FakeController | None = None,
        place: Place = hashed,
        *,
        ces: bool = True,
    ) -> None:
        self.switches = {name: FakeSwitch(each, place) for name, each in flows.items()}
        self._controller = controller
        self.lines = Lines(program)
        self._ces = FakeCes(program, are_there=ces)
        ends: dict[str, list[tuple[str, int]]] = {}
        for node in program.nodes:
            for adjacency in node.adjacencies:
                ends.setdefault(adjacency.link, []).append((node.name, adjacency.port))
        self._links: dict[tuple[str, int], tuple[str, tuple[str, int]]] = {}
        self._mtus = {}
        for link, (first, second) in ends.items():
            self._mtus |= dict.fromkeys((first, second), program.link_by_name[link].mtu)
            if program.link_by_name[link].up:
                self._links[first] = link, second
                self._links[second] = link, first

    def inject(self, circuit: str, frame: bytes) -> FakeOutcome:
        """Send a frame into a circuit from the customer's side, and see it through."""
        outcome = FakeOutcome()
        self._settle(deque([self.lines.sent(circuit, frame)]), outcome)
        return outcome

    def inject_at(self, node: str, port: int, frame: bytes) -> FakeOutcome:
        """Send a frame into a port of an LSR, as it is, and see it through."""
        outcome = FakeOutcome()
        self._settle(deque([(node, port, frame)]), outcome)
        return outcome

    def _settle(self, moving: deque[tuple[str, int, bytes]], outcome: FakeOutcome) -> None:
        for _ in range(MAX_HOPS):
            if not moving:
                return
            node, port, frame = moving.popleft()
            self.switches[node].receive(port, frame)
            self._collect(node, moving, outcome)
        raise AssertionError("packets keep moving: there is a loop")

    def _collect(
        self, node: str, moving: deque[tuple[str, int, bytes]], outcome: FakeOutcome
    ) -> None:
        switch = self.switches[node]
        while switch.out or switch.packet_ins:
            sent, switch.out = switch.out, []
            for port, frame in sent:
                self._transmit(node, port, frame, moving, outcome)
            punted, switch.packet_ins = switch.packet_ins, []
            for packet_in in punted:
                outcome.packet_ins.append((node, packet_in))
                for actions, frame in self._answers(node, packet_in):
                    switch.packet_out(actions, frame)

    def _answers(
        self, node: str, packet_in: PacketIn
    ) -> Iterable[tuple[tuple[Action, ...], bytes]]:
        return self._controller(node, packet_in) if self._controller else ()

    def _transmit(
        self,
        node: str,
        port: int,
        frame: bytes,
        moving: deque[tuple[str, int, bytes]],
        outcome: FakeOutcome,
    ) -> None:
        if self.lines.carries(node, port):
            for circuit, received in self.lines.received(node, port, frame):
                back = self._ces.back(circuit, received)
                if back is None:
                    outcome.deliveries.append((circuit, received))
                else:
                    moving.append(self.lines.sent(circuit, back))
            return
        tag = 4 if frame[12:14] == b"\x81\0" else 0  # one is not counted (packet(7))
        if len(frame) - 14 - tag > self._mtus.get((node, port), 0):
            return
        if (node, port) in self._links:
            link, (peer, peer_port) = self._links[node, port]
            outcome.on_links.append((link, node, frame))
            moving.append((peer, peer_port, frame))
