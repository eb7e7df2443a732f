"""The MTU of a VPN: the largest packet, or frame, between its sites (RFC 3032 section 3)."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mplsemu.program.learning import Learning
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit, Pseudowire, ViaAsbr, ViaPe, Vrf, Vsi
from mplsemu.program.sizes import ETHERNET_OCTETS, frame_mtu
from mplsemu.program.split_horizon import Group
from mplsemu.verification.border_sizes import path_to_site

Pair = tuple[str, str]
"""Two attachment circuits: from the first to the second."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Two sites that could exchange larger packets than the provider carries between them.

    Attributes:
        pair: their circuits.
        octets: the largest packet, or frame, that gets through whole.
        wanted: what both circuits take.
    """

    pair: Pair
    octets: int
    wanted: int


@dataclass(frozen=True, slots=True)
class LargestPacket:
    """The largest packet, or frame, of a VPN.

    A larger packet is fragmented or answered with an ICMP error; a larger frame is dropped.

    Attributes:
        vpn: its name.
        framed: whether `octets` is of frames, with their Ethernet header, not of IP packets.
        octets: the largest that any pair of circuits carries; unconnected pairs do not count.
        narrower: pairs of circuits that carry less, and how much.
        short: pairs between which the provider carries less than both circuits take.
    """

    vpn: str
    framed: bool
    octets: int
    narrower: tuple[tuple[Pair, int], ...] = ()
    short: tuple[Shortfall, ...] = ()


@dataclass(frozen=True, slots=True)
class _Target:
    """A circuit that a VRF or VSI leads to: what it takes, and what of that gets there."""

    circuit: str
    takes: int
    carried: int


@dataclass(frozen=True, slots=True)
class _Service:
    """A VRF or VSI: its circuits, each with its MTU, and those that it leads to."""

    sources: tuple[tuple[str, int], ...]
    targets: tuple[_Target, ...]

    def sizes(self) -> set[int]:
        """Return the MTUs that a pair of a source and a target may have."""
        sources = {octets for _, octets in self.sources}
        targets = {target.carried for target in self.targets}
        return {min(pair) for pair in itertools.product(sources, targets)}

    def pairs(self) -> Iterator[tuple[Pair, int]]:
        """Yield the MTU between each two circuits."""
        for (source, most), target in itertools.product(self.sources, self.targets):
            if source != target.circuit:
                yield (source, target.circuit), min(most, target.carried)

    def short(self) -> Iterator[Shortfall]:
        """Yield the pairs between which less is carried than both circuits take."""
        narrow = [target for target in self.targets if target.carried < target.takes]
        for (source, most), target in itertools.product(self.sources, narrow):
            wanted = min(most, target.takes)
            if source != target.circuit and target.carried < wanted:
                yield Shortfall((source, target.circuit), target.carried, wanted)


def largest_packets(program: Program) -> tuple[LargestPacket, ...]:
    """Return the largest packet of every VPN with more than one site, in the program's order.

    Names that the program does not define are ignored.
    """
    circuits = {
        circuit.name: circuit for node in program.nodes for circuit in node.circuits if circuit.up
    }
    services: dict[str, list[_Service]] = {vpn.name: [] for vpn in program.vpns}
    framed: set[str] = set()
    learning = Learning(program)
    for node in program.nodes:
        for vrf in node.vrfs:
            services.setdefault(vrf.vpn, []).append(_in_vrf(program, node, vrf, circuits))
        for vsi in node.vsis:
            framed.add(vsi.name)
            found_in = _in_vsi(node, vsi, learning, program, circuits)
            services.setdefault(vsi.name, []).extend(found_in)
    found = (_summary(vpn, vpn in framed, some) for vpn, some in services.items())
    return tuple(each for each in found if each is not None)


def _summary(vpn: str, framed: bool, services: list[_Service]) -> LargestPacket | None:
    sizes = {octets for service in services for octets in service.sizes()}
    pairs = (pair for service in services for pair in service.pairs())
    if len(sizes) == 1:  # the usual case: one pair stands for all, which may be millions
        most = next((octets for _, octets in pairs), None)
        narrower: list[tuple[Pair, int]] = []
    else:
        known = dict(pairs)
        most = max(known.values(), default=None)
        narrower = sorted((pair, octets) for pair, octets in known.items() if octets < (most or 0))
    short = {each.pair: each for service in services for each in service.short()}
    shortfalls = tuple(short[pair] for pair in sorted(short))
    return LargestPacket(vpn, framed, most, tuple(narrower), shortfalls) if most else None


Circuits = dict[str, AttachmentCircuit]


def _in_vrf(program: Program, node: NodeProgram, vrf: Vrf, circuits: Circuits) -> _Service:
    targets: dict[str, _Target] = {}
    for prefix, way in ((route.prefix, way) for route in vrf.routes for way in route.ways):
        target = circuits.get(way.circuit)
        if target is None:
            continue
        passed: list[int] = []
        end: NodeProgram | None = node
        if isinstance(way.next_hop, ViaPe | ViaAsbr):
            end = path_to_site(program, node, way, prefix, passed)
        if end is not None:
            carried = min(target.mtu, *passed) if passed else target.mtu
            targets[target.name] = _Target(target.name, target.mtu, carried)
    own = (circuits[name] for name in vrf.circuits if name in circuits)
    sources = ((circuit.name, circuit.mtu) for circuit in own if circuit.border is None)
    return _Service(tuple(sources), tuple(targets.values()))


def _in_vsi(
    node: NodeProgram, vsi: Vsi, learning: Learning, program: Program, circuits: Circuits
) -> Iterator[_Service]:
    """Yield the circuits of a VSI with those that they lead to; leaves of an E-Tree apart."""
    for leaf in (False, True):
        sources = tuple(_frames(vsi, circuits, {leaf}))
        if not sources:
            continue
        groups = Group.LEAVES if leaf else Group.NONE
        kinds = {False} if leaf else {False, True}
        here = _frames(vsi, circuits, kinds)
        targets = [_Target(name, octets, octets) for name, octets in here]
        for there, most in _reached(node, vsi, learning, program, groups):
            found = _frames(there, circuits, kinds)
            targets += [_Target(name, octets, min(octets, most)) for name, octets in found]
        yield _Service(sources, tuple(targets))


def _reached(
    node: NodeProgram, vsi: Vsi, learning: Learning, program: Program, groups: Group
) -> Iterator[tuple[Vsi, int]]:
    """Yield the VSIs that frames get to, each with the largest that may."""
    if learning.is_shaped(vsi.name):
        steps = learning.hearers(vsi.name, node.name, groups)
    else:
        steps = ((wire.peer, node.name) for wire in vsi.pseudowires)
    largest: dict[str, int | None] = {}
    wires: dict[str, dict[str, Pseudowire]] = {}
    for name, before in steps:
        peer, sender = program.node_by_name.get(name), program.node(before)
        there = peer.vsi_by_name.get(vsi.name) if peer is not None else None
        if before not in wires:
            table = sender.vsi_by_name[vsi.name]
            wires[before] = {wire.peer: wire for wire in table.pseudowires}
        most = frame_mtu(sender, wires[before][name])
        so_far = largest.get(before, most)
        largest[name] = None if most is None or so_far is None else min(most, so_far)
        if there is not None and (octets := largest[name]) is not None:
            yield there, octets


def _frames(vsi: Vsi, circuits: Circuits, leaves: Collection[bool]) -> Iterator[tuple[str, int]]:
    """Yield the largest frame on each circuit of a VSI, of leaves or of others."""
    for name in vsi.circuits:
        if name in circuits and circuits[name].leaf in leaves:
            yield name, circuits[name].mtu + ETHERNET_OCTETS
