"""A lab without a network: every answer is computed from the forwarding program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NoReturn

from mplsemu.analysis.alarms import Alarm, LabState, alarms
from mplsemu.analysis.connectivity import connectivity
from mplsemu.control.compile import compile_program
from mplsemu.emulation.dissect import Datagram, Frame, Payload
from mplsemu.errors import LabNotRunningError
from mplsemu.lab.loader import read
from mplsemu.model.network import HostRef
from mplsemu.program.answer import Answer, AnswerKind, answer, is_answered
from mplsemu.program.link_crossings import Crossing, crossings
from mplsemu.program.path import Delivered, End
from mplsemu.program.program import Program
from mplsemu.program.stack_reading import read_stack
from mplsemu.program.trace import PacketOptions, Trace, trace
from mplsemu.running.link_names import link_name
from mplsemu.running.session import PingResult
from mplsemu.script.interface import DEFAULT_WAIT_S, LabInterface, Pair
from mplsemu.script.outcome import Outcome, Rate, describe_end
from mplsemu.script.packets import CapturedPacket, CapturedPackets
from mplsemu.views.phrases import count
from mplsemu.wire.ethernet import BROADCAST_MAC, EthernetHeader, EtherType
from mplsemu.wire.ip import ethertype_of

_ICMP: Final = {4: "ICMP", 6: "ICMPv6"}
_REQUEST, _REPLY = "echo request", "echo reply"


@dataclass(frozen=True, slots=True)
class _Listener:
    """An open capture, and the links it is on."""

    links: frozenset[str]
    packets: CapturedPackets


class ProgramLab(LabInterface):
    """Answers from the program that the controller would install.

    Args:
        file: the lab file.
        name: replaces the lab's name in the file.

    Raises:
        LabError: something in it is wrong.
    """

    mode: Literal["program", "network"] = "program"

    def __init__(self, file: Path, name: str | None = None) -> None:
        super().__init__(file, read(file, name).load().network)
        self._cut_links: frozenset[str] = frozenset()
        self._program = compile_program(self.network)
        self._listeners: list[_Listener] = []

    def program(self) -> Program:
        """Return the forwarding program, reconverged after what is cut."""
        return self._program

    def reaches(self, source: str, target: str, *, wait_s: float = DEFAULT_WAIT_S) -> Outcome:
        """Whether a ping arrives and its reply comes back; see the base class."""
        del wait_s  # nothing changes while one waits
        there, back = self._exchange(source, target, 1)
        ok = is_answered(there, back)
        traces = [there]
        if ok:
            summary = f"{source} reaches {target}"
        elif not there.delivered or back is None:
            summary = f"{source} does not reach {target}: {describe_end(there)}"
        else:
            summary = f"{source} reaches {target}, but its answer does not come back: "
            summary += describe_end(back.trace)
            traces.append(back.trace)
        return Outcome(ok, summary, traces).noted_in(self.journal)

    def ping(self, source: str, target: str, count: int = 3) -> PingResult:
        """Return the result that a ping would have."""
        there, back = self._exchange(source, target, count)
        self.journal.last = there
        ends = [str(there.end), *([str(back)] if back is not None else [])]
        return PingResult(count, count if is_answered(there, back) else 0, "\n".join(ends))

    def throughput(
        self, source: str, target: str, *, seconds: float = 2.0, udp_bps: int | None = None
    ) -> Rate:
        """Refuse: only a running network has it."""
        del seconds, udp_bps
        self.requires_network(f"throughput from {source} to {target}")

    def macs(self, vpn: str) -> dict[str, dict[str, str]]:
        """Refuse: only a running network has it."""
        self.requires_network(f"what VPLS {vpn} has learned")

    def cmd(self, node: str, command: str | Sequence[str]) -> str:
        """Refuse: only a running network has it."""
        words = command if isinstance(command, str) else " ".join(command)
        self.requires_network(f"{words!r} at {node}")

    @contextmanager
    def capture(self, *targets: str, expression: str = "") -> Iterator[CapturedPackets]:
        """Capture the packets that `ping` and `reaches` would send."""
        if expression:
            self.requires_network(f"a capture of {expression!r}")
        links = [link.name for link in self.network.provider.links] if not targets else []
        for target in targets:
            links += self._cables(target)
        listener = _Listener(frozenset(links), CapturedPackets(live=False))
        self._listeners.append(listener)
        try:
            yield listener.packets
        finally:
            self._listeners.remove(listener)

    def alarms(self) -> tuple[Alarm, ...]:
        """Return the alarms that follow from what is cut."""
        vpns = tuple(connectivity(self._program, vpn.name) for vpn in self.network.vpns)
        status = {"down": sorted(self._cut_links)}
        return alarms(LabState(status, answers=True, program=self._program, vpns=vpns))

    def requires_network(self, what: str) -> NoReturn:
        """Refuse what only a running network has; a subclass may do so in another way.

        Raises:
            LabNotRunningError: always.
        """
        raise LabNotRunningError(f"{what}: only a running network has it; call up(), as root")

    @property
    def is_usable(self) -> bool:
        """Whether tests can go on with it: always."""
        return True

    def close(self) -> None:
        """Do nothing: there is nothing to take down."""

    # --- how --------------------------------------------------------------------------------

    def _follow(self, source: str, target: str, header: PacketOptions) -> Outcome:
        del header
        self.requires_network(f"a packet really sent from {source} to {target}")

    def _isolated(self, what: str, pairs: Sequence[Pair]) -> Outcome:
        followed = 0
        strangers: dict[HostRef, set[HostRef]] = {}
        for source, target in pairs:
            strangers.setdefault(source, set()).add(target)
        for source, targets in strangers.items():
            for attempt in self._attempts(source, sorted(targets, key=str)):
                followed += 1
                leak = next((e for b in attempt.branches if (e := _gets_to(b.end, targets))), None)
                if leak is not None:
                    packet = f"a packet of {source} to {attempt.target} arrives at {leak}"
                    return Outcome(False, f"{what} are not isolated: {packet}", [attempt])
        return Outcome(True, f"{what} are isolated: {count(followed, 'packet')} followed")

    def _attempts(self, source: HostRef, targets: Sequence[HostRef]) -> Iterator[Trace]:
        """Yield the traces of packets by which a host might reach others."""
        hosts = {ref: host for ref, _, host in self.network.hosts()}
        versions = {interface.version for interface in hosts[source].addresses}
        for target in targets:
            for interface in hosts[target].addresses:
                if interface.version in versions:
                    yield trace(self._program, str(source), str(interface.ip))
            yield trace(self._program, str(source), hosts[target].mac)
        yield trace(self._program, str(source), BROADCAST_MAC)

    def _exchange(self, source: str, target: str, count: int) -> tuple[Trace, Answer | None]:
        """Return the trace of an echo request, and the answer."""
        there = trace(self._program, source, self._addressed(target))
        back = answer(self._program, there)
        for _ in range(count):
            self._put_on_cables(there, _REQUEST)
            if back is not None and back.kind is AnswerKind.ECHO_REPLY:
                self._put_on_cables(back.trace, _REPLY)
        return there, back

    def _put_on_cables(self, sent: Trace, what: str) -> None:
        taken = next(sent.variants())  # all packets of a flow take the same path
        for listener in self._listeners:
            for crossing in crossings(self._program, taken):
                if crossing.link in listener.links:
                    listener.packets.add(self._packet(taken, crossing, what))

    def _packet(self, taken: Trace, crossing: Crossing, what: str) -> CapturedPacket:
        frame = _frame(taken, crossing, what)
        names = read_stack(self._program, crossing.receiver, frame.labels).names
        return CapturedPacket(crossing.link, crossing.sender, crossing.receiver, frame, names)

    def _down(self) -> frozenset[str]:
        return self._cut_links

    def _set_link(self, name: str, *, up: bool) -> None:
        down = self._cut_links - {name} if up else self._cut_links | {name}
        if down != self._cut_links:
            self._program = compile_program(self.network, down=down, previous=self._program)
            self._cut_links = down

    def _link_name(self, first: str, second: str | None) -> str:
        return link_name(self.network, first, second)

    def _cables(self, target: str) -> list[str]:
        """Return the cables to capture for a link, a circuit or an LSR."""
        if target in self._program.node_by_name:
            node = self._program.node(target)
            return [*node.adjacency_by_link, *node.circuit_by_name]
        if any(target == str(ref) for ref, _, _ in self.network.hosts()):
            self.requires_network(f"a capture at the interface of {target}")
        return [link_name(self.network, target, None)]


def _frame(taken: Trace, crossing: Crossing, what: str) -> Frame:
    packet = taken.packet
    assert packet is not None  # it reached a cable, so it was sent
    inner: Datagram | Payload = Payload("a frame", b"")
    ethertype = EtherType.EXPERIMENTAL
    if packet.ip is not None:
        version = packet.ip.destination.version
        ethertype = ethertype_of(packet.ip.destination)
        inner = Datagram(
            packet.ip.source,
            packet.ip.destination,
            crossing.ip_ttl if crossing.ip_ttl is not None else packet.ip.ttl,
            packet.ip.dscp,
            _ICMP[version],
            what,
            0,
        )
    outer = EthernetHeader(crossing.source_mac, crossing.destination_mac, (), EtherType.MPLS)
    if not crossing.stack:
        vlans = packet.vlans
        macs = (crossing.source_mac, crossing.destination_mac)
        return Frame(EthernetHeader(*macs, vlans, ethertype), (), inner)
    if crossing.frame:
        macs = (packet.source_mac, packet.destination_mac)
        customers = Frame(EthernetHeader(*macs, packet.vlans, ethertype), (), inner)
        return Frame(outer, crossing.stack, customers)
    return Frame(outer, crossing.stack, inner)


def _gets_to(end: End, strangers: set[HostRef]) -> str | None:
    """Return the stranger that a copy reaches: a host, or a site if it is for all hosts there."""
    if not isinstance(end, Delivered):
        return None
    if end.host is not None:
        return str(end.host) if end.host in strangers else None
    here = [ref for ref in strangers if f"{ref.vpn}/{ref.site}" == end.circuit]
    return end.circuit if here else None
