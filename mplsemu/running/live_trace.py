"""A live trace: one packet sent in a running network, observed on every cable and compared."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from mplsemu.emulation.interface import Interface
from mplsemu.emulation.interrupts import act
from mplsemu.emulation.marked_packet import MarkedPacket, PacketMatch
from mplsemu.emulation.taps import CapturedFrame, TapPoint, Taps, send_frame
from mplsemu.errors import EmulationError
from mplsemu.model.names import CE_HOST, circuit_of_ce
from mplsemu.model.network import HostRef
from mplsemu.program.hosts import LocatedHost, find_host, hosts
from mplsemu.program.link_crossings import Crossing, crossings
from mplsemu.program.observation import AT_HOST, LiveTrace, Observation, Step
from mplsemu.program.packet import is_mac
from mplsemu.program.path import Branch, Delivered, Walk
from mplsemu.program.program import Program
from mplsemu.program.trace import DEFAULT_OPTIONS, PacketOptions, Trace, ip_header, trace
from mplsemu.program.walk_state import MacTable
from mplsemu.running.captures import core_tap, pids_of, site_tap
from mplsemu.running.session import Session
from mplsemu.views.tables.macs import mac_rows
from mplsemu.wire.ethernet import is_group_mac

_QUIET_S: Final = 0.3
"""The trace ends after this much silence: the delay of the slowest line's queue, and more."""
_GRACE_S: Final = 0.1
"""Time for unexpected copies, once all that was predicted has been observed."""
_MAX_S: Final = 5.0
_LOOK_S: Final = 0.1


def follow(
    session: Session, source: str, target: str, header: PacketOptions = DEFAULT_OPTIONS
) -> LiveTrace:
    """Send one packet from a host, and observe on which cables it appears, with which labels.

    Args:
        session: with the lab.
        source: full name of the host that sends.
        target: a host, an address as the source sees it, or a MAC address.
        header: header fields that differ from the default.

    Raises:
        LabError: there is no such host, or the two have no IP version in common.
        EmulationError: it cannot be sent, or a part of the lab is gone.
    """
    program = session.program()
    sender = find_host(program, source)
    predicted = trace(program, source, target, header, learned=_learned(session, program, sender))
    packet = _packet(session, program, sender, predicted, header)
    if packet is None:
        return LiveTrace(predicted, (), sent=False)
    ttl = packet.ip.ttl if packet.ip else None
    fewest = min(len(tuple(_predictions(program, each, ttl))) for each in predicted.variants())
    record = session.record
    own = record.hosts[str(sender.ref)]
    record.require(own.pid)
    points = [each for each in _points(session, program) if all(map(record.has, pids_of(each)))]
    with Taps(points, leave_out_gone=True) as taps:
        send_frame(own.pid, own.interface, packet.to_bytes())
        seen = _listen(session, taps, packet, fewest)
    return LiveTrace(predicted, _as_seen(program, predicted, ttl, seen), sent=True)


# --- the packet ----------------------------------------------------------------------------


def _learned(session: Session, program: Program, sender: LocatedHost) -> bool | MacTable:
    """Return the MAC table, where it decides the path; else True for all learned."""
    if sender.circuit.vpn not in program.node(sender.node).vsi_by_name:
        return True
    return {
        (row.node, row.vsi, row.mac): row.circuit or row.peer or ""
        for row in mac_rows(session.controller.call("macs"))
    }


def _packet(
    session: Session, program: Program, sender: LocatedHost, predicted: Trace, header: PacketOptions
) -> MarkedPacket | None:
    """Return the packet as the host sends it, None if it does not leave the host."""
    if (
        isinstance(predicted.end, Delivered)
        and predicted.end.host == sender.ref
        and not predicted.hops
    ):
        return None  # it is for the host itself
    mac = predicted.target.lower() if is_mac(predicted.target) else header.destination_mac
    mac = mac or _first_mac(session, sender, predicted)
    if mac is None:
        return None
    ip = (
        None
        if is_mac(predicted.target)
        else ip_header(program, predicted.source, predicted.target, header)
    )
    packet = MarkedPacket.make(header.source_mac or sender.host.mac, mac, ip, header.vlans)
    ends = (branch.end for branch in predicted.branches)
    masks = {end.source for end in ends if isinstance(end, Delivered) and end.source is not None}
    return replace(packet, masks=tuple(masks))


