"""The state of a walk: the packet's copies in flight, and what a router may do with one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from mplsemu.model.labels import Label, LabelStackEntry
from mplsemu.model.limits import LABEL_OCTETS
from mplsemu.model.topology import TtlMode
from mplsemu.model.vpn import IPAddress
from mplsemu.program.entries import Nhlfe, pushed
from mplsemu.program.fib import Fib
from mplsemu.program.gateway import Gateways
from mplsemu.program.hosts import host_ref
from mplsemu.program.learning import Learning
from mplsemu.program.lsp import describe_push
from mplsemu.program.packet import Packet
from mplsemu.program.path import (
    ALL,
    Branch,
    CopyId,
    Delivered,
    Dropped,
    End,
    Stack,
    TtlExpired,
    WalkHop,
)
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit, Vrf

MacTable = Mapping[tuple[str, str, str], str]
"""FDBs: the circuit or PE behind which a MAC address was learned, by LSR, VSI and address."""


class LookupCache:
    """Look-up tables that all walks through one program share, each built once.

    Attributes:
        program: what every LSR does.
        down: core links that have failed since the program was compiled.
        learning: where VSIs have learned stations.
    """

    def __init__(self, program: Program, down: Collection[str] = ()) -> None:
        self.program = program
        self.down = down
        self._fibs: dict[tuple[str, str], Fib] = {}
        self._gateways: dict[tuple[str, str], Gateways] = {}
        self.learning = Learning(program)
        self._circuit_by_mac: dict[str, dict[str, str]] | None = None

    def fib(self, node: NodeProgram, vrf: Vrf) -> Fib:
        """Return the look-up table of a VRF."""
        key = (node.name, vrf.name)
        if key not in self._fibs:
            self._fibs[key] = Fib(vrf.routes)
        return self._fibs[key]

    def gateways(self, node: NodeProgram, vrf: Vrf) -> Gateways:
        """Return the addresses of a VRF's gateways, on circuits that are up."""
        key = (node.name, vrf.name)
        if key not in self._gateways:
            circuits = (node.circuit_by_name[name] for name in vrf.circuits)
            up = (each for circuit in circuits if circuit.up for each in circuit.gateways)
            self._gateways[key] = Gateways.of(up)
        return self._gateways[key]

    def circuit_by_mac(self, vpn: str) -> dict[str, str]:
        """Return the circuit of each MAC address of a bridged VPN, of circuits that are up."""
        if self._circuit_by_mac is None:  # for all VPNs in one pass over the program
            self._circuit_by_mac = {}
            for node in self.program.nodes:
                for circuit in node.circuits:
                    if circuit.up:
                        known = self._circuit_by_mac.setdefault(circuit.vpn, {})
                        known.update({host.mac: circuit.name for host in circuit.hosts})
        return self._circuit_by_mac.get(vpn, {})


