"""Survey of failures: which sites lose which, single points of failure, loads, all CPUs."""

from __future__ import annotations

import itertools
from concurrent.futures import ProcessPoolExecutor

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.analysis.survey import FailureSurvey
from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.vpls import Vpls
from mplsemu.running.worker_pool import WorkerPool
from mplsemu.verification.link_load import Demand
from mplsemu.verification.matrix import verify
from mplsemu.verification.site_policy import reaches
from tests.builders import MacAddresses, l3vpn, network, nordic, provider, vpls
from tests.strategies import networks

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def survey(lab, most=1, down=frozenset(), **options):
    return FailureSurvey(lab, down, most, **options).run()


HUB = """
name: lab
provider:
  nodes: {n0: {role: pe}, n1: {role: pe}, n2: {role: pe}}
  links: [n0-n1, n1-n2, n0-n2]
vpns:
  v:
    type: l3vpn
    topology: hub-and-spoke
    via: ce
    sites:
      s0: {pe: n0, role: hub, ce: router, subnet: 10.0.0.0/24}
      s2: {pe: n1, subnet: 10.2.0.0/24}
      s3: {pe: n2, subnet: 10.3.0.0/24}
"""
TWO_HUBS = """
name: lab
provider:
  nodes: {n0: {role: pe}, n1: {role: pe}, n2: {role: pe}}
  links: [n0-n1, n1-n2, n0-n2]
vpns:
  v:
    type: l3vpn
    topology: hub-and-spoke
    via: ce
    sites:
      s0: {pe: n0, role: hub, ce: router, subnet: 10.0.0.0/24}
      s1:
        pe: n1
        role: hub
        ce: router
        subnet: 10.1.0.0/24
        hosts: {out: 10.1.0.9}
        routes: 0.0.0.0/0 via 10.1.0.9
      s2: {pe: n2, subnet: 10.2.0.0/24}
      s3: {pe: n2, subnet: 10.3.0.0/24}
"""


def cut_pairs(lab, down_links, down_nodes=()):
    """Find the pairs of sites without a way by a search over the graph, knowing no program."""
    up = nx.Graph()
    up.add_nodes_from(node.name for node in lab.provider.nodes if node.name not in down_nodes)
    up.add_edges_from(
        link.ends
        for link in lab.provider.links
        if link.name not in down_links and not set(link.ends) & set(down_nodes)
    )
    found = set()
    sites = [(vpn, site) for vpn, site in lab.sites() if site.pe not in down_nodes]
    for (vpn, site), (other, target) in itertools.permutations(sites, 2):
        if not isinstance(vpn, L3vpn) and vpn is not other:
            continue
        if not reaches(vpn, site, other, target):
            continue
        is_cut = not is_joined(up, vpn, site.pe, target.pe)
        if is_cut or (vpn is other and not has_hub_between(up, vpn, site, target)):
            found.add(tuple(sorted((site.circuit, target.circuit))))
    return found


def is_joined(up, vpn, pe, peer):
    """Whether there is a way between two PEs of a VPN: of spoke PEs one by way of their hubs."""
    if pe == peer:
        return True
    way = [pe, *hub_of(up, vpn, pe), *reversed(hub_of(up, vpn, peer)), peer]
    return all(
        hop in up and nx.has_path(up, before, hop) for before, hop in itertools.pairwise(way)
    )


def has_hub_between(up, vpn, site, target):
    """Whether two spokes, at one PE or at two, have a way to a hub's CE router if they need one."""
    via = vpn.hub_and_spoke if isinstance(vpn, L3vpn) else None
    if via is None or not via.via_ce or {site.name, target.name} & {*via.hubs}:
        return True
    pes = [each.pe for each in vpn.sites if each.name in via.hubs]
    return any(pe in up and nx.has_path(up, site.pe, pe) for pe in pes)


def hub_of(up, vpn, pe):
    hubs = vpn.topology.hubs_of(pe) if isinstance(vpn, Vpls) else ()
    reached = [hub for hub in hubs if hub in up and nx.has_path(up, pe, hub)]
    return [*reached, *hubs][:1]


def bridges(lab):
    """Find the links without which the network falls apart: depth-first, by lowest reach."""
    ends = {}
    for link in lab.provider.links:
        for end in link.ends:
            ends.setdefault(end, []).append((link.name, link.far_end(end)))
    order, low, found = {}, {}, set()

    def visit(node, by):
        order[node] = low[node] = len(order)
        for name, peer in ends.get(node, ()):
            if name == by:
                continue
            if peer not in order:
                visit(peer, name)
                if low[peer] > order[node]:
                    found.add(name)
            low[node] = min(low[node], low[peer])

    for node in lab.provider.nodes:
        if node.name not in order:
            visit(node.name, None)
    return found


@few
@given(networks(max_nodes=5))
def test_pairs_that_die_are_those_without_a_way_in_the_graph(lab):
    found = survey(lab, 2)
    outages = {outage.down: set(outage.pairs) for outage in found.outages}
    links = [link.name for link in lab.provider.links]
    sets = [each for size in (1, 2) for each in itertools.combinations(links, size)]
    assert found.tried == len(sets)
    assert outages == {each: cut for each in sets if (cut := cut_pairs(lab, each))}
    assert {point.down[0] for point in found.single_points} <= bridges(lab)


@few
@given(networks(max_nodes=5))
def test_of_an_lsr_that_fails_nothing_is_expected_but_of_all_others(lab):
    found = survey(lab, 1, of_nodes=True)
    outages = {outage.down[0]: set(outage.pairs) for outage in found.outages}
    nodes = [node.name for node in lab.provider.nodes]
    assert outages == {node: cut for node in nodes if (cut := cut_pairs(lab, (), {node}))}


