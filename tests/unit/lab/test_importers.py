from ipaddress import ip_network

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import LabError
from mplsemu.lab.importers.graph import (
    ImportedLink,
    ImportedNode,
    great_circle_km,
    provider_graph,
    slug,
)
from mplsemu.lab.importers.graphml import from_file
from mplsemu.lab.importers.new_lab import new_lab
from mplsemu.lab.importers.topohub import from_topohub
from mplsemu.lab.importers.vpn_generator import generate_vpns
from mplsemu.lab.importers.writer import word, write_lab
from mplsemu.lab.loader import load, loads
from mplsemu.model.topology import Role
from tests.places import TOPOLOGIES

GRAPHML = "http://graphml.graphdrawing.org/xmlns"
ISLANDS = "left out 2 nodes: Island, Reef"


def graphml(tmp_path, graph):
    path = tmp_path / "net.graphml"
    nx.write_graphml(graph, path)
    return path


def test_attmpls_becomes_a_lab_with_positions_and_delays():
    generated = new_lab("att", "topohub:topozoo/AttMpls", l3vpns=6, vpls=4, sites=5, seed=1)
    network = loads(generated.text, "att.yaml").network
    assert len(network.provider.nodes) == 25
    assert len(network.provider.links) == 56
    assert all(node.position for node in network.provider.nodes)
    first = network.provider.links[0]
    assert (first.name, first.delay_ms, first.metric) == ("NY54-CMBR", 1.52, 25)  # 303.97 km
    assert [len(vpn.sites) for vpn in network.vpns] == [5] * 10


def test_the_same_seed_gives_the_same_text_and_another_seed_another():
    texts = [
        new_lab("x", "topohub:topozoo/Abilene", l3vpns=3, vpls=1, seed=seed).text
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1]
    assert texts[0].split("name:")[1] != texts[2].split("name:")[1]


def test_attmpls_yaml_is_what_the_command_in_its_header_makes():
    generated = new_lab("attmpls", "topohub:topozoo/AttMpls", l3vpns=6, vpls=4, sites=5, seed=1)
    assert (TOPOLOGIES / "attmpls.yaml").read_text().endswith(generated.text)


def test_customers_have_the_same_prefixes_by_accident_and_their_pes_are_pes():
    graph = from_topohub("topozoo/AttMpls")
    vpns = generate_vpns(graph, l3vpns=4, vpls=2, sites=6, seed=3)
    first, second = ([site.subnet for site in vpn.sites] for vpn in vpns[:2])
    assert first == second
    assert vpns[4].subnet == vpns[5].subnet == ip_network("10.0.0.0/24")
    network = loads(write_lab("x", graph, vpns), "x.yaml").network
    pes = {node.name for node in network.provider.nodes if node.role is Role.PE}
    assert pes == {site.pe for vpn in vpns for site in vpn.sites}


def test_more_sites_than_nodes_share_pes():
    text = new_lab("x", "topohub:topozoo/Abilene", l3vpns=1, vpls=1, sites=300).text
    network = loads(text, "x.yaml").network
    assert [len(vpn.sites) for vpn in network.vpns] == [300, 300]


def test_a_network_without_customers_loads_with_a_note():
    loaded = loads(new_lab("x", "topohub:topozoo/Abilene").text, "x.yaml")
    assert "there are no VPNs" in loaded.notes[0]


def test_a_network_with_unnamed_and_repeated_nodes_says_so():
    generated = new_lab("x", "topohub:backbone/africa", l3vpns=2)
    assert any("without a name" in note for note in generated.notes)
    assert "# - " in generated.text
    assert loads(generated.text, "x.yaml").network.provider.nodes


def test_the_largest_network_with_a_hundred_vpns_loads():
    text = new_lab("x", "topohub:backbone/world", l3vpns=60, vpls=40, sites=10, seed=1).text
    network = loads(text, "x.yaml").network
    assert len(network.provider.nodes) == 3_815
    assert len(network.provider.links) == 5_189
    assert sum(1 for _ in network.sites()) == 1_000


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("topozoo/AtMpls", "topozoo/AttMpls"),
        ("topozoo/attmpls", "topozoo/AttMpls"),
        ("zzz", "it has backbone/..., caida/..."),
        ("../__init__", "it has"),
        ("", "it has"),
    ],
)
def test_an_unknown_network_is_refused_with_names_like_it(name, remedy):
    with pytest.raises(LabError) as caught:
        from_topohub(name)
    assert f"topohub has no network {name!r}" in str(caught.value)
    assert remedy in caught.value.remedy


