"""Sizes are proved: of every tunnel that packets take, of every link and every circuit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from mplsemu.control.compile import compile_program
from mplsemu.verification.largest_packet import largest_packets
from mplsemu.verification.matrix import verify
from mplsemu.verification.verdict import Invariant
from tests.builders import nordic
from tests.programs import changed_node
from tests.strategies import networks

LAB = nordic()
PROGRAM = compile_program(LAB)
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def found(program, lab=LAB):
    return verify(program, lab).violations


def narrow(lab, name, mtu):
    """Return a network with another MTU of one link."""
    links = tuple(
        replace(each, mtu=mtu) if each.name == name else each for each in lab.provider.links
    )
    return replace(lab, provider=replace(lab.provider, links=links))


@few
@given(networks())
def test_every_tunnel_of_every_network_is_as_wide_as_its_ingress_says(network):
    program = compile_program(network)
    assert [each for each in found(program, network) if each.invariant is Invariant.MTU] == []


def test_a_link_that_takes_less_than_the_ingresses_were_told_is_refuted():
    lab = narrow(LAB, "dk-p2", 1591)
    assert found(compile_program(lab), lab) == ()
    links = tuple(
        replace(each, mtu=1591) if each.name == "dk-p2" else each for each in PROGRAM.links
    )
    violations = found(replace(PROGRAM, links=links), lab)
    assert {each.invariant for each in violations} == {Invariant.MTU}
    details = {each.detail.partition(": ")[2] for each in violations if each.subject == "c"}
    assert "dk lets packets of 1592 octets into the tunnel to no; dk-p2 takes 1583" in details


@pytest.mark.parametrize(
    ("more", "said"), [(1, "lets packets of 1593"), (-1, "lets only packets of 1591")]
)
def test_an_ingress_that_lets_in_more_or_less_than_the_links_behind_it_take_is_refuted(more, said):
    ftn = tuple(replace(entry, mtu=entry.mtu + more) for entry in PROGRAM.node("dk").ftn)
    violations = found(changed_node(PROGRAM, "dk", ftn=ftn))
    assert {each.invariant for each in violations} == {Invariant.MTU}
    assert {each.subject for each in violations} == {"a", "b", "c"}
    assert f"dk {said} octets into the tunnel to " in violations[0].detail


def test_an_mtu_of_a_circuit_that_is_not_its_sites_is_refuted():
    circuits = tuple(
        replace(each, mtu=1400) if each.name == "a/aarhus" else each
        for each in PROGRAM.node("dk").circuits
    )
    details = [each.detail for each in found(changed_node(PROGRAM, "dk", circuits=circuits))]
    assert details == ["circuit a/aarhus: it takes 1400 octets, should take 1500"]


def test_an_mtu_of_a_link_that_is_not_the_labs_is_refuted():
    lab = narrow(LAB, "dk-p1", 9216)
    assert "it takes 1600 octets, should take 9216" in {each.detail for each in found(PROGRAM, lab)}


@few
@given(networks())
def test_the_pairs_that_fall_short_are_those_whose_lines_take_more_than_the_core(network):
    """Which pairs, and by how much, without looking at tunnels."""
    program = compile_program(network)
    mtu = {site.circuit: site.mtu for _, site in network.sites()}
    for each in largest_packets(program):
        extra = 14 if each.framed else 0
        sizes = dict(each.narrower)
        for short in each.short:
            source, target = short.pair
            assert short.wanted == min(mtu[source], mtu[target]) + extra
            assert sizes.get(short.pair, each.octets) == short.octets < short.wanted
        known = {short.pair for short in each.short}
        for (source, target), octets in each.narrower:
            if (source, target) not in known:
                assert octets == min(mtu[source], mtu[target]) + extra
