"""A customer's L3VPN as a scene: sites, virtual routers, and the network between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mplsemu.drawing.caption import LegendText
from mplsemu.drawing.draft import Draft
from mplsemu.drawing.geometry import Box, Point, Size
from mplsemu.drawing.hub_layout import (
    FormFactor,
    HubLayout,
    RowBlock,
    Side,
    Slot,
    Spacing,
    block_of_rows,
    lay_out_around,
)
from mplsemu.drawing.info_box import NAME_SIZE, TEXT_SIZE, InfoBox, Row
from mplsemu.drawing.scene import Line, Node, Scene, Tone
from mplsemu.views.islands import complaints
from mplsemu.views.model import L3vpnView, SiteView, VirtualRouter
from mplsemu.views.partners import ONE_WAY, Partner, are_one_way, marked, partners
from mplsemu.views.phrases import count, listed
from mplsemu.views.reach_words import all_is_well, something_lacks
from mplsemu.views.scene.frame import Part, PictureText, framed
from mplsemu.views.scene.kinds import LineKind, NodeKind
from mplsemu.views.scene.sites import ACCESS, SiteBoxes, site_boxes
from mplsemu.views.scene.virtual_routers import ROUTER_SIZE, about_router, router_box, router_title

_MEMBERS: Final = Spacing(first=54, channel=52, gutter=40, pitch=10)
_ROUTER_GUESS: Final = 90.0
_MOST_PARTNERS: Final = 8
_MOST_SEVERED: Final = 3


def l3vpn_scene(view: L3vpnView, form_factor: FormFactor = FormFactor.WIDE) -> Scene:
    """Return the picture of a customer's L3VPN."""
    titles = [Row(f"router at {s.name}", size=ROUTER_SIZE, bold=True) for s in view.sites]
    cards = site_boxes(view.sites, InfoBox(tuple(titles)).width)
    parts = []
    for number, (island, lack) in enumerate(zip(view.islands, complaints(view), strict=True), 1):
        own = cards.of(site for router in island for site in router.sites)
        draft = _Island(view, own, number, form_factor).draw(island)
        parts.append(Part(draft, lack))
    return framed(_words(view), parts, _legend(view), form_factor)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A virtual router with its sites: key and size."""

    key: str
    router: VirtualRouter
    cell: Size


@dataclass(frozen=True, slots=True)
class _Island:
    """One island: virtual routers around a network, or a single one."""

    view: L3vpnView
    sites: SiteBoxes
    number: int
    form_factor: FormFactor

    def draw(self, island: Sequence[VirtualRouter]) -> Draft:
        """Return it with its network, or its only router, at the origin."""
        partners_of_all = partners(island)
        keys = [f"router/{self.number}.{index}" for index in range(1, len(island) + 1)]
        if len(island) == 1 and not partners_of_all:
            return self._lonely(keys[0], island[0])
        hub = self._only_hub(island)
        if hub is not None and not partners_of_all:
            return self._star(keys, island, hub)
        units = self._units(keys, island)
        card = _network_box(island, self.view)
        placed = lay_out_around(
            [unit.cell for unit in units], _MEMBERS, card.height, self.form_factor
        )
        box = Box(0, 0, max(placed.width, card.width + 60), card.height + 16)
        about = f"Your network, which joins {count(len(island), 'virtual router')}"
        texts = card.runs(box, centered=True)
        network = Node(f"network/{self.number}", NodeKind.NETWORK, box, texts, about)
        draft = Draft([network], [], network)
        places = placed.places(box)
        for unit, (side, slot) in zip(units, places, strict=True):
            self._unit(draft, unit, side, slot, network)
        if placed.is_one_row:
            _severed(draft, units, places)
        if partners_of_all:
            _draw_partners(draft, partners_of_all, placed, network)
        return draft

    def _only_hub(self, island: Sequence[VirtualRouter]) -> int | None:
        """Return which router joins the others alone: that of the hubs, if it is one."""
        hubs = [
            index
            for index, router in enumerate(island)
            if {site.name for site in router.sites} & {*self.view.hubs}
        ]
        return hubs[0] if len(hubs) == 1 else None

    def _star(self, keys: Sequence[str], island: Sequence[VirtualRouter], hub: int) -> Draft:
        """Return the hubs' router with its own sites and the spokes' routers around it."""
        router = island[hub]
        spokes = [index for index in range(len(island)) if index != hub]
        units = self._units([keys[i] for i in spokes], [island[i] for i in spokes])
        cells = [*(self.sites.cell for _ in router.sites), *(unit.cell for unit in units)]
        placed = lay_out_around(cells, _MEMBERS, _ROUTER_GUESS, self.form_factor)
        card = router_box(self.view, router, placed.width)
        box = Box(0, 0, max(placed.width, card.width), card.height)
        middle = self._router(keys[hub], router, box)
        draft = Draft([middle], [], middle)
        places = placed.places(box)
        own = len(router.sites)
        for site, (side, slot) in zip(router.sites, places[:own], strict=True):
            self.sites.draw(draft, site, side, slot, middle)
        for unit, (side, slot) in zip(units, places[own:], strict=True):
            self._unit(draft, unit, side, slot, middle)
        return draft

    def _units(self, keys: Sequence[str], routers: Sequence[VirtualRouter]) -> list[_Unit]:
        blocks = [self._block(router.sites, is_up=True) for router in routers]
        cards = [
            router_box(self.view, router, block.width)
            for router, block in zip(routers, blocks, strict=True)
        ]
        height = max(card.height for card in cards)
        return [
            _Unit(key, router, Size(block.width, height + block.depth))
            for key, router, block in zip(keys, routers, blocks, strict=True)
        ]

    def _block(self, sites: Sequence[SiteView], *, is_up: bool) -> RowBlock:
        cells = [self.sites.cell] * len(sites)
        return block_of_rows(cells, ACCESS, is_up=is_up, form_factor=self.form_factor)

    def _unit(self, draft: Draft, unit: _Unit, side: Side, slot: Slot, network: Node) -> None:
        """Draw a virtual router, its sites beyond it, and its line to the network."""
        block = self._block(unit.router.sites, is_up=side.is_up)
        height = unit.cell.height - block.depth
        box = side.box(slot.x, slot.out, block.width, height)
        router = self._router(unit.key, unit.router, box)
        draft.nodes.append(router)
        points = tuple(side.point(x, out) for x, out in slot.route)
        joint = "your network" if network.kind is NodeKind.NETWORK else "the hub"
        draft.lines.append(
            Line(f"member/{unit.key}", LineKind.MEMBER, (router.key, network.key), points,
                 f"from {router_title(unit.router)} to {joint}")
        )  # fmt: skip
        beyond = side.beyond(slot.x, slot.out + height)
        for site, place in zip(unit.router.sites, block.slots, strict=True):
            self.sites.draw(draft, site, beyond, place, router)

    def _router(self, key: str, router: VirtualRouter, box: Box) -> Node:
        card = router_box(self.view, router, box.width)
        about = about_router(self.view, router)
        texts = card.runs(box, centered=True)
        return Node(key, NodeKind.VIRTUAL_ROUTER, box, texts, about)

    def _lonely(self, key: str, router: VirtualRouter) -> Draft:
        """Return a virtual router that no network joins with another."""
        cells = [self.sites.cell] * len(router.sites)
        placed = lay_out_around(cells, ACCESS, _ROUTER_GUESS, self.form_factor)
        card = router_box(self.view, router, placed.width)
        box = Box(0, 0, placed.width, card.height)
        node = self._router(key, router, box)
        draft = Draft([node], [], node)
        for site, (side, slot) in zip(router.sites, placed.places(box), strict=True):
            self.sites.draw(draft, site, side, slot, node)
        return draft


def _network_box(island: Sequence[VirtualRouter], view: L3vpnView) -> InfoBox:
    rows = [Row("your network", Tone.STRONG, NAME_SIZE, bold=True)]
    if any(router.lacks for router in island):
        rows.append(Row(f"✗ {something_lacks(view)}", Tone.BAD, TEXT_SIZE))
    elif len(view.islands) == 1 and _are_all_up(view):
        rows.append(Row(f"✓ {all_is_well(view)}", Tone.OK, TEXT_SIZE))
    return InfoBox(tuple(rows))


def _are_all_up(view: L3vpnView) -> bool:
    """Whether there are several sites, and all access lines are up."""
    return len(view.sites) > 1 and all(site.up for site in view.sites)


# --- partners, and what is severed ---------------------------------------------------------------


def _draw_partners(
    draft: Draft, found: Sequence[Partner], placed: HubLayout, network: Node
) -> None:
    """Draw the partners below the network, or beside it if there are routers below."""
    prefixes, is_one_way = marked(found), are_one_way(found)
    shown = prefixes if len(prefixes) <= _MOST_PARTNERS else prefixes[: _MOST_PARTNERS - 1]
    rows = [Row("partners", Tone.STRONG, NAME_SIZE, bold=True), *map(Row, shown)]
    if len(shown) < len(prefixes):
        rows.append(Row(f"and {len(prefixes) - len(shown)} more", Tone.QUIET))
    if is_one_way:
        rows.append(Row(f"→ {ONE_WAY}", Tone.QUIET))
    card = InfoBox(tuple(rows))
    width = max(card.width + 10, 150.0)
    middle = network.box.center
    if placed.lower is None:
        box = Box(middle.x - width / 2, network.box.bottom + _MEMBERS.first, width, card.height)
        points = (Point(middle.x, box.y), Point(middle.x, network.box.bottom))
    else:
        x = network.box.right + _MEMBERS.first
        box = Box(x, middle.y - card.height / 2, width, card.height)
        points = (Point(x, middle.y), Point(network.box.right, middle.y))
    key = network.key.replace("network", "partner")
    about = f"Networks of partners: {listed(prefixes)}"
    if is_one_way:
        about += f"; {ONE_WAY}"
    draft.nodes.append(Node(key, NodeKind.PARTNER, box, card.runs(box), about))
    ends, said = (key, network.key), "from partners to your network"
    if is_one_way:
        ends, points = ends[::-1], points[::-1]
        said = "from your network to partners, from where no answers come"
    draft.lines.append(
        Line(f"member/{key}", LineKind.MEMBER, ends, points, said, is_one_way=is_one_way)
    )


def _severed(draft: Draft, units: Sequence[_Unit], places: Sequence[tuple[Side, Slot]]) -> None:
    """Draw broken lines between routers that do not reach each other, if they are few."""
    pairs = [
        (first, second)
        for first in range(len(units))
        for second in range(first + 1, len(units))
        if _is_severed(units[first].router, units[second].router)
    ]
    if len(pairs) > _MOST_SEVERED or any(places[a][0] != places[b][0] for a, b in pairs):
        return
    for lane, (first, second) in enumerate(pairs):
        side = places[first][0]
        left, right = (places[index][1].route[0][0] for index in (first, second))
        left, right = left + 16 + 6 * lane, right - 16 - 6 * lane
        near, out = _MEMBERS.first, _MEMBERS.first - 16 - 13 * lane
        corners = ((left, near), (left, out), (right, out), (right, near))
        gap = places[first][1].x + units[first].cell.width + _MEMBERS.gutter / 2
        gap += 22 * (lane - 1)  # so that no two crosses touch
        names = " and ".join(router_title(units[index].router) for index in (first, second))
        draft.lines.append(
            Line(f"severed/{units[first].key}/{units[second].key}", LineKind.SEVERED,
                 (units[first].key, units[second].key),
                 tuple(side.point(x, distance) for x, distance in corners),
                 f"{names} do not reach each other", up=False, mark=side.point(gap, out))
        )  # fmt: skip


def _is_severed(first: VirtualRouter, second: VirtualRouter) -> bool:
    """Whether sites of two routers do not reach each other though their lines are up."""
    return any(
        site.up and site.name in other.lacks
        for router, other in ((first, second), (second, first))
        for site in router.sites
    )


# --- what is said about it -----------------------------------------------------------------------


def _words(view: L3vpnView) -> PictureText:
    hosts = sum(len(site.hosts) for site in view.sites)
    facts = [
        count(len(view.sites), "site"),
        count(len(view.routers), "virtual router"),
        count(hosts, "host"),
    ]
    names = [site.name for site in view.sites]
    said = [f"The {view.kind_name} {view.vpn} of {view.customer} has {facts[0]}: {listed(names)}."]
    if any(complaints(view)):
        said.append(f"It is in {len(view.islands)} parts that nothing joins.")
    elif any(router.lacks for router in view.routers):
        said.append(_sentence(something_lacks(view)))
    elif _are_all_up(view):
        said.append(_sentence(all_is_well(view)))
    down = [site.name for site in view.sites if not site.up]
    if down:
        said.append(f"Down: the line of {listed(down)}.")
    if view.partners:
        said.append(f"It reaches {count(len(view.partners), 'network')} of partners.")
        silent = sum(not partner.answers for partner in partners(view.routers))
        if silent:
            said.append(f"From {silent} of them no answers come back.")
    return PictureText(
        title=view.customer,
        subtitle=f"VPN {view.vpn} · {view.kind_name} · {', '.join(facts)}",
        name=f"{view.customer}: VPN {view.vpn}",
        summary=" ".join(said),
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _legend(view: L3vpnView) -> list[LegendText]:
    legend: list[LegendText] = [
        LegendText(NodeKind.SITE, "your site"),
        LegendText(NodeKind.VIRTUAL_ROUTER, "your virtual router"),
    ]
    if any(site.ce is not None for site in view.sites):
        legend.append(LegendText(NodeKind.CE, "your CE router"))
    if view.partners:
        legend.append(LegendText(NodeKind.PARTNER, "networks of partners"))
    if any(not site.up for site in view.sites):
        legend.append(LegendText(LineKind.ACCESS, "line down", up=False))
    if any(router.lacks for router in view.routers):
        legend.append(LegendText(LineKind.SEVERED, "do not reach each other"))
    return legend
