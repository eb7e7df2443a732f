"""Scenes as PNG: their SVG, rasterised by resvg with the font that texts are measured with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from mplsemu.drawing.palette import Palettes, Theme
from mplsemu.drawing.scene import Scene
from mplsemu.drawing.svg.style import SHIPPED_FONT
from mplsemu.drawing.svg.svg import draw_svgs
from mplsemu.errors import MissingToolError

_MOST_PIXELS: Final = 64_000_000
"""Each takes four bytes while the picture is made."""


def draw_png(
    scenes: Sequence[Scene],
    palettes: Palettes,
    *,
    theme: Theme = Theme.AUTO,
    scale: float = 2.0,
) -> bytes:
    """Return one picture of all scenes, one below the other.

    Args:
        scenes: at least one.
        palettes: the colours.
        theme: `AUTO` is light: a PNG does not know who looks at it.
        scale: pixels for each of the scene's; less if the PNG would be too large.

    Raises:
        MissingToolError: resvg is not installed.
    """
    try:
        import resvg_py  # noqa: PLC0415 (only who wants a PNG needs it)
    except ImportError as error:
        raise MissingToolError(
            "a PNG needs resvg-py, which is not installed; type: pip install resvg-py"
        ) from error
    theme = Theme.DARK if theme is Theme.DARK else Theme.LIGHT
    svg = draw_svgs(scenes, palettes, theme=theme, fonts=SHIPPED_FONT)
    fonts = files("mplsemu.drawing") / "fonts"
    with_fonts = [str(fonts / name) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")]
    width = max(scene.width for scene in scenes)
    height = sum(scene.height for scene in scenes)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=min(scale, math.sqrt(_MOST_PIXELS / (width * height))),
            font_files=with_fonts,
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
        )
    )
