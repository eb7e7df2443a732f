"""An eBPF data plane without a kernel."""

from __future__ import annotations

from itertools import count

from mplsemu.program.program import Program
from mplsemu.southbound.ebpf.attached import Attached


def attach(program: Program) -> Attached:
    """Return what of a lab would be attached: an interface for every port of every LSR."""
    numbers = count(100)
    ports = {
        node.name: {each.port: next(numbers) for each in (*node.adjacencies, *node.circuits)}
        for node in program.nodes
    }
    names = {lsr: {port: f"{lsr}-eth{port}" for port in each} for lsr, each in ports.items()}
    return Attached({}, ports, names, frozenset(), {})
