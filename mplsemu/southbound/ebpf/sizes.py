"""Capacities of the maps of a lab, and how large a frame fits everywhere in it (pure).

A hash map has as many buckets as its capacity. With far more buckets than entries every look-up is
a cache miss, which costs more than all else it does.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from mplsemu.model.limits import ACCESS_MTU
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.sizes import ETHERNET_OCTETS
from mplsemu.southbound.ebpf.counting import counter_names
from mplsemu.southbound.ebpf.kinds import PUNT_LSPS, Drop
from mplsemu.southbound.fdb_capacity import fdb_capacity
from mplsemu.southbound.multicast import MAX_GROUPS
from mplsemu.southbound.punt.rate_limits import PuntClass

_ROOM: Final = 4
"""Times the entries at boot: when paths change, new entries coexist with old ones."""
_LEAST: Final = 1 << 10
_LEAST_BUCKETS: Final = 1 << 14
_MOST: Final = 1 << 20
FULL_FRAME: Final = ETHERNET_OCTETS + ACCESS_MTU
"""Octets of a frame of an Ethernet as usual."""


def always_fits(program: Program) -> int:
    """Return the size of a frame that every link and every circuit takes; full frames at most.

    Most packets are not larger, and need not be compared with the MTU of their interface.
    """
    circuits = (circuit for node in program.nodes for circuit in node.circuits)
    mtus = [link.mtu for link in program.links] + [circuit.line_mtu for circuit in circuits]
    return min(FULL_FRAME, ETHERNET_OCTETS + min(mtus, default=ACCESS_MTU))


def sizes(program: Program) -> dict[str, int]:
    """Return the capacities of the hash maps by name; powers of two."""
    needed: Counter[str] = Counter()
    for node in program.nodes:
        needed.update(_needed(program, node))
    found = {name: _size(count * _ROOM, _LEAST) for name, count in needed.items()}
    addresses = fdb_capacity(program).total
    buckets = sum(map(_buckets, program.nodes))
    return found | {
        "fdb": addresses,
        "fdb_slots": addresses,
        "buckets": _size(buckets, _LEAST_BUCKETS),
    }


def _buckets(node: NodeProgram) -> int:
    """Return how many token buckets for punts and MAC moves an LSR needs."""
    punts = len(PuntClass) * (len(node.circuits) + len(node.vrfs) + 1) + PUNT_LSPS
    return punts + len(node.vsis)


def _needed(program: Program, node: NodeProgram) -> dict[str, int]:
    """Return how many entries an LSR has."""
    vsis = len(node.vsis)
    return {
        "ports": len(node.adjacencies) + len(node.circuits),
        "tagged_ports": len(node.delimited_circuits),
        "tagged_circuits": len(node.delimited_circuits),
        "lfib": len(node.ilm),
        "tunnels": len(node.ftn),
        "ecmp_nhlfes": (
            sum(len(ilm.nhlfes) for ilm in node.ilm) + sum(len(ftn.nhlfes) for ftn in node.ftn)
        ),
        "route_ways": sum(
            len(route.ways) for vrf in node.vrfs for route in vrf.routes if route.more
        ),
        "gateways": sum(len(circuit.gateways) for circuit in node.circuits),
        "vsis": vsis,
        "fdb_rings": vsis,
        "fdb_added": vsis,
        "fdb_removed": vsis,
        "groups": MAX_GROUPS // _ROOM * sum(vsi.igmp_snooping for vsi in node.vsis),
        "storm_buckets": sum(len(vsi.circuits) for vsi in node.vsis),
        "circuits": sum(len(vsi.circuits) for vsi in node.vsis),
        "pws": sum(len(vsi.pseudowires) for vsi in node.vsis),
        "counters": len(counter_names(program, node)) + len(Drop),
    }


def _size(entries: int, least: int) -> int:
    return min(max(1 << (entries - 1).bit_length() if entries else 0, least), _MOST)
