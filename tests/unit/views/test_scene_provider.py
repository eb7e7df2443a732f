"""The provider's picture: what it says of routers and links, and what is drawn over them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.drawing.geometry import Point
from mplsemu.drawing.scene import Line, Node, Scene, Tone
from mplsemu.errors import ProgramError
from mplsemu.lab.loader import load
from mplsemu.program.program import Program
from mplsemu.views.overlay import with_trace, with_vpn
from mplsemu.views.pictures import draw_svg
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.kinds import LineKind, NodeKind
from mplsemu.views.scene.provider import provider_scene
from mplsemu.views.trace import TraceHop, TraceView
from tests.places import TOPOLOGIES
from tests.programs import program_of
from tests.unit.views.network_views import made_way, provider, real
from tests.unit.views.scene_geometry import assert_legible, assert_spots_free
from tests.view_labs import lsps_between

RING = [(f"r{i}", f"r{(i + 1) % 6}") for i in range(6)]


def nordic(*down: str) -> Program:
    return compile_program(load(TOPOLOGIES / "nordic.yaml").network, down=frozenset(down))


def line(scene: Scene, key: str) -> Line:
    (found,) = [line for line in scene.lines if line.key == key]
    return found


def node(scene: Scene, key: str) -> Node:
    (found,) = [node for node in scene.nodes if node.key == key]
    return found


def said(thing: Line | Node) -> list[str]:
    if isinstance(thing, Node):
        return [run.text for run in thing.texts]
    return [label.run.text for label in thing.labels]


def headings(scene: Scene) -> list[str]:
    return [run.text for run in scene.heading]


def meanings(scene: Scene) -> list[str]:
    return [entry.run.text for entry in scene.legend]


# --- routers -------------------------------------------------------------------------------------


def test_a_pe_and_a_p_differ_in_form_and_a_pe_says_how_many_sites_it_has() -> None:
    scene = provider_scene(provider_view(program_of("nordic")))
    pe, p = node(scene, "dk"), node(scene, "p1")
    assert (pe.kind, said(pe)) == (NodeKind.PE, ["dk", "3 sites"])
    assert (p.kind, said(p)) == (NodeKind.P, ["p1"])
    assert "a/aarhus" in pe.about


def test_a_name_too_long_for_a_box_is_shortened_and_said_in_full_beside_it() -> None:
    name = "a-router-with-a-name-that-nobody-would-want-to-read-on-a-picture"
    router = node(provider_scene(provider([(name, "b")])), name)
    assert said(router)[0].endswith("…")
    assert name in router.about


def test_the_figures_are_said() -> None:
    scene = provider_scene(provider_view(nordic("dk-p1")))
    assert headings(scene)[:2] == [
        "Provider of nordic",
        "3 PE, 2 P, 7 links\xa0(1 down), 3 VPNs, 9 sites",
    ]


# --- links ---------------------------------------------------------------------------------------


def test_what_is_usual_is_said_once_and_the_rest_on_its_link() -> None:
    scene = provider_scene(provider(RING, metrics=(10, 10, 20)))
    assert headings(scene)[2] == "Links: 1 Gbit/s; metric 10 unless another is written on it"
    assert [said(link) for link in scene.lines] == [[], [], ["metric 20"], [], [], ["metric 20"]]


def test_where_all_links_are_alike_nothing_is_written_on_them() -> None:
    scene = provider_scene(provider(RING))
    assert headings(scene)[2] == "Links: 1 Gbit/s; metric 10"
    assert not any(said(link) for link in scene.lines)


def test_a_few_links_that_all_differ_say_everything() -> None:
    view = provider(RING[:3], metrics=(1, 2, 3))
    links = [replace(link, delay_ms=float(i), bandwidth_bps=10 ** (7 + i))
             for i, link in enumerate(view.links)]  # fmt: skip
    scene = provider_scene(replace(view, links=tuple(links)))
    assert said(scene.lines[1]) == ["100 Mbit/s, 1 ms, metric 2"]
    assert headings(scene)[2] == "Links: 10 Mbit/s to 1 Gbit/s; delay 0 to 2 ms; metric 1 to 3"
    widths = [link.width for link in scene.lines]
    assert widths == sorted(set(widths))
    assert widths[1] - widths[0] == pytest.approx(widths[2] - widths[1], abs=0.02)


def test_more_links_that_all_differ_have_their_metric_alone() -> None:
    view = provider([(f"r{i}", f"r{i + 1}") for i in range(30)], metrics=range(1, 31))
    scene = provider_scene(view)
    assert said(scene.lines[6]) == ["7"]
    assert headings(scene)[2] == "Links: 1 Gbit/s; metric 1 to 30: the number on each"


def test_a_link_with_a_metric_for_each_direction_says_both() -> None:
    scene = provider_scene(provider(RING, metrics=(10, 10, (10, 30))))
    assert headings(scene)[2] == "Links: 1 Gbit/s; metric 10 unless another is written on it"
    first, second = scene.lines[2].ends
    assert said(scene.lines[2]) == [f"metric 10 from {first}, 30 from {second}"]
    assert f"metric 10 from {first}, 30 from {second}, up" in scene.lines[2].about


@pytest.mark.slow
def test_of_very_many_links_only_the_range_is_said() -> None:
    pairs = [(f"r{i}", f"r{i + 1}") for i in range(121)]
    scene = provider_scene(provider(pairs, metrics=range(1, 122)))
    assert not any(said(link) for link in scene.lines)
    assert headings(scene)[2] == "Links: 1 Gbit/s; metric 1 to 121"


def test_a_link_that_is_down_says_so_and_is_marked_clear_of_what_it_says() -> None:
    scene = provider_scene(provider_view(nordic("dk-p2")))
    link = line(scene, "dk-p2")
    assert not link.up
    assert said(link) == ["metric 20", "down"]
    assert link.labels[1].run.tone is Tone.BAD
    assert "down" in link.about
    assert link.mark is not None
    for label in link.labels:
        box = label.box.grown(3)
        inside = box.x < link.mark.x < box.right and box.y < link.mark.y < box.bottom
        assert not inside


def test_load_is_that_of_the_busier_direction() -> None:
    view = provider(RING)
    loads = [(2e8, 3.7e8), (0.0, 0.0), (1e6, 0.0), None, (9e9, 0.0), None]
    links = [replace(link, load_bps=load) for link, load in zip(view.links, loads, strict=True)]
    scene = provider_scene(replace(view, links=tuple(links)))
    assert [link.load for link in scene.lines] == [0.37, 0.0, 0.001, None, 1.0, None]
    assert [said(link) for link in scene.lines] == [["37 %"], [], [], [], ["100 %"], []]
    assert "370 Mbit/s" in scene.lines[0].about
    assert any("load" in text for text in meanings(scene))


def test_every_link_of_a_small_network_has_room_for_its_load() -> None:
    scene = provider_scene(provider_view(program_of("attmpls")))
    assert sum(link.spot is None for link in scene.lines) <= 2
    assert_spots_free(scene)


def test_a_link_without_room_of_its_own_says_that_it_is_down_all_the_same() -> None:
    view = real("topozoo/TataNld", positions=False)
    places = {link.key: link.spot for link in provider_scene(view).lines}
    (crowded, *_) = [link for link in view.links if places[link.name] is None]
    links = [replace(link, up=link is not crowded) for link in view.links]
    scene = provider_scene(replace(view, links=tuple(links)))
    assert_legible(scene)
    assert said(line(scene, crowded.name)) == ["down"]


# --- a VPN over it -------------------------------------------------------------------------------


@pytest.mark.parametrize("vpn", ["a", "b", "c"])
@pytest.mark.parametrize("down", [(), ("dk-p1",), ("no-p1", "se-p2")])
def test_a_vpn_over_the_picture_covers_nothing(vpn: str, down: tuple[str, ...]) -> None:
    program = nordic(*down)
    scene = provider_scene(with_vpn(provider_view(program), program, vpn))
    assert_legible(scene)


@pytest.mark.parametrize("vpn", [f"vpn{i}" for i in range(1, 7)] + [f"lan{i}" for i in range(1, 5)])
def test_five_sites_over_25_routers_cover_nothing(vpn: str) -> None:
    program = program_of("attmpls")
    scene = provider_scene(with_vpn(provider_view(program), program, vpn))
    assert_legible(scene)
    assert sum(node.kind is NodeKind.SITE for node in scene.nodes) == 5


def test_a_vpns_sites_stand_at_their_pes() -> None:
    program = nordic()
    scene = provider_scene(with_vpn(provider_view(program), program, "a"))
    sites = [node for node in scene.nodes if node.kind is NodeKind.SITE]
    assert [(site.key, said(site)) for site in sites] == [
        ("site a/aarhus", ["aarhus"]),
        ("site a/oslo", ["oslo"]),
        ("site a/stockholm", ["stockholm"]),
    ]
    access = {line.ends for line in scene.lines if line.kind is LineKind.ACCESS}
    assert access == {
        ("site a/aarhus", "dk"),
        ("site a/oslo", "no"),
        ("site a/stockholm", "se"),
    }


def test_a_vpns_lsps_have_their_labels_and_run_beside_their_links() -> None:
    program = nordic()
    scene = provider_scene(with_vpn(provider_view(program), program, "a"))
    ways = [line for line in scene.lines if line.kind is LineKind.WAY]
    assert [(way.number, way.ends) for way in ways] == [
        (0, ("dk", "p1")), (0, ("p1", "no")),
        (1, ("dk", "p1")), (1, ("p1", "se")),
        (2, ("no", "p1")), (2, ("p1", "se")),
    ]  # fmt: skip
    assert all(way.is_both_ways for way in ways)
    (there,) = lsps_between(program, "dk", "no")
    assert said(ways[0]) == [f"↑ {there.hops[0].labels[0]}"]  # dk is below p1
    for way in ways:
        link = line(scene, "-".join(sorted(way.ends, key=lambda end: end == "p1")))
        assert 3 < _between_middles(way, link) < 25
    assert [text for text in meanings(scene) if "↔" in text] == ["dk ↔ no", "dk ↔ se", "no ↔ se"]


def test_one_way_stands_for_both_directions_with_both_stacks() -> None:
    program = nordic()
    (way, *_) = with_vpn(provider_view(program), program, "a").ways
    (there,), (back,) = lsps_between(program, "dk", "no"), lsps_between(program, "no", "dk")
    assert [each.link for each in way.links] == [hop.link for hop in there.hops]
    assert [each.there.stack for each in way.links] == [hop.labels for hop in there.hops]
    assert [each.back.stack for each in way.links if each.back] == [
        hop.labels for hop in reversed(back.hops)
    ]


def test_an_imported_vpns_pe_is_on_the_ways_too() -> None:
    program = program_of("extranet")
    view = with_vpn(provider_view(program), program, "red")
    passed = {
        node for way in view.ways for link in way.links for node in (link.sender, link.receiver)
    }
    assert passed == {"west", "core", "east", "centre"}


def test_where_an_lsp_has_no_label_it_is_popped() -> None:
    over = made_way("a ↔ b", ("a", "b"), ("l0",), ((),), ((),))
    scene = provider_scene(replace(provider([("a", "b")]), ways=(over,)))
    assert said(line(scene, "0/0")) == ["popped"]


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        (("west", "east"), "→ 17, ← 18"),
        (("east", "west"), "→ 18, ← 17"),
        (("north", "south"), "↓ 17, ↑ 18"),
        (("south", "north"), "↑ 17, ↓ 18"),
    ],
)
def test_labels_of_both_directions_have_arrows_as_they_are_drawn(
    ends: tuple[str, str], text: str
) -> None:
    positions = {"west": (0.0, 0.0), "east": (9.0, 0.0), "north": (4.5, 5.0), "south": (4.5, -5.0)}
    view = provider([ends, ("west", "north"), ("east", "south")], positions=positions)
    over = made_way("one", ends, ("l0",), ((17,),), ((18,),))
    assert said(line(provider_scene(replace(view, ways=(over,))), "0/0")) == [text]


def test_many_ways_are_drawn_as_one() -> None:
    view = provider(RING)
    ways = tuple(
        made_way(f"way {i}", ("r0", "r1", "r2"), ("l0", "l1"), ((16 + i,), (99,)))
        for i in range(20)
    )
    scene = provider_scene(replace(view, ways=ways))
    drawn = [line for line in scene.lines if line.kind is LineKind.WAY]
    assert [(way.ends, way.number, said(way)) for way in drawn] == [
        (("r0", "r1"), 0, []),
        (("r1", "r2"), 0, []),
    ]
    assert "links of 20 ways, drawn as one" in meanings(scene)
    assert 'class="badge"' not in draw_svg(scene)


def test_an_overlay_moves_no_router() -> None:
    program = nordic()
    plain = provider_scene(provider_view(program))
    over = provider_scene(with_vpn(provider_view(program), program, "a"))
    pairs = [(each.box, node(over, each.key).box) for each in plain.nodes]
    assert len({(round(b.x - a.x), round(b.y - a.y)) for a, b in pairs}) == 1


def test_a_failure_moves_no_site() -> None:
    before, after = nordic(), nordic("dk-p1", "p1-p2")
    first, second = (
        provider_scene(with_vpn(provider_view(program), program, "a"))
        for program in (before, after)
    )
    assert [node.box for node in first.nodes] == [node.box for node in second.nodes]


def test_an_unknown_vpn_is_an_error() -> None:
    program = nordic()
    with pytest.raises(ProgramError, match="no VPN 'z' in lab 'nordic'"):
        with_vpn(provider_view(program), program, "z")


# --- a packet over it ----------------------------------------------------------------------------

TRACE = TraceView(
    src="a/aarhus/h1",
    dst="a/oslo/h1",
    delivered=True,
    hops=(
        TraceHop("dk", "VRF a", (), "push 17 16", (17, 20), "dk-p1"),
        TraceHop("p1", None, (17, 20), "pop", (20,), "no-p1"),
        TraceHop("no", "VRF a", (20,), "pop", (), "a/oslo"),
    ),
    payload="IP packet",
)


def test_a_packets_way_has_the_label_stack_on_each_link_outermost_first() -> None:
    scene = provider_scene(with_trace(provider_view(nordic()), TRACE))
    assert_legible(scene)
    ways = [line for line in scene.lines if line.kind is LineKind.WAY]
    assert [(way.ends, said(way), way.is_both_ways) for way in ways] == [
        (("dk", "p1"), ["17 | 20"], False),
        (("p1", "no"), ["20"], False),
    ]
    assert "a/aarhus/h1 → a/oslo/h1" in meanings(scene)
    assert any("outermost first" in text for text in meanings(scene))
    start, end = ways[0].points[0], ways[0].points[-1]
    assert _near(start, node(scene, "dk")) < 2
    assert _near(end, node(scene, "p1")) < 2


def test_a_packet_that_never_left_its_pe_adds_no_way() -> None:
    trace = replace(TRACE, hops=TRACE.hops[:1], delivered=False)
    view = with_trace(provider_view(nordic()), trace)
    assert view.ways == ()
    assert view.shown_vpn == "a"


def test_the_summary_says_what_the_picture_shows() -> None:
    scene = provider_scene(with_trace(provider_view(nordic()), TRACE))
    assert scene.title == "Provider of nordic: a"
    assert "3 PE, 2 P" in scene.summary
    assert "a/aarhus/h1 → a/oslo/h1" in scene.summary


def _between_middles(first: Line, second: Line) -> float:
    """Return how far the middle of one straight line is from the other."""
    a, b = first.points[0], first.points[-1]
    c, d = second.points[0], second.points[-1]
    x, y = (a.x + b.x) / 2, (a.y + b.y) / 2
    length = ((d.x - c.x) ** 2 + (d.y - c.y) ** 2) ** 0.5
    return abs((d.x - c.x) * (y - c.y) - (d.y - c.y) * (x - c.x)) / length


def _near(point: Point, thing: Node) -> float:
    box = thing.box
    dx = max(box.x - point.x, 0, point.x - box.right)
    dy = max(box.y - point.y, 0, point.y - box.bottom)
    return float((dx * dx + dy * dy) ** 0.5)
