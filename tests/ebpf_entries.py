"""Labs, and the entries of their LSRs, for tests of the eBPF translator."""

from __future__ import annotations

from dataclasses import replace

from mplsemu.control.compile import compile_program
from mplsemu.southbound.ebpf.translate import entries
from tests import builders
from tests.oracles.fakebpfnet import attach

SQUARE = ("x-p", "x-q", "p-y", "q-y")


def everything(program, attached=None):
    attached = attached or attach(program)
    return {node.name: entries(program, node.name, attached) for node in program.nodes}


def of_map(found, name):
    return {entry.key: entry.value for entry in found if entry.map == name}


def with_node(program, name, **changes):
    nodes = [replace(node, **changes) if node.name == name else node for node in program.nodes]
    return replace(program, nodes=tuple(nodes))


def nordic(**provider_settings):
    return compile_program(builders.nordic(**provider_settings))


def square(**provider_settings):
    macs = builders.MacAddresses()
    return builders.network(
        builders.provider(SQUARE, pes=("x", "y"), **provider_settings),
        builders.l3vpn("v", {"a": ("x", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29")}, macs=macs),
        builders.vpls("lan", {"a": "x", "b": "y", "c": "y"}, subnet="10.0.0.0/28", macs=macs),
    )
