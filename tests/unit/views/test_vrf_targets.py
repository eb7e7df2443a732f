"""`show vrf`: route targets of VRFs that import or export nothing."""

from __future__ import annotations

from mplsemu.control.compile import compile_program
from mplsemu.views.tables.vrf import vrf_tables
from mplsemu.views.text.show import draw_vrfs
from tests.networks import hub_transit


def test_a_vrf_without_targets_says_so():
    program = compile_program(hub_transit())
    lines = [
        line.plain
        for node in program.nodes
        for line in draw_vrfs(node.name, vrf_tables(program.node(node.name)))
    ]
    assert " import none" in lines
    assert " export none" in lines
    assert not {" import ", " export "} & {*lines}
