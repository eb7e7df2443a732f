"""The reply to a packet: an echo reply or an ICMP error, and whether it reaches the sender.

The responder may have no route back. So the reply is followed like any packet: from a host, a CE
router or a PE's VRF (RFC 792, RFC 4443), or from an LSR along the LSP to its end (RFC 3032 section
2.3.2).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

from mplsemu.model.names import ce_name, circuit_of_ce
from mplsemu.program.delivery import any_copy, arrived_at, judge_all
from mplsemu.program.gateway import GATEWAY_MAC, OWN_TTL, PIPE_TTL
from mplsemu.program.host_stack import (
    DEFAULT_OPTIONS,
    PacketOptions,
    Sent,
    answer_through_nat,
    send_from_ce,
)
from mplsemu.program.hosts import LocatedHost, find_host
from mplsemu.program.line_bundle import walk_from_site
from mplsemu.program.own_addresses import LINK_LOCAL, is_own
from mplsemu.program.packet import DEFAULT_TTL, IpHeader, Packet, is_mac
from mplsemu.program.path import (
    Branch,
    Delivered,
    Dropped,
    Punted,
    TooBig,
    TtlExpired,
    Unresolved,
)
from mplsemu.program.program import Program
from mplsemu.program.routed_stack import StationRouter, stack_of
from mplsemu.program.services import AttachmentCircuit, Ce
from mplsemu.program.spare_lines import leading_line
from mplsemu.program.trace import Trace, ip_header
from mplsemu.program.walk import walk_from_core, walk_from_vrf
from mplsemu.wire.ethernet import is_group_mac

"""Of a packet that a PE originates: its own VRF decrements it before it leaves."""


class AnswerKind(enum.StrEnum):
    """What kind of reply it is."""

    ECHO_REPLY = "echo reply"
    TIME_EXCEEDED = "time exceeded"
    HOST_UNREACHABLE = "host unreachable"
    NET_UNREACHABLE = "network unreachable"
    TOO_BIG = "packet too big"


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to a packet.

    Attributes:
        kind: an echo reply if the request arrived, else an ICMP error.
        trace: its path; `source` is the responder, `delivered` whether it reaches the sender.
    """

    kind: AnswerKind
    trace: Trace

    def __str__(self) -> str:
        """Say what becomes of it."""
        said, end = f"the {self.kind} of {self.trace.source}", self.trace.end
        if self.trace.delivered:
            return f"{said} comes back"
        if isinstance(end, Delivered):  # who asked wrote a source that is somebody else's
            return f"{said} does not come back: it goes to {end.taker}"
        return f"{said} is lost: {end}"


def answer(
    program: Program, there: Trace, header: PacketOptions = DEFAULT_OPTIONS
) -> Answer | None:
    """Return the reply to an echo request.

    Args:
        program: what every LSR does.
        there: the request, from `trace`.
        header: the options with which it was sent.

    Returns:
        None if there is no reply: it was no IP packet, or it was dropped silently.
    """
    if is_mac(there.target):
        return None
    asker = find_host(program, there.source)
    asked = ip_header(program, there.source, there.target, header)
    return _Answering(program, asker, asked).to(there)


def is_answered(there: Trace, back: Answer | None) -> bool:
    """Whether a ping succeeds: the request is delivered, and so is the echo reply."""
    is_reply = back is not None and back.kind is AnswerKind.ECHO_REPLY
    return there.delivered and back is not None and is_reply and back.trace.delivered


