"""A customer's VPLS or VPWS as a scene: one virtual switch, or a wire, and the sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mplsemu.drawing.caption import LegendText
from mplsemu.drawing.draft import Draft
from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.hub_layout import FormFactor, Side, Slot, Spacing, lay_out_around
from mplsemu.drawing.info_box import (
    NAME_SIZE,
    SMALL_SIZE,
    TEXT_SIZE,
    InfoBox,
    Row,
    baseline,
    label,
)
from mplsemu.drawing.scene import Line, Node, Scene, TextRun, Tone
from mplsemu.drawing.text_width import text_width
from mplsemu.model.vpn import VpnKind
from mplsemu.views.islands import complaints
from mplsemu.views.model import BridgeView, SiteView
from mplsemu.views.phrases import count, listed
from mplsemu.views.scene.frame import Part, PictureText, framed
from mplsemu.views.scene.kinds import LineKind, NodeKind
from mplsemu.views.scene.sites import ACCESS, SiteBoxes, about_site, site_boxes

_PORT: Final = 22.0
"""Height for the numbers of ports at an edge of a switch."""
_WIRE_LENGTH: Final = 190.0
_UPRIGHT_WIRE_LENGTH: Final = 90.0
_SHORT: Final = 12
"""Letters of names that fit on one line with the phrase before them."""


def bridge_scene(view: BridgeView, form_factor: FormFactor = FormFactor.WIDE) -> Scene:
    """Return the picture of a customer's VPLS or VPWS."""
    deaf = _deaf(view)
    remarks = {name: _remark(lost) for name, lost in deaf.items()}
    cards = site_boxes(view.sites, remarks=remarks)
    words, legend = _words(view), _legend(view)
    if view.kind is VpnKind.VPWS and len(view.sites) == 2:
        first, second = view.sites
        whole = len(view.islands) == 1 and not view.severed
        wire = _wire(cards, first, second, form_factor, whole=whole)
        return framed(words, [Part(wire, None)], legend, form_factor)
    ports = {site.name: port for port, site in enumerate(view.sites, 1)}
    parts = [
        Part(_switch(cards, island, ports, number, view, form_factor), lack)
        for number, (island, lack) in enumerate(zip(view.islands, complaints(view), strict=True), 1)
    ]
    return framed(words, parts, legend, form_factor)


# --- a switch ------------------------------------------------------------------------------------


def _switch(
    cards: SiteBoxes,
    sites: Sequence[SiteView],
    ports: Mapping[str, int],
    number: int,
    view: BridgeView,
    form_factor: FormFactor,
) -> Draft:
    """Return a virtual switch with its sites around it, and a number at each port."""
    widest = max(text_width(str(port), SMALL_SIZE, bold=True) for port in ports.values())
    spacing = Spacing(ACCESS.first, ACCESS.channel, ACCESS.gutter, widest + 7)
    card = _switch_box(view, sites)
    placed = lay_out_around(
        [cards.cell] * len(sites), spacing, card.height + 2 * _PORT, form_factor
    )
    below = _PORT if placed.lower else 0.0
    box = Box(0, 0, max(placed.width, card.width), _PORT + card.height + below)
    places = placed.places(box)
    marks = [
        _port(ports[site.name], side, slot)
        for site, (side, slot) in zip(sites, places, strict=True)
    ]
    about = f"Virtual switch that joins {listed([site.name for site in sites])}"
    middle = Box(0, _PORT, box.width, card.height)
    texts = (*card.runs(middle, centered=True), *marks)
    switch = Node(f"switch/{number}", NodeKind.VIRTUAL_SWITCH, box, texts, about)
    draft = Draft([switch], [], switch)
    for site, (side, slot) in zip(sites, places, strict=True):
        cards.draw(draft, site, side, slot, switch)
    return draft


def _port(number: int, side: Side, slot: Slot) -> TextRun:
    at = side.point(slot.route[-1][0], -_PORT / 2 - 5)
    place = Point(at.x, baseline(at.y, SMALL_SIZE))
    return TextRun(str(number), place, SMALL_SIZE, bold=True, anchor="middle")


def _switch_box(view: BridgeView, sites: Sequence[SiteView]) -> InfoBox:
    rows = [Row("virtual switch", Tone.STRONG, NAME_SIZE, bold=True)]
    subnets = _subnets(sites)
    if subnets:
        rows.append(Row(listed(subnets, 2), Tone.QUIET))
    names = {site.name for site in sites}
    deaf = [pair for pair in view.severed if names.issuperset(pair)]
    if deaf:
        what = count(len(deaf), "pair of sites does", "pairs of sites do")
        rows.append(Row(f"✗ {what} not hear each other", Tone.BAD, TEXT_SIZE))
    elif len(view.islands) == 1 and len(sites) > 1 and all(site.up for site in sites):
        said = "leaves hear roots alone" if view.roots else "every site hears every other"
        said = "every site hears those it should" if view.apart else said
        rows.append(Row(f"✓ {said}", Tone.OK, TEXT_SIZE))
    return InfoBox(tuple(rows))


