"""What a VPLS' verification takes as read: where a frame of a class goes well, all of it do."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.model.limits import DEFAULT_LIMITS
from mplsemu.program.walk import Walker
from mplsemu.verification import l2vpn
from mplsemu.verification.l2vpn import L2vpnChecker
from mplsemu.verification.structure import dangling
from tests import builders
from tests.oracles.mutants import mutants
from tests.programs import with_node

NOBODY = l2vpn._Alike(frozenset(), frozenset())


def network(**settings):
    macs = builders.MacAddresses()
    return builders.network(
        builders.provider(("dk-p1", "p1-se", "se-no", "dk-no"), pes=("dk", "se", "no"), **settings),
        builders.vpls(
            "c", {"u": "dk", "v": "dk", "w": "dk", "x": "se", "y": "se", "z": "no"},
            hosts=2, macs=macs,
        ),
        builders.vpls("d", {"u": "dk", "v": "dk"}, macs=macs),
        builders.vpws("e", {"u": "dk", "x": "se"}, macs=macs),
    )  # fmt: skip


def found(program, made, vpn, monkeypatch, *, one_by_one):
    with monkeypatch.context() as patch:
        if one_by_one:
            patch.setattr(l2vpn._Alike, "of", classmethod(lambda *_: NOBODY))
        return L2vpnChecker(Walker(program), made, DEFAULT_LIMITS).check(vpn)


def spoilt(program):
    """Yield programs in which one of several alike circuits is not like the others."""
    for node in program.nodes:
        for number, vsi in enumerate(node.vsis):
            for name in vsi.circuits:
                doubled = (*vsi.circuits, name)
                less = tuple(each for each in vsi.circuits if each != name)
                for circuits in (doubled, less):
                    vsis = list(node.vsis)
                    vsis[number] = replace(vsi, circuits=circuits)
                    yield with_node(program, replace(node, vsis=tuple(vsis)))
        for number, circuit in enumerate(node.circuits):
            hosts = circuit.hosts[::-1] if len(circuit.hosts) > 1 else ()
            same = tuple(replace(host, mac=circuit.hosts[0].mac) for host in circuit.hosts)
            for changed in (
                replace(circuit, hosts=hosts), replace(circuit, hosts=same),
                replace(circuit, up=False), replace(circuit, vpn="d"),
            ):  # fmt: skip
                circuits = list(node.circuits)
                circuits[number] = changed
                yield with_node(program, replace(node, circuits=tuple(circuits)))


def by_source(violations):
    """Return what goes wrong from each circuit; one violation may be of several."""
    return {
        (each.invariant, source, each.targets, each.stands_for)
        for each in violations
        for source in each.sources
    }


def same(program, made, monkeypatch):
    for vpn in made.vpns:
        short = found(program, made, vpn, monkeypatch, one_by_one=False)
        whole = found(program, made, vpn, monkeypatch, one_by_one=True)
        assert by_source(short.violations) == by_source(whole.violations)
        assert short.tables == whole.tables
        if not whole.violations:
            assert short.classes == whole.classes
            assert short.walks <= whole.walks


@pytest.mark.parametrize("down", [(), ("dk-p1",), ("c/v",), ("c/u", "c/z"), ("dk-p1", "dk-no")])
@pytest.mark.parametrize("ecmp", [1, 2])
def test_the_verdict_is_that_of_all_frames_one_by_one(down, ecmp, monkeypatch):
    made = network(ecmp=ecmp)
    same(compile_program(made, frozenset(down)), made, monkeypatch)


def test_what_is_not_like_its_like_is_found(monkeypatch):
    made = network()
    for program in spoilt(compile_program(made)):
        same(program, made, monkeypatch)


@pytest.mark.parametrize("seed", range(3))
def test_the_verdict_on_mutants_is_that_of_all_frames_one_by_one(seed, monkeypatch):
    made = network()
    every = [each for each in mutants(compile_program(made)) if not any(dangling(each[1]))]
    for _, mutant in random.Random(seed).sample(every, min(60, len(every))):
        same(mutant, made, monkeypatch)


def test_a_large_vpls_is_verified_by_few_walks():
    sites = {f"s{number}": f"n{number % 4}" for number in range(200)}
    macs = builders.MacAddresses()
    made = builders.network(
        builders.provider(("n0-n1", "n1-n2", "n2-n3")),
        builders.vpls("c", sites, subnet="10.0.0.0/16", hosts=5, macs=macs),
    )
    told = []
    (vpn,) = made.vpns
    checked = L2vpnChecker(Walker(compile_program(made)), made, DEFAULT_LIMITS)
    result = checked.check(vpn, lambda *done: told.append(done))
    assert not result.violations
    assert result.classes > 200 * 999
    assert result.walks < 1000
    assert told[-1] == ("sites of c", 199, 200)
