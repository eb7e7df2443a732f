"""The formats of pictures: name, suffixes, and a function from views to a file's content."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mplsemu.drawing.palette import Theme
from mplsemu.drawing.scene import Scene
from mplsemu.export.dot import draw_dot
from mplsemu.export.drawio import draw_drawio
from mplsemu.export.mermaid import draw_mermaid
from mplsemu.report.view import views_object
from mplsemu.views.html.html import draw_html
from mplsemu.views.model import View
from mplsemu.views.pictures import draw_png, draw_svgs
from mplsemu.views.text.view import draw_views


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """Options of formats; each uses what applies to it.

    Attributes:
        theme: colours of SVG, PNG and HTML.
    """

    theme: Theme = Theme.AUTO


_DEFAULT: Final = RenderOptions()


@dataclass(frozen=True, slots=True)
class Renderer:
    """A format.

    Attributes:
        suffixes: of file names; the first is the usual one.
        draw: from views, at least one, to a file's content.
        is_text: whether it can be printed on a terminal.
    """

    suffixes: tuple[str, ...]
    draw: Callable[[Sequence[View], RenderOptions], str | bytes]
    is_text: bool = True

    def __call__(self, views: Sequence[View], options: RenderOptions = _DEFAULT) -> str | bytes:
        """Return a file's content: bytes if it is not text."""
        return self.draw(views, options)


def _text(views: Sequence[View], _: RenderOptions) -> str:
    return "".join(f"{line.plain}\n" for line in draw_views(views))


def _json(views: Sequence[View], _: RenderOptions) -> str:
    return json.dumps(views_object(views), indent=2) + "\n"


def _scenes(views: Sequence[View]) -> list[Scene]:
    # text needs no NumPy, which takes time to import
    from mplsemu.views.scene.compose import scene_of  # noqa: PLC0415

    return [scene_of(view) for view in views]


RENDERERS: Final[Mapping[str, Renderer]] = {
    "text": Renderer((".txt",), _text),
    "svg": Renderer((".svg",), lambda v, o: draw_svgs(_scenes(v), theme=o.theme)),
    "png": Renderer((".png",), lambda v, o: draw_png(_scenes(v), theme=o.theme), False),
    "html": Renderer((".html", ".htm"), lambda v, o: draw_html(_scenes(v), theme=o.theme)),
    "drawio": Renderer((".drawio", ".xml"), lambda v, _: draw_drawio(_scenes(v))),
    "dot": Renderer((".dot", ".gv"), lambda v, _: draw_dot(v)),
    "mermaid": Renderer((".mmd", ".mermaid"), lambda v, _: draw_mermaid(v)),
    "json": Renderer((".json",), _json),
}
"""By name, in the order of the help text."""


def format_of(path: str) -> str | None:
    """Return the format that belongs to a file name; None if its suffix is unknown."""
    lowered = path.lower()
    for name, renderer in RENDERERS.items():
        if lowered.endswith(renderer.suffixes):
            return name
    return None
