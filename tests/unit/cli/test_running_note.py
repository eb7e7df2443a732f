"""What `check` says of the lab that runs."""

from __future__ import annotations

from mplsemu.cli.check import _as_it_runs
from mplsemu.control.compile import compile_program
from tests.networks import dual_homed


def test_a_line_that_stands_by_is_not_said_to_be_down():
    lab = dual_homed()
    assert _as_it_runs(compile_program(lab)).endswith("nothing of it is down")
    said = _as_it_runs(compile_program(lab, frozenset({"v/hq", "z-p"})))
    assert said.endswith("with z-p, v/hq down")
