"""``check --failures``: which sites lose which, single points of failure, loads, all CPUs."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.cli import failures as module
from mplsemu.cli.failures import Failures
from mplsemu.cli.main import main
from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.importers.new_lab import new_lab
from mplsemu.model.l3vpn import L3vpn
from mplsemu.verification.link_load import Demand
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import reaches
from tests.builders import MacAddresses, l3vpn, network, nordic, provider, vpls
from tests.strategies import networks

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def quiet():
    return nullcontext(lambda *_: None)


def survey(lab, most=1, down=frozenset(), **options):
    return Failures(lab, down, most, **options).survey(quiet)


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
        if reaches(vpn, site, other, target) and not nx.has_path(up, site.pe, target.pe):
            found.add(tuple(sorted((site.circuit, target.circuit))))
    return found


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


def test_more_cases_than_anybody_waits_for_are_refused():
    macs = MacAddresses()
    links = [f"n{number}-n{number + 1}" for number in range(60)]
    lab = network(provider(links), vpls("v", {"s": "n0", "t": "n60"}, macs=macs))
    with pytest.raises(LabError, match=r"up to 9 of 60 links down are .* cases; write"):
        Failures(lab, frozenset(), 9)


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


def test_several_processes_find_what_one_finds(monkeypatch):
    lab = nordic()
    demands = (Demand("a/aarhus", "a/oslo", ("dk", "no"), 1e6),)
    alone = survey(lab, 3, demands=demands)
    monkeypatch.setattr(Failures, "_processes", lambda *_: 3)
    assert survey(lab, 3, demands=demands) == alone


def test_a_quick_survey_starts_no_process(monkeypatch):
    monkeypatch.setattr(module, "cpus", lambda: pytest.fail("not worth it"))
    assert survey(nordic(), 1).tried == 6


@pytest.mark.slow
def test_ctrl_c_ends_a_long_check_with_130_and_leaves_no_process(tmp_path):
    lab = tmp_path / "att.yaml"
    made = new_lab("att", "topohub:topozoo/AttMpls", l3vpns=5, vpls=5, sites=5, seed=1)
    lab.write_text(made.text)
    process = subprocess.Popen(
        [sys.executable, "-m", "mplsemu", "check", str(lab), "--failures", "3"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + 30
        while not (pids := children.read_text().split()):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it
        _, said = process.communicate(timeout=20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert said.splitlines() == ["mplsemu: interrupted"]
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


# the command -------------------------------------------------------------------------------------

LAB = """
name: apart
provider:
  nodes: {a: {role: pe}, b: {role: pe}, m: , n: {role: pe}}
  links: [a-m, m-b, m-n, n-b]
vpns:
  v:
    type: l3vpn
    sites:
      x: {pe: a, subnet: 10.1.0.0/24}
      y: {pe: b, subnet: 10.2.0.0/24}
  w: {type: vpls, subnet: 10.0.0.0/24, sites: {x: {pe: b}, y: {pe: n}}}
"""


@pytest.fixture
def apart(tmp_path):
    path = tmp_path / "apart.yaml"
    path.write_text(LAB)
    return str(path)


def answer(capsys, *words, code):
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_json_names_pairs_parts_and_single_points(apart, capsys):
    found = answer(capsys, "check", apart, "--failures", "1", code=1)["failures"]
    assert (found["links"], found["of"], found["tried"]) == (1, "links", 4)
    assert found["single_points"] == ["a-m"]
    (fatal,) = found["fatal"]
    assert fatal["down"] == ["a-m"]
    assert fatal["pairs"] == [["v/x", "v/y"]]
    assert fatal["parts"] == {"v": [["x"], ["y"]]}


def test_nodes_alone_means_one_at_a_time(apart, capsys):
    found = answer(capsys, "check", apart, "--nodes", code=1)["failures"]
    assert (found["links"], found["of"], found["tried"]) == (1, "nodes", 4)
    assert found["single_points"] == ["m"]


def test_text_says_what_is_cut_off_and_what_all_hangs_on(apart, capsys):
    assert main(["check", apart, "--failures", "2"]) == 1
    said = capsys.readouterr().out
    assert "✗ a-m: 1 pair of sites cut off" in said
    assert "VPN v falls apart: x | y" in said
    assert "single points of failure: a-m" in said
    assert "3 cases with one of these in it" in said
    assert "the packets of the first: check LAB --down a-m\n" in said
    assert max(map(len, said.splitlines())) <= 80


def test_text_shows_loads(apart, tmp_path, capsys):
    demands = tmp_path / "demands.csv"
    demands.write_text("src,dst,Mbit/s\nv/x,v/y,1200\n")
    assert main(["check", apart, "--failures", "1", "--demands", str(demands)]) == 1
    said = capsys.readouterr().out
    assert "load: 1 demand, 1.2 Gbit/s; up to 1.2 Gbit/s lost, with a-m down" in said
    assert "1.2 Gbit/s (120%)" in said
    assert "4 lines above what the link can carry" in said


def test_loads_without_failures_need_no_failure(apart, tmp_path, capsys):
    demands = tmp_path / "demands.csv"
    demands.write_text("# from the provider's planners\n\na, b, 10\n b , a , 2.5\n")
    load = answer(capsys, "check", apart, "--demands", str(demands), code=0)["load"]
    assert (load["demands"], load["demanded_bps"], load["lost_bps"]) == (2, 12.5e6, 0)
    assert {(row["link"], row["from"]): row["bps"] for row in load["links"]} == {
        ("a-m", "a"): 10e6,
        ("m-b", "m"): 10e6,
        ("m-b", "b"): 2.5e6,
        ("a-m", "m"): 2.5e6,
    }


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("v/x,v/y", "demands.csv:2: 2 columns where 3 should be; write SRC,DST,MBIT/S"),
        ("v/x,v/y,lots", "demands.csv:2: 'lots' is not a rate; write Mbit/s as a number"),
        ("v/x,v/y,-3", "demands.csv:2: '-3' is not a rate"),
        ("v/x,v/y,nan", "demands.csv:2: 'nan' is not a rate"),
        ("v/x,v/z,3", "demands.csv:2: no site and no PE 'v/z' in lab 'apart'; did you mean v/"),
        ("v/x,m,3", "demands.csv:2: no site and no PE 'm'"),
        ("v/x,w/x,3", "demands.csv:2: v/x does not send to w/x: no VPN or import joins them"),
        ("v/x,b,3", "demands.csv:2: v/x and b are a site and a PE; write two sites, or two PEs"),
        ("a,n,3", "demands.csv:2: there is no LSP from a to n: no VPN is at both"),
        ('v/x,"v/y,3', "demands.csv:2: it is not CSV"),
    ],
)
def test_a_wrong_line_of_demands_is_named(line, complaint, apart, tmp_path, capsys):
    demands = tmp_path / "demands.csv"
    demands.write_text(f"v/x,v/y,5\n{line}\n")
    assert main(["check", apart, "--demands", str(demands)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert complaint in said


def test_a_file_of_demands_that_cannot_be_read_is_named(apart, tmp_path, capsys):
    assert main(["check", apart, "--demands", str(tmp_path / "none.csv")]) == 2
    assert "none.csv: cannot be read: No such file" in capsys.readouterr().err
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    assert main(["check", apart, "--demands", str(binary)]) == 2
    assert "binary.csv: cannot be read: it is not text" in capsys.readouterr().err
