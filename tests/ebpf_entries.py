"""The entries of all LSRs, for tests of the eBPF translator."""

from __future__ import annotations

from mplsemu.control.compile import compile_program
from mplsemu.southbound.ebpf.translate import entries
from tests import builders
from tests.oracles.fakebpfnet import attach


def everything(program, attached=None):
    attached = attached or attach(program)
    return {node.name: entries(program, node.name, attached) for node in program.nodes}


def of_map(found, name):
    return {entry.key: entry.value for entry in found if entry.map == name}


def nordic(**provider_settings):
    return compile_program(builders.nordic(**provider_settings))
