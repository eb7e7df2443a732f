"""Overlays of the provider's picture: a VPN's sites, LSPs, a packet's path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, polyline_length
from mplsemu.drawing.caption import LegendText
from mplsemu.drawing.geometry import Box, Point, Size
from mplsemu.drawing.info_box import baseline
from mplsemu.drawing.labels.candidates import candidates_on
from mplsemu.drawing.labels.free_space import FreeSpace
from mplsemu.drawing.labels.satellites import satellites
from mplsemu.drawing.layout_graph import Layout
from mplsemu.drawing.routing.lanes import LaneUse, lanes
from mplsemu.drawing.routing.parallel_lines import NodeOutline, clipped_to_outlines
from mplsemu.drawing.scene import Label, Line, Node, TextRun, Tone
from mplsemu.drawing.text_width import ASCENT, shortened, text_width
from mplsemu.views.model import POPPED, PathLink, PathView, ProviderView, VpnView
from mplsemu.views.phrases import count, words_of_lines
from mplsemu.views.scene.kinds import LineKind, NodeKind
from mplsemu.views.units import part

MOST_PATHS: Final = 12
"""Paths that are drawn in lanes of their own; more are drawn as one."""

_WIDTH: Final = 2.6
_WIDTH_TOGETHER: Final = 4.0
_SITE_SIZE: Final = 11.0
_SITE_WIDEST: Final = 130.0
_LINE_SIZE: Final = 10.0
_LINE_WIDEST: Final = 180.0
_ROW: Final = 13.0
_PAD: Final = 4.0


@dataclass(slots=True)
class Drawn:
    """What an overlay adds to a picture: nodes, lines, entries of the legend, a subtitle."""

    nodes: list[Node] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    meanings: list[LegendText] = field(default_factory=list)
    said: str | None = None


@dataclass(frozen=True, slots=True)
class _SiteText:
    """What is written on a site: its name and, where its line is special, what that is.

    Attributes:
        name: shortened, likewise `line`.
        line: empty if nothing is special.
        words: the whole of `line`.
    """

    name: str
    line: str
    words: str

    @property
    def size(self) -> Size:
        """The size of the site's box."""
        wide = max(text_width(self.name, _SITE_SIZE), text_width(self.line, _LINE_SIZE))
        return Size(round(wide + 22, 1), 36.0 if self.line else 22.0)

    def runs(self, box: Box) -> Iterator[TextRun]:
        """Yield the texts, centered in a box."""
        rows = [(self.name, _SITE_SIZE, Tone.NORMAL)]
        rows += [(self.line, _LINE_SIZE, Tone.QUIET)] if self.line else []
        first = box.center.y - (len(rows) - 1) * _ROW / 2
        for number, (text, size, tone) in enumerate(rows):
            at = Point(box.center.x + 1.5, round(baseline(first + number * _ROW, size), 1))
            yield TextRun(text, at, size, anchor="middle", tone=tone)


