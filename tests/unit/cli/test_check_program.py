"""``check --program``: a forwarding program that something else made, and what is wrong with it."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from mplsemu.cli.main import main
from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.program.codec import dump_program
from mplsemu.program.services import ViaPe
from tests.places import TOPOLOGIES
from tests.programs import changed_node

NORDIC = str(TOPOLOGIES / "nordic.yaml")
PROGRAM = compile_program(load(NORDIC).network)


def leaking():
    """Return nordic's program with a route of b at dk into a's VRF at no."""
    dk, no = PROGRAM.node("dk"), PROGRAM.node("no")
    wrong = no.vrf_by_name["a"].label
    vrfs = tuple(
        replace(
            vrf,
            routes=tuple(
                replace(route, next_hop=ViaPe("no", wrong)) if route.circuit == "b/oslo" else route
                for route in vrf.routes
            ),
        )
        if vrf.name == "b"
        else vrf
        for vrf in dk.vrfs
    )
    return changed_node(PROGRAM, "dk", vrfs=vrfs)


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "program.json"
        path.write_text(text)
        return str(path)

    return write


def complaint(capsys, *words):
    assert main(list(words)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


def test_what_show_prints_holds(written, capsys):
    assert main(["show", NORDIC, "program"]) == 0
    path = written(capsys.readouterr().out)
    assert main(["check", NORDIC, "--program", path]) == 0
    assert "✓ holds" in capsys.readouterr().out


def test_a_program_comes_by_standard_input_too(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(dump_program(PROGRAM)))
    assert main(["check", NORDIC, "--program", "-"]) == 0
    assert "✓ holds" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    assert "standard input: the program is not whole JSON" in complaint(
        capsys, "check", NORDIC, "--program", "-"
    )


def test_a_leak_is_refuted_with_its_packet_hop_by_hop(written, capsys):
    path = written(dump_program(leaking()))
    assert main(["check", NORDIC, "--program", path, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    (leak,) = [each for each in found["violations"] if each["check"] == "isolate"]
    assert leak["subject"] == "b"
    assert "leaks: delivered to a/oslo/h1 on a/oslo" in leak["detail"]
    assert leak["class"] == ["192.168.3.0/24"]
    assert (leak["sources"], leak["targets"]) == (["b/aarhus"], ["b/oslo"])
    assert [hop["node"] for hop in leak["trace"]["hops"]][:3] == ["dk", "p1", "no"]
    assert main(["check", NORDIC, "--program", path]) == 1
    said = capsys.readouterr().out
    assert "b/aarhus → 192.168.3.2" in said
    assert "so it is with 192.168.3.0/24, from b/aarhus" in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_leak_comes_before_all_that_is_only_lost(written, capsys):
    program = changed_node(
        leaking(), "se", ftn=()
    )  # nothing from se arrives, be it a's, b's or c's
    assert main(["check", NORDIC, "--program", written(dump_program(program))]) == 1
    lines = capsys.readouterr().out.splitlines()
    faults = [line for line in lines if line.startswith("   ") and ": " in line]
    assert faults[0].startswith("   isolate b: from dk to 192.168.3.2: leaks")
    drawn = [index for index, line in enumerate(lines) if " → " in line]
    titles = [lines[index].split("  ")[1] for index in drawn]
    assert titles == ["✗ isolate, 4 hops", "✗ not delivered, 1 hop", "✗ flood, 1 hop"]
    assert lines[drawn[0] + 1] == (
        " 02:00:00:00:00:05 > 02:4d:50:00:00:01, 192.168.1.2 > 192.168.3.2, ttl 255"
    )
    (more,) = [line for line in lines if line.endswith("more: --json")]
    assert more.split()[:3] == ["the", "packets", "of"]


def test_a_copy_that_comes_twice_is_drawn_as_such_though_it_arrives(written, capsys):
    (vsi,) = PROGRAM.node("dk").vsis
    twice = (*vsi.pseudowires, replace(vsi.pseudowires[0], index=99))
    program = changed_node(PROGRAM, "dk", vsis=(replace(vsi, pseudowires=twice),))
    path = written(dump_program(program))
    assert main(["check", NORDIC, "--program", path, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["violations"]
    (flood,) = [each for each in found if each["check"] == "flood"]
    assert flood["trace"]["delivered"]
    assert flood["trace"]["packet"]["dst_mac"] == "ff:ff:ff:ff:ff:ff"
    ends = [branch["end"] for branch in flood["trace"]["branches"]]
    assert sorted(ends) == [f"it arrives at c/{site}" for site in ("bergen", "bergen", "malmo")]
    assert main(["check", NORDIC, "--program", path]) == 1
    said = capsys.readouterr().out
    assert "c/odense → ff:ff:ff:ff:ff:ff  ✗ flood, 3 hops" in said
    assert "✗ from c/odense to a broadcast: too often at c/bergen" in said


def test_a_program_of_another_lab_falls_short(written, capsys):
    path = written(dump_program(PROGRAM))
    assert main(["check", str(TOPOLOGIES / "vpls.yaml"), "--program", path]) == 1
    said = capsys.readouterr().out
    assert "LSR core1 is missing" in said
    assert "no packet can be followed" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: len(text) // 2], "program.json: the program is not whole JSON: line"),
        (lambda _: "", "program.json: the program is not whole JSON: line 1"),
        (lambda _: "[]", 'program.json: this is not a forwarding program: it has no "format"'),
        (
            lambda text: text.replace('"version": 3', '"version": 7', 1),
            "program.json: the program has version 7, this reads version 3; write it again",
        ),
        (lambda text: text.replace('"pop"', '"pap"'), "program.json: "),
        (lambda text: text.replace('"label": ', '"label": -'), "program.json: "),
        (lambda text: text.replace('"role"', '"rule"'), "program.json: "),
    ],
)
def test_a_program_that_cannot_be_read_is_one_clear_line(change, said, written, capsys):
    path = written(change(dump_program(PROGRAM)))
    line = complaint(capsys, "check", NORDIC, "--program", path)
    assert said in line
    assert len(line) < 700


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path, capsys):
    said = complaint(capsys, "check", NORDIC, "--program", str(tmp_path / "none.json"))
    assert "none.json: cannot be read: No such file or directory" in said
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\x00")
    said = complaint(capsys, "check", NORDIC, "--program", str(binary))
    assert "binary.json: cannot be read: it is not text in UTF-8" in said


@pytest.mark.parametrize(
    "option", [["--failures", "1"], ["--nodes"], ["--down", "dk-p1"], ["--demands", "x.csv"]]
)
def test_a_program_from_a_file_is_not_compiled_anew(option, written, capsys):
    path = written(dump_program(PROGRAM))
    said = complaint(capsys, "check", NORDIC, "--program", path, *option)
    assert "a program from a file stays as it is" in said


# --live ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["--live", "--failures", "1"],
        ["--live", "--nodes"],
        ["--live", "--program", "x.json"],
        ["--live", "--down", "dk-p1"],
        ["--live", "nordic", "--lab", "other"],
        [NORDIC, "--lab", "nordic"],
    ],
)
def test_a_running_lab_is_looked_at_as_it_is(words, capsys):
    said = complaint(capsys, "check", *words)
    assert "write: mplsemu check --live [--lab NAME] [--json]" in said


def test_a_lab_that_does_not_run_is_one_clear_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MPLSEMU_RUN_DIR", str(tmp_path))
    assert "no lab is running; type: sudo mplsemu up LAB" in complaint(capsys, "check", "--live")
    said = complaint(capsys, "check", "--live", "--lab", "nordic")
    assert "no lab named 'nordic' is running" in said


def test_without_a_lab_there_is_nothing_to_check(capsys):
    said = complaint(capsys, "check")
    assert said == "mplsemu: the following arguments are required: LAB; see `mplsemu check --help`"
