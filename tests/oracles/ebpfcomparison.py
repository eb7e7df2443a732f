"""One lab by the reference interpreter and by the eBPF maps: every copy, way, link and end."""

from __future__ import annotations

from mplsemu.model.inter_as import InterAs
from mplsemu.program import path
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.program import Program
from mplsemu.program.walk import walk
from mplsemu.southbound.ebpf.kinds import Drop
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.oracles import frames
from tests.oracles.fakebpf import Lost, Punted
from tests.oracles.fakebpfnet import Delivered, FakeNetwork, Trail
from tests.oracles.fakepacket import internet_checksum
from tests.oracles.senders import Sender, senders

MAX_BRANCHES = 10_000
WHY = {
    "no ILM entry": Drop.NO_LABEL,
    "no tunnel": Drop.NO_TUNNEL,
    "nobody sends from": Drop.MARTIAN,
    "nobody": Drop.NOBODY,
    "sent from a group": Drop.GROUP_SOURCE,
    "for the nearest bridge": Drop.ONE_LINK,
    "MAC control": Drop.ONE_LINK,
    "for an address that is not learned": Drop.UNKNOWN,
    "tagged, which no frame": Drop.TAG,
    "VLAN-tagged": Drop.NOT_FOR_US,
    "not an IP packet": Drop.NOT_FOR_US,
    "not for the gateway": Drop.NOT_FOR_US,
    "no CE router": Drop.NEVER_ROUTED,
    "no IPv": Drop.MALFORMED,
    "no Ethernet frame": Drop.MALFORMED,
}


class Comparison:
    """One lab, both ways."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.network = FakeNetwork(program)
        self.seen_ways = 0

    def send(self, sender: Sender, dst_mac: str, header: IpHeader, vlans=()) -> list[Trail]:
        """Send one packet through both and demand the same of every copy and every way."""
        packet = Packet(sender.mac, dst_mac, header, vlans)
        learned = self.network.learned()
        walked = walk(
            self.program, sender.circuit, packet, learned=learned, max_branches=MAX_BRANCHES
        )
        assert not walked.joined
        raw = frames.ip(header.source, header.destination, ttl=header.ttl, dscp=header.dscp)
        sent = frames.ip_frame(dst_mac, sender.mac, raw, vlans)
        trails = self.network.inject(sender.circuit, sent)
        expected = sorted((self._walked(branch) for branch in walked.branches), key=repr)
        assert sorted(map(self._trail, trails), key=repr) == expected, (sender, dst_mac, header)
        for trail in trails:
            self._check_frames(trail, sent)
        self.seen_ways += sum(branch.share != 1 for branch in walked.branches)
        return trails

    def _walked(self, branch: path.Branch):
        crossed = tuple(
            (hop.node, hop.link, tuple((int(e.label), e.tc, e.ttl) for e in hop.out_stack))
            for hop in branch.hops
            if hop.link in self.program.link_by_name
        )
        return crossed, self._walked_end(branch), branch.share

    def _walked_end(self, branch: path.Branch):
        last = [hop for hop in branch.hops if not hop.node.endswith("/ce")][-1]
        match branch.end:
            case path.Delivered(circuit=circuit, mac=mac):
                return "to", circuit, self._mac(circuit, mac), last.ip_ttl
            case path.TtlExpired(node) | path.Dropped(node) if node.endswith("/ce"):
                circuit = node.removesuffix("/ce")
                return "to", circuit, self._mac(circuit, ""), last.ip_ttl
            case path.TtlExpired(node):
                return "punted", node, PuntReason.TTL_EXPIRED
            case path.Unresolved(node):
                return "punted", node, PuntReason.GLEAN
            case path.Punted(node):  # the packets here are UDP
                return "punted", node, PuntReason.NOT_SERVED
            case path.Dropped(node, reason) if reason.startswith("no route"):
                return "punted", node, PuntReason.NO_ROUTE
            case path.Dropped(node, reason):
                return "lost", node, self._why(reason)

    def _mac(self, circuit: str, mac: str) -> str:
        ce = self.program.node_of_circuit[circuit].circuit_by_name[circuit].ce
        return ce.mac if ce else mac

    def _why(self, reason: str) -> Drop | None:
        if reason.startswith("no way out"):
            return None
        if "is never routed" in reason or reason.endswith("nothing is routed"):
            return Drop.NEVER_ROUTED
        if " is not on " in reason:
            return Drop.SOURCE
        if reason.endswith(("is down", "is blocked")):
            return Drop.TAG if self._shares_a_port(reason.split(maxsplit=1)[0]) else Drop.PORT
        return next(why for start, why in WHY.items() if reason.startswith(start))

    def _shares_a_port(self, name: str) -> bool:
        """Whether another circuit is up at a circuit's port."""
        node = self.program.node_of_circuit[name]
        port = node.circuit_by_name[name].physical_port
        return any(each.up for each in node.circuits if each.physical_port == port)

    def _trail(self, trail: Trail):
        crossed = tuple(
            (each.node, each.link, frames.seen(each.frame).stack) for each in trail.crossed
        )
        if isinstance(trail.end, Delivered):
            frame = trail.end.frame
            found = "to", trail.end.circuit, frame[:6].hex(":"), _ip(frame).ttl
        else:
            match trail.end.fate:
                case Punted(reason):
                    found = "punted", trail.end.node, reason
                case Lost(why):
                    found = "lost", trail.end.node, why
                case None:
                    found = "lost", trail.end.node, None
        return crossed, found, trail.share

    def _check_frames(self, trail: Trail, sent: bytes) -> None:
        for each in trail.crossed:
            adjacency = self.program.node(each.node).adjacency_by_link[each.link]
            seen = frames.seen(each.frame)
            macs = adjacency.mac, adjacency.peer_mac
            if adjacency.border is InterAs.A:  # each ASBR is the other's CE
                macs = GATEWAY_MAC, GATEWAY_MAC
            assert (seen.src, seen.dst) == macs
        if isinstance(trail.end, Delivered):
            vpn = trail.end.circuit.split("/")[0]
            frame = trail.end.frame
            if vpn in self.program.node_of_circuit[trail.end.circuit].vsi_by_name:
                assert frame == sent
            else:
                assert frame[6:12].hex(":") == GATEWAY_MAC
                assert frame[34:] == sent[34:]
                if frame[14] >> 4 == 4:
                    assert not internet_checksum(frame[14:34])

    def teach(self) -> None:
        """Have every bridged station say something once."""
        for sender in senders(self.program):
            if not sender.routed:
                raw = frames.ethernet(BROADCAST_MAC, sender.mac, 0x88B5, b"hello" * 10)
                self.network.inject(sender.circuit, raw)

    def send_to(self, sender: Sender, addresses, dst_mac: str | None = None, **header) -> int:
        """Send to addresses of a routed network, from the sender's of the same version."""
        count = 0
        for address in addresses:
            for own in sender.addresses:
                if own.version == address.version:
                    self.send(sender, dst_mac or GATEWAY_MAC, IpHeader(own, address, **header))
                    count += 1
        return count

    def all_pairs(self, **header) -> int:
        """Send from every host to every other of its VPN."""
        count = 0
        everyone = senders(self.program)
        for sender in everyone:
            for other in everyone:
                if other.vpn == sender.vpn and other is not sender:
                    mac = GATEWAY_MAC if sender.routed else other.own_mac
                    count += self.send_to(sender, other.addresses, mac, **header)
        return count


def _ip(frame: bytes):
    at = 12
    while frame[at : at + 2] in {b"\x81\x00", b"\x88\xa8"}:
        at += 4
    return frames.seen(frame[:12] + frame[at:])
