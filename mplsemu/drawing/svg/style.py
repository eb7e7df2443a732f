"""The style sheet of pictures: all colours, dashes and fonts are here.

It keeps to what every reader of SVG knows: classes, no variables, no ``:not``. Only what depends on
the viewer's own setting does not (`Theme.AUTO`): that stands in ``@media`` rules, which those who
do not know them leave out, and so show the light picture. A page that has pictures in it can choose
by ``data-theme`` (``light``, ``dark``) on its root. Printed pictures are light.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mplsemu.drawing.scene import LineKind, NodeKind, Tone
from mplsemu.drawing.svg.lines import WAY_COLOURS
from mplsemu.drawing.theme import DARK, LIGHT, Palette, Theme

FONTS: Final = 'system-ui,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",Verdana,sans-serif'

SHIPPED_FONT: Final = '"DejaVu Sans",sans-serif'
"""What texts are measured with, and set in where nobody else's fonts shall decide."""

_FORMS: Final = """\
.scene text{font-family:FONTS}
.scene .wire,.scene .rim{fill:none}
.scene .wire{stroke-linecap:butt;stroke-linejoin:round}
.scene .casing{fill:none;stroke-linejoin:round}
.scene .ground,.scene .plate{stroke:none}
.scene .area{stroke-width:1}
.scene .body{stroke-width:1.6;stroke-linejoin:round}
.scene .rim{stroke-width:1.1;stroke-linejoin:round}
.scene .site .body{stroke-width:1.2}
.scene .bar{stroke:none}
.scene .down .body{stroke-dasharray:5 4}
.scene .down .wire{stroke-dasharray:7 5}
.scene .severed .wire{stroke-dasharray:3 5}
.scene .cross{display:none}
.scene .cross path{fill:none;stroke-width:2.2;stroke-linecap:round}
.scene .cross circle{stroke-width:1.4}
.scene .down .cross,.scene .severed .cross{display:inline}
.scene .way .plate{stroke-width:1.2}
.scene .badge text{stroke:none}
"""

_FOR_POINTERS: Final = """\
.scene .hit{fill:none;stroke:#000;stroke-opacity:0;pointer-events:stroke;stroke-linecap:round}
.scene [role="button"]{cursor:pointer;outline:none}
.scene .load{font-size:11px;paint-order:stroke;stroke-width:4px;stroke-linejoin:round}
.scene .line[role="button"]:hover .wire,.scene .line:focus-visible .wire{stroke-width:5px}
.scene .node[role="button"]:hover .body,.scene .node:focus-visible .body{stroke-width:3px}
"""

DASHES: Final = (
    "none", "11 4", "3 3", "12 3 3 3", "none", "11 4", "3 3",
    "18 3 2 3 2 3", "7 5", "2 6", "20 6", "9 3 3 3 3 3",
)  # fmt: skip
"""Of ways, by number."""


def style_sheet(theme: Theme, *, interactive: bool = False, fonts: str = FONTS) -> str:
    """Return the style sheet for a theme."""
    forms = _FORMS.replace("FONTS", fonts) + (_FOR_POINTERS if interactive else "")
    forms += "".join(
        f".scene .way{index} .wire{{stroke-dasharray:{DASHES[index % len(DASHES)]}}}\n"
        for index in range(WAY_COLOURS)
    )
    light, dark = (_colours(palette, interactive=interactive) for palette in (LIGHT, DARK))
    match theme:
        case Theme.LIGHT:
            return forms + _rules(light)
        case Theme.DARK:
            return forms + _rules(dark) + f":root.mplsemu{{background:{DARK.ground}}}\n"
    return (
        forms
        + _rules(light)
        + "@media screen and (prefers-color-scheme:dark){\n"
        + f":root.mplsemu{{background:{DARK.ground}}}\n"  # of a window that it stands alone in
        + _rules(dark, ':root:not([data-theme="light"]) ')
        + "}\n@media screen{\n"
        + _rules(dark, ':root[data-theme="dark"] ')
        + "}\n"
    )


_Rule = tuple[tuple[str, ...], str]


def _rules(rules: Iterable[_Rule], root: str = "") -> str:
    return "".join(
        f"{','.join(f'{root}.scene {selector}' for selector in selectors)}{{{colours}}}\n"
        for selectors, colours in rules
    )


def _colours(palette: Palette, *, interactive: bool) -> list[_Rule]:
    rules: list[_Rule] = [
        ((".ground", ".plate"), f"fill:{palette.ground}"),
        ((".on-area",), f"fill:{palette.area.fill}"),
        ((".area",), f"fill:{palette.area.fill};stroke:{palette.area.stroke}"),
        *(((f".{tone.value}",), f"fill:{colour}") for tone, colour in palette.texts.items()),
        *_node_colours(palette),
        *_line_colours(palette),
        *_way_colours(palette),
        ((".down .wire", ".down .body"), f"stroke:{palette.down}"),
        ((".cross path",), f"stroke:{palette.down}"),
        ((".cross circle",), f"fill:{palette.ground};stroke:{palette.down}"),
    ]
    if interactive:
        rules += [
            ((".load",), f"fill:{palette.texts[Tone.STRONG]};stroke:{palette.ground}"),
            ((".down .load",), f"fill:{palette.texts[Tone.BAD]}"),
            ((".node:focus-visible .body", ".line:focus-visible .wire"), f"stroke:{palette.focus}"),
        ]
    return rules


def _node_colours(palette: Palette) -> Iterable[_Rule]:
    for kind, paint in palette.nodes.items():
        node = f".{kind.value}"
        yield (f"{node} .body",), f"fill:{paint.fill};stroke:{paint.stroke}"
        yield (f"{node} .rim",), f"stroke:{paint.stroke}"
    bar = palette.nodes[NodeKind.CE].stroke
    yield (".site .bar",), f"fill:{bar}"


def _line_colours(palette: Palette) -> Iterable[_Rule]:
    for kind, colour in palette.lines.items():
        if kind is not LineKind.WAY:
            yield (f".{kind.value} .wire",), f"stroke:{colour}"
        if kind is LineKind.MEMBER:
            yield (f".{kind.value} .arrow",), f"fill:{colour}"
    for step, colour in enumerate(palette.loads, start=1):
        yield (f'.line[data-load="{step}"] .wire',), f"stroke:{colour}"


def _way_colours(palette: Palette) -> Iterable[_Rule]:
    yield (".casing",), f"stroke:{palette.ground}"
    for index, colour in enumerate(palette.ways):
        way = f".way{index}"
        yield (f"{way} .wire", f"{way} .plate", f"{way} .badge circle"), f"stroke:{colour}"
        yield (f"{way} .arrow", f"{way} .badge circle"), f"fill:{colour}"
    yield (".badge text",), f"fill:{palette.ground}"
