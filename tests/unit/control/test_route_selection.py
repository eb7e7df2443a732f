"""Which of several sites with the same prefix, or one within another, gets a packet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.whatif import WhatIf
from mplsemu.model.names import vpn_of
from mplsemu.model.network import Network
from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.fib import Fib
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.services import ViaPe
from mplsemu.program.trace import trace
from mplsemu.program.walk import walk
from mplsemu.verification.distances import Distances
from mplsemu.verification.homing import as_attached
from mplsemu.verification.incremental import IncrementalVerifier
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations
from mplsemu.verification.verdict import Invariant
from tests.builders import MacAddresses, l3vpn, network, provider
from tests.strategies import failures, networks

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
STAR = ("z-x", "z-y", "z-w")


def anycast(x: str, y: str, *, links: tuple[str, ...] = STAR, **metrics: int) -> Network:
    """The same prefix at PEs x and y, with a preference each; a site that sends at z."""
    macs = MacAddresses()
    sites = {
        "near": ("z", "10.1.0.0/24"),
        "one": ("x", "10.9.0.0/24", f"pref:{x}"),
        "two": ("y", "10.9.0.0/24", f"pref:{y}"),
    }
    named = {name.replace("_", "-"): metric for name, metric in metrics.items()}
    return network(provider(links, metrics=named), l3vpn("v", sites, hosts=2, macs=macs))


def takers(program: Program, address: str, source: str = "v/near/h1") -> set[str]:
    """Return the hosts that get packets to an address, over all ways."""
    branches = trace(program, source, address).branches
    return {str(each.end.host) for each in branches if isinstance(each.end, Delivered)}


def test_the_lower_preference_wins_though_it_is_further_away():
    lab = anycast("20", "10", z_x=1, z_y=50)
    program = compile_program(lab)
    assert verify(program, lab).holds
    assert takers(program, "10.9.0.3") == {"v/two/h2"}


def test_of_equal_preference_the_nearer_pe_wins():
    lab = anycast("10", "10", z_x=30, z_y=20)
    program = compile_program(lab)
    assert verify(program, lab).holds
    assert takers(program, "10.9.0.3") == {"v/two/h2"}


def test_pes_of_the_same_metric_share_the_flows():
    lab = anycast("10", "10")
    program = compile_program(lab)
    assert verify(program, lab).violations == ()
    assert takers(program, "10.9.0.3") == {"v/one/h2", "v/two/h2"}
    branch, other = trace(program, "v/near/h1", "10.9.0.3").branches
    assert branch.share == other.share == 0.5
    assert load_program(dump_program(program)) == program


def test_the_backup_takes_over_when_the_line_or_the_pe_of_the_primary_is_cut_off():
    lab = anycast("10", "20")
    for down in ({"v/one"}, {"z-x"}):
        program = compile_program(lab, frozenset(down))
        assert takers(program, "10.9.0.3") == {"v/two/h2"}
        found = verify(program, lab).violations
        assert not [each for each in found if "v/near" in each.sources and "v/two" in each.targets]


def test_metrics_decide_anew_when_a_link_fails():
    lab = anycast("10", "10", links=("z-x", "z-y", "z-y#2"), z_x=10, z_y=5)
    lab = replace(lab, provider=provider(("z-x", "z-y", "z-y#2"), metrics={"z-y": 5, "z-y#2": 20}))
    assert takers(compile_program(lab), "10.9.0.3") == {"v/two/h2"}
    assert takers(compile_program(lab, frozenset({"z-y"})), "10.9.0.3") == {"v/one/h2"}
    assert takers(WhatIf(lab).after(frozenset({"z-y"})), "10.9.0.3") == {"v/one/h2"}


def test_a_pe_sends_nothing_on_that_came_for_its_own_site():
    lab = anycast("10", "10")
    program = compile_program(lab)
    for pe, host in (("x", "v/one/h2"), ("y", "v/two/h2")):
        vrf = program.node(pe).vrf_by_name["v"]
        (route,) = (each for each in vrf.routes if str(each.prefix) == "10.9.0.0/24")
        assert not any(isinstance(hop, ViaPe) for hop in route.next_hops)
        assert host.split("/")[1] in route.circuit


def test_the_longest_prefix_wins_across_sites_neighbours_included():
    macs = MacAddresses()
    sites = {
        "wide": ("x", "10.0.0.0/16"),
        "long": ("y", "10.0.0.0/24"),
        "near": ("x", "10.1.0.0/24"),
    }
    lab = network(provider(("x-y",)), l3vpn("v", sites, macs=macs))
    program = compile_program(lab)
    assert verify(program, lab).violations == ()
    # the host of the wide site has the address 10.0.0.2 too, on a LAN to which nothing leads
    assert takers(program, "10.0.0.2") == {"v/long/h1"}
    packet = Packet("02:00:00:00:00:09", "02:4d:50:00:00:01",
                    IpHeader(ip_address("10.1.0.2"), ip_address("10.0.7.7")))  # fmt: skip
    (end,) = walk(program, "v/near", packet).ends
    assert end.circuit == "v/wide"


def test_a_host_whose_own_lan_holds_an_address_does_not_look_elsewhere():
    lab = anycast("10", "20")
    found = {
        (str(each.source), str(each.target)): each
        for each in expectations(lab)
        if each.source.site == "one"
    }
    there = found["v/one/h1", "v/two/h2"]
    assert (there.expect, str(there.answered_by)) == (Expect.ISOLATE, "v/one/h2")


def test_who_shares_the_flows_may_answer_each():
    found = {(e.source.site, str(e.target)): e for e in expectations(anycast("10", "10"))}
    shared = found["near", "v/two/h1"]
    assert shared.expect is Expect.REACH
    assert {str(host) for host in shared.shared} == {"v/one/h1", "v/two/h1"}
    assert shared.two_way


def test_a_way_that_is_missing_or_too_many_is_refuted():
    lab = anycast("10", "10", z_x=10, z_y=10)
    program = compile_program(lab)
    z = program.node("z")
    (vrf,) = z.vrfs
    (route,) = (each for each in vrf.routes if each.more)

    def spoilt(changed: object) -> Program:
        routes = tuple(changed if each is route else each for each in vrf.routes)
        node = replace(z, vrfs=(replace(vrf, routes=routes),))
        return replace(program, nodes=tuple(node if n is z else n for n in program.nodes))

    (found,) = verify(spoilt(replace(route, more=())), lab).violations
    assert found.invariant is Invariant.REACH
    assert "gets no share" in found.detail
    far = anycast("10", "10", z_x=10, z_y=20)
    assert not verify(program, far).holds


@few
@given(networks(contested=True), st.data())
def test_compiler_and_policy_agree_whatever_has_failed(lab, data):
    down = data.draw(failures(lab, circuits=True))
    program = compile_program(lab, down)
    distances = Distances(lab.provider, down)
    sites = {site.circuit: site for _, site in as_attached(lab, program).sites()}
    whole = compile_program(lab)
    routed = (each for each in verify(program, lab).violations if each.subject.startswith("v"))
    for found in routed:
        sources = [sites[circuit] for circuit in found.sources]
        ip = found.packet.ip if found.packet is not None else None
        origins = origins_of(whole, sources, ip.destination) if ip is not None else set()
        if found.invariant is Invariant.ISOLATE:
            # behind the tunnel, a LAN or link of another VPN leads on by that VPN's view (ADR 29)
            others = [sites[origin] for origin in origins if vpn_of(origin) != found.subject]
            nets = [net for site in others for net in (*site.subnets, *site.shared_links)]
            assert any(ip.destination in net for net in nets), str(found)
            continue
        # only what is cut off does not get what it should, or what a site led to that is cut off
        assert found.invariant is Invariant.REACH, (str(found), found.packet, lab.vpns, down)
        if any(is_cut_off(sites[origin], sources, down, distances) for origin in origins):
            continue
        # behind a default route the next PE has the link of a CE router that is cut off
        if ip is not None and any(
            ip.destination in link.network
            for site in sites.values()
            if site.circuit in down and site.ce is not None
            for link in site.ce.pe_wan
        ):
            continue
        for target in found.targets:
            assert is_cut_off(sites[target], sources, down, distances), (str(found), down)


def origins_of(program: Program, sources: Iterable[Site], address: IPAddress) -> set[str]:
    """Return the circuits of the sites whose routes lead from some sites to an address."""
    found = set()
    for source in sources:
        node = program.node(source.pe)
        vrf = node.vrf_of_circuit[source.circuit]
        route = Fib(vrf.routes).look_up(address)
        if route is not None:
            found |= {route.circuit, *(way.circuit for way in route.more)}
    return found


def is_cut_off(site: Site, sources: Iterable[Site], down: frozenset[str], way: Distances) -> bool:
    """Whether one of some sources has no way to a site, or no line."""
    return any(
        site.circuit in down or source.circuit in down or way.between(source.pe, site.pe) is None
        for source in sources
    )


@few
@given(networks(contested=True), st.data())
def test_an_incremental_verdict_is_that_of_all_whatever_has_failed(lab, data):
    down = data.draw(failures(lab, circuits=True))
    whatif = WhatIf(lab)
    after = whatif.after(down)
    assert after == compile_program(lab, down, previous=whatif.base)
    verdict, _ = IncrementalVerifier(lab, whatif.base).after(after)
    assert set(map(str, verdict.violations)) == set(map(str, verify(after, lab).violations))


@few
@given(networks(contested=True), st.randoms())
def test_the_order_of_the_lab_file_does_not_matter(lab, random):
    def shuffled(items: tuple) -> tuple:
        return tuple(random.sample(items, len(items)))

    vpns = tuple(replace(vpn, sites=shuffled(vpn.sites)) for vpn in shuffled(lab.vpns))
    other = replace(lab, vpns=vpns)
    assert _choices(compile_program(other)) == _choices(compile_program(lab))


def _choices(program: Program) -> dict[tuple[str, str, str], list[str]]:
    return {
        (node.name, vrf.name, str(route.prefix)): [way.circuit for way in route.ways]
        for node in program.nodes
        for vrf in node.vrfs
        for route in vrf.routes
    }


@pytest.mark.parametrize("ttl", [1, 2, 3, 255])
def test_each_way_takes_its_own_ttl(ttl):
    program = compile_program(anycast("10", "10"))
    source, target = ip_address("10.1.0.2"), ip_address("10.9.0.3")
    packet = Packet("02:00:00:00:00:01", "02:4d:50:00:00:01", IpHeader(source, target, ttl))
    kinds = {type(end).__name__ for end in walk(program, "v/near", packet).ends}
    assert kinds == ({"TtlExpired"} if ttl < 3 else {"Delivered"})
