"""Pictures for Graphviz: valid whatever names are in them, and with all that is to be seen."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.export.dot import draw_dot
from mplsemu.export.picture_graph import picture_graph
from mplsemu.views.customer import customer_view
from mplsemu.views.provider import provider_view
from tests.oracles.dotlanguage import read, shown
from tests.programs import program_of
from tests.unit.views.customer_views import bridge_views, l3vpn_views
from tests.unit.views.network_views import made_way
from tests.unit.views.test_pictures import ring
from tests.view_labs import north

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CUT = ("core1-core2", "pe-kbh-core2", "alfa/oslo", "gamma/ribe")
WAY = made_way('a to "o"', ("dk", "p1", "no"), ("dk-p1", "no-p1"), ((17, 18), ()))
BOTH_WAYS = made_way(
    'a to "o"', ("dk", "p1", "no"), ("dk-p1", "no-p1"), ((17, 18), ()), ((19,), (20, 21))
)


def all_views(program) -> list:
    return [provider_view(program), *(customer_view(program, v.name) for v in program.vpns)]


@pytest.mark.slow
@SLOW
@given(st.lists(st.one_of(l3vpn_views(most=30), bridge_views(most=30)), min_size=1, max_size=3))
def test_any_names_make_a_valid_file_that_says_them(views):
    graphs = read(draw_dot(views))
    assert len(graphs) == len(views)
    for view, graph in zip(views, graphs, strict=True):
        found = picture_graph(view)
        assert shown(graph.settings["label"]) == [found.title]
        assert {key: shown(node["label"]) for key, node in graph.nodes.items()} == {
            vertex.key: list(vertex.lines) for vertex in found.vertices
        }
        assert [(a, b) for a, b, _ in graph.edges] == [edge.ends for edge in found.edges]


@pytest.mark.parametrize(
    "customer",
    [
        '"',
        '\\"',
        '\\\\" x',
        "\\",
        "\\\\N",
        "a\\",
        "&lt;",
        "<b>x</b>",
        "a;b}",
        "// #",
        "東京 „ü“",
        "\\n",
    ],
)
def test_names_with_a_meaning_in_the_language_are_names(customer):
    view = replace(customer_view(north(), "alfa"), customer=customer)
    (graph,) = read(draw_dot([view]))
    assert shown(graph.settings["label"]) == [f"{customer}: VPN alfa, L3VPN"]


def test_the_providers_graph_has_shapes_by_role_and_bandwidth_and_metric():
    (graph,) = read(draw_dot([provider_view(program_of("nordic"))]))
    assert graph.nodes["dk"]["shape"] == "box"
    assert graph.nodes["p1"]["shape"] == "octagon"
    (label,) = (e[2]["label"] for e in graph.edges if {e[0], e[1]} == {"dk", "p2"})
    assert shown(label) == ["1 Gbit/s", "metric 20"]


def test_positions_are_kept_east_to_the_right_and_north_up():
    (graph,) = read(draw_dot([provider_view(program_of("nordic"))]))
    assert graph.settings["layout"] == "neato"
    assert all(node["pos"].endswith("!") for node in graph.nodes.values())
    at = {k: [float(x) for x in n["pos"][:-1].split(",")] for k, n in graph.nodes.items()}
    assert at["p2"][0] < at["no"][0] < at["p1"][0] < at["dk"][0] < at["se"][0]
    assert at["dk"][1] < at["p1"][1] < at["p2"][1] < at["se"][1] < at["no"][1]


def test_a_network_without_positions_is_laid_out_by_graphviz():
    (graph,) = read(draw_dot([provider_view(north())]))
    assert not any("pos" in node for node in graph.nodes.values())
    assert graph.settings["overlap"] == "false"


def test_routers_all_at_one_place_are_no_trouble():
    view = ring(3)
    view = replace(view, routers=tuple(replace(r, position=(0.0, 90.0)) for r in view.routers))
    (graph,) = read(draw_dot([view]))
    assert {node["pos"] for node in graph.nodes.values()} == {"0.000,0.000!"}


def test_what_is_down_is_dashed_and_said():
    graphs = read(draw_dot(all_views(north(*CUT))))
    down = [edge for edge in graphs[0].edges if edge[2].get("style") == "dashed"]
    assert [{a, b} for a, b, _ in down] == [{"core1", "core2"}, {"pe-kbh", "core2"}]
    assert all(shown(edge[2]["label"])[-1] == "✗ down" for edge in down)
    (line,) = (edge for edge in graphs[1].edges if edge[2].get("style") == "dashed")
    assert line[:2] == ("ce/oslo", "router/2.1")
    assert shown(line[2]["label"]) == ["✗ down"]
    assert graphs[1].nodes["site/oslo"]["style"] == "filled,dashed"
    assert "✗ line down" in shown(graphs[1].nodes["site/oslo"]["label"])


def test_parts_that_nothing_joins_are_clusters():
    (graph,) = read(draw_dot([customer_view(north(*CUT), "alfa")]))
    titles = [shown(cluster.settings["label"]) for cluster in graph.clusters.values()]
    assert titles == [
        ["Part 1 of 2: cannot reach oslo"],
        ["Part 2 of 2: cannot reach the other 3 sites"],
    ]
    first, second = graph.clusters.values()
    assert {"site/aarhus", "router/1.1", "network/1", "partner/1"} <= {*first.nodes}
    assert {*second.nodes} == {"site/oslo", "ce/oslo", "router/2.1"}
    (whole,) = read(draw_dot([customer_view(north(), "alfa")]))
    assert not whole.clusters


def test_a_missing_route_is_said_at_its_router():
    from tests.unit.views.test_pictures import without_route  # noqa: PLC0415

    program = without_route(north(), "pe-osl", "beta", "192.168.1.0/24")
    (graph,) = read(draw_dot([customer_view(program, "beta")]))
    assert "✗ cannot reach lyon" in shown(graph.nodes["router/1.2"]["label"])


def test_a_way_is_an_edge_of_its_own_with_the_stack_on_it():
    view = replace(provider_view(program_of("nordic")), ways=(WAY,), shown_vpn="a")
    (graph,) = read(draw_dot([view]))
    ways = [edge for edge in graph.edges if "penwidth" in edge[2]]
    assert [(a, b, shown(e["label"]), e["dir"]) for a, b, e in ways] == [
        ("dk", "p1", ['1: a to "o"', "17 18"], "forward"),
        ("p1", "no", ["1", "popped"], "forward"),
    ]
    (graph,) = read(draw_dot([replace(view, ways=(BOTH_WAYS,))]))
    (first, second) = (edge[2] for edge in graph.edges if "penwidth" in edge[2])
    assert shown(first["label"]) == ['1: a to "o"', "→ 17 18", "← 19"]
    assert shown(second["label"])[-1] == "← 20 21"
    assert first["dir"] == "both"


def test_the_sites_of_the_vpn_that_is_shown_are_at_their_pes():
    view = replace(provider_view(program_of("nordic")), shown_vpn="a")
    (graph,) = read(draw_dot([view]))
    assert ("site a/oslo", "no") in [edge[:2] for edge in graph.edges]
    assert graph.nodes["site a/oslo"]["pos"] != graph.nodes["no"]["pos"]


def test_load_is_there_when_it_is_measured():
    view = ring(3)
    live = replace(view, links=(replace(view.links[0], load_bps=(2e6, 1e6)), *view.links[1:]))
    (graph,) = read(draw_dot([live]))
    assert [edge[2]["label"].endswith("load 2 Mbit/s") for edge in graph.edges] == [
        True,
        False,
        False,
    ]


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("name", ["nordic", "extranet", "vpls", "attmpls"])
def test_graphviz_takes_it_without_a_word(name):
    views = all_views(program_of(name))
    views.append(replace(views[1], customer='„\\" & <b>\\'))
    done = subprocess.run(
        ["dot", "-Tsvg"],
        input=draw_dot(views).encode(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    assert done.stdout.count(b"</svg>") == len(views)
    assert "„\\&quot; &amp; &lt;b&gt;\\: VPN".encode() in done.stdout


def test_the_same_views_give_the_same_file():
    assert draw_dot(all_views(north())) == draw_dot(all_views(north()))
