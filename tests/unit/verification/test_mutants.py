"""A correct program broken in one place is refuted, or treats every packet as it did before."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache, partial
from ipaddress import ip_network

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.control.learned import LearnedGroup
from mplsemu.lab.loader import loads
from mplsemu.model.l2cp import L2cp
from mplsemu.model.network import Network
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.model.vpls_topology import SpokePe, VplsTopology
from mplsemu.model.vpn import StaticRoute
from mplsemu.program.program import Program
from mplsemu.verification.matrix import verify
from tests.builders import MacAddresses, l3vpn, network, nordic, provider, vpls, vpws
from tests.networks import (
    dual_homed,
    hub_and_spokes,
    hub_transit,
    load_sharing,
    own_vrfs,
    redundant_wire,
    two_providers,
)
from tests.oracles.bruteforce import HEARD_OF, outcome
from tests.oracles.mutants import mutants


def extranet() -> Network:
    """Two VPNs that import each other at the same PEs, IPv6, uniform TTL, explicit null."""
    macs = MacAddresses()
    user = {"s": ("x", "10.1.0.0/29"), "u": ("z", "10.1.1.0/29 2001:db8:1::/125")}
    shared = {"t": ("x", "10.2.0.0/29"), "v": ("y", "10.2.1.0/30 2001:db8:2::/125", "ce")}
    return network(
        provider(("x-y", "y-z", "z-x"), ttl_mode=TtlMode.UNIFORM, null_label=NullLabel.EXPLICIT),
        l3vpn("user", user, number=1, imports=(1, 2), macs=macs),
        l3vpn("shared", shared, number=2, imports=(2, 1), macs=macs),
        vpls("lan", {"a": "x", "b": "y", "c": "z"}, macs=macs),
        vpws("wire", {"a": "x", "b": "z"}, macs=macs),
        name="extranet",
    )


def bridges() -> Network:
    """Two VPLS on a long way, several sites at one PE, parallel links; one with other settings."""
    macs = MacAddresses()
    van = vpls("van", {"a": "x", "b": "y", "c": "z"}, subnet="10.0.0.0/28", macs=macs)
    wire = vpws("wire", {"a": "x", "b": "x"}, macs=macs)
    return network(
        provider(("x-p", "x-p#2", "p-q", "q-y", "q-z"), pes=("x", "y", "z")),
        vpls("lan", {"a": "x", "b": "x", "c": "y"}, subnet="10.0.0.0/28", hosts=2, macs=macs),
        replace(van, l2cp=L2cp.TUNNEL, floods_unknown=False, igmp_snooping=True),
        replace(wire, l2cp=L2cp.DROP),
        name="bridges",
    )


def tree() -> Network:
    """An E-Tree: PEs with roots and leaves, with leaves alone and with a root alone."""
    macs = MacAddresses()
    sites = {"hq": "x", "a": "x", "b": "x", "spare": "y", "c": "y", "d": "z", "e": "w"}
    return network(
        provider(("x-p", "p-y", "p-z", "p-w"), pes=("x", "y", "z", "w")),
        vpls("lan", sites, macs=macs, topology=VplsTopology(frozenset({"hq", "spare"}))),
        vpls("van", {"a": "x", "b": "z"}, subnet="10.0.0.0/28", macs=macs),
        name="tree",
    )


def spoke_pes() -> Network:
    """H-VPLS: spoke PEs with one hub PE and with two, a hub PE without sites."""
    macs = MacAddresses()
    spokes = SpokePe("m", ("x", "y")), SpokePe("n", ("x",))
    return network(
        provider(("m-x", "m-y", "n-x", "x-y", "y-z")),
        vpls(
            "lan",
            {"a": "m", "b": "m", "c": "n", "d": "x", "e": "z"},
            macs=macs,
            topology=VplsTopology(spokes=spokes),
        ),
        vpls("van", {"a": "x", "b": "z"}, subnet="10.0.0.0/28", macs=macs),
        name="spoke PEs",
    )


def partial_mesh() -> Network:
    """A VPLS in which only some PEs have a pseudowire between them."""
    macs = MacAddresses()
    topology = VplsTopology(mesh=frozenset({("x", "y"), ("y", "z")}))
    return network(
        provider(("x-p", "y-p", "z-p"), pes=("x", "y", "z")),
        vpls("lan", {"a": "x", "b": "x", "c": "y", "d": "z"}, macs=macs, topology=topology),
        vpls("van", {"a": "x", "b": "z"}, subnet="10.0.0.0/28", macs=macs),
        name="partial mesh",
    )


def square() -> Network:
    """Several ways of equal cost, of different length, over parallel links."""
    macs = MacAddresses()
    links = ("x-p", "x-q", "p-y", "q-r", "r-y", "r-y#2", "p-z", "q-z")
    metrics = {"q-r": 5, "r-y": 5, "r-y#2": 5}
    return network(
        provider(links, metrics=metrics, pes=("x", "y", "z"), ecmp=4, ttl_mode=TtlMode.UNIFORM),
        l3vpn("v", {"a": ("x", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29")}, macs=macs),
        vpls("lan", {"a": "x", "b": "y", "c": "z"}, subnet="10.0.0.0/28", macs=macs),
        name="square",
    )


def anycast() -> Network:
    """A prefix at two PEs, one within another's, and a network behind a host."""
    macs = MacAddresses()
    sites = {
        "near": ("z", "10.1.0.0/29"),
        "one": ("x", "10.9.0.0/29", "pref:10"),
        "two": ("y", "10.9.0.0/29", "pref:10"),
        "wide": ("y", "10.9.0.0/28"),
    }
    made = l3vpn("v", sites, macs=macs)
    (near, *others) = made.sites
    route = StaticRoute(ip_network("10.50.0.0/29"), near.hosts[0].addresses[0].ip)
    made = replace(made, sites=(replace(near, routes=(route,)), *others))
    return network(provider(("z-x", "z-y")), made, name="anycast")


