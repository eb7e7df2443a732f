"""``check --failures``: what it prints, demands from a file, all CPUs, and Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mplsemu.cli.main import main
from mplsemu.lab.importers.new_lab import new_lab
from mplsemu.running import worker_pool
from tests.waiting import eventually


def test_a_quick_check_starts_no_process(monkeypatch, capsys):
    monkeypatch.setattr(worker_pool, "cpus", lambda: pytest.fail("not worth it"))
    assert main(["check", "nordic", "--failures", "1"]) == 0
    assert "7 of 7 cases survived" in capsys.readouterr().out


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
        pids = eventually(lambda: children.read_text().split(), "workers")
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
