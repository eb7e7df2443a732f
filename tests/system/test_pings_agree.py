"""Pings to addresses of every kind, in random labs: the network answers what the program says.

For more labs than these set MPLSEMU_PING_LABS (how many), MPLSEMU_PING_SEED (of the first) and
MPLSEMU_PINGS (in each).
"""

from __future__ import annotations

import os

import pytest

from mplsemu import Lab
from mplsemu.emulation.probe import Probe, Prober
from mplsemu.running.checks import endpoints
from tests.oracles.pinglabs import Ping, pings, random_lab

pytestmark = pytest.mark.system

LABS = int(os.environ.get("MPLSEMU_PING_LABS", "3"))
FIRST = int(os.environ.get("MPLSEMU_PING_SEED", "1"))
IN_A_LAB = int(os.environ.get("MPLSEMU_PINGS", "200"))
ANSWER_S = 15.0
SILENCE_S = 2.5
"""Long enough for whoever answers late: to an anycast address after up to 0.8 s."""


@pytest.mark.parametrize("seed", range(FIRST, FIRST + LABS))
def test_a_ping_is_answered_where_the_program_says_so_and_nowhere_else(short_path, dataplane, seed):
    file = short_path / "lab.yaml"
    file.write_text(random_lab(seed))
    with Lab(file, run_dir=short_path / "run") as lab:
        wanted = pings(lab.program(), lab.session.network, seed, IN_A_LAB)
        found = differences(lab, wanted)
    print(f"{len(wanted)} pings, {sum(each.answered for each in wanted)} answered")
    assert not found, "\n".join(found)


def differences(lab: Lab, wanted: list[Ping]) -> list[str]:
    """Send all pings, and return in words what came of them that the program does not say."""
    found = []
    with Prober(endpoints(lab.session.record)) as prober:
        for answered, patience_s in ((True, ANSWER_S), (False, SILENCE_S)):
            some = [each for each in wanted if each.answered is answered]
            probes = [Probe(each.source, each.target, by_anybody=True) for each in some]
            for each, result in zip(some, prober.run(probes, patience_s), strict=True):
                got = (result.replied, result.delivered_to)
                if got != (each.answered, each.taken_by):
                    found.append(
                        f"{each.source} -> {each.target}: program {each.answered} "
                        f"{sorted(each.taken_by)} ({each.why}); network {result.replied} "
                        f"{sorted(result.delivered_to)} ({result.error})"
                    )
    return found