class Overlay:
    """Draws over a layout, without changing it."""

    def __init__(
        self, view: ProviderView, layout: Layout, boxes: Sequence[Box], size: float
    ) -> None:
        """Prepare an overlay.

        Args:
            view: with what is to be drawn.
            layout: of the network.
            boxes: of the labels on links.
            size: of the font on lines.
        """
        self._view = view
        self._layout = layout
        self._size = size
        self._number = {router.name: index for index, router in enumerate(view.routers)}
        self._link = {link.name: index for index, link in enumerate(view.links)}
        self._nodes = _as_array(layout.boxes)
        self._texts = _as_array(list(filter(None, layout.texts)))
        self._spots = _as_array(list(filter(None, layout.spots)))
        self._written = _as_array(boxes)
        self._links = [_array(polyline) for polyline in layout.polylines]

    def draw(self) -> Drawn:
        """Return everything that is drawn over the network."""
        drawn = Drawn()
        vpn = next((v for v in self._view.vpns if v.name == self._view.shown_vpn), None)
        sites = [] if vpn is None else self._sites(drawn, vpn)
        if self._view.ways:
            self._paths(drawn, sites)
        return drawn

    def _bounds(self, sites: Floats) -> Floats:
        """Return the bounding box of the network and the sites, which labels may not leave."""
        whole = np.array([(0.0, 0.0, self._layout.width, self._layout.height)])
        every = np.concatenate((whole, sites))
        return np.concatenate((every[:, :2].min(axis=0), every[:, 2:].max(axis=0)))

    def _uses(self) -> tuple[list[LaneUse], list[tuple[int, int]]]:
        """Return each use of a link, with the path's number and the link's index in the path."""
        uses, ways = [], []
        together = len(self._view.ways) > MOST_PATHS
        seen = set()
        for number, way in enumerate(self._view.ways):
            for index, each in enumerate(way.links):
                link = self._link.get(each.link)
                if link is None or (together and link in seen):
                    continue
                seen.add(link)
                ends = (self._number[each.sender], self._number[each.receiver])
                forward = self._view.links[link].ends[0] == each.sender
                uses.append(LaneUse(link, ends, forward))
                ways.append((number, index))
        return uses, ways

    def _sites(self, drawn: Drawn, vpn: VpnView) -> list[Floats]:
        """Draw a VPN's sites, whose places do not depend on what is up; return their boxes."""
        words = words_of_lines(vpn)
        texts = [
            _SiteText(
                shortened(site, _SITE_WIDEST, _SITE_SIZE),
                shortened(words.get(site, ""), _LINE_WIDEST, _LINE_SIZE),
                words.get(site, ""),
            )
            for site, _ in vpn.sites
        ]
        wanted = [
            (self._number[pe], text.size) for text, (_, pe) in zip(texts, vpn.sites, strict=True)
        ]
        free = FreeSpace(np.concatenate((self._nodes, self._texts)), self._links)
        for spot in self._spots:
            free.reserve(spot)
        places = satellites(free, self._nodes, wanted)
        for text, (site, pe), place in zip(texts, vpn.sites, places, strict=True):
            if place is not None:
                is_standby = site in vpn.standbys
                self._site(drawn, (vpn.name, site), text, pe, place, is_standby=is_standby)
        drawn.meanings.append(LegendText(NodeKind.SITE, f"site of VPN {vpn.name}"))
        kind = vpn.kind.upper()
        drawn.said = f"VPN {vpn.name}, {kind} of {vpn.customer}: {count(vpn.site_count, 'site')}"
        return [place for place in places if place is not None]

    def _site(
        self,
        drawn: Drawn,
        names: tuple[str, str],
        text: _SiteText,
        pe: str,
        place: Floats,
        *,
        is_standby: bool,
    ) -> None:
        vpn, site = names
        box = _box(place)
        key = f"site {vpn}/{site}"
        about = f"site {site} of VPN {vpn} at {pe}"
        said = f"{about}, {text.words}" if text.words else about
        drawn.nodes.append(Node(key, NodeKind.SITE, box, tuple(text.runs(box)), said))
        router = self._nodes[self._number[pe]]
        outline = NodeOutline(router, self._layout.cuts[self._number[pe]])
        centre_line = np.array([(place[:2] + place[2:]) / 2, (router[:2] + router[2:]) / 2])
        points = _points(np.round(clipped_to_outlines(centre_line, NodeOutline(place), outline), 1))
        about = f"access line of {about}{', standing by' if is_standby else ''}"
        drawn.lines.append(
            Line(key, LineKind.ACCESS, (key, pe), points, about, width=1.4, is_dashed=is_standby)
        )

    def _paths(self, drawn: Drawn, sites: Sequence[Floats]) -> None:
        uses, steps = self._uses()
        if len(self._view.ways) > MOST_PATHS:
            self._draw_together(drawn, steps, [self._links[use.link] for use in uses])
            return
        boxes = np.array(sites).reshape(-1, 4)
        polylines = lanes(self._layout, uses, boxes)
        taken = (self._nodes, self._texts, self._written, boxes)
        access = [_array(line.points) for line in drawn.lines]
        free = FreeSpace(
            np.concatenate(taken), [*self._links, *polylines, *access], self._bounds(boxes)
        )
        for spot in self._spots:
            free.reserve(spot)
        self._draw_paths(drawn, free, steps, polylines)

    def _draw_paths(
        self,
        drawn: Drawn,
        free: FreeSpace,
        ways: Sequence[tuple[int, int]],
        polylines: Sequence[Floats],
    ) -> None:
        labels: dict[int, Label] = {}
        for index in sorted(
            range(len(ways)), key=lambda number: (polyline_length(polylines[number]), number)
        ):
            label = self._label(free, len(self._layout.polylines) + index, polylines[index],
                                *ways[index])  # fmt: skip
            if label is not None:
                labels[index] = label
        for index, ((number, step), polyline) in enumerate(zip(ways, polylines, strict=True)):
            way = self._view.ways[number]
            link = way.links[step]
            drawn.lines.append(
                Line(
                    key=f"{number}/{step}",
                    kind=LineKind.WAY,
                    ends=(link.sender, link.receiver),
                    points=_points(polyline),
                    about=_about(way, link),
                    width=_WIDTH,
                    labels=(labels[index],) if index in labels else (),
                    is_smooth=self._layout.smooth[self._link[link.link]],
                    number=number,
                    is_both_ways=link.back is not None,
                )
            )
        drawn.meanings += self._meanings()

    def _meanings(self) -> Iterator[LegendText]:
        for number, way in enumerate(self._view.ways):
            yield LegendText(LineKind.WAY, way.title, number=number)
        links = [link for way in self._view.ways for link in way.links]
        if any(link.back is not None for link in links):
            yield LegendText(None, "→ 17: the label on packets in that direction")
        if any(len(link.there.stack) > 1 for link in links):
            yield LegendText(None, "17 | 20: a label stack, outermost first")
        if any(_share(link) for link in links):
            yield LegendText(None, "(1/2): the part of the flows that goes there")

    def _draw_together(
        self, drawn: Drawn, ways: Sequence[tuple[int, int]], polylines: Sequence[Floats]
    ) -> None:
        """Draw all links that any path takes as one overlay."""
        for (number, step), polyline in zip(ways, polylines, strict=True):
            link = self._view.ways[number].links[step]
            line = Line(
                key=f"all/{link.link}",
                kind=LineKind.WAY,
                ends=(link.sender, link.receiver),
                points=_points(polyline),
                about=f"{link.link}: LSPs run on it",
                width=_WIDTH_TOGETHER,
                is_smooth=self._layout.smooth[self._link[link.link]],
                is_bare=True,
            )
            drawn.lines.append(line)
        drawn.meanings.append(
            LegendText(
                LineKind.WAY, f"links of {len(self._view.ways)} ways, drawn as one", is_bare=True
            )
        )

    def _label(
        self, free: FreeSpace, owner: int, polyline: Floats, number: int, step: int
    ) -> Label | None:
        text = _on_link(self._view.ways[number].links[step], polyline)
        width = text_width(text, self._size, bold=True) + 2 * _PAD
        size = Size(round(width, 1), round(self._size * ASCENT + 2 * _PAD, 1))
        places = candidates_on(polyline, size)
        chosen = free.place(places, owner)
        if chosen is None:
            return None
        box = _box(places.boxes[chosen])
        at = Point(box.center.x, round(baseline(box.center.y, self._size), 1))
        return Label(TextRun(text, at, self._size, True, "middle", Tone.STRONG), box)


