"""A scene as SVG."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.palette import Palettes, Theme
from mplsemu.drawing.scene import Area, Node, Scene
from mplsemu.drawing.svg.badges import draw_badge_above, place_badges
from mplsemu.drawing.svg.legend import draw_entry
from mplsemu.drawing.svg.lines import draw_line
from mplsemu.drawing.svg.markup import element, escaped, number
from mplsemu.drawing.svg.shapes import draw_cross, draw_shape
from mplsemu.drawing.svg.style import FONTS, style_sheet
from mplsemu.drawing.svg.texts import draw_labels, draw_text

_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_GAP: Final = 32.0


def draw_svg(
    scene: Scene, palettes: Palettes, *, theme: Theme = Theme.AUTO, interactive: bool = False
) -> str:
    """Return a document with one picture.

    Args:
        scene: the picture.
        palettes: its colours.
        theme: which of them.
        interactive: whether it is for a page where nodes and lines can be chosen.
    """
    style = element("style", style_sheet(palettes, theme, interactive=interactive))
    return draw_element(scene, style=style, interactive=interactive, xmlns=_NAMESPACE)


def draw_svgs(
    scenes: Sequence[Scene], palettes: Palettes, *, theme: Theme = Theme.AUTO, fonts: str = FONTS
) -> str:
    """Return a document with several pictures, one below the other."""
    style = element("style", style_sheet(palettes, theme, fonts=fonts))
    if len(scenes) == 1:
        return draw_element(scenes[0], style=style, xmlns=_NAMESPACE)
    width = max(scene.width for scene in scenes)
    parts, y = [], 0.0
    for scene in scenes:
        inside = [element("title", escaped(scene.title)), element("desc", escaped(scene.summary))]
        inside += _layers(scene, interactive=False)
        parts.append(_group(inside, transform=f"translate(0 {number(y)})"))
        y += scene.height + _GAP
    height = y - _GAP
    return _root(
        ", ".join(scene.title for scene in scenes),
        f"{len(scenes)} pictures, one below the other.",
        (width, height),
        [style, element("g", _ground(width, height), class_="scene"), *parts],
        xmlns=_NAMESPACE,
    )


def draw_element(
    scene: Scene, *, style: str = "", interactive: bool = False, xmlns: str | None = None
) -> str:
    """Return one picture as an element.

    Args:
        scene: the picture.
        style: its ``<style>``; empty if the page around it has the rules.
        interactive: whether nodes and lines can be chosen.
        xmlns: the namespace; None inside HTML.
    """
    return _root(
        scene.title,
        scene.summary,
        (scene.width, scene.height),
        [style, *_layers(scene, interactive=interactive)],
        xmlns=xmlns,
        role="group" if interactive else "img",
        state=scene.state,
    )


def _root(
    title: str,
    summary: str,
    size: tuple[float, float],
    content: list[str],
    *,
    xmlns: str | None,
    role: str = "img",
    state: str = "",
) -> str:
    # ids derived from the content: a page may embed many pictures
    seed = zlib.crc32(f"{title} {summary}".encode(errors="replace"))
    name = f"picture-{seed:08x}"
    lines = [
        element("title", escaped(title), id=f"{name}-title"),
        element("desc", escaped(summary), id=f"{name}-about", data_momentary=state or None),
        *filter(None, content),
    ]
    width, height = (number(side) for side in size)
    return element(
        "svg",
        "\n",
        *(f"{line}\n" for line in lines),
        xmlns=xmlns,
        class_="mplsemu",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role=role,
        aria_labelledby=f"{name}-title {name}-about",
    )


def _layers(scene: Scene, *, interactive: bool) -> list[str]:
    """Return the layers of a scene, in painting order."""
    nodes = {node.key: node for node in scene.nodes}
    below = [line for line in scene.lines if not line.kind.is_overlay]
    above = [line for line in scene.lines if line.kind.is_overlay]
    lines = [*below, *above]
    badges = place_badges(scene, above)
    on_lines = {key: badge.box for key, badge in badges.items() if not badge.is_above}
    layers = {
        "grounds": [_ground(scene.width, scene.height), *map(_area, scene.areas)],
        "lines": [
            draw_line(line, nodes, on_lines.get(line.key), interactive=interactive)
            for line in lines
        ],
        "nodes": [_node(node, interactive=interactive) for node in scene.nodes],
        "labels": [
            *(part for line in lines for part in draw_labels(line, scene.areas)),
            *(draw_badge_above(badge) for badge in badges.values() if badge.is_above),
        ],
        "heading": [draw_text(run, scene.state) for run in scene.heading],
        "legend": [draw_entry(entry) for entry in scene.legend],
    }
    return [_group(parts, class_=f"scene {name}") for name, parts in layers.items() if parts]


def _ground(width: float, height: float) -> str:
    return element("rect", class_="ground", width=width, height=height)


def _area(area: Area) -> str:
    box = area.box
    ground = element(
        "rect", class_="area", x=box.x, y=box.y, width=box.width, height=box.height, rx=14
    )
    heading = draw_text(area.heading) if area.heading else ""
    about = element("title", escaped(area.about))
    return element("g", about, ground, heading, data_area=area.key)


def _node(node: Node, *, interactive: bool) -> str:
    is_button = interactive and node.kind.is_button
    corner = draw_cross(_corner(node.box), 3.5) if not node.up else ""
    return element(
        "g",
        element("title", escaped(node.about)),
        draw_shape(node.kind.shape, node.box),
        *(draw_text(run) for run in node.texts),
        corner,
        class_=f"node {node.kind.css_class}{'' if node.up else ' down'}",
        data_node=node.key,
        tabindex="0" if is_button else None,
        role="button" if is_button else None,
        aria_label=node.about if is_button else None,
    )


def _group(parts: list[str], **attributes: str) -> str:
    return element("g", "\n", *(f"{part}\n" for part in parts), **attributes)


def _corner(box: Box) -> Point:
    return Point(box.right - 3, box.y + 3)