def _first_mac(session: Session, sender: LocatedHost, predicted: Trace) -> str | None:
    """Return the MAC address of the gateway or neighbour to which the host sends the packet."""
    behind = sender.circuit.behind
    if behind is not None and predicted.hops and sender.ref.host != CE_HOST:
        return behind.mac
    if sender.circuit.ce is not None and not _is_on_the_lan(predicted):
        lines = session.network.lines()
        site = next(line for _, line in lines if line.circuit == sender.circuit.name)
        return site.ce.lan_mac if site.ce is not None and predicted.hops else None
    if predicted.packet is not None:
        return predicted.packet.destination_mac
    return predicted.end.mac if isinstance(predicted.end, Delivered) else None


def _is_on_the_lan(predicted: Trace) -> bool:
    return not predicted.hops and isinstance(predicted.end, Delivered)


# --- predictions ---------------------------------------------------------------------------


_Prediction = tuple[str, str, str, Observation]
"""A cable, sender, receiver, and the packet there."""


def _predictions(program: Program, predicted: Trace, sent_ttl: int | None) -> Iterator[_Prediction]:
    """Yield a prediction for each cable and each arrival."""
    for crossing in crossings(program, predicted):
        yield crossing.link, crossing.sender, crossing.receiver, _predicted(crossing)
    yield from _at_routers(program, predicted)
    for branch in predicted.branches:
        if isinstance(branch.end, Delivered) and not _is_own_router(branch):
            ttl = branch.hops[-1].ip_ttl if branch.hops else sent_ttl
            for name in _receivers(program, branch.end):
                yield AT_HOST, "", name, Observation((), ttl)


def _predicted(crossing: Crossing) -> Observation:
    return Observation(crossing.stack, crossing.ip_ttl)


def _at_routers(program: Program, predicted: Trace) -> Iterator[_Prediction]:
    """Yield a prediction for each CE router on a VPLS that takes the packet to pass it on."""
    for branch in predicted.branches:
        for before, hop in pairwise(branch.hops):
            name = circuit_of_ce(hop.node)
            circuit = program.node_of_circuit[name].circuit_by_name[name] if name else None
            if circuit is not None and circuit.behind is not None:
                yield AT_HOST, "", hop.node, Observation((), before.ip_ttl)


def _is_own_router(branch: Branch) -> bool:
    """Whether a packet stays on its LAN, for its own CE router, whose line alone is tapped."""
    end = branch.end
    is_router = isinstance(end, Delivered) and end.host is not None and end.host.host == CE_HOST
    return is_router and not branch.hops


def _receivers(program: Program, end: Delivered) -> Iterable[str]:
    """Return the hosts that accept a copy delivered to their site."""
    if end.host is not None:
        return [str(end.host)]
    if is_group_mac(end.mac):
        circuit = program.node_of_circuit[end.circuit].circuit_by_name[end.circuit]
        return [str(HostRef(circuit.vpn, circuit.site, host.name)) for host in circuit.hosts]
    return []


# --- observations --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _TimedObservation:
    """An observation with its place and time."""

    place: tuple[str, str, str]
    observation: Observation
    time_ns: int


def _points(session: Session, program: Program) -> Iterator[TapPoint]:
    """Yield taps on core links, on circuits at the PE, and at hosts."""
    record = session.record
    for link in session.network.provider.links:
        yield core_tap(record, link)
    for _, line in session.network.lines():
        # what a LAN floods to a line that stands by ends there
        if program.node_of_circuit[line.circuit].circuit_by_name[line.circuit].up:
            yield site_tap(record, line)
    for located in hosts(program):
        host = record.hosts[str(located.ref)]
        at_host = Interface(host.interface, host.pid)
        yield TapPoint(AT_HOST, at_host, str(located.ref), host.mac)


