"""All LSRs of a lab on the fake eBPF data plane, and the cables between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.circuit_ids import circuit_ids
from mplsemu.southbound.ebpf.contents import Contents, contents_of
from mplsemu.southbound.ebpf.kinds import Drop, FdbKind
from mplsemu.southbound.ebpf.translate import entries, settings
from tests.oracles.fakebpf import FakeLsrs, Lost, Punted, Sent
from tests.oracles.fakece import FakeCes
from tests.oracles.fakemaps import shares
from tests.oracles.lines import Lines

MAX_HOPS = 300


def attach(program: Program) -> Attached:
    """Return what of a lab would be attached: an interface for every port of every LSR."""
    numbers = count(100)
    ports = {
        node.name: {port: next(numbers) for port in dict.fromkeys(_numbers(node))}
        for node in program.nodes
    }
    names = {lsr: {port: f"{lsr}-eth{port}" for port in each} for lsr, each in ports.items()}
    return Attached({}, ports, names, frozenset(), {})


def _numbers(node: NodeProgram) -> Iterator[int]:
    yield from (adjacency.port for adjacency in node.adjacencies)
    yield from (circuit.physical_port for circuit in node.circuits)


def contents_of_all(program: Program, attached: Attached) -> Contents:
    """Return what the maps should hold of all LSRs."""
    return contents_of(
        entry for node in program.nodes for entry in entries(program, node.name, attached)
    )


@dataclass(frozen=True)
class Crossed:
    """A frame on a link, as a capture there would show it."""

    node: str
    link: str
    frame: bytes


@dataclass(frozen=True)
class Delivered:
    """A frame left by an attachment circuit."""

    circuit: str
    frame: bytes


@dataclass(frozen=True)
class Ended:
    """It went no further than this LSR; None where its link is down."""

    node: str
    fate: Punted | Lost | None


@dataclass(frozen=True)
class Trail:
    """One way that one copy may take, and the part of the flows that take it."""

    crossed: tuple[Crossed, ...]
    end: Delivered | Ended
    share: Fraction


class FakeNetwork:
    """The data plane of a lab.

    Args:
        program: it is translated; besides only its links, ports and circuits are looked at.
        contents: of the maps, if not what the program is translated to.
        ces: whether CE routers send back what is not for their LAN.
    """

    def __init__(
        self, program: Program, contents: Contents | None = None, *, ces: bool = True
    ) -> None:
        self.attached = attach(program)
        self._program = program
        self._ces = FakeCes(program, are_there=ces)
        self.lsrs = FakeLsrs(
            contents_of_all(program, self.attached) if contents is None else contents,
            settings(program),
        )
        self._node: dict[int, str] = {}
        self._circuit: dict[int, str] = {}
        self._line: dict[int, int] = {}
        self.lines = Lines(program)
        ends: dict[str, list[int]] = {}
        for node in program.nodes:
            ports = self.attached.ports[node.name]
            self._node |= dict.fromkeys(ports.values(), node.name)
            self._circuit |= {number: name for name, number in circuit_ids(node, ports).items()}
            to_sites = (each for each in node.circuits if each.border is None)
            self._line |= {ports[each.physical_port]: each.physical_port for each in to_sites}
            for adjacency in node.adjacencies:
                ends.setdefault(adjacency.link, []).append(ports[adjacency.port])
        self._link = {ifindex: link for link, pair in ends.items() for ifindex in pair}
        self._peer = {a: b for pair in ends.values() for a, b in (pair, pair[::-1])}

    def inject(self, circuit: str, frame: bytes) -> list[Trail]:
        """Send a frame into a circuit from the customer's side, and see it through."""
        node, port, on_line = self.lines.sent(circuit, frame)
        return self.inject_at(node, port, on_line)

    def inject_at(self, node: str, port: int, frame: bytes) -> list[Trail]:
        """Send a frame into a port of an LSR, as it is, and see it through."""
        ifindex = self.attached.ports[node][port]
        return self._follow([(ifindex, frame, (), Fraction(1))], [])

    def route(self, node: str, vrf: int, packet: bytes) -> list[Trail]:
        """Have an LSR's VRF route an IP packet, as the controller does."""
        index = self._program.node(node).index
        under_way, trails = [], []
        for fate, part in shares(self.lsrs.route(index, vrf, packet)):
            moved = self._move(node, fate, (), part)
            (trails if isinstance(moved, Trail) else under_way).append(moved)
        return self._follow(under_way, trails)

    def _follow(self, under_way, trails: list[Trail]) -> list[Trail]:
        while under_way:
            ifindex, current, crossed, share = under_way.pop()
            assert len(crossed) < MAX_HOPS, "a packet keeps moving: there is a loop"
            node = self._node[ifindex]
            for alternatives in self.lsrs.receive(ifindex, current):
                for fate, part in shares(alternatives):
                    moved = self._move(node, fate, crossed, share * part)
                    if isinstance(moved, Trail):
                        trails.append(moved)
                    else:
                        under_way.append(moved)
        return trails

    def _move(self, node, fate, crossed, share):
        """Return the trail that ends here, or where the copy is next."""
        if not isinstance(fate, Sent):
            return Trail(crossed, Ended(node, fate), share)
        assert self._node[fate.oif] == node, "sent out of another LSR's interface"
        if fate.oif in self._line:
            for circuit, frame in self.lines.received(node, self._line[fate.oif], fate.frame):
                back = self._ces.back(circuit, frame)
                if back is not None:
                    lsr, port, again = self.lines.sent(circuit, back)
                    return self.attached.ports[lsr][port], again, crossed, share
                return Trail(crossed, Delivered(circuit, frame), share)
            return Trail(crossed, Ended(node, Lost(Drop.TOO_BIG)), share)
        if not self._takes(fate.oif, fate.frame):
            return Trail(crossed, Ended(node, Lost(Drop.TOO_BIG)), share)
        link = self._link[fate.oif]
        if not self._program.link_by_name[link].up:
            return Trail(crossed, Ended(node, None), share)
        here = Crossed(node, link, fate.frame)
        return self._peer[fate.oif], fate.frame, (*crossed, here), share

    def _takes(self, oif: int, frame: bytes) -> bool:
        """Whether a link takes a packet."""
        tag = 4 if frame[12:14] == b"\x81\0" else 0  # one is not counted (packet(7))
        return len(frame) - 14 - tag <= self._program.link_by_name[self._link[oif]].mtu

    def learned(self) -> dict[tuple[str, str, str], str]:
        """Return what all VSIs have learned, as the reference interpreter takes it."""
        nodes = {node.index: node for node in self._program.nodes}
        found = {}
        for key, record in self.lsrs.fdb.items():
            node = nodes[key.lsr]
            (vsi,) = (each for each in node.vsis if each.index == key.vsi)
            if record.kind is FdbKind.AT_CIRCUIT:
                place = self._circuit[record.id]
            else:
                (place,) = (pw.peer for pw in vsi.pseudowires if pw.index == record.id)
            found[node.name, vsi.name, key.mac.hex(":")] = place
        return found
