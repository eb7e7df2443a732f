"""Ways of equal cost in pictures and tables: each link once, however many ways lead over it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.drawing.scene import Scene
from mplsemu.export.formats import RENDERERS
from mplsemu.program.entries import Forward
from mplsemu.program.program import Program
from mplsemu.program.trace import trace
from mplsemu.views.model import PathView, ProviderView
from mplsemu.views.overlay import with_trace
from mplsemu.views.pictures import draw_svg
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.kinds import LineKind
from mplsemu.views.scene.provider import provider_scene
from mplsemu.views.tables.lsp import lsps, parallel_links
from mplsemu.views.tables.lsp_links import lsp_links
from mplsemu.views.text.show import draw_lsps
from mplsemu.views.text.view import draw_view
from mplsemu.views.trace import TraceView
from mplsemu.views.units import part
from tests.builders import MacAddresses, l3vpn, network, provider
from tests.networks import LADDER, SQUARE, between, long_ladder
from tests.oracles.dotlanguage import read
from tests.programs import changed_node, program_of
from tests.unit.views.scene_geometry import assert_legible
from tests.view_labs import lsps_between, overlaid

PARALLEL = ("x-p", "p-y", "p-y#2")


def compiled(links=SQUARE, **settings) -> Program:
    return compile_program(between(links, **settings))


def traced(program: Program, source: str = "v/a/h1", target: str = "v/b/h1") -> ProviderView:
    found = TraceView.of(trace(program, source, target))
    return with_trace(provider_view(program), found)


def shares(way: PathView) -> dict[str, float]:
    return {link.link: link.there.share for link in way.links}


def text(view: ProviderView, width: int = 80) -> list[str]:
    return [line.plain for line in draw_view(view, width)]


# --- the view ------------------------------------------------------------------------------


def test_a_pair_of_pes_has_one_way_with_each_link_once():
    (way,) = overlaid(compiled(LADDER)).ways
    assert way.title == "x ↔ y, 4 ways"
    assert way.branches
    assert way.is_both_ways
    names = [link.link for link in way.links]
    assert sorted(names) == sorted(LADDER)
    assert all(link.back is not None for link in way.links)


def test_no_link_comes_before_one_that_leads_to_it():
    for view in (overlaid(compiled(LADDER)), traced(compiled(LADDER))):
        (way,) = view.ways
        for index, link in enumerate(way.links):
            assert link.sender not in {later.receiver for later in way.links[index:]}


def test_a_share_of_the_flows_goes_over_each_link_in_each_direction():
    (way,) = overlaid(compiled(("x-a", "x-b", "a-y", "a-y#2", "b-y"))).ways
    assert shares(way) == {"x-a": 0.5, "a-y": 0.25, "a-y#2": 0.25, "x-b": 0.5, "b-y": 0.5}
    back = {link.link: link.back.share for link in way.links if link.back}
    thirds = pytest.approx(1 / 3)
    assert back["a-y"] == back["a-y#2"] == back["b-y"] == thirds
    assert back["x-a"] == pytest.approx(2 / 3)


def test_directions_of_which_one_takes_more_links_are_two_ways():
    # with two ways at most, x has both and y, which could choose among three, the first two
    links = ("x-a", "x-b", "a-y", "b-c", "c-y", "b-y", "x-d", "d-y")
    views = overlaid(compiled(links, ecmp=2))
    titles = [way.title for way in views.ways]
    assert titles in (["x ↔ y, 2 ways"], ["x → y, 2 ways", "y → x, 2 ways"])


def test_a_way_that_is_lost_on_the_road_is_left_out():
    program = compiled()
    found = lsp_links(changed_node(program, "q", ilm=()), "x", "y")
    assert (found.paths, [link.link for link in found.links]) == (1, ["x-p", "p-y"])
    assert [link.share for link in found.links] == [0.5, 0.5]


def test_a_way_round_in_a_loop_is_left_out():
    program = compiled()
    (at_p,) = [entry for entry in program.node("p").ilm if entry.egress == "y"]
    back = replace(at_p.nhlfes[0], link="x-p")
    looping = replace(at_p, action=Forward((*at_p.nhlfes, back)))
    ilm = tuple(looping if each == at_p else each for each in program.node("p").ilm)
    found = lsp_links(changed_node(program, "p", ilm=ilm), "x", "y")
    assert "x-p" in [link.link for link in found.links]
    assert all((link.link, link.node) != ("x-p", "p") for link in found.links)


def test_very_many_ways_are_as_quick_as_few():
    program = compiled(long_ladder(30), ecmp=2)
    (way,) = overlaid(program).ways
    assert way.title == f"x ↔ y, {2**30} ways"
    assert len(way.links) == len(long_ladder(30))


@pytest.mark.parametrize("links", [SQUARE, LADDER, PARALLEL, long_ladder(6)])
def test_links_and_shares_are_those_of_all_lsps_taken_one_by_one(links):
    program = compiled(links)
    found = lsp_links(program, "x", "y")
    every = lsps_between(program, "x", "y")
    assert found.paths == len(every)
    added: Counter[tuple[str, tuple[int, ...]]] = Counter()
    for lsp in every:
        for hop in lsp.hops:
            added[hop.link, hop.labels] += lsp.share
    assert {(each.link, each.labels): each.share for each in found.links} == added


def test_a_link_of_which_both_ends_are_pes_may_end_an_lsp_on_one_way_only():
    (way,) = overlaid(compiled(("x-y", "x-p", "p-y"), metrics={"x-y": 20})).ways
    stacks = {link.link: link.there.stack for link in way.links}
    assert stacks["x-y"] == ()
    assert stacks["x-p"] != ()


# --- a packet ------------------------------------------------------------------------------


def test_a_traced_packet_has_one_way_of_all_that_it_may_take():
    view = traced(compiled(LADDER))
    (way,) = view.ways
    assert way.title == "v/a/h1 → v/b/h1, 4 ways"
    assert set(shares(way).values()) == {0.5, 0.25}
    assert len(way.links) == len(LADDER)
    assert all(len(link.there.stack) == 2 for link in way.links if link.receiver != "y")


def test_a_flooded_copy_has_its_own_ways_only():
    (way,) = traced(compiled(), "lan/a/h1", "ff:ff:ff:ff:ff:ff").ways
    assert way.title.endswith(", 2 ways")
    assert set(shares(way).values()) == {0.5}


def test_a_packet_with_more_ways_than_are_followed_is_told():
    (way,) = traced(compiled(long_ladder(8), ecmp=2)).ways
    assert ", more than " in way.title


def test_a_ce_routers_line_is_no_part_of_the_providers_way():
    program = program_of("nordic")
    for source, target in (("a/aarhus/h1", "a/oslo/h1"), ("a/oslo/h1", "a/aarhus/h1")):
        view = traced(program, source, target)
        (way,) = view.ways
        assert {link.link for link in way.links} == {"dk-p1", "no-p1"}
        for render in RENDERERS.values():
            assert render([view])


# --- pictures ------------------------------------------------------------------------------

VIEWS = [
    pytest.param(SQUARE, overlaid, id="square"),
    pytest.param(SQUARE, traced, id="square, a packet"),
    pytest.param(PARALLEL, overlaid, id="parallel links"),
    pytest.param(PARALLEL, traced, id="parallel links, a packet"),
    pytest.param(("x-p", "p-y", "p-y#2", "p-y#3"), overlaid, id="three"),
    pytest.param(LADDER, overlaid, id="ladder"),
    pytest.param(LADDER, traced, id="ladder, a packet"),
    pytest.param(long_ladder(4), traced, id="long ladder, a packet"),
]


@pytest.mark.parametrize(("links", "over"), VIEWS)
def test_every_link_is_drawn_once_and_nothing_covers_anything(links, over):
    scene = provider_scene(over(compiled(links)))
    assert_legible(scene)
    ways = [line for line in scene.lines if line.kind is LineKind.WAY]
    assert len(ways) == len(links)
    assert {line.number for line in ways} == {0}
    assert [entry.run.text for entry in scene.legend if entry.symbol is LineKind.WAY] != []


def test_one_way_has_one_entry_in_the_legend():
    scene = provider_scene(overlaid(compiled(LADDER)))
    entries = [entry.run.text for entry in scene.legend if entry.symbol is LineKind.WAY]
    assert entries == ["x ↔ y, 4 ways"]


def test_a_packets_share_stands_behind_its_stack_where_it_is_not_all():
    scene = provider_scene(traced(compiled(("x-p", "p-q", "p-r", "q-y", "r-y"))))
    texts = {
        frozenset(line.ends): [label.run.text for label in line.labels]
        for line in scene.lines
        if line.kind is LineKind.WAY
    }
    assert texts[frozenset("xp")] == ["17 | 16"] or not texts[frozenset("xp")][0].endswith(")")
    assert texts[frozenset("pq")][0].endswith(" (1/2)")
    assert "(1/2): the part of the flows that goes there" in _legend(scene)
    assert any("1/2 of the flows" in line.about for line in scene.lines)


def test_lsps_of_both_directions_have_no_share_in_the_picture():
    scene = provider_scene(overlaid(compiled()))
    assert not any("flows" in words for words in _legend(scene))


def test_ways_over_parallel_links_run_outside_of_them():
    for view in (overlaid(compiled(PARALLEL)), traced(compiled(PARALLEL))):
        scene = provider_scene(view)
        one, two = (_middle(scene, LineKind.LINK, name) for name in ("p-y", "p-y#2"))
        first, second = (_middle(scene, LineKind.WAY, f"0/{number}") for number in (1, 2))
        between = _apart(one, two)
        assert _apart(first, second) > between + 8
        assert _apart(first, one) < _apart(first, two)
        assert _apart(second, two) < _apart(second, one)


def test_a_number_that_another_way_would_run_over_is_drawn_above_it():
    links = ("x-a", "x-b", "a-p", "b-p", "a-z", "b-z", "p-y", "p-y#2", "x-p")
    sites = {"a": ("x", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29"), "c": ("z", "10.1.2.0/29")}
    net = network(
        provider(links, pes=("x", "y", "z"), ecmp=4), l3vpn("v", sites, macs=MacAddresses())
    )
    drawn = draw_svg(provider_scene(overlaid(compile_program(net))))
    lines, _, rest = drawn.partition('class="scene nodes"')
    above, _, _ = rest.partition('class="scene legend"')
    assert above.count('class="badge"') > 0
    assert (lines + above).count('class="badge"') == lines.count('class="line way')


def test_other_formats_draw_each_link_once_too():
    program = compiled(PARALLEL)
    for view in (overlaid(program), traced(program)):
        (graph,) = read(RENDERERS["dot"]([view]))
        drawn = [ends for *ends, settings in graph.edges if "penwidth" in settings]
        assert sorted(map(sorted, drawn)) == [["p", "x"], ["p", "y"], ["p", "y"]]
        assert RENDERERS["mermaid"]([view]).count("==>") == 3
        assert RENDERERS["drawio"]([view]).count("endArrow=block") == 3 + 1  # and the legend's
    assert "1/2 of the flows" in RENDERERS["dot"]([traced(program)])


def _legend(scene: Scene) -> list[str]:
    return [entry.run.text for entry in scene.legend]


def _middle(scene: Scene, kind: LineKind, key: str) -> tuple[float, float]:
    (line,) = [line for line in scene.lines if line.kind is kind and line.key == key]
    first, last = line.points[0], line.points[-1]
    return (first.x + last.x) / 2, (first.y + last.y) / 2


def _apart(one: tuple[float, float], two: tuple[float, float]) -> float:
    return ((one[0] - two[0]) ** 2 + (one[1] - two[1]) ** 2) ** 0.5


# --- text ----------------------------------------------------------------------------------


def test_text_says_of_each_lsr_where_it_sends():
    lines = text(overlaid(compiled(PARALLEL)))
    assert lines[-3:] == [
        " x ↔ y, 2 ways:",
        "   x ─[17]→ p",
        "   p ─[popped]→ y on p-y, ─[popped]→ y on p-y#2",
    ]


def test_text_lists_lsrs_in_the_order_in_which_they_are_sent_to():
    lines = text(overlaid(program_of("ecmp"), "a"))
    start = lines.index(" east ↔ west, 3 ways:")
    assert [line.split()[0] for line in lines[start + 1 : start + 4]] == ["east", "p1", "p2"]


def test_text_of_a_packet_has_its_shares():
    lines = text(traced(compiled(PARALLEL)))
    assert lines[-1] == "   p ─[16]→ y on p-y (1/2), ─[16]→ y on p-y#2 (1/2)"
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.5, "1/2"), (1 / 3, "1/3"), (2 / 3, "2/3"), (2**-12, "1/4096"), (2**-13, "below 1/4096")],
)
def test_a_share_is_said_as_a_fraction(share, said):
    assert part(share) == said


def test_lsps_over_parallel_links_are_told_apart():
    program = compiled(PARALLEL)
    drawn = [line.plain for line in draw_lsps(lsps(program), parallel_links(program))]
    assert "   x ─[17]→ p ─[popped]→ y on p-y" in drawn
    assert "   x ─[17]→ p ─[popped]→ y on p-y#2" in drawn
    assert any(line.endswith("way 2 of 2, 1/2 of the flows") for line in drawn)


def test_where_no_link_has_another_beside_it_none_is_named():
    program = compiled()
    assert parallel_links(program) == frozenset()
    drawn = "\n".join(line.plain for line in draw_lsps(lsps(program), parallel_links(program)))
    assert "→ y on" not in drawn


def test_json_has_each_link_with_what_is_on_it_in_both_directions():
    (way,) = json.loads(RENDERERS["json"]([overlaid(compiled())]))["ways"]
    assert way["title"] == "x ↔ y, 2 ways"
    (first,) = [link for link in way["links"] if link["link"] == "x-p"]
    assert (first["sender"], first["receiver"]) == ("x", "p")
    assert first["there"]["share"] == 0.5
    assert first["back"] == {"stack": [], "share": 0.5}
