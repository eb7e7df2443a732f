"""A customer's L3VPN as text: sites on the left, virtual routers, and the line that joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.text import Text

from mplsemu.views.islands import complaints
from mplsemu.views.model import L3vpnView, SiteView, VirtualRouter
from mplsemu.views.partners import ONE_WAY, Partner, are_one_way, marked, partners
from mplsemu.views.phrases import count
from mplsemu.views.reach_words import all_others
from mplsemu.views.text import palette
from mplsemu.views.text.canvas import WEST, Border, Canvas, shorten
from mplsemu.views.text.columns import wrapped
from mplsemu.views.text.site import SiteBox, second_line_style, site_box

_MOST_BOXES: Final = 16
_MOST_NAMES: Final = 12
_WIDEST_SITE: Final = 36
_GATEWAY: Final = 15  # columns of an IPv4 address


def draw_l3vpn(view: L3vpnView, width: int = 80) -> list[Text]:
    """Return the picture's lines, at most `width` columns wide."""
    compact = len(view.sites) > _MOST_BOXES
    lines = [*_heading(view), Text()]
    lines += _Rows(view, width).lines() if compact else _Boxes(view, width).lines()
    return [*lines, *_remarks(view)]


def _heading(view: L3vpnView) -> list[Text]:
    hosts = sum(len(site.hosts) for site in view.sites)
    title = Text(" ").append(shorten(f"{view.customer} · VPN {view.vpn}", 68), palette.TITLE)
    title.append(f" · {view.kind_name}", palette.FAINT)
    facts = [
        count(len(view.sites), "site"),
        count(len(view.routers), "virtual router"),
        count(hosts, "host"),
    ]
    return [title, Text(" " + ", ".join(facts), palette.FAINT)]


def _remarks(view: L3vpnView) -> list[Text]:
    lines = []
    if any(complaints(view)):
        parts = "; ".join(
            ", ".join(site.name for router in island for site in router.sites)
            for island in view.islands
        )
        lines += wrapped(
            f"✗ {len(view.islands)} parts that nothing joins: {parts}".split(" "),
            width=79, indent="   ", first=" ", joint=" ",
        )  # fmt: skip
    return [Text(), *(Text(line.plain, palette.DOWN) for line in lines)] if lines else []


def _reach_words(view: L3vpnView, router: VirtualRouter) -> list[tuple[str, str]]:
    """Return what a virtual router reaches as signs and texts."""
    others = len(view.sites) - len(router.sites) - len(router.apart)
    partners_of_all = view.partners
    names = list(dict.fromkeys(e.site for e in router.reaches if e.site is not None))
    names = [name for name in names if name not in router.lacks]
    partners = [str(entry.prefix) for entry in router.reaches if entry.site is None]
    said = []
    if names:
        total = f"{len(names)} of {others} other sites"
        if len(names) == others:
            total = all_others(view, router, others)
        said.append(("→", ", ".join(names) if len(names) <= _MOST_NAMES else total))
    if partners and len(set(partners)) == len(partners_of_all):
        said.append(("→", "networks of partners"))
    elif partners:
        shown = partners[:_MOST_NAMES]
        more = len(partners) - len(shown)
        said.append(("→", ", ".join([*shown, *([f"{more} more"] if more else [])])))
    if router.lacks:
        lacks = router.lacks if len(router.lacks) <= _MOST_NAMES else ()
        said.append(("✗", ", ".join(lacks) or f"{count(len(router.lacks), 'site')} out of reach"))
    return said