def _on_link(link: PathLink, polyline: Floats) -> str:
    """Return the label stack on a link; for both directions with arrows that point as drawn."""
    there = _stack(link.there.stack)
    if link.back is None:
        return f"{there or link.there.text}{_share(link)}"
    across, down = (polyline[-1] - polyline[0]).tolist()
    if abs(across) >= abs(down):
        forth, against = ("→", "←") if across >= 0 else ("←", "→")
    else:
        forth, against = ("↓", "↑") if down >= 0 else ("↑", "↓")
    back = _stack(link.back.stack)
    words = [f"{forth} {there}" if there else "", f"{against} {back}" if back else ""]
    if across < 0:
        words.reverse()
    return ", ".join(filter(None, words)) or POPPED


def _share(link: PathLink) -> str:
    """Return the share of the flows, for one direction and if it is not all of them."""
    share = link.there.share
    return f" ({part(share)})" if link.back is None and share < 1 else ""


def _stack(labels: Sequence[int]) -> str:
    return " | ".join(str(label) for label in labels)


def _about(way: PathView, link: PathLink) -> str:
    ends = f"from {link.sender} to {link.receiver}"
    there = _stack(link.there.stack) or link.there.text
    if link.back is None:
        share = link.there.share
        flows = f", {part(share)} of the flows" if share < 1 else ""
        return f"{way.title}, {ends}: {there}{flows}"
    return f"{way.title}, {ends}: {there}; back: {_stack(link.back.stack) or POPPED}"


def _as_array(boxes: Sequence[Box]) -> Floats:
    return np.array([(b.x, b.y, b.right, b.bottom) for b in boxes]).reshape(-1, 4)


def _array(points: Sequence[Point]) -> Floats:
    return np.array([(p.x, p.y) for p in points])


def _points(polyline: Floats) -> tuple[Point, ...]:
    return tuple(Point(x, y) for x, y in polyline.tolist())


def _box(box: Floats) -> Box:
    left, top, right, bottom = box.tolist()
    return Box(round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1))
