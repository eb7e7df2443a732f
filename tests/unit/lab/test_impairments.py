"""Losses and jitter of links: from the lab file into the program, the tables and the pictures."""

import json

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.emulation.plan import make_plan
from mplsemu.export.picture_graph import picture_graph
from mplsemu.lab.loader import loads
from mplsemu.program.codec import dump_program, load_program
from mplsemu.report.inventory import row_object
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.link_captions import LinkCaptions, about_link
from mplsemu.views.tables.inventory import link_rows
from mplsemu.views.text.view import draw_view

LAB = """\
name: lossy
provider:
  defaults: {jitter: 500 us}
  nodes: {a: {role: pe}, p: , b: {role: pe}}
  links:
    - {ends: [a, p], loss: 1.5 %, jitter: 2 ms}
    - {ends: [p, b], delay: 5 ms}
    - {ends: [a, b], jitter: 0 ms}
"""
NETWORK = loads(LAB, "lossy.yaml").network
PROGRAM = compile_program(NETWORK)
LOSSY, DEFAULT, CLEAN = PROGRAM.link_by_name["a-p"], PROGRAM.link_by_name["p-b"], "a-b"


def test_a_link_has_its_own_or_the_default():
    assert (LOSSY.loss_percent, LOSSY.jitter_ms) == (1.5, 2.0)
    assert (DEFAULT.loss_percent, DEFAULT.jitter_ms) == (0.0, 0.5)
    clean = PROGRAM.link_by_name[CLEAN]
    assert (clean.loss_percent, clean.jitter_ms) == (0.0, 0.0)


def test_the_program_says_it_where_it_is_so_and_nowhere_else():
    text = dump_program(PROGRAM)
    assert load_program(text) == PROGRAM
    links = {link["name"]: link for link in json.loads(text)["links"]}
    assert links["a-p"]["loss_percent"] == 1.5
    assert "loss_percent" not in links["p-b"]
    assert not {"loss_percent", "jitter_ms"} & links[CLEAN].keys()


def test_packets_may_take_as_long_as_delays_and_jitter_say():
    assert NETWORK.provider.longest_delay_ms == pytest.approx(7.5)


def test_the_cables_have_it():
    plan = make_plan(NETWORK, PROGRAM)
    cables = {pair.name: pair for pair in plan.veth_pairs}
    assert (cables["a-p"].loss_percent, cables["a-p"].jitter_ms) == (1.5, 2.0)
    assert (cables[CLEAN].loss_percent, cables[CLEAN].jitter_ms) == (0.0, 0.0)


def test_tables_and_pictures_say_it():
    interfaces = {link.name: () for link in NETWORK.provider.links}
    rows = {row.link: row_object(row) for row in link_rows(NETWORK, interfaces, PROGRAM)}
    assert (rows["a-p"]["loss_percent"], rows["a-p"]["jitter_ms"]) == (1.5, 2.0)
    assert not {"loss_percent", "jitter_ms"} & rows[CLEAN].keys()
    view = provider_view(PROGRAM)
    links = {link.name: link for link in view.links}
    captions = LinkCaptions(view.links)
    assert captions.on(links["a-p"]).endswith("jitter 2 ms, loss 1.5 %")
    assert "jitter" not in captions.on(links[CLEAN])
    assert "jitter 2 ms, loss 1.5 %" in about_link(links["a-p"])
    drawn = "\n".join(line.plain for line in draw_view(view))
    assert drawn.count("up, jitter 2 ms, loss 1.5 %") == 1
    lines = [line for edge in picture_graph(view).edges for line in edge.lines]
    assert any("jitter 2 ms, loss 1.5 %" in line for line in lines)