@dataclass(slots=True)
class _Boxes:
    """The picture with a box for each site and each virtual router."""

    view: L3vpnView
    width: int

    def lines(self) -> list[Text]:
        boxes = {site.name: site_box(site) for site in self.view.sites}
        has_ce = any(site.ce for site in self.view.sites)
        left = min(max([box.width for box in boxes.values()], default=0), _WIDEST_SITE)
        left = max(left, 20)
        router_x = 1 + left + (9 if has_ce else 4)
        spine = self.width - 4
        canvas = Canvas()
        y = 0
        for island in self.view.islands:
            joints = []
            for router in island:
                joints.append(y + 1)
                y = self._router(canvas, router, boxes, y, left, router_x, spine - 2)
            abroad = partners(island)
            if abroad:
                joints.append(y + 1)
                y = _partner_box(canvas, abroad, y, router_x, spine - 2)
            _spine(canvas, joints, spine)
            if abroad and are_one_way(abroad):
                canvas.write(spine - 1, joints[-1], "←", palette.VIRTUAL)
            y += 1 if len(self.view.islands) > 1 else 0
        return canvas.lines()

    def _router(
        self,
        canvas: Canvas,
        router: VirtualRouter,
        boxes: dict[str, SiteBox],
        y: int,
        left: int,
        x: int,
        right: int,
    ) -> int:
        """Draw one virtual router with the sites on it; return the row below."""
        text_x = x + 2 + _GATEWAY + 2
        reach = [
            (index == 0, sign, line.plain)
            for sign, words in _reach_words(self.view, router)
            for index, line in enumerate(
                wrapped(words.split(", "), width=right - text_x - 3, indent="")
            )
        ]
        sites = [boxes[site.name] for site in router.sites]
        long = [g for s in router.sites for g in s.gateways if len(str(g.ip)) > _GATEWAY]
        below = len(reach) + (1 if long else 0)
        heights = [max(box.height, len(box.site.gateways) + 2) for box in sites]
        heights[-1] += max(0, below + 2 - sum(heights))
        total = sum(heights)
        canvas.box(x, y, right - x + 1, total, Border.DOUBLE, palette.VIRTUAL)
        title = f" {shorten(router.name, right - x - 5)} "
        canvas.write(x + 2, y, title, palette.VIRTUAL)
        for row, (first, sign, text) in enumerate(reach, y + 1):
            style = palette.DOWN if sign == "✗" else ""
            canvas.write(text_x, row, sign if first else " ", style)
            canvas.write(text_x + 2, row, shorten(text, right - text_x - 3), style)
        row = y
        for box, height in zip(sites, heights, strict=True):
            box.draw(canvas, 1, row, left)
            _line(canvas, box.site, row + 1, left, x)
            if box.second_row is not None:
                y_of_second = row + box.second_row
                style = second_line_style(box.site)
                canvas.write(left + 1, y_of_second, box.second_dash * (x - left - 1), style)
            _gateways(canvas, box.site, row + 1, x + 2)
            row += height
        return y + total


def _gateways(canvas: Canvas, site: SiteView, y: int, x: int) -> None:
    for row, gateway in enumerate(site.gateways, y):
        canvas.write(x, row, shorten(str(gateway.ip), _GATEWAY))