class Copy:
    """One copy of a packet in flight.

    Attributes:
        node: the LSR it is at.
        in_stack: the label stack with which it arrived there.
        stack: its label stack now.
        ttl: of the IP packet, None without one.
        octets: size below the label stack; 0 if it fits on every link.
        actions: what the LSR has done so far, for display.
        hops: the hops so far.
        seen: the LSRs and label stacks so far, to detect loops.
        number: identifies the copy; alternative paths of one copy share it.
        share: fraction of the flows that take this path.
        delimiter: VLAN identifier of the tag that a pseudowire of tagged mode carries before the
            frame, or carried last; None if there is none.
    """

    __slots__ = (
        "actions", "delimiter", "hops", "in_stack", "node", "number", "octets", "seen", "share",
        "stack", "ttl"
    )  # fmt: skip

    def __init__(self, node: NodeProgram, ttl: int | None, octets: int = 0) -> None:
        self.node = node
        self.in_stack: Stack = ()
        self.stack: Stack = ()
        self.ttl = ttl
        self.octets = octets
        self.actions: list[str] = []
        self.hops: list[WalkHop] = []
        self.seen: set[tuple[str, tuple[Label, ...]]] = set()
        self.number: CopyId = ()
        self.share = ALL
        self.delimiter: int | None = None

    def flood(self, count: int) -> list[Copy]:
        """Return `count` copies here, this one among them, each with an index."""
        copies = self._fork(count)
        if count > 1:
            for index, copy in enumerate(copies):
                copy.number = (*copy.number, index)
        return copies

    def spread(self, count: int) -> list[Copy]:
        """Return `count` alternatives for this copy: one for each NHLFE it may take."""
        paths = self._fork(count)
        for index, path in enumerate(paths if count > 1 else (), 1):
            path.share /= count
            path.actions.append(f"way {index} of {count}")
        return paths

    def _fork(self, count: int) -> list[Copy]:
        return [self, *(self._twin() for _ in range(count - 1))]

    def _twin(self) -> Copy:
        other = Copy(self.node, self.ttl, self.octets)
        other.in_stack, other.stack = self.in_stack, self.stack
        other.actions, other.hops, other.seen = (
            self.actions.copy(),
            self.hops.copy(),
            self.seen.copy(),
        )
        other.number, other.share = self.number, self.share
        other.delimiter = self.delimiter
        return other

    def leave(self, link: str | None, vrf: str | None = None, vsi: str | None = None) -> None:
        """Record the hop that ends here."""
        circuit = self.node.circuit_by_name.get(link) if link is not None else None
        if circuit is not None and circuit.tags is not None:
            self.actions.append(f"push VLAN {circuit.tags}")
        action = "; ".join(self.actions)
        hop = WalkHop(self.node.name, vrf, vsi, self.in_stack, action, self.stack, link, self.ttl)
        self.hops.append(hop)
        self.actions = []