def behind_a_ce() -> Network:
    """A way out behind a CE router that masquerades, and a network behind another one."""
    text = """
name: behind
provider: {nodes: {x: {role: pe}, y: {role: pe}}, links: [x-y]}
vpns:
  v:
    type: l3vpn
    sites:
      exit:
        pe: x
        subnet: 203.0.113.64/29
        ce: {router: linux, nat: masquerade}
        routes: 0.0.0.0/0 via 203.0.113.66
      office: {pe: y, subnet: 10.1.0.0/29}
      plant: {pe: y, subnet: 10.2.0.0/29, ce: router, routes: 10.50.0.0/29 via 10.2.0.2}
"""
    return loads(text, "behind.yaml").network


LABS = {
    "behind a CE": behind_a_ce,
    "anycast": anycast,
    "nordic": nordic,
    "extranet": extranet,
    "bridges": bridges,
    "square": square,
    "tree": tree,
    "spoke PEs": spoke_pes,
    "partial mesh": partial_mesh,
    "own VRFs": own_vrfs,
    "hubs": hub_and_spokes,
    "dual-homed": dual_homed,
    "load-sharing": load_sharing,
    "redundant wire": partial(redundant_wire, ("z", "w")),
    "two providers": two_providers,
    "labels at the border": partial(two_providers, "b"),
    "through a hub": partial(hub_transit, hubs=("hq",)),
}
HEARD = {"bridges": (LearnedGroup("van", HEARD_OF, frozenset({"van/a", "van/c"})),)}
"""Multicast groups that the network knows."""
MOST = 400
"""Of each lab's mutants so many, picked with a fixed seed."""


@cache
def picked(name: str) -> tuple[Network, Program, list[tuple[str, Program]]]:
    lab = LABS[name]()
    program = compile_program(lab, groups=HEARD.get(name, ()))
    found = list(mutants(program))
    return lab, program, random.Random(name).sample(found, min(MOST, len(found)))


def test_there_are_at_least_500_mutants_of_several_kinds_of_lab():
    assert sum(len(picked(name)[2]) for name in LABS) >= 500


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_no_mutant_is_accepted_that_does_something_else_with_any_packet(name):
    lab, program, found = picked(name)
    assert verify(program, lab).holds
    before = outcome(program, lab)
    accepted = [(what, each) for what, each in found if verify(each, lab).holds]
    assert len(accepted) < len(found) / 10
    silent = [what for what, each in accepted if outcome(each, lab) != before]
    assert silent == []
