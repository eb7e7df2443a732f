"""A scene as SVG: well-formed whatever names there are, and as pages and readers count on."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.drawing.geometry import Point
from mplsemu.drawing.labels.box_grid import BoxGrid
from mplsemu.drawing.palette import Theme
from mplsemu.drawing.polyline import ROUNDING, at, length, lengthened, nearest
from mplsemu.drawing.svg.markup import escaped
from mplsemu.drawing.svg.path import path_data
from mplsemu.drawing.svg.shapes import draw_shape
from mplsemu.drawing.svg.svg import draw_element
from mplsemu.views.overlay import with_vpn
from mplsemu.views.palettes import DARK, LIGHT
from mplsemu.views.pictures import draw_svg, draw_svgs
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.scene.kinds import LineKind, NodeKind
from tests.programs import program_of
from tests.unit.views import scenes
from tests.unit.views.scenes import Box

SVG = "{http://www.w3.org/2000/svg}"
SCENES = {"provider": scenes.provider, "customer": scenes.customer}
SPECIAL = "<a href='x'>&\"]]>\x00\x07\x1b\u202e\ufffe\ud800\t\n</script>\u6771"


@pytest.fixture(params=SCENES)
def scene(request):
    return SCENES[request.param]()


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode("utf-8"))


def with_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in root.iter() if name in (e.get("class") or "").split()]


def things(root: ET.Element, attribute: str) -> dict[str, ET.Element]:
    """Elements by an attribute, each of whose values there may be once."""
    found = [e for e in root.iter() if e.get(attribute) is not None]
    by_name = {e.get(attribute): e for e in found}
    assert len(by_name) == len(found)
    return by_name


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("interactive", [False, True])
def test_a_picture_is_an_image_with_a_title_and_a_description(scene, theme, interactive):
    root = parsed(draw_svg(scene, theme=theme, interactive=interactive))
    assert root.tag == f"{SVG}svg"
    assert root.get("class") == "mplsemu"
    assert root.get("viewBox") == f"0 0 {scene.width} {scene.height}"
    assert root.get("role") == ("group" if interactive else "img")
    ids = {e.get("id"): e.text for e in root.iter() if e.get("id")}
    assert [ids[name] for name in root.get("aria-labelledby").split()] == [
        scene.title,
        scene.summary,
    ]


def test_every_node_is_there_once_with_its_kind_its_texts_and_what_it_is(scene):
    found = things(parsed(draw_svg(scene)), "data-node")
    assert found.keys() == {node.key for node in scene.nodes}
    for node in scene.nodes:
        element = found[node.key]
        assert element.get("class").split() == ["node", node.kind.css_class] + ["down"] * (
            not node.up
        )
        assert element.findtext(f"{SVG}title") == node.about
        assert [t.text for t in element.iter(f"{SVG}text")] == [run.text for run in node.texts]
        assert bool(with_class(element, "cross")) is not node.up


def test_every_line_is_there_once_with_its_ends_and_a_wire_between_them(scene):
    found = things(parsed(draw_svg(scene)), "data-line")
    assert found.keys() == {line.key for line in scene.lines}
    for line in scene.lines:
        element = found[line.key]
        words = element.get("class").split()
        assert words[:2] == ["line", line.kind.css_class]
        assert ("down" in words) is not line.up
        assert (element.get("data-a"), element.get("data-b")) == line.ends
        assert element.findtext(f"{SVG}title") == line.about
        assert element.get("data-way") == (str(line.number) if line.kind is LineKind.WAY else None)
        (wire,) = with_class(element, "wire")
        numbers = [float(word) for word in re.findall(r"-?[\d.]+", wire.get("d"))]
        for drawn, wanted in ((numbers[:2], line.points[0]), (numbers[-2:], line.points[-1])):
            assert math.dist(drawn, (wanted.x, wanted.y)) < 14  # under a cloud, or an arrow's tip


def test_what_is_down_is_crossed_as_well_as_dashed(scene):
    text = draw_svg(scene)
    for line in scene.lines:
        element = things(parsed(text), "data-line")[line.key]
        is_crossed = not line.up or line.kind is LineKind.SEVERED
        assert bool(with_class(element, "cross")) is is_crossed
    assert re.search(r"\.down \.wire\{stroke-dasharray:\d", text)
    assert re.search(r"\.down \.body\{stroke-dasharray:\d", text)


def test_only_a_picture_for_a_page_has_things_to_choose(scene):
    plain = draw_svg(scene)
    for word in ("tabindex", 'role="button"', "aria-label=", 'class="hit"', 'class="load"'):
        assert word not in plain
    root = parsed(draw_svg(scene, interactive=True))
    nodes, lines = things(root, "data-node"), things(root, "data-line")
    for node in scene.nodes:
        is_button = node.kind in {NodeKind.PE, NodeKind.P}
        assert (nodes[node.key].get("role") == "button") is is_button
        assert (nodes[node.key].get("tabindex") == "0") is is_button
        assert nodes[node.key].get("aria-label") == (node.about if is_button else None)
    for line in scene.lines:
        is_button = line.kind is LineKind.LINK
        element = lines[line.key]
        assert (element.get("role") == "button") is is_button
        assert element.get("aria-label") == (line.about if is_button else None)
        for name in ("hit", "load"):
            assert len(with_class(element, name)) == is_button
        if is_button or line.kind is LineKind.ACCESS:
            assert with_class(element, "cross")  # not shown until it is down
        if is_button:
            assert with_class(element, "load")[0].text is None


def test_the_load_of_a_link_is_written_where_room_was_kept_for_it():
    root = parsed(draw_svg(scenes.provider(), interactive=True))
    (text,) = with_class(things(root, "data-line")["dk-no"], "load")
    spot = next(line.spot for line in scenes.provider().lines if line.key == "dk-no")
    assert spot.x <= float(text.get("x")) <= spot.right
    assert spot.y <= float(text.get("y")) <= spot.bottom


def test_what_says_how_things_are_at_the_moment_is_marked_for_who_follows_them():
    program = program_of("nordic")
    view = provider_view(program)
    plain = draw_svg(scene_of(view))
    assert "momentary" not in plain
    links = (replace(view.links[0], up=False), *view.links[1:])
    root = parsed(draw_svg(scene_of(replace(view, links=links))))
    said = [("".join(e.itertext()), e.get("data-for")) for e in with_class(root, "momentary")]
    assert sorted(said, key=str) == [("\xa0(1 down)", None), ("down", links[0].name)]
    about = root.find(f"{SVG}desc")
    momentary = about.get("data-momentary")
    assert momentary == "\xa0(1 down)"
    assert about.text.replace(momentary, "") == parsed(plain).findtext(f"{SVG}desc")


def test_a_loaded_link_is_marked_and_thicker():
    lines = things(parsed(draw_svg(scenes.provider())), "data-line")
    assert [lines[k].get("data-load") for k in ("p2-se", "dk-no", "p1-se")] == ["1", "2", "4"]
    assert lines["dk-p1"].get("data-load") is None
    width = [float(with_class(lines[k], "wire")[0].get("stroke-width")) for k in ("p2-se", "p1-se")]
    assert 2 < width[0] < width[1]


def test_labels_are_above_all_nodes_and_say_whose_they_are():
    root = parsed(draw_svg(scenes.provider()))
    layers = [e.get("class") for e in root if e.tag == f"{SVG}g"]
    order = ["grounds", "lines", "nodes", "labels", "heading", "legend"]
    assert layers == [f"scene {name}" for name in order]
    labels = [e for e in root.iter() if e.get("data-for")]
    assert [e.get("data-for") for e in labels] == ["dk-p1", "p1-se", "w0.0"]


def test_ways_are_drawn_over_links_whatever_their_order():
    scene = scenes.provider()
    scene = replace(scene, lines=scene.lines[::-1])
    kinds = [e.get("data-way") for e in parsed(draw_svg(scene)).iter() if e.get("data-line")]
    assert kinds == [None] * 8 + ["1", "0", "0"]


@pytest.mark.parametrize("theme", Theme)
def test_a_picture_names_no_address_but_the_namespace(scene, theme):
    for text in (draw_svg(scene, theme=theme), draw_svgs([scene, scene], theme=theme)):
        assert text.count("://") == 1
        assert 'xmlns="http://www.w3.org/2000/svg"' in text
        for word in (
            "href",
            "url(",
            "@import",
            "@font-face",
            "var(",
            "<script",
            "<image",
            " style=",
        ):
            assert word not in text


def test_a_fixed_theme_has_that_palette_alone_and_no_rule_that_a_rasterizer_does_not_know(scene):
    light, dark = (draw_svg(scene, theme=theme) for theme in (Theme.LIGHT, Theme.DARK))
    assert LIGHT.ground in light
    assert DARK.ground not in light
    assert DARK.ground in dark
    assert "@media" not in light + dark
    assert ":not" not in light + dark
    auto = draw_svg(scene)
    assert "prefers-color-scheme:dark" in auto
    assert auto.index(f"fill:{LIGHT.ground}") < auto.index("@media") < auto.index(DARK.ground)


def test_the_same_scene_gives_the_same_bytes(scene):
    assert draw_svg(scene) == draw_svg(
        SCENES["provider" if "network" in scene.title else "customer"]()
    )


def test_several_pictures_stand_one_below_the_other():
    both = [scenes.provider(), scenes.customer()]
    root = parsed(draw_svgs(both))
    _, _, width, height = map(float, root.get("viewBox").split())
    assert width == max(scene.width for scene in both)
    assert height > sum(scene.height for scene in both)
    moved = [e for e in root if e.get("transform")]
    assert [e.findtext(f"{SVG}title") for e in moved] == [scene.title for scene in both]
    second = re.fullmatch(r"translate\(0 ([\d.]+)\)", moved[1].get("transform"))
    assert float(second[1]) >= both[0].height


def test_pictures_in_one_page_have_different_ids():
    ids = [
        re.findall(r' id="([^"]+)"', draw_element(scene))
        for scene in (scenes.provider(), scenes.customer())
    ]
    assert not set(ids[0]) & set(ids[1])


@pytest.mark.parametrize("interactive", [False, True])
def test_no_name_can_break_out(interactive):
    text = draw_svg(scenes.named(SPECIAL), interactive=interactive)
    root = parsed(text)
    clean = re.sub("[\x00\x07\x1b\ufffe\ud800]", "\ufffd", SPECIAL)
    assert clean in things(root, "data-node")
    assert clean in things(root, "data-line")
    assert not [e for e in root.iter() if e.tag.endswith(("script", "}a"))]


@given(st.text())
def test_any_name_is_well_formed_and_keeps_what_xml_can_hold(name):
    element = ET.fromstring(f'<a b="{escaped(name)}">{escaped(name)}</a>'.encode())
    assert element.get("b") == (element.text or "")
    kept = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", name)
    assert (element.text or "") == kept


# --- geometry ------------------------------------------------------------------------------------

BEND = (Point(0, 0), Point(100, 0), Point(100, 8), Point(40, 90))


def test_a_smooth_line_leaves_its_course_only_near_its_corners():
    data = path_data(BEND, is_smooth=True)
    numbers = [float(word) for word in re.findall(r"-?[\d.]+", data)]
    before, control, after = (numbers[i : i + 2] for i in (2, 4, 6))
    assert control == [100, 0]
    assert before == [100 - min(ROUNDING, 4), 0]
    assert after == [100, 4]  # no further than half-way to the next corner
    assert data.endswith("L40 90")
    assert path_data(BEND, is_smooth=False) == "M0 0L100 0L100 8L40 90"


def test_places_on_a_line_are_found_by_their_distance():
    assert at(BEND, 50) == (Point(50, 0), 0)
    point, angle = at(BEND, 104)
    assert (point.x, point.y) == (100, pytest.approx(4))
    assert angle == pytest.approx(math.pi / 2)
    assert at(BEND, length(BEND) + 10)[0] == BEND[-1]
    assert at((Point(3, 3), Point(3, 3)), 5) == (Point(3, 3), 0.0)


def test_the_nearest_point_of_a_line_is_found():
    assert nearest(BEND, Point(50, 20)) == (50, Point(50, 0))
    assert nearest(BEND, Point(-9, -9)) == (0, Point(0, 0))


def test_a_line_can_be_made_longer_at_both_ends():
    first, *_, last = lengthened(BEND, 10, 0)
    assert (first, last) == (Point(-10, 0), BEND[-1])
    assert lengthened((Point(0, 0), Point(10, 0)), 0, -4)[-1] == Point(6, 0)


def test_a_place_on_a_line_is_near_its_middle_and_free():
    straight = (Point(0, 0), Point(200, 0))
    places = BoxGrid()
    assert places.on_line(straight, 10, 10).center == Point(100, 0)
    places.take(Box(90, -10, 20, 20))
    first = places.on_line(straight, 10, 10)
    assert first.center.x == pytest.approx(84)
    places.take(first)
    assert places.on_line(straight, 10, 10).center.x == pytest.approx(116)


def test_a_ways_number_is_not_where_it_would_be_taken_for_another_lines():
    way = (Point(0, 0), Point(200, 0))
    places = BoxGrid()
    places.take_line((Point(0, 4), Point(200, 4)), owner="its link")
    assert places.on_line(way, 10, 10, owner="its link").center == Point(100, 0)
    places.take_line((Point(100, -80), Point(100, 80)), owner="a link that crosses")
    assert places.on_line(way, 10, 10, owner="its link").center.x == pytest.approx(84)


@pytest.mark.parametrize(
    ("lab", "vpn"), [("nordic", "a"), ("vpls", "campus"), ("extranet", "shared")]
)
def test_a_ways_number_is_not_where_a_page_writes_a_links_load(lab, vpn):
    program = program_of(lab)
    scene = scene_of(with_vpn(provider_view(program), program, vpn))
    spots = [line.spot for line in scene.lines if line.spot is not None]
    assert spots
    lines = things(parsed(draw_svg(scene, interactive=True)), "data-line")
    discs = [e for line in lines.values() for b in with_class(line, "badge") for e in b]
    centers = [(float(e.get("cx")), float(e.get("cy"))) for e in discs if e.get("cx")]
    assert len(centers) == sum(line.kind is LineKind.WAY for line in scene.lines)
    for x, y in centers:
        assert not any(Box(x - 8, y - 8, 16, 16).overlaps(spot) for spot in spots)


def test_where_nothing_is_free_what_covers_least_has_to_do():
    places = BoxGrid()
    places.take(Box(-10, -10, 110, 20))
    places.take(Box(100, 2, 200, 8))
    places.take(Box(100, -20, 50, 40))
    found = places.on_line((Point(0, 0), Point(200, 0)), 10, 10)
    assert found.center.x >= 155
    assert found.right <= 200


def test_where_all_is_taken_the_middle_has_to_do():
    places = BoxGrid()
    places.take(Box(-10, -10, 300, 20))
    assert places.on_line((Point(0, 0), Point(200, 0)), 10, 10).center == Point(100, 0)


@pytest.mark.parametrize("kind", NodeKind)
@pytest.mark.parametrize("box", [Box(10, 20, 160, 70), Box(0, 0, 24, 18), Box(5, 5, 900, 40)])
def test_a_form_stays_within_its_box_and_reaches_its_border(kind, box):
    found = parsed(f"<g>{draw_shape(kind.shape, box)}</g>")
    xs, ys = [], []
    for element in found:
        if element.tag == "rect":
            x, y, w, h = (float(element.get(k)) for k in ("x", "y", "width", "height"))
            xs += [x, x + w]
            ys += [y, y + h]
        else:
            px, py = points_of(element.get("d"))
            xs += px
            ys += py
    allowed = 10 if kind is NodeKind.NETWORK else 0.1  # a cloud's humps rise above their feet
    assert box.x - 0.1 <= min(xs) <= box.x + allowed
    assert box.right - allowed <= max(xs) <= box.right + 0.1
    assert box.y - 0.1 <= min(ys) <= box.y + allowed
    assert box.bottom - allowed <= max(ys) <= box.bottom + 0.1


def points_of(data: str) -> tuple[list[float], list[float]]:
    """The corners of a path, of the commands that forms are made of."""
    xs, ys = [], []
    for command, rest in re.findall(r"([MLHVA])([^MLHVAZ]*)", data):
        numbers = [float(word) for word in re.findall(r"-?[\d.]+", rest)]
        if command in "ML":
            xs.append(numbers[0])
            ys.append(numbers[1])
        elif command == "H":
            xs.append(numbers[0])
        elif command == "V":
            ys.append(numbers[0])
        else:
            xs.append(numbers[-2])
            ys.append(numbers[-1])
    return xs, ys
