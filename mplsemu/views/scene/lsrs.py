"""LSRs as nodes of the provider's picture: smaller if there are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mplsemu.drawing.geometry import Box, Point, Size
from mplsemu.drawing.scene import Node, TextRun, Tone
from mplsemu.drawing.text_width import ASCENT, shortened, text_width
from mplsemu.model.topology import Role
from mplsemu.views.model import RouterView
from mplsemu.views.phrases import count, listed
from mplsemu.views.scene.kinds import NodeKind

_LEADING: Final = 1.4


@dataclass(frozen=True, slots=True)
class TextSizes:
    """The sizes of texts in a provider's picture.

    Attributes:
        name: font size of a router's name.
        below: of the line below the name; None if there is none.
        on_line: of the captions of links.
        pad: between a name and its box, to the sides and above and below.
        widest: a wider name is shortened.
        stroke: width of links, relative to that in a small picture.
    """

    name: float
    below: float | None
    on_line: float
    pad: tuple[float, float]
    widest: float
    stroke: float = 1.0


def text_sizes_for(count_: int) -> TextSizes:
    """Return the sizes for a picture of `count_` routers."""
    if count_ <= 12:
        return TextSizes(15, 11.5, 11.5, (20, 11), 220)
    if count_ <= 40:
        return TextSizes(13, 10.5, 11, (13, 8), 170, 0.85)
    if count_ <= 260:
        return TextSizes(11, None, 10.5, (9, 5.5), 140, 0.75)
    return TextSizes(10, None, 10, (7, 4.5), 120, 0.45)


class RouterBox:
    """A router's box before it has a place."""

    def __init__(self, router: RouterView, type_: TextSizes) -> None:
        self._router = router
        self._type = type_
        self._is_bold = router.role is Role.PE
        self._name = shortened(router.name, type_.widest, type_.name, bold=self._is_bold)
        has_below = type_.below is not None and router.role is Role.PE
        self._below = _below(router) if has_below else ""

    def size(self) -> Size:
        """Return the size of its box."""
        width = text_width(self._name, self._type.name, bold=self._is_bold)
        height = self._type.name * ASCENT
        if self._below and self._type.below is not None:
            width = max(width, text_width(self._below, self._type.below))
            height += self._type.below * _LEADING
        pad_x, pad_y = self._type.pad
        return Size(round(width + 2 * pad_x, 1), round(height + 2 * pad_y, 1))

    def cut(self) -> float:
        """Return how much its shape cuts off the corners of its box."""
        height = self.size().height
        return min(9.0, 0.3 * height) if self._router.role is Role.P else min(5.0, 0.14 * height)

    def node(self, box: Box) -> Node:
        """Return it as a node in its box."""
        router, middle = self._router, box.center.x
        y = box.y + self._type.pad[1] + self._type.name * ASCENT
        texts = [
            TextRun(self._name, Point(middle, round(y, 1)), self._type.name, self._is_bold,
                    "middle", Tone.STRONG)
        ]  # fmt: skip
        if self._below and self._type.below is not None:
            y += self._type.below * _LEADING
            at = Point(middle, round(y, 1))
            texts.append(
                TextRun(self._below, at, self._type.below, anchor="middle", tone=Tone.QUIET)
            )
        kind = NodeKind.PE if router.role is Role.PE else NodeKind.P
        return Node(router.name, kind, box, tuple(texts), about_router(router))


def about_router(router: RouterView) -> str:
    """Return an LSR's description in a sentence."""
    words = [f"{router.name}, a {router.role.name} router", f"router ID {router.router_id}"]
    if router.sites:
        words.append(f"{count(len(router.sites), 'site')}: {listed(router.sites)}")
    return ", ".join(words)


def _below(router: RouterView) -> str:
    """Return what is said of a PE below its name."""
    sites = count(len(router.sites), "site")
    if router.provider is None:
        return sites
    return f"{router.provider}: {sites}" if router.sites else router.provider
