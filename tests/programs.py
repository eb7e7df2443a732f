"""Forwarding programs that several tests work on, and how one is changed in one LSR."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.model.topology import NullLabel, TtlMode
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
