"""A verdict that looks only at what differs is the whole one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.whatif import WhatIf
from mplsemu.model.topology import TtlMode
from mplsemu.verification import incremental
from mplsemu.verification.incremental import IncrementalVerifier
from mplsemu.verification.matrix import VpnVerifier, verify
from mplsemu.verification.tunnels import tunnel_paths
from tests.builders import nordic
from tests.oracles.mutants import mutants
from tests.strategies import failures, networks

pytestmark = pytest.mark.slow

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def said(verdict):
    return [str(violation) for violation in verdict.violations]


@few
@given(networks(), st.data())
def test_the_verdict_after_failures_is_that_on_a_program_compiled_from_scratch(network, data):
    down = data.draw(failures(network, circuits=True))
    what_if = WhatIf(network, down)
    verifier = IncrementalVerifier(network, what_if.base)
    assert verifier.verdict == verify(what_if.base, network)
    for _ in range(3):
        failed = data.draw(failures(network, circuits=True)) - down
        verdict, moved = verifier.after(what_if.after(failed))
        whole = compile_program(network, down | failed)
        assert said(verdict) == said(verify(whole, network))
        assert (verdict.classes, verdict.pairs) == (
            verify(whole, network).classes,
            verdict.pairs,
        )
        changed = what_if.after(failed)
        for tunnel, way in moved.items():
            assert way == tunnel_paths(changed, tunnel)


@pytest.mark.parametrize("down", [frozenset(), frozenset({"a/oslo", "dk-p1"})])
def test_the_verdict_on_any_mutant_is_the_whole_one(down):
    lab = nordic(ttl_mode=TtlMode.UNIFORM)
    base = compile_program(lab, down)
    verifier = IncrementalVerifier(lab, base)
    found = random.Random(3).sample(list(mutants(base)), 150)
    for what, mutant in found:
        verdict, _ = verifier.after(mutant)
        assert sorted(said(verdict)) == sorted(said(verify(mutant, lab))), what


def test_a_failure_that_only_moves_tunnels_verifies_no_vpn_again(monkeypatch):
    lab = nordic()
    what_if = WhatIf(lab)
    verifier = IncrementalVerifier(lab, what_if.base)
    monkeypatch.setattr(VpnVerifier, "check", lambda *_: pytest.fail("verified again"))
    spare = [link for link in lab.provider.links if link.name != "no-p2"]  # no's only one
    for link in spare:
        verdict, moved = verifier.after(what_if.after(frozenset({link.name})))
        assert verdict.holds
        used = {name for way in verifier.tunnels.values() for (name, _), _ in way.shares}
        assert bool(moved) is (link.name in used)


def test_only_the_vpns_that_lose_something_are_verified_again(monkeypatch):
    lab = nordic()
    what_if = WhatIf(lab)
    verifier = IncrementalVerifier(lab, what_if.base)
    checked = []
    usual = VpnVerifier.check

    def check(self, vpn):
        checked.append(vpn.name)
        return usual(self, vpn)

    monkeypatch.setattr(incremental.VpnVerifier, "check", check)
    verdict, _ = verifier.after(what_if.after(frozenset({"b/oslo"})))
    assert checked == ["b"]
    assert {violation.subject for violation in verdict.violations} == {"b"}


def test_nothing_is_expected_of_sites_that_are_lost():
    lab = nordic()
    what_if = WhatIf(lab)
    verifier = IncrementalVerifier(lab, what_if.base)
    lost = {site.circuit for _, site in lab.sites() if site.pe == "no"}
    links = {link.name for link in lab.provider.links if "no" in link.ends}
    after = what_if.after(frozenset(lost | links))
    assert not verifier.after(after)[0].holds
    assert verifier.after(after, lost)[0].holds


def test_a_program_of_other_routers_is_verified_whole():
    lab = nordic()
    base = compile_program(lab)
    fewer = replace(base, nodes=base.nodes[1:])
    verdict, _ = IncrementalVerifier(lab, base).after(fewer)
    assert said(verdict) == said(verify(fewer, lab))