def _subnets(sites: Sequence[SiteView]) -> list[str]:
    found = {i.network for site in sites for i in site.on_switch}
    ordered = sorted(found, key=lambda net: (net.version, int(net.network_address), net.prefixlen))
    return [str(network) for network in ordered]


def _deaf(view: BridgeView) -> dict[str, list[str]]:
    """Return for each site the sites on its switch that it does not hear."""
    found: dict[str, list[str]] = {}
    for first, second in view.severed:
        found.setdefault(first, []).append(second)
        found.setdefault(second, []).append(first)
    return found


def _remark(lost: Sequence[str]) -> list[str]:
    start, names = "✗ does not hear", listed(lost, 2)
    return [f"{start} {names}"] if len(names) <= _SHORT else [start, names]


# --- a wire --------------------------------------------------------------------------------------


def _wire(
    cards: SiteBoxes, first: SiteView, second: SiteView, form_factor: FormFactor, *, whole: bool
) -> Draft:
    """Return two sites with the wire between them."""
    is_wide = form_factor is FormFactor.WIDE
    far = (
        (cards.width + _WIRE_LENGTH, 0.0) if is_wide else (0.0, cards.height + _UPRIGHT_WIRE_LENGTH)
    )
    boxes = [
        Box(0, 0, cards.width, cards.height),
        Box(*far, cards.width, cards.height),
    ]
    nodes = [
        Node(f"site/{site.name}", NodeKind.SITE, box, cards.boxes[site.name].runs(box),
             about_site(site), up=site.up)
        for site, box in zip((first, second), boxes, strict=True)
    ]  # fmt: skip
    are_up = first.up and second.up
    up = whole and are_up
    if is_wide:
        start, end = Point(boxes[0].right, cards.height / 2), Point(boxes[1].x, cards.height / 2)
    else:
        start, end = Point(cards.width / 2, cards.height), Point(cards.width / 2, boxes[1].y)
    middle = Point((start.x + end.x) / 2, (start.y + end.y) / 2)
    said = "virtual wire" if up else "wire cut" if are_up else "line down"
    below = Point(middle.x, middle.y + (20 if up else 26))
    beside = Point(middle.x + text_width(said, SMALL_SIZE) / 2 + 30, middle.y)
    line = Line(
        "wire",
        LineKind.ACCESS if whole else LineKind.SEVERED,
        (nodes[0].key, nodes[1].key),
        (start, end),
        f"virtual wire between {first.name} and {second.name}" + ("" if up else f": {said}"),
        width=3.0,
        up=up,
        labels=(label(said, below if is_wide else beside, tone=Tone.NORMAL if up else Tone.BAD),),
        mark=middle,
    )
    return Draft(nodes, [line])


# --- what is said about it -----------------------------------------------------------------------


def _trouble(view: BridgeView) -> list[str]:
    """Return sentences about what is wrong; empty if all is well."""
    said = []
    if len(view.islands) > 1:
        said.append(f"It is in {len(view.islands)} parts that nothing joins.")
    if view.severed:
        said.append(f"These do not hear each other: {_pairs(view.severed)}.")
    down = [site.name for site in view.sites if not site.up]
    if down:
        said.append(f"Down: the line of {listed(down)}.")
    return said


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return ", ".join(" and ".join(pair) for pair in pairs[:8])


def _words(view: BridgeView) -> PictureText:
    is_wire = view.kind is VpnKind.VPWS
    kind = "VPWS" if is_wire else "VPLS"
    hosts = sum(len(site.hosts) for site in view.sites)
    facts = [count(len(view.sites), "site"), count(hosts, "host")]
    if not is_wire:
        facts.insert(1, count(len(view.islands), "virtual switch", "virtual switches"))
    names = [site.name for site in view.sites]
    said = [f"The {kind} {view.vpn} of {view.customer} has {facts[0]}: {listed(names)}."]
    trouble = _trouble(view)
    if not trouble and len(names) > 1:
        trouble = [_who_hears_whom(view)]
    return PictureText(
        title=view.customer,
        subtitle=f"VPN {view.vpn} · {kind} · {', '.join(facts)}",
        name=f"{view.customer}: VPN {view.vpn}",
        summary=" ".join([*said, *trouble]),
    )


def _who_hears_whom(view: BridgeView) -> str:
    if view.apart:
        return f"These are apart by design: {_pairs(view.apart)}."
    if not view.roots:
        return "Every site hears every other."
    return f"Leaves hear roots alone, and roots hear every site: {listed(view.roots)}."


def _legend(view: BridgeView) -> list[LegendText]:
    legend: list[LegendText] = [LegendText(NodeKind.SITE, "your site")]
    if view.kind is VpnKind.VPLS:
        legend.append(
            LegendText(NodeKind.VIRTUAL_SWITCH, "your virtual switch, with numbered ports")
        )
    else:
        legend.append(LegendText(LineKind.ACCESS, "your virtual wire"))
    if any(site.ce is not None for site in view.sites):
        legend.insert(1, LegendText(NodeKind.CE, "your CE router"))
    if any(not site.up for site in view.sites):
        legend.append(LegendText(LineKind.ACCESS, "line down", up=False))
    if len(view.islands) > 1:
        legend.append(LegendText(LineKind.SEVERED, "do not hear each other"))
    return legend