def test_a_graphml_file_with_every_flaw_becomes_a_lab(tmp_path):
    graph = nx.MultiGraph()
    graph.add_node(0, label="København", Longitude=12.57, Latitude=55.68)
    graph.add_node(1, label="Oslo", Longitude=10.75, Latitude=59.91)
    graph.add_node(2, label="Oslo")
    graph.add_node(3)
    graph.add_node(4, label="?")
    graph.add_node(5, label="New-York 1")
    graph.add_node(6, label="Island")
    graph.add_node(7, label="Reef")
    for ends in [(0, 1), (0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (2, 2), (6, 7)]:
        graph.add_edge(*ends, LinkSpeedRaw=155e6)
    generated = new_lab("x", str(graphml(tmp_path, graph)), l3vpns=1)
    assert generated.notes == (
        "1 link from a node to itself: left out",
        f"2 parts that no link joins: kept the largest, with 6 nodes; {ISLANDS}",
        "2 nodes without a name: called r3, r4",
        "1 repeated name: numbered, Oslo_2",
        "2 names written plainly: København -> Kobenhavn, New-York 1 -> New_York_1",
        "1 parallel link: kept",
        "4 nodes without a position",
        "4 links without a length: default delay and metric",
    )
    assert all(
        note in " ".join(generated.text.replace("#  ", "").split()) for note in generated.notes
    )
    provider = loads(generated.text, "x.yaml").network.provider
    assert [node.name for node in provider.nodes] == [
        "Kobenhavn", "Oslo", "Oslo_2", "r3", "r4", "New_York_1",
    ]  # fmt: skip
    first, second, third = provider.links[:3]
    assert (first.name, second.name) == ("Kobenhavn-Oslo", "Kobenhavn-Oslo#2")
    assert first.bandwidth_bps == 155_000_000
    assert first.delay_ms == pytest.approx(2.41, abs=0.02)  # 482 km
    assert (third.delay_ms, third.metric) == (0.0, 10)


def test_a_directed_graph_has_one_link_for_two_directions(tmp_path):
    graph = nx.DiGraph([("a", "b"), ("b", "a"), ("b", "c")])
    found = from_file(graphml(tmp_path, graph))
    assert [link.ends for link in found.links] == [("a", "b"), ("b", "c")]


@pytest.mark.parametrize("write", [nx.write_graphml, nx.write_gml])
def test_a_node_of_networkx_keeps_its_name_and_a_link_its_weight(tmp_path, write):
    graph = nx.Graph()
    graph.add_edge("PE1", "P-1", weight=5)
    graph.add_edge("P-1", "no", metric=7, weight=3)
    path = tmp_path / ("net.gml" if write is nx.write_gml else "net.graphml")
    write(graph, path)
    generated = new_lab("x", str(path))
    provider = loads(generated.text, "x.yaml").network.provider
    assert [node.name for node in provider.nodes] == ["PE1", "P_1", "no"]
    assert [link.metric for link in provider.links] == [5, 7]
    assert generated.notes == (
        "1 name written plainly: P-1 -> P_1",
        "3 nodes without a position",
        "2 links with a metric of the network's own: kept",
        "2 links without a length: default delay",
    )


def test_a_node_of_a_gml_file_is_called_by_its_label_and_labels_may_be_alike(tmp_path):
    path = tmp_path / "Zoo.GML"
    path.write_text(
        'graph [ node [ id 0 label "Oslo" Longitude 10.75 Latitude 59.91 ] node [ id 1 ]'
        ' node [ id 2 label "Oslo" ] edge [ source 0 target 1 LinkSpeedRaw 1000000000.0 ]'
        " edge [ source 1 target 2 ] ]"
    )
    graph = from_file(path)
    assert [node.name for node in graph.nodes] == ["Oslo", "r1", "Oslo_2"]
    assert graph.nodes[0].position == (10.75, 59.91)
    assert graph.links[0].bandwidth_bps == 1_000_000_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_a_gml_file_may_have_letters_beyond_ascii(tmp_path, encoding):
    path = tmp_path / "net.gml"
    path.write_text(
        'graph [ node [ id 0 label "Malmö" ] node [ id 1 label "Troms&#248;" ]'
        " edge [ source 0 target 1 weight 7 ] ]",
        encoding=encoding,
    )
    graph = from_file(path)
    assert [node.name for node in graph.nodes] == ["Malmo", "Tromso"]
    assert graph.links[0].metric == 7


def test_what_is_lost_of_links_is_said(tmp_path):
    graph = nx.Graph()
    graph.add_edge("a", "b", weight=1.5, capacity="10G", delay=3, id="x", LinkLabel="dark")
    graph.add_edge("b", "c", weight=0)
    graph.add_edge("c", "d", weight=70_000, dist=200)
    found = from_file(graphml(tmp_path, graph))
    assert found.notes[:2] == (
        (
            "3 links with a metric or weight that is not a whole number from 1 to 65,535 "
            "(1.5, 0, 70000): not read"
        ),
        "2 attributes of links not read: capacity, delay",
    )
    assert [link.metric for link in found.links] == [None, None, 20]


def test_the_two_directions_of_a_directed_graph_keep_their_metrics(tmp_path):
    graph = nx.DiGraph()
    graph.add_edge("a", "b", weight=5)
    graph.add_edge("b", "a", weight=6)
    graph.add_edge("b", "c")
    graph.add_edge("c", "b", weight=7)
    found = from_file(graphml(tmp_path, graph))
    assert [(link.metric, link.metric_back) for link in found.links] == [(5, 6), (7, None)]
    text = write_lab("way", found, [])
    assert "{ends: [a, b], metric: [5, 6]}" in text
    assert [link.metric_from("b") for link in loads(text, "way.yaml").network.provider.links] == [
        6,
        7,
    ]


def test_an_absurd_length_is_noted():
    nodes = [ImportedNode("0", "a"), ImportedNode("1", "b")]
    graph = provider_graph("x", nodes, [ImportedLink(("0", "1"), length_km=9e7)])
    assert "1 link of absurd length: largest delay or metric" in graph.notes
    assert (graph.links[0].delay_us, graph.links[0].metric) == (10_000_000, 65_535)


def test_a_speed_out_of_range_is_noted():
    nodes = [ImportedNode("a", "a"), ImportedNode("b", "b")]
    graph = provider_graph("test", nodes, [ImportedLink(("a", "b"), 1.0, 10**15)])
    assert graph.links[0].bandwidth_bps is None
    assert "1 link with a speed out of range: default bandwidth" in graph.notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not XML"),
        ("<graphml>", "not XML"),
        ("<html/>", "not GraphML"),
        ("hello", "net.graphml:1: not XML"),
        (
            f"<graphml xmlns='{GRAPHML}'><graph edgedefault='undirected'/></graphml>",
            "has no nodes",
        ),
    ],
)
def test_a_file_that_is_no_graph_is_refused(tmp_path, content, message):
    path = tmp_path / "net.graphml"
    path.write_text(content)
    with pytest.raises(LabError) as caught:
        new_lab("x", str(path))
    assert message in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("content", ["", "hello", "<graphml/>", 'graph [ node [ label "é" ] ]'])
