"""Pictures for Mermaid: valid whatever names are in them, and with all that is to be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.export.mermaid import draw_mermaid
from mplsemu.export.picture_graph import picture_graph
from mplsemu.views.customer import customer_view
from mplsemu.views.provider import provider_view
from tests.oracles.mermaidlanguage import read
from tests.programs import program_of
from tests.unit.export.test_dot import BOTH_WAYS, CUT, WAY, all_views
from tests.unit.views.customer_views import bridge_views, l3vpn_views
from tests.view_labs import north

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = (
    "1. first", "- item", "+ item", "# head", "*b*", "__u__", "`c`", "<b>x</b>", "a|b", 'a"b',
    "%%{init: {}}%%", "%% note", "style: x#35;", "classDef x:#f;", "end", "\\", "{x}", "$$x$$",
    "&lt;", "東京 „ü“ ✗", "@{ shape: x }", "---", "a--b", "~x~", "![i](x)", "<script>", "a;b",
    "x:::y", "a'b",
)  # fmt: skip


def node_named(chart, text: str) -> str:
    (name,) = (name for name, lines in chart.nodes.items() if lines[0] == text)
    return name


@pytest.mark.slow
@SLOW
@given(st.lists(st.one_of(l3vpn_views(most=30), bridge_views(most=30)), min_size=1, max_size=3))
def test_any_names_make_a_valid_chart_that_says_them(views):
    chart = read(draw_mermaid(views))
    found = [picture_graph(view) for view in views]
    assert list(chart.nodes.values()) == [list(v.lines) for o in found for v in o.vertices]
    assert [edge[2] for edge in chart.edges] == [list(e.lines) for o in found for e in o.edges]
    titles = [title for o in found for title in (o.title, *(g.title for g in o.clusters)) if title]
    if len(views) == 1:
        assert chart.title == titles.pop(0)
    assert list(chart.subgraphs.values()) == titles


@pytest.mark.parametrize("customer", NAMES)
def test_names_with_a_meaning_in_the_language_are_names(customer):
    view = replace(customer_view(north(), "alfa"), customer=customer)
    title = f"{customer}: VPN alfa, L3VPN"
    assert read(draw_mermaid([view])).title == title
    assert read(draw_mermaid([view, view])).subgraphs == {"g0": title, "g1": title}


def test_names_of_things_are_safe_and_each_is_there_once():
    chart = read(draw_mermaid(all_views(program_of("nordic"))))
    assert list(chart.nodes) == [f"n{number}" for number in range(len(chart.nodes))]
    assert list(chart.subgraphs) == [f"g{number}" for number in range(4)]
    assert chart.title is None


def test_a_router_of_each_role_has_a_form_of_its_own():
    chart = read(draw_mermaid([provider_view(program_of("nordic"))]))
    forms = {chart.nodes[name][0]: form for name, form in chart.forms.items()}
    assert forms["dk"] == forms["se"] != forms["p1"] == forms["p2"]


def test_a_link_has_its_bandwidth_and_metric():
    chart = read(draw_mermaid([provider_view(program_of("nordic"))]))
    ends = {node_named(chart, "dk"), node_named(chart, "p2")}
    (edge,) = (edge for edge in chart.edges if {*edge[:2]} == ends)
    assert edge[2:] == (["1 Gbit/s", "metric 20"], "---")


def test_what_is_down_is_dotted_and_said():
    chart = read(draw_mermaid([provider_view(north(*CUT))]))
    down = [edge for edge in chart.edges if edge[3] == "-.-"]
    assert len(down) == 2
    assert all(edge[2][-1] == "✗ down" for edge in down)
    chart = read(draw_mermaid([customer_view(north(*CUT), "gamma")]))
    ribe = node_named(chart, "ribe")
    assert chart.classes[ribe] == "bad"
    assert chart.nodes[ribe][-1] == "✗ line down"
    assert [edge[2] for edge in chart.edges if edge[3] == "-.-"] == [["port 3", "✗ down"]]


def test_parts_that_nothing_joins_are_subgraphs():
    chart = read(draw_mermaid([customer_view(north(*CUT), "alfa")]))
    assert chart.subgraphs == {
        "g0": "Part 1 of 2: cannot reach oslo",
        "g1": "Part 2 of 2: cannot reach the other 3 sites",
    }
    assert node_named(chart, "oslo") in chart.members["g1"]
    assert node_named(chart, "aarhus") in chart.members["g0"]


def test_a_way_is_a_thick_edge_with_the_stack_on_it():
    view = replace(provider_view(program_of("nordic")), ways=(WAY,))
    chart = read(draw_mermaid([view]))
    thick = [edge for edge in chart.edges if edge[3] == "==>"]
    assert [edge[2] for edge in thick] == [['1: a to "o"', "17 18"], ["1", "popped"]]
    assert thick[0][:2] == (node_named(chart, "dk"), node_named(chart, "p1"))
    chart = read(draw_mermaid([replace(view, ways=(BOTH_WAYS,))]))
    assert next(edge[2] for edge in chart.edges if edge[3] == "<==>")[1:] == ["→ 17 18", "← 19"]


def test_a_wire_joins_its_sites_directly():
    chart = read(draw_mermaid([customer_view(north(), "delta")]))
    assert chart.edges == [("n0", "n1", ["virtual wire"], "---")]


def test_the_same_views_give_the_same_chart():
    assert draw_mermaid(all_views(north())) == draw_mermaid(all_views(north()))
