"""What is computed anew after a failure is what a whole compilation finds."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.whatif import WhatIf
from tests.builders import nordic
from tests.strategies import failures, networks

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(networks(contested=True), st.data())
def test_a_program_after_a_failure_is_the_one_compiled_from_scratch(network, data):
    down = data.draw(failures(network, circuits=True))
    what_if = WhatIf(network, down)
    assert what_if.base == compile_program(network, down)
    for _ in range(3):
        failed = data.draw(failures(network, circuits=True)) - down
        whole = compile_program(network, down | failed, previous=what_if.base)
        assert what_if.after(failed) == whole


def test_services_that_lose_nobody_are_the_very_same():
    what_if = WhatIf(nordic())
    after = what_if.after(frozenset({"dk-p1"}))
    changed = [node.name for node in after.nodes if node is not what_if.base.node(node.name)]
    assert "dk" in changed
    assert after.node("dk").vrfs == what_if.base.node("dk").vrfs
    assert after.node("dk").vrfs is what_if.base.node("dk").vrfs


def test_a_link_that_no_lsp_uses_changes_nothing_but_itself():
    lab = nordic()
    what_if = WhatIf(lab)
    carried = {entry.nhlfes[0].link for node in what_if.base.nodes for entry in node.ftn}
    carried |= {
        nhlfe.link for node in what_if.base.nodes for entry in node.ilm for nhlfe in entry.nhlfes
    }
    (idle,) = {link.name for link in lab.provider.links} - carried
    after = what_if.after(frozenset({idle}))
    assert not after.link_by_name[idle].up
    assert all(node is what_if.base.node(node.name) for node in after.nodes)