def test_a_file_that_is_no_gml_is_refused(tmp_path, content):
    path = tmp_path / "net.gml"
    path.write_text(content)
    with pytest.raises(LabError, match=r"net\.gml: (not GML|.*has no nodes)") as caught:
        new_lab("x", str(path))
    assert caught.value.remedy


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(LabError, match=r"no such file; name a \.graphml or \.gml file, or topohub"):
        from_file(tmp_path / "nowhere")


def test_a_directory_is_no_graphml_file(tmp_path):
    with pytest.raises(LabError, match="Is a directory"):
        from_file(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"l3vpns": -1}, "--l3vpns -1 is out of range; write 0 to 10000"),
        ({"vpls": 10_001}, "--vpls 10001 is out of range"),
        ({"sites": 0}, "--sites 0 is out of range; write 1 to 1000"),
        ({"name": "a/b"}, "'a/b' is not a lab's name; write letters"),
        ({"name": "x" * 41}, "is not a lab's name"),
    ],
)
def test_an_argument_out_of_range_is_refused(arguments, message):
    name = arguments.pop("name", "x")
    with pytest.raises(LabError) as caught:
        new_lab(name, "topohub:topozoo/Abilene", **arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Malmö", "Malmo"),
        ("Łódź", "Lodz"),
        ("Tromsø", "Tromso"),
        ("São Paulo", "Sao_Paulo"),
        ("St. John's", "St._John_s"),
        ("a-b", "a_b"),
        ("Київ", ""),
        ("  ", ""),
    ],
)
def test_a_name_is_written_in_ascii(name, plain):
    assert slug(name) == plain


@pytest.mark.parametrize("name", ["no", "Yes", "null", "1", "1e3", "0x10", "12.5", "2024"])
def test_a_name_that_yaml_could_misread_stands_in_quotes(name):
    assert word(name) == f'"{name}"'


def test_a_quarter_of_the_equator_is_ten_thousand_kilometres():
    assert great_circle_km((0, 0), (90, 0)) == pytest.approx(10_007, abs=2)


names = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["A", "A_2", "no", "1"]))
places = st.none() | st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@given(st.data())
def test_any_graph_becomes_a_lab_that_loads(data):
    count = data.draw(st.integers(1, 12))
    nodes = [ImportedNode(str(key), data.draw(names), data.draw(places)) for key in range(count)]
    end = st.integers(0, count - 1).map(str)
    link = st.builds(
        ImportedLink,
        st.tuples(end, end),
        st.none() | st.floats(0, 50_000),
        st.none() | st.integers(0, 10**12),
        st.none() | st.integers(1, 65_535),
    )
    graph = provider_graph("test", nodes, data.draw(st.lists(link, max_size=30)))
    vpns = generate_vpns(graph, l3vpns=2, vpls=2, sites=data.draw(st.integers(1, 20)))
    network = loads(write_lab("x", graph, vpns), "x.yaml").network
    assert [node.name for node in network.provider.nodes] == [node.name for node in graph.nodes]
    assert [one.ends for one in network.provider.links] == [one.ends for one in graph.links]


def test_a_generated_lab_can_be_saved_and_loaded(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(new_lab("x", "topohub:sndlib/polska", l3vpns=2, seed=4).text)
    assert len(load(path).network.vpns) == 2
