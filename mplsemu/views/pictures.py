"""Scenes of views as SVG and PNG, in the colours of `palettes`."""

from __future__ import annotations

from collections.abc import Sequence

from mplsemu.drawing import png
from mplsemu.drawing.palette import Theme
from mplsemu.drawing.scene import Scene
from mplsemu.drawing.svg import style, svg
from mplsemu.views.palettes import PALETTES


def draw_svg(scene: Scene, *, theme: Theme = Theme.AUTO, interactive: bool = False) -> str:
    """Return an SVG document with one picture.

    Args:
        scene: the picture.
        theme: its colours.
        interactive: whether it is for a page where routers and links can be chosen.
    """
    return svg.draw_svg(scene, PALETTES, theme=theme, interactive=interactive)


def draw_svgs(scenes: Sequence[Scene], *, theme: Theme = Theme.AUTO) -> str:
    """Return an SVG document with several pictures, one below the other."""
    return svg.draw_svgs(scenes, PALETTES, theme=theme)


def draw_png(scenes: Sequence[Scene], *, theme: Theme = Theme.AUTO, scale: float = 2.0) -> bytes:
    """Return one PNG of all scenes, one below the other.

    Args:
        scenes: at least one.
        theme: `AUTO` is light: a PNG does not know who looks at it.
        scale: pixels for each of the scene's; less where it would be too large.

    Raises:
        MissingToolError: resvg is not installed.
    """
    return png.draw_png(scenes, PALETTES, theme=theme, scale=scale)


def style_sheet(theme: Theme, *, interactive: bool = False) -> str:
    """Return the style sheet of pictures in a theme, for a page that has them in it."""
    return style.style_sheet(PALETTES, theme, interactive=interactive)
