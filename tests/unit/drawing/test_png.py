"""Scenes as PNG: an image of the right size, with the picture's colours and nothing beside it."""

from __future__ import annotations

import struct
import sys
import zlib
from dataclasses import replace

import numpy as np
import pytest

from mplsemu.drawing.palette import Theme
from mplsemu.errors import MissingToolError
from mplsemu.views.customer import customer_view
from mplsemu.views.palettes import DARK, LIGHT
from mplsemu.views.pictures import draw_png
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.scene.kinds import NodeKind
from tests.programs import program_of
from tests.unit.views import scenes


def chunks(png: bytes) -> list[tuple[str, bytes]]:
    """The parts of a PNG file (RFC 2083 section 3), each with a right checksum."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, place = [], 8
    while place < len(png):
        (size,) = struct.unpack_from(">I", png, place)
        kind, data = png[place + 4 : place + 8], png[place + 8 : place + 8 + size]
        (checksum,) = struct.unpack_from(">I", png, place + 8 + size)
        assert zlib.crc32(kind + data) == checksum
        found.append((kind.decode(), data))
        place += 12 + size
    return found


def size_of(png: bytes) -> tuple[int, int]:
    return struct.unpack_from(">II", chunks(png)[0][1])


def pixels(png: bytes) -> np.ndarray:
    """The picture as rows of RGBA (RFC 2083 section 6)."""
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks(png)[0][1])
    assert (depth, colour) == (8, 6)
    data = zlib.decompress(b"".join(data for kind, data in chunks(png) if kind == "IDAT"))
    rows = np.frombuffer(data, np.uint8).reshape(height, 1 + 4 * width)
    before = np.zeros(4 * width, np.uint8)
    found = np.empty((height, 4 * width), np.uint8)
    for index, row in enumerate(rows):
        found[index] = before = unfiltered(int(row[0]), row[1:], before)
    return found.reshape(height, width, 4)


def unfiltered(kind: int, row: np.ndarray, above: np.ndarray) -> np.ndarray:
    if kind == 0:
        return row
    if kind == 2:
        return row + above
    result = row.astype(int)
    up = above.astype(int)
    for i in range(len(row)):
        left = result[i - 4] if i >= 4 else 0
        corner = up[i - 4] if i >= 4 else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up[i]) // 2
        else:
            nearest = sorted(
                (abs(left + up[i] - corner - v), n) for n, v in enumerate((left, up[i], corner))
            )
            guess = (left, up[i], corner)[nearest[0][1]]
        result[i] = (result[i] + guess) & 255
    return result.astype(np.uint8)


def rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def colours(png: bytes) -> dict[tuple[int, int, int], int]:
    flat = pixels(png)[:, :, :3].reshape(-1, 3)
    found, counts = np.unique(flat, axis=0, return_counts=True)
    return {tuple(map(int, c)): int(n) for c, n in zip(found, counts, strict=True)}


def test_a_png_is_as_large_as_the_scenes_times_its_scale():
    both = [scenes.provider(), scenes.customer()]
    assert size_of(draw_png(both[:1])) == (2 * 880, 2 * 600)
    assert size_of(draw_png(both[:1], scale=1)) == (880, 600)
    width, height = size_of(draw_png(both, scale=1))
    assert width == 880
    assert height > 600 + 560


@pytest.mark.parametrize(
    ("theme", "palette"), [(Theme.AUTO, LIGHT), (Theme.LIGHT, LIGHT), (Theme.DARK, DARK)]
)
def test_the_colours_of_the_theme_are_in_it(theme, palette):
    found = colours(draw_png([scenes.provider()], theme=theme, scale=0.6))
    assert max(found, key=found.get) == rgb(palette.ground)
    for kind in (NodeKind.PE, NodeKind.P):
        assert found[rgb(palette.nodes[kind].fill)] > 400
    assert found[rgb(palette.down)] > 5
    assert len(found) > 100  # text is smooth


def test_text_is_drawn_with_letters_and_not_with_empty_boxes():
    """The shipped font has the letters: 'i' is narrow and 'W' is wide."""
    base = scenes.named("x")

    def ink(text):
        scene = replace(base, nodes=(), lines=(), areas=(), heading=(scenes.run(text, 40, 60, 40),))
        shot = pixels(draw_png([scene], scale=1))
        dark = np.argwhere(shot[:, :, 0] < 128)
        return dark[:, 1].max() - dark[:, 1].min(), len(dark)

    assert ink("iiii")[0] < 0.5 * ink("WWWW")[0]
    assert ink("✓")[1] != ink("✗")[1]


@pytest.mark.parametrize(("lab", "vpn"), [("nordic", "a"), ("extranet", "red"), ("vpls", "wire")])
def test_a_picture_has_its_ground_to_the_very_edge(lab, vpn):
    found = pixels(draw_png([scene_of(customer_view(program_of(lab), vpn))], theme=Theme.DARK))
    ground = (*rgb(DARK.ground), 255)
    for edge in (found[0], found[-1], found[:, 0], found[:, -1]):
        assert (edge == ground).all()


def test_there_is_nothing_in_the_file_but_the_picture():
    kinds = {kind for kind, _ in chunks(draw_png([scenes.provider()]))}
    assert kinds <= {"IHDR", "IDAT", "IEND", "pHYs", "sRGB", "gAMA"}


def test_the_same_scene_gives_the_same_bytes():
    assert draw_png([scenes.customer()], scale=1) == draw_png([scenes.customer()], scale=1)


@pytest.mark.slow
def test_a_huge_picture_is_made_smaller():
    huge = replace(scenes.provider(), width=20_000, height=9_000)
    width, height = size_of(draw_png([huge]))
    assert 50_000_000 < width * height <= 64_100_000
    assert width / height == pytest.approx(20 / 9, rel=0.01)


def test_without_the_rasterizer_one_is_told_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingToolError, match="pip install resvg-py"):
        draw_png([scenes.provider()])
