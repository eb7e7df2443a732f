"""The verdict is what trying every packet finds, on random labs."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.verification.matrix import verify
from mplsemu.verification.verdict import Invariant
from tests.oracles.bruteforce import faults
from tests.oracles.mutants import mutants
from tests.strategies import failures, networks

pytestmark = pytest.mark.slow

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(networks(max_nodes=5), st.data())
def test_a_verdict_with_things_down_is_the_brute_force_one(network, data):
    down = data.draw(failures(network, circuits=True))
    program = compile_program(network, down)
    verdict = verify(program, network)
    found = faults(program, network)
    # a site whose own line is down is cut off also where it has nobody to send to
    is_lonely = verdict.violations and all(
        "its hosts are cut off" in each.detail for each in verdict.violations
    )
    assert bool(verdict.violations) is bool(found) or is_lonely
    blamed = {line.split("/")[0] for line in found}
    assert blamed <= {violation.subject for violation in verdict.violations}
    for violation in verdict.violations:
        assert violation.invariant in {Invariant.REACH, Invariant.FLOOD}


@few
@given(networks(max_nodes=4), st.integers(0, 2**32))
def test_what_a_mutant_does_wrong_is_found(network, seed):
    program = compile_program(network)
    assert verify(program, network).holds
    assert faults(program, network) == []
    found = list(mutants(program))
    for what, mutant in random.Random(seed).sample(found, min(3, len(found))):
        verdict = verify(mutant, network)
        if verdict.holds:
            assert faults(mutant, network) == [], what