def test_a_hub_that_fails_cuts_its_spokes_off_from_each_other():
    lab = loads(HUB, "lab.yaml").network
    found = survey(lab, 1, of_nodes=True)
    assert {outage.down: set(outage.pairs) for outage in found.outages} == {
        ("n0",): {("v/s2", "v/s3")}
    }


def test_when_all_spokes_have_failed_the_hubs_have_what_they_had():
    lab = loads(TWO_HUBS, "lab.yaml").network
    assert survey(lab, 1, of_nodes=True).outages == ()


@pytest.mark.slow
@few
@given(networks(max_nodes=5), st.data())
def test_the_outages_are_those_that_a_whole_recomputation_finds(lab, data):
    links = [link.name for link in lab.provider.links]
    down = frozenset(data.draw(st.sets(st.sampled_from(links), max_size=1)))
    known = {str(each) for each in verify(compile_program(lab, down), lab).violations}
    found = {outage.down: outage for outage in survey(lab, 1, down).outages}
    for link in links:
        if link in down:
            assert (link,) not in found
            continue
        whole = verify(compile_program(lab, down | {link}), lab).violations
        new = [str(each) for each in whole if str(each) not in known]
        outage = found.get((link,))
        assert [str(each) for each in outage.violations] == new if outage else not new


def test_what_was_broken_before_is_nobodys_fault():
    lab = nordic()
    assert survey(lab, 1, frozenset({"a/oslo"})).single_points[0].down == ("no-p2",)
    (only,) = survey(lab, 1, frozenset({"a/oslo"})).outages
    assert all("a/oslo" not in pair for pair in only.pairs)


def test_an_outage_that_a_smaller_one_explains_is_not_minimal():
    found = survey(nordic(), 2, frozenset({"dk-p1"}))
    assert ("dk-p2",) in [outage.down for outage in found.minimal_outages]
    for outage in found.minimal_outages:
        others = [each for each in found.minimal_outages if each is not outage]
        inside = [each for each in others if set(each.down) < set(outage.down)]
        assert not inside or set(outage.pairs) - {pair for each in inside for pair in each.pairs}
    for outage in set(found.outages) - set(found.minimal_outages):
        inside = [each for each in found.outages if set(each.down) < set(outage.down)]
        assert set(outage.pairs) <= {pair for each in inside for pair in each.pairs}


def test_more_cases_than_anybody_waits_for_are_refused():
    macs = MacAddresses()
    links = [f"n{number}-n{number + 1}" for number in range(60)]
    lab = network(provider(links), vpls("v", {"s": "n0", "t": "n60"}, macs=macs))
    with pytest.raises(LabError, match=r"up to 9 of 60 links down are .* cases; write"):
        FailureSurvey(lab, frozenset(), 9)


# loads -------------------------------------------------------------------------------------------


def square():
    """a and c at opposite corners; b is nearer by metric than d."""
    macs = MacAddresses()
    sites = {"x": ("a", "10.1.0.0/24"), "y": ("c", "10.2.0.0/24")}
    return network(
        provider(("a-b", "b-c", "a-d", "c-d"), metrics={"a-d": 20, "c-d": 20}),
        l3vpn("v", sites, macs=macs),
    )


def test_demands_load_the_links_of_their_paths_before_and_after():
    demand = Demand("v/x", "v/y", ("a", "c"), 300e6)
    traffic = survey(square(), 1, demands=(demand,)).traffic
    rows = {(row.link, row.sender): row for row in traffic.links}
    assert rows["a-b", "a"].bps == rows["b-c", "b"].bps == 300e6
    assert rows["a-b", "a"].worst_down == ()
    assert (rows["a-d", "a"].bps, rows["a-d", "a"].worst_bps) == (0, 300e6)
    assert rows["a-d", "a"].worst_down == ("a-b",)
    assert ("a-b", "b") not in rows  # nothing comes back
    assert (traffic.lost_bps, traffic.worst_lost_bps) == (0, 0)


def test_a_demand_without_a_way_is_lost():
    demand = Demand("v/x", "v/y", ("a", "c"), 300e6)
    found = survey(square(), 2, demands=(demand,)).traffic
    assert (found.worst_lost_bps, found.worst_lost_down) == (300e6, ("a-b", "a-d"))


def test_demands_between_the_same_pes_add_up_and_those_at_one_pe_load_nothing():
    demands = (
        Demand("v/x", "v/y", ("a", "c"), 1e6),
        Demand("v/y", "v/x", ("c", "a"), 5e6),
        Demand("v/x", "v/y", ("a", "c"), 2e6),
        Demand("v/x", "v/x2", ("a", "a"), 9e6),
    )
    rows = {
        (row.link, row.sender): row.bps
        for row in survey(square(), 1, demands=demands).traffic.links
    }
    assert rows["a-b", "a"] == 3e6
    assert rows["a-b", "b"] == 5e6


# all CPUs, and Ctrl-C ----------------------------------------------------------------------------


@pytest.mark.parametrize("pool", [lambda: WorkerPool(3), lambda: ProcessPoolExecutor(2)])
def test_several_processes_find_what_one_finds(pool):
    lab = nordic()
    demands = (Demand("a/aarhus", "a/oslo", ("dk", "no"), 1e6),)
    alone = survey(lab, 3, demands=demands)
    with pool() as executor:
        together = FailureSurvey(lab, frozenset(), 3, demands=demands).run(executor)
    assert together == alone