class WalkState:
    """One packet's walk: its copies in flight, and the branches that have ended.

    Every method takes a copy at an LSR, and ends it or sends it to the next LSR.
    """

    def __init__(
        self,
        tables: LookupCache,
        packet: Packet,
        *,
        learned: bool | MacTable,
        max_branches: int = 0,
    ) -> None:
        self.tables = tables
        self.program = tables.program
        self.packet = packet
        self.learned = learned
        self.is_uniform = tables.program.ttl_mode is TtlMode.UNIFORM
        self._tc = packet.ip.traffic_class if packet.ip else 0
        self._max_branches = max_branches
        self._arrived: set[tuple[CopyId, str, Stack, int | None]] = set()
        self.pending: list[Copy] = []
        self.branches: list[Branch] = []
        self.joined: list[tuple[WalkHop, ...]] = []

    def learned_at(self, node: NodeProgram, vsi: str) -> str | None:
        """Look the frame's destination up in the FDB of this LSR's VSI.

        Returns:
            A circuit of this LSR, or the PE at the far end of a pseudowire; None if not learned.
        """
        mac = self.packet.destination_mac
        if isinstance(self.learned, Mapping):
            return self.learned.get((node.name, vsi, mac))
        circuit = self.tables.circuit_by_mac(vsi).get(mac) if self.learned else None
        return None if circuit is None else self.tables.learning.place(node, vsi, circuit)

    def end(self, copy: Copy, end: End, *, vrf: str | None = None, vsi: str | None = None) -> None:
        """End a copy at the LSR where it is."""
        copy.leave(end.circuit if isinstance(end, Delivered) else None, vrf, vsi)
        self.finish(copy, end)

    def finish(self, copy: Copy, end: End) -> None:
        """End a copy whose last hop is recorded."""
        if copy.octets and isinstance(end, Delivered):
            framed = any(hop.vsi is not None for hop in copy.hops)
            end = replace(end, octets=self.packet.octets if framed else copy.octets)
        self.branches.append(Branch(tuple(copy.hops), end, copy.number, copy.share))

    def drop(
        self, copy: Copy, reason: str, *, vrf: str | None = None, vsi: str | None = None
    ) -> None:
        """Drop a copy."""
        copy.actions.append(f"drop: {reason}")
        self.end(copy, Dropped(copy.node.name, reason), vrf=vrf, vsi=vsi)

    def expire(self, copy: Copy, vrf: str | None = None) -> None:
        """End a copy whose TTL expired."""
        copy.actions.append("TTL expired")
        self.end(copy, TtlExpired(copy.node.name, vrf, copy.in_stack), vrf=vrf)

    def send(
        self, copy: Copy, link: str, *, vrf: str | None = None, vsi: str | None = None
    ) -> None:
        """Send a copy over a core link."""
        adjacency = copy.node.adjacency_by_link.get(link)
        line = self.program.link_by_name[link] if adjacency is not None else None
        if adjacency is None or line is None or not line.up or link in self.tables.down:
            self.drop(copy, f"no way out on {link}", vrf=vrf, vsi=vsi)
            return
        octets = copy.octets + LABEL_OCTETS * len(copy.stack)
        if octets > line.mtu:
            self.drop(copy, f"{octets} octets are too many for {link}", vrf=vrf, vsi=vsi)
            return
        copy.leave(link, vrf, vsi)
        copy.node = self.program.node(adjacency.peer)
        copy.in_stack = copy.stack
        if copy.share == ALL or not self._joins(copy):
            self.pending.append(copy)

    def _joins(self, copy: Copy) -> bool:
        """Whether the same copy was here before on another path: the rest of it is known."""
        as_what = (copy.number, copy.node.name, copy.stack, copy.ttl)
        is_known = as_what in self._arrived
        self._arrived.add(as_what)
        if is_known and len(self.branches) + len(self.pending) >= self._max_branches:
            self.joined.append(tuple(copy.hops))
            return True
        return False

    def pop(self, copy: Copy, ttl: int) -> None:
        """Pop the top entry; in the uniform model its TTL moves inwards (RFC 3443 section 3.1)."""
        top, *rest = copy.stack
        if rest and self.is_uniform:
            rest[0] = replace(rest[0], ttl=ttl)
        copy.stack = tuple(rest)
        copy.actions.append(f"pop {top.label}")

    def enter_tunnel(
        self,
        copy: Copy,
        egress: str,
        service: Label,
        ttl: int,
        *,
        vrf: str | None = None,
        vsi: str | None = None,
    ) -> None:
        """Push the service label and the tunnel's labels, and send."""
        tunnel = copy.node.ftn_by_egress.get(egress)
        if tunnel is None:
            self.drop(copy, f"no tunnel to {egress}", vrf=vrf, vsi=vsi)
            return
        paths = copy.spread(len(tunnel.nhlfes))
        for path, primary in zip(paths, tunnel.nhlfes, strict=True):
            nhlfe = self.usable(path, primary)
            labels = (*pushed(nhlfe), service)
            path.stack = tuple(LabelStackEntry(label, self._tc, ttl) for label in labels)
            path.actions.append(describe_push(labels))
            self.send(path, nhlfe.link, vrf=vrf, vsi=vsi)

    def usable(self, copy: Copy, nhlfe: Nhlfe) -> Nhlfe:
        """Return the NHLFE that forwards a copy: its backup while its link is down."""
        found = nhlfe.usable(self.tables.down)
        if found is not nhlfe:
            copy.actions.append(f"{nhlfe.link} is down: backup over {found.link}")
        return found

    def decrement(self, copy: Copy, vrf: Vrf) -> bool:
        """Decrement the IP TTL; False if it expires."""
        if copy.ttl is None or copy.ttl <= 1:
            self.expire(copy, vrf.name)
            return False
        copy.ttl -= 1
        return True


def delivered(circuit: AttachmentCircuit, address: IPAddress | None, mac: str) -> Delivered:
    """Return the end of a copy that leaves on a circuit, with the owner of the MAC address."""
    host = next((each for each in circuit.hosts if each.mac == mac), None)
    ref = host_ref(circuit, host) if host else None
    ce = circuit.ce
    is_ce = ce is not None and ce.mac == mac and address in ce.addresses
    return Delivered(circuit.name, ref, address, mac, is_ce)
