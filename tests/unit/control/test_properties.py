"""What holds for every network, whatever is down and whatever was before."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import networkx as nx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.names import CE_HOST
from mplsemu.model.network import HostRef, Network
from mplsemu.model.vpls import Vpls
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.entries import IlmEntry, Swap
from mplsemu.program.hosts import find_host
from mplsemu.program.path import Delivered, Dropped
from mplsemu.program.program import Program
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations
from mplsemu.verification.structure import check_structure
from mplsemu.views.tables.lsp import lsps
from tests.builders import nordic
from tests.networks import service_names
from tests.strategies import failures, networks

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def chain(data: st.DataObject, network: Network, *, circuits: bool = False) -> list[Program]:
    """Compile a network as a running controller does: failure after failure."""
    programs = [compile_program(network)]
    for _ in range(3):
        down = data.draw(failures(network, circuits=circuits))
        programs.append(compile_program(network, down, previous=programs[-1]))
    return programs


Path = frozenset[tuple[str, "Path"]] | str
"""The links on which one may go on, and the path from there; at the end the egress."""


def paths(program: Program) -> dict[tuple[str, Path], int]:
    """Find the label of every LSR's transport path, by the links of the path."""
    return {
        (node.name, path_of(program, node.name, entry)): int(entry.label)
        for node in program.nodes
        for entry in node.ilm
        if entry.egress is not None
    }


def path_of(program: Program, name: str, entry: IlmEntry) -> Path:
    found = set()
    for nhlfe in entry.nhlfes:
        peer = program.node(program.node(name).adjacency_by_link[nhlfe.link].peer)
        operation = nhlfe.operation
        at = peer.ilm_by_label.get(operation.labels[0]) if isinstance(operation, Swap) else None
        if at is None or not at.nhlfes:
            assert peer.name == entry.egress
            found.add((nhlfe.link, peer.name))
        else:
            found.add((nhlfe.link, path_of(program, peer.name, at)))
    return frozenset(found)


@few
@given(networks())
def test_every_pair_of_a_vpn_reaches_and_nothing_leaks(network):
    program = compile_program(network)
    assert verify(program, network).violations == ()
    for expectation in expectations(network):
        end = trace(program, str(expectation.source), str(expectation.address)).end
        reached = end.host if isinstance(end, Delivered) else None
        if reached is not None and reached.host == CE_HOST:  # which answers, and is no host
            assert expectation.answered
            reached = None
        assert reached in (expectation.shared or (expectation.answered_by,))
        if not expectation.shared:
            assert (reached == expectation.target) is (expectation.expect is Expect.REACH)


def pes_between(
    network: Network, source: HostRef, target: HostRef, pes: Sequence[str]
) -> Iterator[set[str]]:
    """Yield sets of PEs, of each of which one has to be reached besides the two hosts' own.

    A spoke PE reaches a VPLS by way of a hub PE (RFC 4762 section 10); two spokes of an L3VPN reach
    each other through the CE router of a hub (RFC 4364 section 4.3.5).
    """
    vpn = next(each for each in network.vpns if each.name == source.vpn)
    if isinstance(vpn, Vpls) and pes[0] != pes[1]:
        yield from (set(hubs) for pe in pes if (hubs := vpn.topology.hubs_of(pe)))
    via = vpn.hub_and_spoke if isinstance(vpn, L3vpn) else None
    is_inside = target.vpn == vpn.name and source.site != target.site
    if via and via.via_ce and is_inside and not {source.site, target.site} & {*via.hubs}:
        yield {site.pe for site in vpn.sites if site.name in via.hubs}


def routers(network: Network, vpn: str) -> set[HostRef]:
    """Return the CE routers that are stations of a VPLS."""
    sites = next(each.sites for each in network.vpns if each.name == vpn)
    routed = (site for site in sites if site.behind is not None)
    return {HostRef(vpn, site.name, host.name) for site in routed for host in site.hosts}


