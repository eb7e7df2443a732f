"""``mplsemu view``: every format, to a file or to standard output, and what is over the picture."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import threading
from xml.etree import ElementTree as ET

import pytest

from mplsemu.cli.main import main
from mplsemu.cli.output import output_to
from mplsemu.export.formats import RENDERERS
from mplsemu.views.palettes import DARK, LIGHT
from tests.places import TOPOLOGIES

NORDIC = str(TOPOLOGIES / "nordic.yaml")

STARTS = {
    "text": " Customer A · VPN a".encode(),
    "svg": b"<svg ",
    "png": b"\x89PNG",
    "html": b"<!DOCTYPE html>",
    "drawio": b"<mxfile ",
    "dot": b"graph ",
    "mermaid": b"---\ntitle: ",
    "json": b"{",
}


def complaint(capsys, *words) -> str:
    """Run a command that is refused; return the one line that it says."""
    assert main(list(words)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("mplsemu")
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("form", RENDERERS)
def test_a_files_suffix_is_enough_to_choose_the_format(form, tmp_path, capsys):
    for suffix in RENDERERS[form].suffixes:
        path = tmp_path / f"picture{suffix.upper()}"
        assert main(["view", NORDIC, "--vpn", "a", "-o", str(path)]) == 0
        assert path.read_bytes().startswith(STARTS[form])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", RENDERERS)
def test_every_format_holds_all_pictures(form, tmp_path):
    path = tmp_path / "all"
    assert main(["view", NORDIC, "--format", form, "-o", str(path)]) == 0
    content = path.read_bytes()
    if form != "png":
        text = content.decode()
        for name in ("nordic", "Customer A", "Customer B", "Customer C"):
            assert name in text


def test_the_format_that_is_named_counts_more_than_the_suffix(tmp_path):
    path = tmp_path / "picture.txt"
    assert main(["view", NORDIC, "--vpn", "a", "--format", "svg", "-o", str(path)]) == 0
    assert path.read_text().startswith("<svg ")


def test_a_file_without_a_suffix_is_text(tmp_path):
    path = tmp_path / "picture"
    assert main(["view", NORDIC, "--vpn", "a", "-o", str(path)]) == 0
    assert path.read_bytes().startswith(STARTS["text"])


def test_text_formats_can_be_printed(capsys):
    for form in ("svg", "dot", "json"):
        assert main(["view", NORDIC, "--vpn", "a", "--format", form]) == 0
        assert capsys.readouterr().out.encode().startswith(STARTS[form])


class Output(io.TextIOWrapper):
    """Standard output that is a terminal, or is not."""

    def __init__(self, *, is_terminal):
        super().__init__(io.BytesIO(), encoding="utf-8")
        self._is_terminal = is_terminal

    def isatty(self):
        return self._is_terminal


def test_an_image_is_not_printed_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Output(is_terminal=True))
    assert main(["view", NORDIC, "--vpn", "a", "--format", "png"]) == 2
    assert sys.stdout.buffer.getvalue() == b""
    assert "-o FILE.png" in capsys.readouterr().err


def test_an_image_can_be_piped(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Output(is_terminal=False))
    assert main(["view", NORDIC, "--vpn", "a", "--format", "png", "-o", "-"]) == 0
    assert sys.stdout.buffer.getvalue().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("theme", "has", "lacks"), [("light", LIGHT, DARK), ("dark", DARK, LIGHT), ("auto", DARK, None)]
)
def test_the_theme_is_the_one_that_is_asked_for(theme, has, lacks, capsys):
    assert main(["view", NORDIC, "--vpn", "a", "--format", "svg", "--theme", theme]) == 0
    text = capsys.readouterr().out
    assert f"fill:{has.ground}" in text
    assert lacks is None or f"fill:{lacks.ground}" not in text


# --- over the provider's picture -----------------------------------------------------------------


def lines(capsys, *words) -> list[dict[str, str]]:
    assert main(["view", NORDIC, "--format", "svg", *words]) == 0
    root = ET.fromstring(capsys.readouterr().out)
    return [element.attrib for element in root.iter() if element.get("data-line")]


def test_a_vpn_over_the_providers_picture(capsys):
    found = lines(capsys, "--overlay", "a")
    assert {line.get("data-way") for line in found} == {None, "0", "1", "2"}
    assert any("access" in line["class"] for line in found)
    assert {tuple(line.items()) for line in found} == {
        tuple(line.items()) for line in lines(capsys, "--overlay", "Customer A")
    }


def test_a_packet_over_the_providers_picture(capsys):
    found = lines(capsys, "--trace", "a/aarhus/h1", "a/stockholm/h1")
    way = [(line["data-a"], line["data-b"]) for line in found if line.get("data-way") == "0"]
    assert way == [("dk", "p1"), ("p1", "se")]


def test_a_packet_takes_another_way_where_a_link_is_down(capsys):
    found = lines(capsys, "--trace", "a/aarhus/h1", "a/stockholm/h1", "--down", "dk-p1")
    way = [(line["data-a"], line["data-b"]) for line in found if line.get("data-way") == "0"]
    assert way == [("dk", "p2"), ("p2", "se")]
    assert ["down" in line["class"] for line in found if line["data-line"] == "dk-p1"] == [True]


def test_a_packet_that_is_lost_is_said_to_be(capsys):
    assert main(["view", NORDIC, "--trace", "a/aarhus/h1", "192.168.77.1"]) == 0
    assert "not delivered: dropped at dk: no route" in capsys.readouterr().err


def test_an_overlay_in_text_has_the_stack_on_each_link(capsys):
    assert main(["view", NORDIC, "--trace", "a/aarhus/h1", "a/stockholm/h1"]) == 0
    assert re.search(r"dk ─\[\d+ \d+\]→ p1 ─\[\d+\]→ se", capsys.readouterr().out)


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "sgv"], "no format 'sgv'; did you mean svg?"),
        (["--format", "drawoi"], "did you mean drawio?"),
        (["-o", "/tmp/picture.pdf"], "no format has the suffix '.pdf'; write one of: text, svg"),
        (["--theme", "drak"], "unknown --theme 'drak'; did you mean dark?"),
        (["--overlay", "zz"], "no VPN 'zz' in lab 'nordic'"),
        (["--overlay", "a", "--vpn", "a"], "leave out --vpn"),
        (["--trace", "a/arhus/h1", "a/oslo/h1"], "did you mean a/aarhus/h1?"),
        (["--trace", "a/aarhus/h1"], "--trace: expected 2 arguments"),
        (["--overlay", "a", "--trace", "x", "y"], "not allowed with"),
        (["--format", "png", "-o", "/nowhere/a.png"], "/nowhere/a.png: cannot be written"),
    ],
)
def test_bad_input_is_one_clear_line(words, said, capsys):
    assert said in complaint(capsys, "view", NORDIC, *words)


def test_nothing_is_drawn_for_a_file_that_cannot_be_written(monkeypatch, capsys):
    drawn = []
    monkeypatch.setattr("mplsemu.export.formats.draw_svgs", lambda *_, **__: drawn.append(1))
    assert "cannot be written" in complaint(capsys, "view", NORDIC, "-o", "/nowhere/at/all.svg")
    assert drawn == []


# --- files ---------------------------------------------------------------------------------------


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "there.txt"
    path.write_text("much longer than what comes")
    with output_to(str(path)) as write:
        assert path.read_text() == "much longer than what comes"
        write("short")
    assert path.read_text() == "short"


def test_work_that_fails_leaves_files_as_they_were(tmp_path):
    there, new = tmp_path / "there.txt", tmp_path / "new.txt"
    there.write_text("kept")
    for path in (there, new):
        with pytest.raises(RuntimeError), output_to(str(path)):
            raise RuntimeError("it went wrong")
    assert there.read_text() == "kept"
    assert not new.exists()


def test_a_pipe_with_a_name_is_written_to(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found = []
    reader = threading.Thread(target=lambda: found.append(path.read_text()))
    reader.start()
    with output_to(str(path)) as write:
        write("through it")
    reader.join(timeout=5)
    assert found == ["through it"]
    assert path.exists()


def test_json_is_what_the_pictures_are_drawn_from(tmp_path):
    path = tmp_path / "views.json"
    assert main(["view", NORDIC, "-o", str(path)]) == 0
    assert [v["view"] for v in json.loads(path.read_text())["views"]] == [
        "provider", "l3vpn", "l3vpn", "vpls",
    ]  # fmt: skip
