"""A lab with a running network: every answer is measured."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Final, Literal

from mplsemu.analysis.alarms import Alarm
from mplsemu.control.compile import compile_program
from mplsemu.emulation.capture import Capture
from mplsemu.emulation.dissect import dissect
from mplsemu.emulation.probe import FrameProbe, Probe, Prober, ProbeResult
from mplsemu.emulation.taps import CapturedFrame
from mplsemu.emulation.throughput import Transfer, measure_throughput
from mplsemu.errors import (
    EmulationError,
    LabError,
    LabNotRunningError,
    MplsEmuError,
    NodeGoneError,
)
from mplsemu.lab.loader import read
from mplsemu.model.names import vpn_of
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpn import IPAddress
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.hosts import find_host
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.trace import PacketOptions, trace
from mplsemu.running.captures import FrameReader, tap_points
from mplsemu.running.checks import endpoints, trouble_of
from mplsemu.running.current_alarms import current_alarms
from mplsemu.running.lab import LabProcess
from mplsemu.running.live_trace import follow
from mplsemu.running.session import PingResult
from mplsemu.script.interface import DEFAULT_WAIT_S, LabInterface, Pair
from mplsemu.script.outcome import Outcome, Rate
from mplsemu.script.packets import CapturedPacket, CapturedPackets
from mplsemu.suggest import unknown_name_remedy
from mplsemu.views.phrases import count
from mplsemu.views.tables.macs import mac_rows
from mplsemu.views.text.live_trace import draw_live_trace

_TIME: Final = re.compile(r"time=([\d.]+) ms")


class NetworkLab(LabInterface):
    """Boots a lab and measures in it; needs root.

    Args:
        lab: its process, not started yet.

    Raises:
        LabError: something in the lab file is wrong.
        EmulationError: the machine cannot carry it.
    """

    mode: Literal["program", "network"] = "network"

    def __init__(self, lab: LabProcess) -> None:
        super().__init__(lab.file, read(lab.file, lab.name).load().network)
        self.lab = lab
        self.lab.up()

    def program(self) -> Program:
        """Return the forwarding program that the controller has installed."""
        return self.lab.program()

    def reaches(self, source: str, target: str, *, wait_s: float = DEFAULT_WAIT_S) -> Outcome:
        """Whether a ping arrives at that very host and its reply comes back."""
        program, name = self._last_program(), target
        target = self._addressed(target)
        sender = str(find_host(program, source).ref)
        address, wanted = self._address(program, sender, target)
        if wanted is None:
            ok, reason, rtt_ms = self._is_answered(sender, target, wait_s)
        else:
            with Prober(endpoints(self.lab.session.record), self._delay_s) as prober:
                [result] = prober.run([Probe(sender, address, wanted)], wait_s)
                trouble = trouble_of((sender, wanted), prober.troubles)
            ok, rtt_ms = result.reached, result.rtt_ms
            reason = trouble or _what_happened(result, wanted)
        expected = self._expected(sender, target)
        if not ok and expected is not None and is_answered(expected, answer(program, expected)):
            reason += "; by its program it should"
        text = f"{source} reaches {name}" if ok else f"{source} does not reach {name}: {reason}"
        traces = [] if expected is None else [expected]
        return Outcome(ok, text, traces, rtt_ms).noted_in(self.journal)

    @property
    def _delay_s(self) -> float:
        return self.network.provider.longest_delay_ms / 1000

    def ping(self, source: str, target: str, count: int = 3) -> PingResult:
        """Ping from a host to a host or an address."""
        return self.lab.ping(source, target, count)

    def throughput(
        self, source: str, target: str, *, seconds: float = 2.0, udp_bps: int | None = None
    ) -> Rate:
        """Return the throughput from one host to another, measured by iperf3.

        Raises:
            EmulationError: there is no connection, or it broke.
            MissingToolError: iperf3 is not installed.
        """
        session = self.lab.session
        sender, receiver = session.host(source), session.host(target)
        address = session.address_of(source, target)
        transfer = Transfer(seconds, udp_bps)
        measured = measure_throughput(sender.pid, receiver.pid, address, transfer)
        return Rate(measured.received_bps)

    def macs(self, vpn: str) -> dict[str, dict[str, str]]:
        """Return what a VPLS has learned: for each PE and MAC address, the circuit or remote PE."""
        known = [each.name for each in self.network.vpns if isinstance(each, Vpls)]
        if vpn not in known:
            raise LabError(
                f"no VPLS {vpn!r} here",
                remedy=unknown_name_remedy(vpn, known, f"mplsemu show {self.file} vpns"),
            )
        found: dict[str, dict[str, str]] = {}
        for row in mac_rows(self.lab.session.controller.call("macs")):
            if row.vsi == vpn:
                found.setdefault(row.node, {})[row.mac] = row.circuit or row.peer or ""
        return found

    def cmd(self, node: str, command: str | Sequence[str]) -> str:
        """Run a command at a host, CE router or LSR; return what it prints, errors included."""
        return self.lab.cmd(node, command)

    @contextmanager
    def capture(self, *targets: str, expression: str = "") -> Iterator[CapturedPackets]:
        """Capture packets on links, attachment circuits, at LSRs or hosts."""
        session = self.lab.session
        reader = FrameReader(session.program)
        packets = CapturedPackets(live=True)

        def take(frames: list[CapturedFrame]) -> None:
            for frame in frames:
                packets.add(_packet(reader, frame))

        with Capture(tap_points(session, targets), take, expression):
            yield packets

    def alarms(self) -> tuple[Alarm, ...]:
        """Return what is wrong right now, the worst first."""
        return current_alarms(self.lab.session)

    @property
    def is_usable(self) -> bool:
        """Whether it still runs: a test may have taken it down."""
        return self.lab.is_up

    def close(self) -> None:
        """Take it down; a second call does nothing."""
        self.lab.down()
        if self.lab.run_dir is not None:
            with suppress(OSError):
                self.lab.run_dir.rmdir()  # a lab that was killed leaves it behind

    # --- how --------------------------------------------------------------------------------

    def _follow(self, source: str, target: str, header: PacketOptions) -> Outcome:
        found = follow(self.lab.session, source, target, header)
        wrong = [step for step in found.steps if step.verdict != "ok"]
        summary = f"a packet from {source} to {target} goes as the program says"
        if wrong:
            where = wrong[0].link or f"arrival at {wrong[0].receiver}"
            summary = f"a packet from {source} to {target} does not go as the program says: "
            summary += f"{where}: {wrong[0].verdict}"
        lines = [line.plain.rstrip() for line in draw_live_trace(found)]
        return Outcome(found.as_predicted, summary, lines=lines)

    def _isolated(self, what: str, pairs: Sequence[Pair]) -> Outcome:
        hosts = endpoints(self.lab.session.record)
        probes = [
            Probe(str(source), address)
            for source, target in pairs
            for address in sorted(hosts[str(target)].addresses, key=str)
            if any(address.version == own.version for own in hosts[str(source)].addresses)
        ]
        frames = [FrameProbe(str(source), hosts[str(target)].mac) for source, target in pairs]
        frames += [FrameProbe(source) for source in dict.fromkeys(str(a) for a, _ in pairs)]
        strangers: dict[str, set[str]] = {}
        for source, target in pairs:
            strangers.setdefault(str(source), set()).add(str(target))
        with Prober(hosts, self._delay_s) as prober:
            arrivals = [
                (result.probe.source, str(result.probe.target), at)
                for result in prober.run(probes)
                for at in result.delivered_to | result.overheard_by
            ]
            arrivals += [
                (result.probe.source, result.probe.destination, at)
                for result in prober.run_frames(frames)
                for at in result.received
            ]
            silent = trouble_of((str(each) for pair in pairs for each in pair), prober.troubles)
        for sender, address, at in arrivals:
            if at in strangers[sender]:
                packet = f"a packet of {sender} to {address} arrives at {at}"
                expected = self._expected(sender, address)
                traces = [] if expected is None else [expected]
                return Outcome(False, f"{what} are not isolated: {packet}", traces)
        if silent is not None:
            return Outcome(False, f"whether {what} are isolated cannot be tried: {silent}")
        sent = count(len(probes) + len(frames), "packet")
        return Outcome(True, f"{what} are isolated: {sent} sent")

    def _down(self) -> frozenset[str]:
        return frozenset(self.lab.session.controller.call("status")["down"])

    def _set_link(self, name: str, *, up: bool) -> None:
        self.lab.session.set_link(name, up=up)

    def _link_name(self, first: str, second: str | None) -> str:
        return self.lab.session.link_name(first, second)

    def _last_program(self) -> Program:
        """Return the installed program; if no controller answers, the lab file's.

        A ping must work without a controller, as packets do; it takes only names from the program.
        """
        try:
            return self.program()
        except (LabNotRunningError, EmulationError):
            if not self.is_usable:
                raise
            return compile_program(self.network)

    def _address(self, program: Program, source: str, target: str) -> tuple[IPAddress, str | None]:
        """Return the address to send to, and the host that has it as the source sees it."""
        address = None
        with suppress(ValueError):
            address = ip_address(target)
        if address is None:
            wanted = str(find_host(program, target, vpn_of(source)).ref)
            return ip_address(self.lab.session.address_of(source, wanted)), wanted
        end = trace(program, source, target).end
        named = end.host if isinstance(end, Delivered) else None
        if named is None:
            return address, None
        # probes know only the addresses that hosts had at boot
        known = endpoints(self.lab.session.record)[str(named)].addresses
        return address, str(named) if address in known else None

    def _is_answered(
        self, source: str, address: str, wait_s: float
    ) -> tuple[bool, str, float | None]:
        """Return whether a ping to an address that no host has (a gateway, say) is answered."""
        deadline = time.monotonic() + wait_s
        while True:
            try:
                result = self.ping(source, address, count=1)
            except NodeGoneError as error:
                return False, str(error), None
            if result.received:
                took = _TIME.search(result.output)
                return True, "", float(took[1]) if took else None
            if time.monotonic() > deadline:
                return False, "no answer comes back", None


def _packet(reader: FrameReader, frame: CapturedFrame) -> CapturedPacket:
    try:
        names, read = reader.meaning(frame).names, reader.read(frame)
    except MplsEmuError:  # the lab is going down
        read = dissect(frame.data)
        names = ("?",) * len(read.labels)
    point = frame.point
    return CapturedPacket(
        point.name, frame.sender, frame.receiver, read, names, frame.time_ns / 1e9, frame.data
    )


def _what_happened(result: ProbeResult, wanted: str) -> str:
    elsewhere = sorted(result.delivered_to - {wanted})
    if elsewhere:
        return f"it arrives at {', '.join(elsewhere)} instead"
    if wanted not in result.delivered_to:
        return f"it does not arrive{f' ({result.error})' if result.error else ''}"
    return result.error or "no answer comes back"
