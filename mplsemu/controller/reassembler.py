"""Reassembly of fragments addressed to gateways, with its timeout."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from mplsemu.errors import PacketError
from mplsemu.program.program import Program
from mplsemu.southbound.punt.answer import reassembly_expired
from mplsemu.southbound.punt.event import PacketOut, PuntReason
from mplsemu.southbound.punt.parsed import ParsedPunt
from mplsemu.southbound.punt.reassembly import Reassembly
from mplsemu.southbound.punt.resolve import circuit_at
from mplsemu.wire.ip import IpPacket, parse_ip


class ReassemblyContext(Protocol):
    """What it needs of the controller."""

    @property
    def program(self) -> Program:
        """The current program."""

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have an LSR send packets."""

    def after(self, delay_s: float, work: Callable[[], None]) -> None:
        """Do something later."""


class Reassembler:
    """Puts fragments together, of each sender apart.

    Args:
        context: the controller.
        clock: in seconds.
    """

    def __init__(
        self, context: ReassemblyContext, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._context = context
        self._clock = clock
        self._waiting: dict[str, Reassembly] = {}
        self._is_timed = False

    def take(self, node: str, punt: ParsedPunt) -> ParsedPunt | None:
        """Add a fragment; return the reassembled packet once it is complete."""
        if not isinstance(punt.content, IpPacket):
            return None
        found = circuit_at(self._context.program.node(node), punt.in_port)
        sender = found[1].name if found else "", punt.service
        waiting = self._waiting.setdefault(node, Reassembly())
        whole = waiting.add(sender, punt, punt.content, self._clock())
        self._set_timer()
        if whole is None:
            return None
        try:
            packet = parse_ip(whole, punt.ethernet.ethertype)
        except PacketError:
            return None
        return replace(punt, reason=PuntReason.NOT_SERVED, content=packet)

    def _set_timer(self) -> None:
        due = [each.next_due() for each in self._waiting.values()]
        times = [each for each in due if each is not None]
        if times and not self._is_timed:
            self._is_timed = True
            self._context.after(max(0.0, min(times) - self._clock()), self._give_up)

    def _give_up(self) -> None:
        self._is_timed = False
        for node, waiting in self._waiting.items():
            for punt in waiting.expire(self._clock()):
                answers = reassembly_expired(self._context.program, node, punt)
                self._context.send(node, answers.packets_out)
        self._set_timer()