def _line(canvas: Canvas, site: SiteView, y: int, left: int, router_x: int) -> None:
    """Draw a site's access line into its virtual router."""
    if not site.up:
        canvas.write(left + 1, y, "╌" * (router_x - left - 1), palette.DOWN)
        canvas.write((left + router_x) // 2, y, "✗", palette.DOWN)
        return
    canvas.write(left, y, "├")
    canvas.across(left + 1, router_x - 1, y)
    canvas.write(left + 1, y, "─")
    canvas.write(router_x - 1, y, "─")
    canvas.write(router_x, y, "╢", palette.VIRTUAL)
    if site.ce is not None:
        canvas.write(left + 3, y, "[CE]", palette.SITE)


def _partner_box(canvas: Canvas, found: list[Partner], y: int, x: int, right: int) -> int:
    prefixes = marked(found)
    body = prefixes[:_MOST_NAMES]
    if len(prefixes) > _MOST_NAMES:
        body.append(f"… and {len(prefixes) - _MOST_NAMES} more")
    if are_one_way(found):
        body.append(f"→ {ONE_WAY}")
    canvas.box(x, y, right - x + 1, len(body) + 2, Border.ROUND, palette.FAINT)
    canvas.write(x + 2, y, " networks of partners ", palette.FAINT)
    for row, text in enumerate(body, y + 1):
        canvas.write(x + 2, row, text)
    return y + len(body) + 2


def _spine(canvas: Canvas, joints: list[int], x: int) -> None:
    """Draw the line in column `x` that joins the virtual routers at these rows."""
    if len(joints) < 2:
        return
    canvas.down(x, joints[0], joints[-1], palette.VIRTUAL)
    for y in joints:
        canvas.write(x - 2, y, "╟", palette.VIRTUAL)
        canvas.write(x - 1, y, "─", palette.VIRTUAL)
        canvas.arm(x, y, WEST, palette.VIRTUAL)


@dataclass(slots=True)
class _Rows:
    """The picture for many sites: one line for each, joined at the right."""

    view: L3vpnView
    width: int

    def lines(self) -> list[Text]:
        spine = self.width - 3
        name = min(max(len(site.name) for site in self.view.sites), 16)
        prefix = min(max(len(_some(_prefixes(s), 1)) for s in self.view.sites), 22)
        hosts_x, dot_x = 3 + name + prefix + 2, 3 + name + prefix + 7
        canvas = Canvas()
        for x, head in ((1, "site"), (3 + name, "prefix"), (hosts_x, "hosts")):
            canvas.write(x, 0, head, palette.TITLE)
        canvas.write(dot_x + 2, 0, "virtual router: address, what it reaches", palette.TITLE)
        y = 1
        for island in self.view.islands:
            joints = []
            for router in island:
                joints.append(y)
                reach = self._reach(router)
                for index, site in enumerate(router.sites):
                    canvas.write(1, y, shorten(site.name, name), palette.SITE)
                    canvas.write(3 + name, y, shorten(_some(_prefixes(site), 1), prefix))
                    canvas.write(hosts_x, y, f"{len(site.hosts):>4}")
                    sign = "◆" if index == 0 else "│"
                    canvas.write(dot_x, y, sign if site.up else "✗", palette.VIRTUAL)
                    gateway = _some([str(g.ip) for g in site.gateways], 1)
                    canvas.write(dot_x + 2, y, shorten(gateway, _GATEWAY + 3))
                    if index == 0:
                        start = dot_x + 2 + _GATEWAY + 5
                        reach = shorten(reach, spine - start - 2)
                        canvas.write(start, y, reach)
                        line = start + len(reach) + 1
                        canvas.across(line, spine, y, palette.VIRTUAL)
                        canvas.write(line, y, "─", palette.VIRTUAL)
                    y += 1
            if len(joints) > 1:
                canvas.down(spine, joints[0], joints[-1], palette.VIRTUAL)
            y += 1 if len(self.view.islands) > 1 else 0
        return [*canvas.lines(), *self._partners()]

    def _reach(self, router: VirtualRouter) -> str:
        others = len(self.view.sites) - len(router.sites) - len(router.apart)
        lost = len(router.lacks)
        said = f"all {others} others" if not lost else f"{others - lost} of {others} others"
        partners = sum(entry.site is None for entry in router.reaches)
        return f"{said}, {partners} partner" if partners else said

    def _partners(self) -> list[Text]:
        if not self.view.partners:
            return []
        found = partners(self.view.routers)
        said = (
            f"→ networks of partners ({ONE_WAY})" if are_one_way(found) else "networks of partners"
        )
        return [Text(), *wrapped(marked(found), width=79, indent="   ", first=f" {said}: ")]


def _prefixes(site: SiteView) -> list[str]:
    return [str(prefix) for prefix in site.prefixes] or ["-"]


def _some(words: list[str], most: int) -> str:
    """Return the first `most` words, and the number of others."""
    more = f" +{len(words) - most}" if len(words) > most else ""
    return ", ".join(words[:most]) + more