@dataclass(frozen=True, slots=True)
class _Answering:
    """Replies to one packet of a host.

    Attributes:
        program: what every LSR does.
        asker: the host that sent it.
        asked: its IP header.
    """

    program: Program
    asker: LocatedHost
    asked: IpHeader

    def to(self, there: Trace) -> Answer | None:
        """Return the reply to a traced packet."""
        end = there.end
        match end:
            case Delivered():
                return self._delivered(end)
            case Punted(node, vrf):
                sent = self._from_gateway(node, vrf)
                return self._answer(
                    AnswerKind.ECHO_REPLY, f"the gateway of VRF {vrf} at {node}", sent
                )
            case TtlExpired(node, vrf):
                return self._error(there, AnswerKind.TIME_EXCEEDED, node, vrf)
            case Unresolved(node):
                return self._error(there, AnswerKind.HOST_UNREACHABLE, node, there.hops[-1].vrf)
            case Dropped(node):
                kind = _complaint(end)
                return self._error(there, kind, node, there.hops[-1].vrf) if kind else None
        assert_never(end)

    # --- responders -------------------------------------------------------------------------

    def _delivered(self, end: Delivered) -> Answer | None:
        circuit = self._circuit(end.circuit)
        router = StationRouter.of(self.program, circuit)
        if router is not None and end.mac in {router.host.mac, router.lan.mac}:
            return self._by_station(router, end)
        if end.host is not None:
            return self._from_host(end, find_host(self.program, str(end.host)), circuit.ce)
        if circuit.ce is not None:
            # for an unused address on its LAN, its address resolution fails
            kind = AnswerKind.ECHO_REPLY if end.is_ce else AnswerKind.HOST_UNREACHABLE
            return self._from_ce(kind, circuit, circuit.ce)
        if is_group_mac(end.mac) or self._is_bridged(circuit):
            return None  # of a flooded frame, only the copy for who has its address is answered
        packet = Packet(end.mac, GATEWAY_MAC, self._back(DEFAULT_TTL))
        walked = walk_from_site(
            self.program, end.circuit, packet
        )  # somebody whom the network has found
        sent = Sent(walked.branches, packet)
        return self._answer(AnswerKind.ECHO_REPLY, end.circuit, sent, end.circuit)

    def _from_host(self, end: Delivered, host: LocatedHost, ce: Ce | None) -> Answer | None:
        if not is_own(host.host, self.asked.destination):
            return None  # a frame was sent to it; it is no router
        back = self._back(DEFAULT_TTL)
        if end.source is not None and ce is not None:
            sent = answer_through_nat(self.program, host, ce, end.source, back)
        else:
            sent = stack_of(self.program, host).send(back)
        return self._answer(AnswerKind.ECHO_REPLY, str(end.host), sent, end.circuit)

    def _error(self, there: Trace, kind: AnswerKind, node: str, vrf: str | None) -> Answer | None:
        """Return the ICMP error of a router."""
        name = circuit_of_ce(node)
        if name is not None:
            circuit = self._circuit(leading_line(self.program, name))
            router = StationRouter.of(self.program, circuit)
            if router is not None:
                return self._from_station(kind, router)
            return self._from_ce(kind, circuit, circuit.ce) if circuit.ce else None
        if vrf is not None:
            return self._answer(kind, node, self._from_gateway(node, vrf))
        if any(hop.vsi is not None for hop in there.hops):
            return None  # an LSR cannot tell a customer's frame from anything else
        stack = tuple(replace(entry, ttl=PIPE_TTL) for entry in there.hops[-1].in_stack)
        walked = walk_from_core(self.program, node, stack, self._back(PIPE_TTL))
        return self._answer(kind, node, Sent(walked.branches))

    def _from_ce(self, kind: AnswerKind, circuit: AttachmentCircuit, ce: Ce) -> Answer:
        sent = send_from_ce(self.program, circuit, ce, self._back(DEFAULT_TTL))
        return self._answer(kind, ce_name(circuit.name), sent, circuit.name)

    def _by_station(self, router: StationRouter, end: Delivered) -> Answer | None:
        """Return what a CE router on a VPLS says of a packet that came to it, or to its LAN."""
        if end.host is None:  # nobody on its LAN has the address
            return self._from_station(AnswerKind.HOST_UNREACHABLE, router)
        address = self.asked.destination
        is_on_lan = end.mac == router.lan.mac and router.is_on_lan(address)
        if not is_on_lan and not router.owns(address):
            return None
        return self._from_station(AnswerKind.ECHO_REPLY, router)

    def _from_station(self, kind: AnswerKind, router: StationRouter) -> Answer:
        """Send from a CE router that is a station of a VPLS."""
        sent = router.originate(self._back(DEFAULT_TTL))
        if self._is_behind(router):
            asker = self.asker
            end = Delivered(asker.circuit.name, asker.ref, self.asked.source, asker.host.mac)
            sent = Sent((Branch((), end),))
        return self._answer(kind, router.name, sent, router.circuit.name)

    def _is_behind(self, router: StationRouter) -> bool:
        """Whether who asked is on the router's own LAN."""
        return self.asker.circuit.name == router.circuit.name and self.asker.host != router.host

    def _from_gateway(self, node: str, vrf: str) -> Sent:
        """Send from a PE: link-local packets straight to the host, others as routed by the VRF."""
        back, asker = self._back(OWN_TTL), self.asker
        if back.destination in LINK_LOCAL or back.source in LINK_LOCAL:
            end = Delivered(asker.circuit.name, asker.ref, back.destination, asker.host.mac)
            return Sent((Branch((), end),))
        walked = walk_from_vrf(self.program, node, vrf, back)
        return Sent(walked.branches, Packet(GATEWAY_MAC, GATEWAY_MAC, back))

    def _is_bridged(self, circuit: AttachmentCircuit) -> bool:
        return circuit.vpn in self.program.node_of_circuit[circuit.name].vsi_by_name

    def _circuit(self, name: str) -> AttachmentCircuit:
        return self.program.node_of_circuit[name].circuit_by_name[name]

    # --- the answer -------------------------------------------------------------------------

    def _back(self, ttl: int) -> IpHeader:
        return IpHeader(self.asked.destination, self.asked.source, ttl, self.asked.dscp)

    def _answer(self, kind: AnswerKind, who: str, sent: Sent, circuit: str = "") -> Answer:
        """Return a reply that reaches its PE on a circuit, or that the PE originates."""
        asker = self.asker.ref
        judge = partial(any_copy, lambda end: arrived_at(self.program, end, asker, None))
        delivered, main = judge_all(sent.branches, judge)
        # the format of an error is the responder's affair
        packet = sent.packet if kind is AnswerKind.ECHO_REPLY else None
        back = Trace(
            who, str(asker), delivered, main.hops, main.end, sent.branches, circuit, packet
        )
        return Answer(kind, back)


def _complaint(end: Dropped) -> AnswerKind | None:
    """Return what a router says of a packet that it drops, None where it says nothing."""
    if isinstance(end, TooBig):
        return AnswerKind.TOO_BIG
    return AnswerKind.NET_UNREACHABLE if end.reason.startswith("no route to") else None
