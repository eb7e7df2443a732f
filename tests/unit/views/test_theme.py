"""Both palettes can be read, and by people who see colours differently too."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from mplsemu.drawing.scene import Tone
from mplsemu.drawing.svg.lines import OVERLAY_COLOURS
from mplsemu.drawing.svg.shapes import draw_shape
from mplsemu.drawing.svg.style import DASHES
from mplsemu.views.palettes import DARK, LIGHT
from mplsemu.views.scene.kinds import LineKind, NodeKind
from tests.unit.views.scenes import Box

PALETTES = {"light": LIGHT, "dark": DARK}

#: Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB
SIGHTS = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> tuple[float, float, float]:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)


def contrast(first: str, second: str) -> float:
    """WCAG 2.1's contrast ratio."""
    light, dark = sorted(
        (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(linear, (first, second))),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def seen(colour: str, sight: str) -> tuple[float, float, float]:
    """The colour in CIELAB as somebody sees it."""
    rgb = linear(colour)
    r, g, b = (
        min(max(sum(w * c for w, c in zip(row, rgb, strict=True)), 0), 1) for row in SIGHTS[sight]
    )
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(first: str, second: str, sight: str) -> float:
    """How different two colours look; about 2 is just noticeable."""
    pairs = zip(seen(first, sight), seen(second, sight), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.fixture(params=PALETTES)
def palette(request):
    return PALETTES[request.param]


@pytest.mark.parametrize("tone", Tone)
def test_text_can_be_read_on_every_ground_it_may_stand_on(palette, tone):
    grounds = [
        palette.ground,
        palette.area.fill,
        palette.found,
        *(p.fill for p in palette.nodes.values()),
    ]
    for ground in grounds:
        assert contrast(palette.texts[tone], ground) >= 4.5, ground


def test_a_ways_number_can_be_read_on_its_disc(palette):
    for colour in palette.ways:
        assert contrast(palette.ground, colour) >= 4.0, colour  # WCAG asks 3 of bold and large


def test_lines_and_borders_stand_out(palette):
    colours = [
        *palette.ways, *palette.loads, *palette.lines.values(), palette.down, palette.focus,
        *(paint.stroke for paint in palette.nodes.values()),
    ]  # fmt: skip
    for colour in colours:
        assert contrast(colour, palette.ground) >= 3, colour
        assert contrast(colour, palette.area.fill) >= 3, colour


def test_every_kind_of_node_has_a_form_of_its_own():
    forms = {kind: draw_shape(kind.shape, Box(0, 0, 100, 60)) for kind in NodeKind}
    assert len(set(forms.values())) == len(NodeKind)


@pytest.mark.parametrize("sight", SIGHTS)
def test_ways_differ_for_everybody_in_colour_or_in_dashes(palette, sight):
    assert len(palette.ways) == OVERLAY_COLOURS
    for a, b in combinations(range(OVERLAY_COLOURS), 2):
        same_dashes = DASHES[a % len(DASHES)] == DASHES[b % len(DASHES)]
        if same_dashes:
            assert apart(palette.ways[a], palette.ways[b], sight) >= 12, (a, b)


@pytest.mark.parametrize("sight", SIGHTS)
def test_what_is_down_looks_different_from_what_is_not(palette, sight):
    for kind in (LineKind.LINK, LineKind.ACCESS):  # and is dashed and crossed
        assert apart(palette.down, palette.lines[kind], sight) >= 12
    assert apart(palette.texts[Tone.OK], palette.texts[Tone.BAD], sight) >= 12  # and has a word


@pytest.mark.parametrize("sight", SIGHTS)
def test_more_load_looks_different_from_less(palette, sight):
    steps = [palette.lines[LineKind.LINK], *palette.loads]
    for less, more in pairwise(steps):  # and is thicker
        assert apart(less, more, sight) >= 8, (less, more)
