"""A customer's VPLS or VPWS as text: a virtual switch, or a wire, with the sites on its ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.text import Text

from mplsemu.model.vpn import VpnKind
from mplsemu.views.model import BridgeView, SiteView
from mplsemu.views.phrases import count
from mplsemu.views.text import palette
from mplsemu.views.text.canvas import Border, Canvas, shorten
from mplsemu.views.text.columns import wrapped
from mplsemu.views.text.site import SiteBox, second_line_style, site_box

_MOST_BOXES: Final = 16
_WIDEST: Final = 28


def draw_bridge(view: BridgeView, width: int = 80) -> list[Text]:
    """Return the picture's lines, at most `width` columns wide."""
    lines = [*_heading(view), Text()]
    if view.kind is VpnKind.VPWS and len(view.sites) == 2:
        first, second = view.sites
        lines += _wire((first, second), width, whole=len(view.islands) == 1)
    else:
        for island in view.islands:
            lines += _switch(view, island, width)
    return [*lines, *_remarks(view)]


def _heading(view: BridgeView) -> list[Text]:
    wire = view.kind is VpnKind.VPWS
    hosts = sum(len(site.hosts) for site in view.sites)
    title = Text(" ").append(shorten(f"{view.customer} · VPN {view.vpn}", 68), palette.TITLE)
    title.append(" · VPWS" if wire else " · VPLS", palette.FAINT)
    facts = [count(len(view.sites), "site"), count(hosts, "host")]
    if view.roots:
        facts.append("leaves hear roots alone")
    if not wire:
        switches = count(len(view.islands), "virtual switch", "virtual switches")
        facts.insert(1, switches)
    subnets = sorted({str(i.network) for s in view.sites for i in s.on_switch})
    return [title, Text(" " + ", ".join([*facts, *subnets[:2]]), palette.FAINT)]


def _remarks(view: BridgeView) -> list[Text]:
    if len(view.islands) > 1:
        groups = "; ".join(", ".join(site.name for site in island) for island in view.islands)
        said = f"✗ {len(view.islands)} parts that nothing joins: {groups}"
    elif view.severed:
        pairs = "; ".join(" and ".join(pair) for pair in view.severed[:20])
        said = f"✗ do not hear each other: {pairs}"
    elif view.apart:
        pairs = "; ".join(" and ".join(pair) for pair in view.apart[:20])
        lines = wrapped(
            f"apart by design: {pairs}".split(" "), width=79, indent="   ", first=" ", joint=" "
        )
        return [Text(), *(Text(line.plain, palette.FAINT) for line in lines)]
    else:
        return []
    lines = wrapped(said.split(" "), width=79, indent="   ", first=" ", joint=" ")
    return [Text(), *(Text(line.plain, palette.DOWN) for line in lines)]


def _switch(view: BridgeView, island: tuple[SiteView, ...], width: int) -> list[Text]:
    boxes = [site_box(site) for site in island]
    ports = {site.name: port for port, site in enumerate(view.sites, 1)}
    if len(view.sites) > _MOST_BOXES:
        return _Rows(island, ports, width).lines()
    two_sided = max(box.width for box in boxes) <= _WIDEST and len(boxes) > 1
    return _Switch(boxes, ports, two_sided).lines()