@few
@given(networks(), st.data())
def test_failures_cut_off_only_what_has_no_way_left(network, data):
    for program in chain(data, network):
        assert list(check_structure(program)) == []
        up = nx.Graph(link.ends for link in program.links if link.up)
        up.add_nodes_from(node.name for node in program.nodes)
        for expectation in expectations(network):
            end = trace(program, str(expectation.source), str(expectation.address)).end
            assert not (isinstance(end, Dropped) and end.reason == "loop")
            reached = end.host if isinstance(end, Delivered) else None
            target = expectation.answered_by
            if target is None:  # nobody's, or a CE router's on the VPN's LAN
                is_routers = expectation.answered and reached in routers(network, expectation.vpn)
                assert reached is None or is_routers
                continue
            pes = [find_host(program, str(ref)).node for ref in (expectation.source, target)]
            there = nx.node_connected_component(up, pes[0])
            has_way = pes[1] in there and all(
                there & between for between in pes_between(network, expectation.source, target, pes)
            )
            assert reached == (target if has_way else None)


@few
@given(networks(), st.data())
def test_no_label_changes_its_meaning_and_what_stays_keeps_its_label(network, data):
    programs = chain(data, network, circuits=True)
    for old, new in itertools.pairwise(programs):
        for node in old.nodes:
            after = new.node(node.name).ilm_by_label
            for label, entry in node.ilm_by_label.items():
                assert after.get(label, entry) == entry
        before, after = paths(old), paths(new)
        assert {key: after[key] for key in before.keys() & after.keys()} == {
            key: before[key] for key in before.keys() & after.keys()
        }


@few
@given(networks(), st.data())
def test_a_circuit_that_is_down_takes_its_routes_with_it_everywhere(network, data):
    down = data.draw(failures(network, circuits=True))
    program = compile_program(network, down)
    assert list(check_structure(program)) == []
    for node in program.nodes:
        assert all(circuit.up is (circuit.name not in down) for circuit in node.circuits)
        for vrf in node.vrfs:
            assert not {route.circuit for route in vrf.routes} & down
            assert not {neighbour.circuit for neighbour in vrf.neighbours} & down
        names = {service.name for service in (*node.vrfs, *node.vsis)}
        assert names == set(service_names(network, node.name))


@few
@given(networks(), st.data())
def test_the_same_arguments_give_the_same_bytes_and_json_brings_it_back(network, data):
    for program in chain(data, network):
        text = dump_program(program)
        again = load_program(text)
        assert again == program
        assert dump_program(again) == text
    down = data.draw(failures(network))
    assert compile_program(network, down, (), program) == compile_program(
        network, frozenset(sorted(down, reverse=True)), (), again
    )


@few
@given(networks())
def test_an_lsr_holds_only_labels_that_some_lsp_needs(network):
    program = compile_program(network)
    needed = {(node.name, entry.egress) for node in program.nodes for entry in node.ftn}
    used = set()
    for name, egress in needed:
        node = program.node(name)
        pending = [(node, each) for each in node.ftn_by_egress[egress].nhlfes]
        while pending:
            node, nhlfe = pending.pop()
            labels = getattr(nhlfe.operation, "labels", ())
            peer = program.node(node.adjacency_by_link[nhlfe.link].peer)
            if labels and int(labels[0]) != 0:
                used.add((peer.name, int(labels[0])))
                pending += ((peer, each) for each in peer.ilm_by_label[labels[0]].nhlfes)
    held = {
        (node.name, int(entry.label))
        for node in program.nodes
        for entry in node.ilm
        if entry.egress
    }
    assert held == used


@few
@given(networks())
def test_every_lsp_is_a_shortest_path_in_its_own_direction(network):
    """Whatever a link costs there and back: compared with the distances of Floyd and Warshall."""
    provider = network.provider
    names = [node.name for node in provider.nodes]
    distance = {(a, b): 0 if a == b else 10**9 for a in names for b in names}
    for link in provider.links:
        for end in link.ends:
            pair = (end, link.far_end(end))
            distance[pair] = min(distance[pair], link.metric_from(end))
    for via, a, b in itertools.product(names, repeat=3):
        distance[a, b] = min(distance[a, b], distance[a, via] + distance[via, b])
    for lsp in lsps(compile_program(network)):
        assert lsp.complete
        assert lsp.metric == distance[lsp.ingress, lsp.egress]


def test_the_order_of_sets_in_memory_decides_nothing():
    script = (
        "from tests.builders import nordic\n"
        "from mplsemu.control.compile import compile_program\n"
        "from mplsemu.program.codec import dump_program\n"
        "print(dump_program(compile_program(nordic(), frozenset({'dk-p2', 'p1-p2'}))), end='')\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {dump_program(compile_program(nordic(), frozenset({"dk-p2", "p1-p2"})))}
