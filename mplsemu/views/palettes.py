"""The colours of pictures, light and dark: hues that colour-blind people tell apart.

The hues are those of Okabe and Ito (Color Universal Design, 2008). Where one is too pale for a
thin line or for text it is darkened, in the dark palette lightened, and keeps its hue. Vermillion
is kept for what is down. Colour never is all that tells: kinds differ in shape too, paths in their
dashes and numbers, load in the thickness of lines.
"""

from __future__ import annotations

from typing import Final

from mplsemu.drawing.palette import Paint, Palette, Palettes
from mplsemu.drawing.scene import Tone
from mplsemu.views.scene.kinds import LineKind, NodeKind

LIGHT: Final = Palette(
    ground="#ffffff",
    area=Paint("#f5f7f9", "#dde3e9"),
    texts={
        Tone.STRONG: "#14212b",
        Tone.NORMAL: "#2f3d4a",
        Tone.QUIET: "#566370",
        Tone.OK: "#00644a",
        Tone.BAD: "#a33b00",
    },
    nodes={
        NodeKind.PE: Paint("#e6f1f9", "#0072b2"),
        NodeKind.P: Paint("#f3f5f7", "#6b7885"),
        NodeKind.SITE: Paint("#ffffff", "#7f8c98"),
        NodeKind.CE: Paint("#fdf4e0", "#a87400"),
        NodeKind.VIRTUAL_ROUTER: Paint("#e5f4ef", "#00805d"),
        NodeKind.VIRTUAL_SWITCH: Paint("#e4f2fb", "#2a84bb"),
        NodeKind.NETWORK: Paint("#f0f3f6", "#7b8894"),
        NodeKind.PARTNER: Paint("#f9edf4", "#a8568a"),
    },
    bar="#a87400",
    lines={
        LineKind.LINK: "#7b8894",
        LineKind.ACCESS: "#7b8894",
        LineKind.MEMBER: "#7b8894",
        LineKind.WAY: "#0072b2",
        LineKind.SEVERED: "#c94f00",
    },
    ways=(
        "#0072b2", "#a87400", "#00896a", "#b0508a", "#2f3d4a", "#2a84bb", "#857b00",
        "#6a4fb0", "#7a4a1e", "#007c7c", "#8f2f5f", "#4f7a1e",
    ),
    loads=("#5f8bab", "#2a6f9e", "#a87400", "#855300"),
    down="#c94f00",
    focus="#0072b2",
    found="#fff2b3",
)  # fmt: skip

DARK: Final = Palette(
    ground="#10171e",
    area=Paint("#161f28", "#2a3743"),
    texts={
        Tone.STRONG: "#f2f6f9",
        Tone.NORMAL: "#d3dce4",
        Tone.QUIET: "#a3b0bc",
        Tone.OK: "#5cd6ae",
        Tone.BAD: "#ff9f66",
    },
    nodes={
        NodeKind.PE: Paint("#132b3d", "#56b4e9"),
        NodeKind.P: Paint("#1c2731", "#8e9ba8"),
        NodeKind.SITE: Paint("#18222b", "#76838f"),
        NodeKind.CE: Paint("#30260e", "#e69f00"),
        NodeKind.VIRTUAL_ROUTER: Paint("#0f2e26", "#2fbf93"),
        NodeKind.VIRTUAL_SWITCH: Paint("#122c3e", "#56b4e9"),
        NodeKind.NETWORK: Paint("#1c2731", "#8e9ba8"),
        NodeKind.PARTNER: Paint("#331f2b", "#d98cb8"),
    },
    bar="#e69f00",
    lines={
        LineKind.LINK: "#76838f",
        LineKind.ACCESS: "#76838f",
        LineKind.MEMBER: "#76838f",
        LineKind.WAY: "#56b4e9",
        LineKind.SEVERED: "#ff8a47",
    },
    ways=(
        "#56b4e9", "#e69f00", "#2fbf93", "#e09cc3", "#f2f6f9", "#8fa9ff", "#f0e442",
        "#b79cff", "#c99a6b", "#4fd0d0", "#ff9ecf", "#a6d860",
    ),
    loads=("#6f93ad", "#56b4e9", "#e69f00", "#ffc44d"),
    down="#ff8a47",
    focus="#f0e442",
    found="#4a3d00",
)  # fmt: skip

PALETTES: Final = Palettes(LIGHT, DARK)
