"""IGMP and MLD snooping: what hosts say of their groups comes here, and goes on from here.

A PE gives every such message from a circuit to the controller. It learns from it, and has the PEs
send it on: a query to everybody, a report to multicast routers alone, as other hosts that heard it
would not report themselves (RFC 4541 section 2.1.1). Behind circuits of which it may have missed
something it asks in a querier's place: when it starts again, when a line comes up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from mplsemu.controller.memberships import Memberships
from mplsemu.errors import PacketError
from mplsemu.model.vpn import IPAddress
from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY
from mplsemu.program.packet import Packet
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.walk import walk
from mplsemu.southbound.punt.event import OutOfPort, PacketOut, Punt
from mplsemu.wire import igmp, mld
from mplsemu.wire.ethernet import (
    BROADCAST_MAC,
    EthernetHeader,
    EtherType,
    group_mac,
    parse_ethernet,
)
from mplsemu.wire.ip import ethertype_of, parse_ip
from mplsemu.wire.membership import Membership, Report

EXPIRE_S: Final = 1.0
"""The longest time between two looks for what has expired."""


class SnooperContext(Protocol):
    """What the snooper needs of the controller."""

    @property
    def program(self) -> Program:
        """The current program."""

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have a PE send packets."""

    def after(self, delay_s: float, work: Callable[[], None]) -> None:
        """Do something later."""


class Snooper:
    """Learns from membership messages and sends them on; worker only.

    Args:
        context: the controller.
        memberships: what is learned.
        has_missed: whether hosts may have said something before.
    """

    def __init__(
        self, context: SnooperContext, memberships: Memberships, *, has_missed: bool = False
    ) -> None:
        self._context = context
        self._memberships = memberships
        self._is_expiring = False
        self._reach: tuple[Program | None, dict[str, tuple[str, ...]]] = (None, {})
        self._unasked: frozenset[str] = frozenset()
        self._up: frozenset[str] | None = frozenset() if has_missed else None

    def ask(self, connected: Iterable[str]) -> None:
        """Ask behind circuits that have come up since this was called before.

        Args:
            connected: the PEs that can send; others are asked about when they can.
        """
        lines = {
            circuit.name: (node.name, circuit.port)
            for node in self._context.program.nodes
            for vsi in node.vsis
            if vsi.igmp_snooping
            for circuit in map(node.circuit_by_name.__getitem__, vsi.circuits)
            if circuit.up
        }
        before, self._up = self._up, frozenset(lines)
        if before is not None:
            self._unasked |= self._up - before
        pes = set(connected)
        now = {name for name in self._unasked & self._up if lines[name][0] in pes}
        self._unasked = (self._unasked & self._up) - now
        for name in sorted(now):
            node, port = lines[name]
            frames = (_GENERAL_QUERY, _GENERAL_QUERY6)
            self._context.send(node, [OutOfPort(port, frame) for frame in frames])
        if now:
            self._memberships.ask()
        if not self._memberships.is_empty:
            self._start_expiring()

    def handle(self, node: str, punt: Punt) -> None:
        """Handle a message from a circuit of a VSI that snoops."""
        program = self._context.program
        lsr = program.node(node)
        circuit = next((each for each in lsr.circuits if each.port == punt.in_port), None)
        vsi = next((each for each in lsr.vsis if each.index == punt.service), None)
        if circuit is None or vsi is None or not vsi.igmp_snooping:
            return  # the lab has changed since
        try:
            message = read_membership(punt.frame)
        except PacketError:
            return  # damaged: nobody believes it
        targets: Iterable[str] = self._reached(program, circuit.name)
        if message is not None:
            left = self._memberships.take(vsi.name, circuit.name, message)
            routers = self._memberships.routers(vsi.name)
            if isinstance(message, Report):
                targets = [name for name in targets if name in routers]
            if not routers:  # nobody else asks whether there is another member
                for group in left:
                    self._context.send(node, [OutOfPort(circuit.port, _question(group))])
            self._start_expiring()
        for name in targets:
            at = program.node_of_circuit[name]
            port = at.circuit_by_name[name].port
            self._context.send(at.name, [OutOfPort(port, punt.frame)])

    def _reached(self, program: Program, circuit: str) -> tuple[str, ...]:
        """Return the circuits that what is flooded from one reaches."""
        if self._reach[0] is not program:
            self._reach = program, {}
        known = self._reach[1]
        if circuit not in known:
            frame = Packet(GATEWAY_MAC, BROADCAST_MAC)
            ends = walk(program, circuit, frame, learned=False).ends
            known[circuit] = tuple(end.circuit for end in ends if isinstance(end, Delivered))
        return known[circuit]

    def _start_expiring(self) -> None:
        if not self._is_expiring:
            self._is_expiring = True
            self._look_again()

    def _look_again(self) -> None:
        self._context.after(min(EXPIRE_S, self._memberships.due_s()), self._expire)

    def _expire(self) -> None:
        self._memberships.expire()
        self._is_expiring = not self._memberships.is_empty
        if self._is_expiring:
            self._look_again()


def read_membership(frame: bytes) -> Membership | None:
    """Return what an untagged frame with IGMP or MLD says, None of other types of either.

    Raises:
        PacketError: it is none, or damaged.
    """
    ethernet, payload = parse_ethernet(frame)
    if ethernet.vlans:
        raise PacketError("a tagged frame")
    packet = parse_ip(payload, ethernet.ethertype)
    is_ipv4 = ethernet.ethertype == EtherType.IPV4
    return igmp.parse_igmp(packet) if is_ipv4 else mld.parse_mld(packet)


def _question(group: IPAddress) -> bytes:
    """Return the frame that asks behind one circuit whether anybody is in a group."""
    if group.version == 4:
        return _frame(igmp.group_query(group), group)
    return _frame(mld.group_query(LINK_LOCAL_GATEWAY, group), group)


def _frame(packet: bytes, group: IPAddress) -> bytes:
    header = EthernetHeader(GATEWAY_MAC, group_mac(group), (), ethertype_of(group))
    return header.to_bytes() + packet


_GENERAL_QUERY: Final = _frame(igmp.general_query(), igmp.ALL_SYSTEMS)
_GENERAL_QUERY6: Final = _frame(mld.general_query(LINK_LOCAL_GATEWAY), mld.ALL_NODES)
