"""The provider's network as a scene: LSRs by role, links, and overlays."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from mplsemu.drawing.caption import MARGIN, LegendText, heading, legend
from mplsemu.drawing.draft import Draft, around
from mplsemu.drawing.geometry import Box, Point, Size
from mplsemu.drawing.info_box import baseline
from mplsemu.drawing.labels.spare_labels import SpareLabel, spare_labels
from mplsemu.drawing.layout import lay_out
from mplsemu.drawing.layout_graph import EdgeSpec, LayoutGraph, NodeBox
from mplsemu.drawing.scene import Label, Line, Scene, TextRun, Tone
from mplsemu.drawing.text_width import ASCENT, text_width
from mplsemu.model.topology import Role
from mplsemu.views.model import LinkView, ProviderView
from mplsemu.views.phrases import count
from mplsemu.views.scene.kinds import LineKind, NodeKind
from mplsemu.views.scene.link_captions import LinkCaptions, about_link, load_share, stroke_width
from mplsemu.views.scene.lsrs import RouterBox, TextSizes, text_sizes_for
from mplsemu.views.scene.overlay import Drawn, Overlay

_NARROWEST: Final = 500.0
_PAD: Final = 4.0
_STATE_SIZE: Final = 11.0
_SPOT: Final = Size(42.0, 16.0)
"""Enough for ``100 %`` and for ``down``."""


def provider_scene(view: ProviderView) -> Scene:
    """Return the picture of a provider's network.

    Positions depend on the topology alone, not on what is up or on the load.
    """
    return _Picture(view).scene()


class _Picture:
    def __init__(self, view: ProviderView) -> None:
        self._view = view
        self._sizes: TextSizes = text_sizes_for(len(view.routers))
        self._captions = LinkCaptions(view.links)
        self._boxes = [RouterBox(router, self._sizes) for router in view.routers]
        self._texts = [self._captions.on(link) for link in view.links]
        self._layout = lay_out(self._graph())

    def scene(self) -> Scene:
        """Return the whole picture."""
        links = self._links()
        boxes = [label.box for line in links for label in line.labels]
        overlay = Overlay(self._view, self._layout, boxes, self._sizes.on_line).draw()
        links = [_free_of(line, overlay) for line in links]
        nodes = [form.node(box) for form, box in zip(self._boxes, self._layout.boxes, strict=True)]
        draft = Draft([*nodes, *overlay.nodes], [*links, *overlay.lines])
        whole = Box(0, 0, self._layout.width, self._layout.height)
        return self._framed(draft, around([whole, draft.bounds]) if nodes else whole, overlay)

    def _graph(self) -> LayoutGraph:
        number = {router.name: index for index, router in enumerate(self._view.routers)}
        nodes = [
            NodeBox(form.size(), router.position, form.cut(), router.role is Role.P)
            for form, router in zip(self._boxes, self._view.routers, strict=True)
        ]
        edges = [
            EdgeSpec((number[link.ends[0]], number[link.ends[1]]), self._label_size(text), _SPOT)
            for link, text in zip(self._view.links, self._texts, strict=True)
        ]
        return LayoutGraph(tuple(nodes), tuple(edges))

    def _label_size(self, text: str) -> Size | None:
        if not text:
            return None
        width = text_width(text, self._sizes.on_line) + 2 * _PAD
        return Size(round(width, 1), round(self._sizes.on_line * ASCENT + 2 * _PAD, 1))

    def _links(self) -> list[Line]:
        links = self._view.links
        down = [index for index, link in enumerate(links) if not link.up]
        used = [index for index, link in enumerate(links) if not link.up or link.load_bps]
        spare = spare_labels(self._layout, down, _SPOT, used)
        return [self._line(index, link, spare.get(index)) for index, link in enumerate(links)]

    def _line(self, index: int, link: LinkView, spare: SpareLabel | None) -> Line:
        layout = self._layout
        labels = []
        text = layout.texts[index]
        if text is not None:
            labels.append(_label(self._texts[index], text, self._sizes.on_line))
        spot = spare.spot if spare is not None else layout.spots[index]
        load = load_share(link)
        if spot is not None and not link.up:
            labels.append(_state("down", spot, Tone.BAD, bold=True))
        elif spot is not None and load is not None and load >= 0.005:
            labels.append(_state(f"{100 * load:.0f} %", spot, Tone.STRONG))
        return Line(
            key=link.name,
            kind=LineKind.LINK,
            ends=link.ends,
            points=layout.polylines[index],
            about=about_link(link),
            width=round(self._sizes.stroke * stroke_width(link), 2),
            up=link.up,
            labels=tuple(labels),
            load=load,
            is_smooth=layout.smooth[index],
            spot=spot,
            mark=spare.mark if spare is not None else layout.marks[index],
        )

    def _framed(self, draft: Draft, bounds: Box, overlay: Drawn) -> Scene:
        width = max(bounds.width, _NARROWEST)
        title = self._view.title
        said = [self._figures(), self._captions.summary()]
        if overlay.said is not None:
            said.append(overlay.said)
        runs, top = heading(title, said, width)
        dx, dy = MARGIN + (width - bounds.width) / 2 - bounds.x, top - bounds.y
        draft = draft.moved(round(dx), round(dy))
        meanings = [*self._meanings(), *overlay.meanings]
        entries, bottom = legend(meanings, width, top + bounds.height + 1.4 * MARGIN)
        return Scene(
            title=title if self._view.shown_vpn is None else f"{title}: {self._view.shown_vpn}",
            summary=". ".join([*said, *(f"Way: {way.title}" for way in self._view.ways[:12])]),
            width=round(width + 2 * MARGIN),
            height=round(bottom),
            heading=runs,
            areas=(),
            lines=tuple(draft.lines),
            nodes=tuple(draft.nodes),
            legend=entries,
            state=self._down(),
        )

    def _figures(self) -> str:
        roles = Counter(router.role for router in self._view.own_routers)
        return ", ".join([
            f"{roles[Role.PE]} PE",
            f"{roles[Role.P]} P",
            count(len(self._view.links), "link") + self._down(),
            count(len(self._view.vpns), "VPN"),
            count(sum(vpn.site_count for vpn in self._view.vpns), "site"),
        ])  # fmt: skip

    def _down(self) -> str:
        down = sum(not link.up for link in self._view.links)
        # a plain space at the beginning of an SVG element is lost
        return f"\N{NO-BREAK SPACE}({down} down)" if down else ""

    def _meanings(self) -> list[LegendText]:
        found = [
            LegendText(NodeKind.PE, "PE: customers' sites are on it"),
            LegendText(NodeKind.P, "P: switches labels only"),
            LegendText(LineKind.LINK, "link, wider for more bandwidth"),
            LegendText(LineKind.LINK, "link that is down", up=False),
        ]
        if any(link.load_bps is not None for link in self._view.links):
            found.append(LegendText(None, "%: load in the busier direction"))
        return found


def _free_of(line: Line, overlay: Drawn) -> Line:
    """Return a link without the labels that the sites of an overlay cover."""
    sites = [node.box for node in overlay.nodes]

    def is_covered(box: Box | None) -> bool:
        return box is not None and any(box.overlaps(site) for site in sites)

    labels = tuple(label for label in line.labels if not is_covered(label.box))
    return replace(line, labels=labels, spot=None if is_covered(line.spot) else line.spot)


def _label(text: str, box: Box, size: float) -> Label:
    at = Point(box.center.x, round(baseline(box.center.y, size), 1))
    return Label(TextRun(text, at, size, anchor="middle", tone=Tone.NORMAL), box)


def _state(text: str, box: Box, tone: Tone, *, bold: bool = False) -> Label:
    at = Point(box.center.x, round(baseline(box.center.y, _STATE_SIZE), 1))
    return Label(TextRun(text, at, _STATE_SIZE, bold, "middle", tone), box, is_state=True)
