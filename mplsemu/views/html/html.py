"""Scenes as one HTML file: pan, zoom, search and explanations, offline.

The script is plain JavaScript without a library: to move the viewBox of an SVG, which keeps texts
sharp at any scale, takes fewer lines than to use one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from mplsemu.drawing.palette import Palette, Theme
from mplsemu.drawing.scene import Scene, Tone
from mplsemu.drawing.svg.markup import element, escaped
from mplsemu.drawing.svg.style import FONTS
from mplsemu.drawing.svg.svg import draw_element
from mplsemu.views.palettes import DARK, LIGHT
from mplsemu.views.pictures import style_sheet
from mplsemu.views.scene.kinds import NodeKind

_SCRIPTS: Final = ("stage.js", "explain.js", "find.js", "page.js")


def draw_html(scenes: Sequence[Scene], *, theme: Theme = Theme.AUTO) -> str:
    """Return a file with all pictures, of which one is shown at a time.

    Args:
        scenes: at least one.
        theme: what is shown first; the reader can choose another.
    """
    title = escaped(", ".join(scene.title for scene in scenes))
    chosen = "" if theme is Theme.AUTO else f' data-theme="{theme.value}"'
    return f"""\
<!DOCTYPE html>
<html lang="en"{chosen}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{page_style()}</style>
</head>
<body>
<a class="skip" href="#pictures">Skip to the picture</a>
<header>
<h1 class="unseen">{title}</h1>
{_navigation(scenes)}{_tools(theme)}</header>
<main id="pictures" tabindex="-1">
{"".join(_section(index, scene) for index, scene in enumerate(scenes))}</main>
<div id="about" role="status" hidden></div>
<script>{page_script()}</script>
</body>
</html>
"""


@cache
def page_script() -> str:
    """Return the script that the file has in it."""
    texts = "\n".join(_source(name) for name in _SCRIPTS)
    return f'\n"use strict";\n{texts}'


@cache
def page_style() -> str:
    """Return the style sheet that the file has in it."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f":root{{{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{"
        f':root:not([data-theme="light"]){{{dark}}}}}\n'
        f'@media screen{{:root[data-theme="dark"]{{{dark}}}}}\n'
        + style_sheet(Theme.AUTO)
        + _source("page.css").replace("FONTS", FONTS)
    )


def _policy() -> str:
    """Return a policy that loads nothing and runs no script but the one of this file."""
    digest = base64.b64encode(hashlib.sha256(page_script().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(name: str) -> str:
    return (files("mplsemu.views.html") / name).read_text(encoding="utf-8")


def _variables(palette: Palette) -> str:
    colours = {
        "ground": palette.ground,
        "area": palette.area.fill,
        "rim": palette.area.stroke,
        "ink": palette.texts[Tone.STRONG],
        "quiet": palette.texts[Tone.QUIET],
        "accent": palette.nodes[NodeKind.PE].stroke,
        "focus": palette.focus,
        "found": palette.found,
    }
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


def _name(index: int) -> str:
    return f"picture-{index + 1}"


def _navigation(scenes: Sequence[Scene]) -> str:
    if len(scenes) == 1:
        return ""
    items = (
        element("li", element("a", escaped(scene.title), href=f"#{_name(index)}"))
        for index, scene in enumerate(scenes)
    )
    return f'<nav aria-label="Pictures"><ul>\n{chr(10).join(items)}\n</ul></nav>\n'


def _tools(theme: Theme) -> str:
    return f"""\
<div class="tools">
<div role="search"><label class="unseen" for="search">Find a router or site</label>
<input id="search" type="search" placeholder="Find" autocomplete="off" spellcheck="false">
<span id="found" role="status"></span></div>
<button id="smaller" type="button" aria-label="Zoom out" title="Zoom out (-)">&minus;</button>
<button id="larger" type="button" aria-label="Zoom in" title="Zoom in (+)">+</button>
<button id="fit" type="button" title="Show all (0)">Fit</button>
<button id="theme" type="button"><b>Theme: </b><span>{theme.value}</span></button>
</div>
"""


def _section(index: int, scene: Scene) -> str:
    name = _name(index)
    return (
        f'<section class="picture" id="{name}" aria-labelledby="{name}-name">\n'
        f'<h2 class="unseen" id="{name}-name">{escaped(scene.title)}</h2>\n'
        f"{draw_element(scene)}\n</section>\n"
    )
