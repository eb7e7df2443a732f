"""The style sheet of pictures: colours, dashes and fonts.

It uses CSS that every SVG viewer knows: classes, no variables, no ``:not``. The exception is what
depends on the viewer's setting (`Theme.AUTO`): it stands in ``@media`` rules, which simple viewers
ignore, so that they show the light picture. A page that embeds pictures can choose the theme by
``data-theme`` (``light``, ``dark``) on its root. Printed pictures are light.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Final

from mplsemu.drawing.palette import Palette, Palettes, Theme
from mplsemu.drawing.scene import Tone
from mplsemu.drawing.styles import LineStyle, LineTrait, NodeStyle, Shape
from mplsemu.drawing.svg.lines import OVERLAY_COLOURS, overlay_class

FONTS: Final = 'system-ui,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",Verdana,sans-serif'

SHIPPED_FONT: Final = '"DejaVu Sans",sans-serif'
"""The font that texts are measured with; PNG is set in it."""

_FORMS: Final = """\
.scene text{font-family:FONTS}
.scene .wire,.scene .rim{fill:none}
.scene .wire{stroke-linecap:butt;stroke-linejoin:round}
.scene .casing{fill:none;stroke-linejoin:round}
.scene .ground,.scene .plate{stroke:none}
.scene .area{stroke-width:1}
.scene .body{stroke-width:1.6;stroke-linejoin:round}
.scene .rim{stroke-width:1.1;stroke-linejoin:round}
CARDS{stroke-width:1.2}
.scene .bar{stroke:none}
.scene .down .body{stroke-dasharray:5 4}
.scene .down .wire{stroke-dasharray:7 5}
BROKEN_WIRES{stroke-dasharray:3 5}
.scene .cross{display:none}
.scene .cross path{fill:none;stroke-width:2.2;stroke-linecap:round}
.scene .cross circle{stroke-width:1.4}
.scene .down .cross,BROKEN_CROSSES{display:inline}
OVERLAY_PLATES{stroke-width:1.2}
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
"""Of overlays, by number."""


def style_sheet(
    palettes: Palettes, theme: Theme, *, interactive: bool = False, fonts: str = FONTS
) -> str:
    """Return the style sheet for a theme."""
    forms = _forms(palettes.light, fonts) + (_FOR_POINTERS if interactive else "")
    forms += "".join(
        f".scene .{overlay_class(style, index)} .wire"
        f"{{stroke-dasharray:{DASHES[index % len(DASHES)]}}}\n"
        for style in palettes.light.lines
        if style.is_overlay
        for index in range(OVERLAY_COLOURS)
    )
    light, dark = (
        _colours(palette, interactive=interactive) for palette in (palettes.light, palettes.dark)
    )
    match theme:
        case Theme.LIGHT:
            return forms + _rules(light)
        case Theme.DARK:
            return forms + _rules(dark) + f":root.mplsemu{{background:{palettes.dark.ground}}}\n"
    return (
        forms
        + _rules(light)
        + "@media screen and (prefers-color-scheme:dark){\n"
        # background of the window, if the picture is its document
        + f":root.mplsemu{{background:{palettes.dark.ground}}}\n"
        + _rules(dark, ':root:not([data-theme="light"]) ')
        + "}\n@media screen{\n"
        + _rules(dark, ':root[data-theme="dark"] ')
        + "}\n"
    )


def _forms(palette: Palette, fonts: str) -> str:
    """Return the rules that are the same in all themes."""
    cards = [style for style in palette.nodes if _is_card(style)]
    broken = [style for style in palette.lines if style.is_broken]
    overlays = [style for style in palette.lines if style.is_overlay]
    return (
        _FORMS.replace("FONTS", fonts)
        .replace("CARDS", _each(cards, ".body"))
        .replace("BROKEN_WIRES", _each(broken, ".wire"))
        .replace("BROKEN_CROSSES", _each(broken, ".cross"))
        .replace("OVERLAY_PLATES", _each(overlays, ".plate"))
    )


def _each(styles: Iterable[NodeStyle] | Iterable[LineStyle], part: str) -> str:
    """Return the selector of a part of all things of these styles."""
    return ",".join(f".scene .{style.css_class} {part}" for style in styles)


def _is_card(style: NodeStyle) -> bool:
    return style.shape is Shape.CARD


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
        *_overlay_colours(palette),
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
    for style, paint in palette.nodes.items():
        node = f".{style.css_class}"
        yield (f"{node} .body",), f"fill:{paint.fill};stroke:{paint.stroke}"
        yield (f"{node} .rim",), f"stroke:{paint.stroke}"
    for style in filter(_is_card, palette.nodes):
        yield (f".{style.css_class} .bar",), f"fill:{palette.bar}"


def _line_colours(palette: Palette) -> Iterable[_Rule]:
    for style, colour in palette.lines.items():
        if not style.is_overlay:
            yield (f".{style.css_class} .wire",), f"stroke:{colour}"
        if LineTrait.ARROW in style.traits:
            yield (f".{style.css_class} .arrow",), f"fill:{colour}"
    for step, colour in enumerate(palette.loads, start=1):
        yield (f'.line[data-load="{step}"] .wire',), f"stroke:{colour}"


def _overlay_colours(palette: Palette) -> Iterable[_Rule]:
    yield (".casing",), f"stroke:{palette.ground}"
    overlays = [style for style in palette.lines if style.is_overlay]
    for style, (index, colour) in product(overlays, enumerate(palette.ways)):
        way = f".{overlay_class(style, index)}"
        yield (f"{way} .wire", f"{way} .plate", f"{way} .badge circle"), f"stroke:{colour}"
        yield (f"{way} .arrow", f"{way} .badge circle"), f"fill:{colour}"
    yield (".badge text",), f"fill:{palette.ground}"
