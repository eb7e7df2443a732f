"""The SVG writer draws any kinds of nodes and lines, by their shapes, traits and colours."""

from __future__ import annotations

import enum
from xml.etree import ElementTree as ET

import pytest

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.palette import Paint, Palette, Palettes, Theme
from mplsemu.drawing.scene import LegendEntry, Line, Node, Scene, TextRun, Tone
from mplsemu.drawing.styles import LineStyle, LineTrait, NodeStyle, Shape
from mplsemu.drawing.svg.lines import OVERLAY_COLOURS
from mplsemu.drawing.svg.style import style_sheet
from mplsemu.drawing.svg.svg import draw_svg

SVG = "{http://www.w3.org/2000/svg}"


class Thing(NodeStyle, enum.Enum):
    TOWN = ("town", Shape.CARD)
    LAKE = ("lake", Shape.CLOUD)
    HARBOUR = ("harbour", Shape.NOTE, True)


class Road(LineStyle, enum.Enum):
    STREET = ("street", LineTrait.BUTTON | LineTrait.MAY_FAIL)
    FERRY = ("ferry", LineTrait.ARROW)
    GAP = ("gap", LineTrait.BROKEN)
    TOUR = ("tour", LineTrait.OVERLAY)


def palette(ground: str) -> Palette:
    return Palette(
        ground=ground,
        area=Paint("#eee", "#ddd"),
        texts=dict.fromkeys(Tone, "#111"),
        nodes=dict.fromkeys(Thing, Paint("#fff", "#222")),
        bar="#333",
        lines=dict.fromkeys(Road, "#444"),
        ways=("#555",) * OVERLAY_COLOURS,
        loads=("#666",) * 4,
        down="#777",
        focus="#888",
        found="#999",
    )


PALETTES = Palettes(palette("#fefefe"), palette("#010101"))


def line(kind: Road, y: float) -> Line:
    return Line(kind.css_class, kind, ("a", "b"), (Point(50, y), Point(150, y)), f"a {kind.name}")


@pytest.fixture
def root() -> ET.Element:
    nodes = tuple(
        Node(key, kind, Box(x, 0, 50, 40), (TextRun(key, Point(x + 5, 20)),), f"{key}, a place")
        for key, kind, x in (
            ("a", Thing.TOWN, 0),
            ("b", Thing.LAKE, 150),
            ("c", Thing.HARBOUR, 260),
        )
    )
    lines = tuple(line(kind, 5 + 10 * row) for row, kind in enumerate(Road))
    legend = (LegendEntry(Road.GAP, Point(0, 80), TextRun("no road", Point(40, 84))),)
    scene = Scene("Towns", "Towns and roads.", 320, 100, (), (), lines, nodes, legend)
    return ET.fromstring(draw_svg(scene, PALETTES, theme=Theme.LIGHT, interactive=True))


def classes(root: ET.Element, data: str) -> dict[str, list[str]]:
    return {
        found: element.get("class", "").split()
        for element in root.iter()
        if (found := element.get(data)) is not None
    }


def test_nodes_and_lines_have_the_classes_of_their_styles(root):
    assert classes(root, "data-node") == {
        "a": ["node", "town"], "b": ["node", "lake"], "c": ["node", "harbour"],
    }  # fmt: skip
    assert classes(root, "data-line") == {
        "street": ["line", "street"],
        "ferry": ["line", "ferry"],
        "gap": ["line", "gap"],
        "tour": ["line", "tour", "tour0"],
    }


def test_what_can_be_chosen_is_what_its_style_says(root):
    buttons = {
        element.get("data-node") or element.get("data-line")
        for element in root.iter()
        if element.get("role") == "button"
    }
    assert buttons == {"c", "street"}


def test_what_may_fail_or_is_broken_has_a_cross_and_an_overlay_has_a_number(root):
    inside = {
        key: {child.get("class") for child in element.iter()}
        for element in root.iter()
        if (key := element.get("data-line"))
    }
    assert {key for key, found in inside.items() if "cross" in found} == {"street", "gap"}
    assert {key for key, found in inside.items() if "badge" in found} == {"tour"}


def test_the_style_sheet_is_about_the_kinds_of_the_palette():
    rules = style_sheet(PALETTES, Theme.LIGHT)
    assert ".scene .town .body{stroke-width:1.2}" in rules
    assert ".scene .town .bar{fill:#333}" in rules
    assert ".scene .gap .wire{stroke-dasharray:3 5}" in rules
    assert ".scene .ferry .arrow{fill:#444}" in rules
    assert f".scene .tour{OVERLAY_COLOURS - 1} .wire" in rules
    assert not [word for word in (".pe", ".site", ".way", ".severed") if word in rules]