@dataclass(slots=True)
class _Switch:
    """One virtual switch with a box for each site, on one side or on both."""

    boxes: list[SiteBox]
    ports: dict[str, int]
    two_sided: bool

    def lines(self) -> list[Text]:
        box_width = max(18, *(box.width for box in self.boxes))
        box_width = min(box_width, _WIDEST if self.two_sided else 50)
        left = self.boxes[::2] if self.two_sided else self.boxes
        right = self.boxes[1::2] if self.two_sided else []
        switch_x = 1 + box_width + 4
        switch_width = 20
        right_x = switch_x + switch_width + 4
        canvas = Canvas()
        rows = []
        y = 1
        for index, box in enumerate(left):
            pair = [box, *right[index : index + 1]]
            rows.append((y, pair))
            y += max(item.height for item in pair)
        canvas.box(switch_x, 0, switch_width, y + 1, Border.DOUBLE, palette.VIRTUAL)
        canvas.write(switch_x + 2, 0, " virtual switch ", palette.VIRTUAL)
        for y, pair in rows:
            pair[0].draw(canvas, 1, y, box_width)
            self._port(canvas, pair[0].site, y + 1, box_width + 1, switch_x, on_left=True)
            self._second(canvas, pair[0], y, box_width + 1, switch_x)
            if len(pair) > 1:
                pair[1].draw(canvas, right_x, y, box_width)
                start = switch_x + switch_width
                self._port(canvas, pair[1].site, y + 1, start, right_x, on_left=False)
                self._second(canvas, pair[1], y, start, right_x)
        return canvas.lines()

    @staticmethod
    def _second(canvas: Canvas, box: SiteBox, y: int, x: int, to: int) -> None:
        """Draw the line of a dual-homed site that carries nothing."""
        if box.second_row is not None:
            canvas.write(
                x, y + box.second_row, box.second_dash * (to - x), second_line_style(box.site)
            )

    def _port(
        self, canvas: Canvas, site: SiteView, y: int, x: int, to: int, *, on_left: bool
    ) -> None:
        """Draw an access line from column `x` up to `to`; the site is left or right of it."""
        number = str(self.ports[site.name])
        style = "" if site.up else palette.DOWN
        canvas.across(x, to - 1, y, style, dashed=not site.up)
        canvas.write(x, y, "─" if site.up else "╌", style)
        canvas.write(to - 1, y, "─" if site.up else "✗", style)
        if on_left:
            canvas.write(x - 1, y, "├")
            canvas.write(to, y, "╢", palette.VIRTUAL)
            canvas.write(to + 2, y, number, palette.VIRTUAL)
        else:
            canvas.write(x - 1, y, "╟", palette.VIRTUAL)
            canvas.write(to, y, "┤")
            canvas.write(x - 2 - len(number), y, number, palette.VIRTUAL)


@dataclass(slots=True)
class _Rows:
    """One virtual switch with a line for each site."""

    island: tuple[SiteView, ...]
    ports: dict[str, int]
    width: int

    def lines(self) -> list[Text]:
        canvas = Canvas()
        name = min(max(len(site.name) for site in self.island), 24)
        x = self.width - 22
        canvas.box(x, 0, 20, len(self.island) + 2, Border.DOUBLE, palette.VIRTUAL)
        canvas.write(x + 2, 0, " virtual switch ", palette.VIRTUAL)
        for y, site in enumerate(self.island, 1):
            canvas.write(1, y, shorten(site.name, name), palette.SITE)
            hosts = _hosts(site)
            hosts = shorten(hosts, x - name - 8)
            canvas.write(3 + name, y, hosts)
            style = "" if site.up else palette.DOWN
            start = 4 + name + len(hosts)
            canvas.write(start, y, ("─" if site.up else "╌") * (x - start), style)
            canvas.write(x - 1, y, "─" if site.up else "✗", style)
            canvas.write(x, y, "╢", palette.VIRTUAL)
            canvas.write(x + 2, y, str(self.ports[site.name]), palette.VIRTUAL)
        return canvas.lines()


def _hosts(site: SiteView) -> str:
    if site.station:
        prefixes = ", ".join(map(str, site.prefixes))
        return f"{prefixes} behind CE {site.ce}"
    addresses = [str(host.addresses[0].ip) for host in site.hosts if host.addresses]
    if len(addresses) <= 2:
        return ", ".join(addresses)
    return f"{addresses[0]} … {addresses[-1]} ({len(addresses)} hosts)"


def _wire(ends: tuple[SiteView, SiteView], width: int, *, whole: bool) -> list[Text]:
    """Draw two sites with the wire between them."""
    boxes = [site_box(site) for site in ends]
    box_width = min(max(18, *(box.width for box in boxes)), 28)
    right_x = width - 2 - box_width
    canvas = Canvas()
    height = max(box.height for box in boxes)
    for box, x in zip(boxes, (1, right_x), strict=True):
        box.draw(canvas, x, 0, box_width, height=height)
    lines_up = all(site.up for site in ends)
    up = whole and lines_up
    style = palette.VIRTUAL if up else palette.DOWN
    canvas.write(box_width + 1, 1, ("═" if up else "╌") * (right_x - box_width - 1), style)
    canvas.write(box_width, 1, "╞", style)
    canvas.write(right_x, 1, "╡", style)
    label = " virtual wire " if up else " ✗ wire cut " if lines_up else " ✗ line down "
    canvas.write((width - len(label)) // 2, 1, label, style)
    return canvas.lines()
