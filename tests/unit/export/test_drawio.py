"""Scenes as draw.io files: pages of boxes and lines that one can go on editing."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from mplsemu.drawing.polyline import at, length
from mplsemu.export.drawio import draw_drawio
from mplsemu.views.scene.kinds import LineKind, NodeKind
from tests.unit.drawing.test_svg import SPECIAL
from tests.unit.views import scenes

BOTH = [scenes.provider(), scenes.customer()]


def cells(page: ET.Element) -> dict[str, ET.Element]:
    """Cells of a page by their ids; those with a tooltip are in an object that has the id."""
    found = {}
    for element in page.find("mxGraphModel/root"):
        cell = element.find("mxCell") if element.tag == "object" else element
        assert element.get("id") not in found
        found[element.get("id")] = cell
        cell.set("label", element.get("label") or element.get("value") or "")
        cell.set("about", element.get("tooltip") or "")
    return found


def by_about(page: ET.Element) -> dict[str, tuple[str, ET.Element]]:
    return {cell.get("about"): (name, cell) for name, cell in cells(page).items()}


def style(cell: ET.Element) -> dict[str, str]:
    parts = [part.partition("=") for part in cell.get("style").split(";")]
    return {key: value for key, _, value in parts if key}


def pages(text: str) -> list[ET.Element]:
    return ET.fromstring(text.encode()).findall("diagram")


@pytest.fixture(params=[0, 1])
def drawn(request):
    return BOTH[request.param], pages(draw_drawio(BOTH))[request.param]


def test_every_scene_is_a_page_of_its_size():
    found = pages(draw_drawio(BOTH))
    assert [page.get("name") for page in found] == [scene.title for scene in BOTH]
    assert len({page.get("id") for page in found}) == 2
    for page, scene in zip(found, BOTH, strict=True):
        model = page.find("mxGraphModel")
        size = float(model.get("pageWidth")), float(model.get("pageHeight"))
        assert size == (scene.width, scene.height)


def test_every_reference_is_to_a_cell_of_the_page(drawn):
    _, page = drawn
    found = cells(page)
    assert list(found)[:2] == ["0", "1"]
    for name, cell in list(found.items())[1:]:
        assert int(cell.get("parent")) < int(name)
        for end in ("source", "target"):
            assert cell.get(end) is None or cell.get(end) in found
        assert (cell.get("vertex") == "1") + (cell.get("edge") == "1") == (name != "1")


def test_nodes_are_boxes_where_the_scene_has_them_with_their_texts(drawn):
    scene, page = drawn
    found = by_about(page)
    forms = {}
    for node in scene.nodes:
        _, cell = found[node.about]
        geometry = cell.find("mxGeometry")
        box = [float(geometry.get(name)) for name in ("x", "y", "width", "height")]
        assert box == [node.box.x, node.box.y, node.box.width, node.box.height]
        words = re.sub("<[^>]+>", " ", cell.get("label")).split()
        assert words == " ".join(run.text for run in node.texts).split()
        assert ("dashed" in style(cell)) is not node.up
        forms[node.kind] = cell.get("style").split("html=1")[0]
    assert len(set(forms.values())) == len(forms)


def test_lines_stay_joined_to_their_nodes_where_the_scene_has_them(drawn):
    scene, page = drawn
    found = by_about(page)
    nodes = {node.key: node for node in scene.nodes}
    for line in scene.lines:
        _, cell = found[line.about]
        for which, anchor, key, point in (
            ("source", "exit", line.ends[0], line.points[0]),
            ("target", "entry", line.ends[1], line.points[-1]),
        ):
            assert cell.get(which) == found[nodes[key].about][0]
            box, looks = nodes[key].box, style(cell)
            x = box.x + float(looks[f"{anchor}X"]) * box.width
            y = box.y + float(looks[f"{anchor}Y"]) * box.height
            assert (x, y) == (pytest.approx(point.x, abs=0.5), pytest.approx(point.y, abs=0.5))
        corners = [
            (float(p.get("x")), float(p.get("y"))) for p in cell.findall("mxGeometry/Array/mxPoint")
        ]
        assert corners == [(p.x, p.y) for p in line.points[1:-1]]
        assert (style(cell)["endArrow"] != "none") is (line.kind is LineKind.WAY)


def test_labels_are_where_the_scene_has_them_and_move_with_their_line():
    scene, page = BOTH[0], pages(draw_drawio(BOTH))[0]
    found = cells(page)
    lines = {line.about: line for line in scene.lines}
    placed = {}
    for cell in found.values():
        edge = found.get(cell.get("parent"))
        if edge is not None and edge.get("about") in lines:
            points = lines[edge.get("about")].points
            geometry = cell.find("mxGeometry")
            share = (float(geometry.get("x")) + 1) / 2
            foot, _ = at(points, share * length(points))
            offset = geometry.find("mxPoint")
            text = re.sub("<[^>]+>", "", cell.get("label"))
            placed[text] = (foot.x + float(offset.get("x")), foot.y + float(offset.get("y")))
    for line in scene.lines:
        for label in line.labels:
            wanted = label.box.center
            assert placed[label.run.text] == pytest.approx((wanted.x, wanted.y), abs=0.5)
    assert placed["✗"] == pytest.approx((300, 180), abs=0.5)


def test_ports_of_a_switch_stay_at_their_lines():
    text = scenes.run("1", 120, 420, anchor="middle", bold=True)
    scene = BOTH[1]
    switch = next(n for n in scene.nodes if n.kind is NodeKind.VIRTUAL_SWITCH)
    ported = scenes.replace(switch, texts=(*switch.texts, text))
    scene = scenes.replace(scene, nodes=(ported,), lines=())
    found = cells(pages(draw_drawio([scene]))[0])
    (port,) = [c for c in found.values() if c.get("vertex") and "part" in style(c)]
    assert "1" in port.get("label")
    assert found[port.get("parent")].get("about") == switch.about
    geometry = port.find("mxGeometry")
    middle = float(geometry.get("x")) + float(geometry.get("width")) / 2 + switch.box.x
    assert middle == pytest.approx(120, abs=0.2)


def test_no_name_can_break_out():
    (page,) = pages(draw_drawio([scenes.named(SPECIAL)]))
    labels = [cell.get("label") for cell in cells(page).values()]
    assert not [label for label in labels if "<a" in label or "<script" in label]
    assert any("&lt;a href=" in label for label in labels)


def test_the_same_scenes_give_the_same_bytes_without_a_date():
    text = draw_drawio(BOTH)
    assert text == draw_drawio([scenes.provider(), scenes.customer()])
    assert "modified" not in text
    assert "://" not in text
