"""What is counted of an LSR, and the names of the counters (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mplsemu.program.entries import PopToPseudowire, PopToVrf
from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.ebpf.kinds import CounterKind, Drop
from mplsemu.southbound.ebpf.layout import CounterKey, pw_counter_id
from mplsemu.southbound.plane import counters as plane
from mplsemu.southbound.plane.counters import Counter

Named = tuple[plane.CounterKind, str, str | None]
"""Kind, name and peer of a `Counter`."""


def counter_names(program: Program, node: NodeProgram) -> dict[CounterKey, Named]:
    """Return what is counted of an LSR, except drops.

    The program counts where there is an entry; it makes those of drops by itself.
    """
    return dict(_counter_names(program, node))


def _counter_names(program: Program, node: NodeProgram) -> Iterator[tuple[CounterKey, Named]]:
    kind = plane.CounterKind
    me = node.index
    for entry in node.ilm:
        if not isinstance(entry.action, PopToVrf | PopToPseudowire):  # those have counters below
            label = int(entry.label)
            yield CounterKey(me, CounterKind.LSP, label), (kind.LSP, str(label), None)
    for tunnel in node.ftn:
        number = program.node(tunnel.egress).index
        yield CounterKey(me, CounterKind.TUNNEL, number), (kind.TUNNEL, tunnel.egress, None)
    for vrf in node.vrfs:
        yield CounterKey(me, CounterKind.VRF_IN, vrf.index), (kind.VRF_IN, vrf.name, None)
        yield CounterKey(me, CounterKind.VRF_OUT, vrf.index), (kind.VRF_OUT, vrf.name, None)
    for vsi in node.vsis:
        for circuit in vsi.circuits if vsi.storm_control_bps is not None else ():
            port = node.circuit_by_name[circuit].port
            yield CounterKey(me, CounterKind.STORM, port), (kind.STORM, circuit, None)
        for pw in vsi.pseudowires:
            number = pw_counter_id(vsi.index, pw.index)
            came = kind.PSEUDOWIRE_IN, vsi.name, pw.peer
            went = kind.PSEUDOWIRE_OUT, vsi.name, pw.peer
            yield CounterKey(me, CounterKind.PW_IN, number), came
            yield CounterKey(me, CounterKind.PW_OUT, number), went


def counters_of(
    program: Program, node: NodeProgram, sums: Iterable[tuple[CounterKey, tuple[int, ...]]]
) -> Iterator[Counter]:
    """Yield the counters of one LSR.

    Args:
        program: the whole network's program.
        node: the LSR.
        sums: packets and octets of it and of others.
    """
    names: Mapping[CounterKey, Named] = counter_names(program, node)
    for key, (packets, octets) in sums:
        if key.lsr != node.index:
            continue
        if key.kind is CounterKind.DROP:
            why = Drop(key.id).name.lower().replace("_", "-")
            kind = plane.CounterKind.DROP
            yield Counter(node.name, kind, why, packets, octets)
        elif key in names:
            kind, name, peer = names[key]
            yield Counter(node.name, kind, name, packets, octets, peer)
