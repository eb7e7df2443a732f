"""Frames at ports that circuits share: each goes to the circuit whose tags it has, others nowhere.

A frame is told by its outermost two tags, which are compared with those of the port's circuits and
nothing else. So a frame of every class is judged by one: without a tag, with the tags of a circuit,
with a tag of a circuit and one that no circuit has behind it, and with a tag that no circuit has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mplsemu.model.network import Network
from mplsemu.model.tags import MAX_VLAN, MIN_VLAN
from mplsemu.model.vpn import Site
from mplsemu.program.access_line import circuit_of_frame
from mplsemu.program.program import Program

Tags = tuple[int, ...]


def misled_frames(program: Program, network: Network) -> Iterator[tuple[str, str]]:
    """Yield each PE with a class of frames that its port leads elsewhere than the lab says."""
    lines: dict[tuple[str, str], list[Site]] = {}
    for _, site in network.sites():
        if site.shared_line is not None or site.vlan is not None:
            lines.setdefault((site.pe, site.shared_line or site.circuit), []).append(site)
    for (pe, line), sites in lines.items():
        node = program.node_by_name.get(pe)
        circuit = node.circuit_by_name.get(sites[0].circuit) if node is not None else None
        if node is None or circuit is None:
            continue  # `check_conformance` says what is missing
        due = {_identifiers(site): site.circuit for site in sites}
        for vlans in tag_classes(due):
            wanted = _owner(due, vlans)
            found = circuit_of_frame(node, circuit.physical_port, vlans)
            taken = None if found is None else found[0].name
            if taken != wanted:
                frames = (
                    f"frames of VLAN {'.'.join(map(str, vlans))}" if vlans else "untagged frames"
                )
                where = f"go to {taken}" if taken is not None else "go nowhere"
                yield pe, f"port {line}: {frames} {where}, should go to {wanted or 'nobody'}"


def tag_classes(due: Iterable[Tags]) -> Iterator[Tags]:
    """Yield the tags of one frame of every class at a port.

    Args:
        due: the tags of its circuits.
    """
    due = set(due)
    unknown = _unused({vlan for tags in due for vlan in tags})
    outer = sorted({tags[0] for tags in due if tags})
    yield ()
    yield (unknown,)
    for vlan in outer:
        yield (vlan,)
        yield vlan, unknown
    yield from sorted(tags for tags in due if len(tags) > 1)


def _unused(vlans: set[int]) -> int:
    """Return a VLAN identifier that no circuit of a port has."""
    free = (vlan for vlan in range(MAX_VLAN, MIN_VLAN - 1, -1) if vlan not in vlans)
    return next(free, MAX_VLAN)


def _owner(due: dict[Tags, str], vlans: Tags) -> str | None:
    """Return the circuit that a frame should go to."""
    if vlans in due:
        return due[vlans]
    return due.get(vlans[:1]) if len(vlans) > 1 else None


def _identifiers(site: Site) -> Tags:
    return () if site.vlan is None else site.vlan.identifiers