def _listen(
    session: Session, taps: Taps, packet: MarkedPacket, wanted: int
) -> list[_TimedObservation]:
    """Return observations until the network is quiet, or all that was predicted is there."""
    delay_s = sum(link.delay_ms for link in session.network.provider.links) / 1000
    end = time.monotonic() + min(_MAX_S, _QUIET_S + delay_s)
    most = time.monotonic() + _MAX_S
    seen: list[_TimedObservation] = []
    while (left := min(end, most) - time.monotonic()) > 0:
        act()
        for frame in taps.read(min(left, _LOOK_S)):
            found = packet.find(frame.data)
            place = _place(frame, found) if found is not None else None
            if found is not None and place is not None:
                seen.append(
                    _TimedObservation(place, Observation(found.stack, found.ip_ttl), frame.time_ns)
                )
                pause = _GRACE_S if len(seen) >= wanted else _QUIET_S + delay_s
                end = time.monotonic() + pause
    if any(taps.lost().values()):
        raise EmulationError("the network is too busy to follow one packet; try again")
    return sorted(seen, key=lambda each: each.time_ns)


def _place(frame: CapturedFrame, found: PacketMatch) -> tuple[str, str, str] | None:
    """Return the cable and direction, None if a host does not accept the frame."""
    point = frame.point
    if point.name == AT_HOST:
        mine = found.destination_mac == point.far or is_group_mac(found.destination_mac)
        return (AT_HOST, "", point.near) if mine and not frame.outgoing else None
    return point.name, frame.sender, frame.receiver


def _as_seen(
    program: Program, predicted: Trace, sent_ttl: int | None, seen: Sequence[_TimedObservation]
) -> tuple[Step, ...]:
    """Compare the observations with those ECMP branches that match them best.

    Each copy takes one of its branches. Copies that a PE makes at the end of a tunnel have come by
    it as one, so a branch is judged by its own cables first, and then by those of all copies.
    """

    def compared(branches: Sequence[Branch]) -> tuple[Step, ...]:
        candidate = replace(predicted, branches=tuple(branches))
        return tuple(_compare(tuple(_predictions(program, candidate, sent_ttl)), seen))

    def own(branch: Branch) -> int:
        steps = (step for step in compared((branch,)) if step.predicted is not None)
        return sum(1 if step.verdict == "ok" else -1 for step in steps)

    def likeness(branches: Sequence[Branch]) -> int:
        return sum(1 if step.verdict == "ok" else -1 for step in compared(branches))

    copies = Walk(predicted.branches).copies()
    chosen = [branches[0] for branches in copies]
    for number, alternatives in enumerate(copies):
        others = chosen[:number], chosen[number + 1 :]
        chosen[number] = max(
            alternatives,
            key=lambda branch: (own(branch), likeness([*others[0], branch, *others[1]])),
        )
    return compared(chosen)


def _compare(wanted: Sequence[_Prediction], seen: Sequence[_TimedObservation]) -> Iterator[Step]:
    """Yield steps that pair predictions with observations."""
    left = list(wanted)
    pairs: dict[int, _Prediction] = {}
    for exact in (True, False):  # first equal pairs, then pairs at the same place
        for number, each in enumerate(seen):
            if number not in pairs:
                found = next((w for w in left if _matches(w, each, exact=exact)), None)
                if found is not None:
                    left.remove(found)
                    pairs[number] = found
    began = seen[0].time_ns if seen else 0
    steps: list[Step] = []
    for number, each in enumerate(seen):
        prediction = pairs.get(number)
        predicted = None if prediction is None else prediction[3]
        after_ms = (each.time_ns - began) / 1e6
        steps.append(Step(*each.place, predicted, each.observation, after_ms))
    for prediction in left:
        steps.insert(
            _where(wanted, prediction, steps), Step(*prediction[:3], prediction[3], None, None)
        )
    yield from steps


def _matches(prediction: _Prediction, each: _TimedObservation, *, exact: bool) -> bool:
    if prediction[:3] != each.place:
        return False
    return not exact or prediction[3] == each.observation


def _where(
    wanted: Sequence[_Prediction],
    prediction: _Prediction,
    steps: Sequence[Step],
) -> int:
    """Return the index of a step that was not observed: behind its predicted predecessors."""
    places = [w[:3] for w in wanted[: wanted.index(prediction)]]
    for number in range(len(steps), 0, -1):
        step = steps[number - 1]
        if (step.link, step.sender, step.receiver) in places:
            return number
    return 0
