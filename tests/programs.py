"""Forwarding programs that several tests work on, and how one is changed in one LSR."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.model.labels import Label
from mplsemu.model.limits import LABEL_OCTETS
from mplsemu.model.network import Network
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.entries import Forward, IlmEntry, Nhlfe, Pop, Push, Swap
from mplsemu.program.program import NodeProgram, Program
from tests import builders
from tests.places import LAB_FILES

MODES = [f"nordic-{ttl}-{null}" for ttl in TtlMode for null in NullLabel]
"""The nordic lab with each TTL mode and each null label."""


@cache
def program_of(lab: str) -> Program:
    """Return the program of a lab file, by its name, or of one of MODES."""
    if lab in LAB_FILES:
        return compile_program(load(LAB_FILES[lab]).network)
    name, ttl, null = lab.split("-", 2)
    assert name == "nordic", f"{lab} is neither a lab file nor a mode"
    return compile_program(builders.nordic(ttl_mode=TtlMode(ttl), null_label=NullLabel(null)))


def with_node(program: Program, node: NodeProgram) -> Program:
    """Return the program with another LSR in place of the one of that name."""
    nodes = tuple(node if each.name == node.name else each for each in program.nodes)
    return replace(program, nodes=nodes)


def changed_node(program: Program, name: str, **changes: object) -> Program:
    """Return the program with one LSR changed."""
    return with_node(program, replace(program.node(name), **changes))  # type: ignore[arg-type]


def protected(program: Program, name: str, link: str, via: str, bypass: Label) -> Program:
    """Return the program with every NHLFE of an LSR over a link protected by facility bypass.

    Args:
        program: without such a bypass.
        name: the LSR, the point of local repair (RFC 4090 section 3.2).
        link: to protect; its other end is the merge point.
        via: an LSR next to both ends, over which the bypass leads.
        bypass: the label that `via` binds to it, with penultimate-hop popping.
    """
    here, around = program.node(name), program.node(via)
    merge_point = here.adjacency_by_link[link].peer
    (out,) = [end.link for end in here.adjacencies if end.peer == via]
    (onward,) = [end.link for end in around.adjacencies if end.peer == merge_point]

    def with_backup(nhlfe: Nhlfe) -> Nhlfe:
        if nhlfe.link != link:
            return nhlfe
        match nhlfe.operation:
            case Push(labels):
                return replace(nhlfe, backup=Nhlfe(out, Push((bypass, *labels))))
            case Swap(labels):
                return replace(nhlfe, backup=Nhlfe(out, Swap((bypass, *labels))))
            case Pop():
                return replace(nhlfe, backup=Nhlfe(out, Swap((bypass,))))

    ftn = tuple(replace(each, nhlfes=tuple(map(with_backup, each.nhlfes))) for each in here.ftn)
    ilm = tuple(
        replace(each, action=Forward(tuple(map(with_backup, each.nhlfes)))) if each.nhlfes else each
        for each in here.ilm
    )
    tunnel = IlmEntry(bypass, Forward((Nhlfe(onward, Pop()),)), merge_point)
    program = changed_node(program, name, ftn=ftn, ilm=ilm)
    return changed_node(program, via, ilm=(*around.ilm, tunnel))


def ring(**settings: object) -> Network:
    """Return a lab of a path x-p-q-y, and an LSR r beside each of its links."""
    links = ("x-p", "p-q", "q-y", "x-r", "p-r", "q-r", "y-r")
    macs = builders.MacAddresses()
    return builders.network(
        builders.provider(links, pes=("x", "y"), metrics={"x-r": 30, "y-r": 30}, **settings),  # type: ignore[arg-type]
        builders.l3vpn("v", {"a": ("x", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29")}, macs=macs),
        builders.vpls("lan", {"a": "x", "b": "y"}, subnet="10.0.0.0/28", macs=macs),
    )


PROTECTED = {"x": "x-p", "p": "p-q", "q": "q-y"}
"""By LSR of a ring, its link towards y."""


def repaired_ring(name: str, **settings: object) -> Program:
    """Return the program of a ring in which an LSR forwards by its backups, as if for good."""
    program = protected_ring(**settings)
    down = {PROTECTED[name]}
    for node in program.nodes:
        used = down if node.name == name else set()
        ftn = tuple(replace(each, nhlfes=_used(each.nhlfes, used)) for each in node.ftn)
        ilm = tuple(
            replace(each, action=Forward(_used(each.nhlfes, used))) if each.nhlfes else each
            for each in node.ilm
        )
        program = changed_node(program, node.name, ftn=ftn, ilm=ilm)
    return program


def _used(nhlfes: tuple[Nhlfe, ...], down: set[str]) -> tuple[Nhlfe, ...]:
    """Return the NHLFEs by which an LSR forwards, none of them protected any more."""
    return tuple(replace(each.usable(down), backup=None) for each in nhlfes)


def protected_ring(**settings: object) -> Program:
    """Return the program of a ring in which every link towards y is protected, and back to x."""
    program = compile_program(ring(**settings))
    bypass = 7000
    for name, link in (*PROTECTED.items(), ("y", "q-y"), ("q", "p-q"), ("p", "x-p")):
        program = protected(program, name, link, "r", Label(bypass))
        bypass += 1
    for name in ("x", "y"):  # a packet with a bypass's label has to fit on every link, too
        ftn = tuple(replace(e, mtu=e.mtu - LABEL_OCTETS) for e in program.node(name).ftn)
        program = changed_node(program, name, ftn=ftn)
    return program


def numbers_of(program: Program) -> dict[tuple[str, ...], object]:
    """Return what every part of a program is known by, by its name."""
    found: dict[tuple[str, ...], object] = {}
    for node in program.nodes:
        found["lsr", node.name] = node.index
        for end in node.adjacencies:
            found["port", node.name, end.link] = end.port, end.mac, end.peer_mac
        for circuit in node.circuits:
            found["port", node.name, circuit.name] = circuit.port
        for vrf in node.vrfs:
            found["service", node.name, vrf.name] = vrf.index, vrf.label
        for vsi in node.vsis:
            found["service", node.name, vsi.name] = vsi.index
            for pw in vsi.pseudowires:
                found["pseudowire", node.name, vsi.name, pw.peer] = pw.index, pw.in_label
    return found
