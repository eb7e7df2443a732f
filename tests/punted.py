"""A fake network whose punted packets are answered as the controller answers them."""

from __future__ import annotations

import struct
from functools import cache
from ipaddress import IPv6Address

from mplsemu.control.compile import compile_program
from mplsemu.controller.reassembler import Reassembler
from mplsemu.model.topology import TtlMode
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.openflow.punts import packet_out, punt
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.punt.answer import answer
from mplsemu.southbound.punt.answers import NO_ANSWER
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.southbound.punt.parsed import parse_punt
from tests import builders
from tests.oracles import frames
from tests.oracles.fakepacket import internet_checksum
from tests.oracles.fakeswitch import FakeNetwork

BROADCAST = "ff:ff:ff:ff:ff:ff"
STRANGER = "02:99:00:00:00:01"


@cache
def program(ttl=TtlMode.UNIFORM):
    macs = builders.MacAddresses()
    two = {
        "aarhus": ("dk", "192.168.1.0/24 2001:db8:1::/64"),
        "oslo": ("no", "192.168.3.0/24 2001:db8:3::/64"),
        "ribe": ("dk", "192.168.5.0/24", "ce"),
    }
    return compile_program(
        builders.network(
            builders.provider(("dk-p1", "p1-p2", "p2-no"), pes=("dk", "no"), ttl_mode=ttl),
            builders.l3vpn("a", two, number=1, imports=(1, 2), macs=macs),
            builders.l3vpn(
                "shared", {"hub": ("dk", "172.16.1.0/24")}, number=2, imports=(1, 2), macs=macs
            ),
            builders.l3vpn(
                "oneway", {"x": ("dk", "10.7.0.0/24")}, number=3, imports=(1, 3), macs=macs
            ),
        )
    )


def answered(program, node, given):
    """Return what an LSR does about a punted packet; nothing if it cannot be parsed."""
    parsed = parse_punt(given)
    return NO_ANSWER if parsed is None else answer(program, node, parsed)


class Lab:
    """A fake network whose controller answers punted packets as the real one does."""

    def __init__(self, ttl=TtlMode.UNIFORM):
        self.program = program(ttl)
        self.learned, self.pending = [], []
        made = {node.name: flows(self.program, node.name) for node in self.program.nodes}
        self.network = FakeNetwork(self.program, made, self._control)
        self.reassembler = Reassembler(self)

    def after(self, _delay_s, _work):
        """No time passes here."""

    def _control(self, node, packet_in):
        given = punt(
            packet_in.reason,
            packet_in.in_port,
            packet_in.metadata,
            packet_in.registers,
            packet_in.frame,
        )
        assert given is not None
        parsed = parse_punt(given)
        if parsed is not None and given.reason is PuntReason.FRAGMENT:
            parsed = self.reassembler.take(node, parsed)
        if parsed is None:
            return
        answers = answer(self.program, node, parsed)
        self.learned += answers.learned
        if answers.pending:
            self.pending.append((node, answers.pending))
        for out in answers.packets_out:
            made = packet_out(out)
            yield made.actions, made.frame

    def host(self, circuit):
        return self.program.node_of_circuit[circuit].circuit_by_name[circuit].hosts[0]

    def address(self, circuit, version=4):
        return next(a.ip for a in self.host(circuit).addresses if a.version == version)

    def send(self, circuit, packet, mac=None):
        frame = frames.ip_frame(GATEWAY_MAC, mac or self.host(circuit).mac, packet)
        return self.network.inject(circuit, frame).deliveries

    def one_back(self, circuit, packet):
        [(where, frame)] = self.send(circuit, packet)
        assert where == circuit
        return checked(frames.seen(frame))


def checked(seen):
    """Demand right checksums of what a host gets."""
    pseudo = b""
    if seen.payload[0] >> 4 == 4:
        assert internet_checksum(seen.payload[:20]) == 0
    else:
        pseudo = seen.payload[8:40] + struct.pack("!II", len(seen.body), seen.protocol)
    if seen.protocol in {1, 58}:
        assert internet_checksum(pseudo + seen.body) == 0
    return seen


def icmp(seen):
    return seen.body[0], seen.body[1]


def neighbour_message(kind, src, dst, target, option=1, hop_limit=255, mac=STRANGER):
    """Return a neighbour solicitation (135) or advertisement (136) in IPv6."""
    message = bytearray(struct.pack("!BBHI", kind, 0, 0, 0x60000000 if kind == 136 else 0))
    message += IPv6Address(target).packed
    if option:
        message += bytes((option, 1)) + frames.mac(mac)
    pseudo = IPv6Address(src).packed + IPv6Address(dst).packed
    pseudo += struct.pack("!II", len(message), 58)
    message[2:4] = internet_checksum(pseudo + bytes(message)).to_bytes(2, "big")
    return frames.ip(src, dst, 58, bytes(message), ttl=hop_limit)
