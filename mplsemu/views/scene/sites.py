"""A customer's sites as info boxes, with CE router and access line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mplsemu.drawing.draft import Draft
from mplsemu.drawing.geometry import Point, Size
from mplsemu.drawing.hub_layout import Side, Slot, Spacing
from mplsemu.drawing.info_box import NAME_SIZE, SMALL_SIZE, InfoBox, Row, label
from mplsemu.drawing.scene import Label, Line, Node, Tone
from mplsemu.drawing.text_width import text_width
from mplsemu.views.model import HostView, SecondLine, SiteView
from mplsemu.views.phrases import count, line_words, listed, second_line_words
from mplsemu.views.scene.kinds import LineKind, NodeKind

ACCESS: Final = Spacing(first=46, channel=44, gutter=28, pitch=10)

_NARROWEST: Final = 176.0
_WIDEST: Final = 340.0
_WIDEST_NAME: Final = 220.0
_WIDEST_HOST: Final = 96.0
_BESIDE: Final = 14.0
_BESIDE_BENT: Final = 5.0
"""How far the second line of a dual-homed site is from the first: half of where others run."""
_CE_GAP: Final = 22.0
_MOST_PREFIXES: Final = 4
_MOST_MACS: Final = 4
_MOST_ADDRESSES: Final = 2


@dataclass(frozen=True, slots=True)
class SiteBoxes:
    """The info boxes of the sites of one picture, all of one size.

    Attributes:
        width: of each box.
        height: of each box.
        strip: height between a box and its line, for CE routers; 0 if there are none.
        boxes: by site.
    """

    width: float
    height: float
    strip: float
    boxes: Mapping[str, InfoBox]

    @property
    def cell(self) -> Size:
        """The size of one site with its CE router."""
        return Size(self.width, self.height + self.strip)

    def of(self, sites: Iterable[SiteView]) -> SiteBoxes:
        """Return the same for some sites, without the strip if none has a CE router."""
        return self if any(site.ce is not None for site in sites) else replace(self, strip=0.0)

    def draw(self, draft: Draft, site: SiteView, side: Side, slot: Slot, joint: Node) -> None:
        """Draw a site and its line to the node that joins it with others."""
        kind = NodeKind.SITE
        box = side.box(slot.x, slot.out + self.strip, self.width, self.height)
        texts = self.boxes[site.name].runs(box)
        home = Node(f"site/{site.name}", kind, box, texts, about_site(site), up=site.up)
        draft.nodes.append(home)
        (x, out), *rest = slot.route
        start = home.key
        if site.ce is not None:
            edge = self._edge_router(site, side, x, out)
            draft.nodes.append(edge)
            far = (side.point(x, out + self.strip), side.point(x, out + edge.box.height))
            draft.lines.append(
                Line(f"lan/{site.name}", LineKind.ACCESS, (home.key, edge.key), far,
                     f"from {site.name} to its CE router")
            )  # fmt: skip
            start = edge.key
        else:
            out += self.strip
        draft.lines.append(_access(site, (start, joint.key), side, [(x, out), *rest]))
        if site.second_line is not None:
            draft.lines.append(_second(site, (start, joint.key), side, [(x, out), *rest]))

    def _edge_router(self, site: SiteView, side: Side, x: float, out: float) -> Node:
        card = _ce_box(site)
        width = min(card.width, self.width)
        box = side.box(x - width / 2, out, width, card.height)
        about = f"CE router of site {site.name}, {site.ce}" + (", with NAT" if site.nat else "")
        texts = card.runs(box, centered=True)
        return Node(f"ce/{site.name}", NodeKind.CE, box, texts, about)


def site_boxes(
    sites: Sequence[SiteView],
    width: float = 0.0,
    remarks: Mapping[str, Sequence[str]] | None = None,
) -> SiteBoxes:
    """Return the info boxes of the sites of a picture.

    Args:
        sites: all of them.
        width: that fits the boxes next to them.
        remarks: more of what is wrong, by site, line by line.
    """
    few = 4 if len(sites) <= 12 else 2 if len(sites) <= 30 else 1
    cards = {site.name: _card(site, few, (remarks or {}).get(site.name, ())) for site in sites}
    edges = [_ce_box(site) for site in sites if site.ce is not None]
    widest = max(card.width for card in [*cards.values(), *edges])
    return SiteBoxes(
        width=min(max(_NARROWEST, min(width, _WIDEST_NAME), widest), _WIDEST),
        height=max([64.0, *(card.height for card in cards.values())]),
        strip=max(card.height for card in edges) + _CE_GAP if edges else 0.0,
        boxes=cards,
    )


def _card(site: SiteView, few: int, remark: Sequence[str]) -> InfoBox:
    rows = [Row(site.name, Tone.STRONG, NAME_SIZE, bold=True, room=_WIDEST_NAME)]
    prefixes = [str(prefix) for prefix in site.prefixes]
    rows += [Row(prefix) for prefix in _cut(prefixes, _MOST_PREFIXES, "more prefix", "es")]
    if site.role is not None:
        rows.append(Row(site.role.value, Tone.QUIET, SMALL_SIZE))
    if words := line_words(site.vlan, site.mtu):
        rows.append(Row(words, Tone.QUIET, SMALL_SIZE))
    if not site.up:
        rows.append(Row("✗ line down", Tone.BAD, SMALL_SIZE, bold=True))
    if site.second_line is not None:
        is_bad = site.second_line is SecondLine.DOWN
        tone = Tone.BAD if is_bad else Tone.QUIET
        rows.append(Row(second_line_words(site.second_line), tone, SMALL_SIZE, bold=is_bad))
    rows += [Row(line, Tone.BAD, SMALL_SIZE, bold=True, room=_WIDEST_NAME) for line in remark]
    rows += _hosts(site.hosts, few)
    rows += _macs(site.macs)
    return InfoBox(tuple(rows))


def _cut(words: Sequence[str], most: int, more: str, plural: str = "s") -> list[str]:
    """Return the first words, and the number of others."""
    if len(words) <= most:
        return list(words)
    rest = len(words) - most + 1
    return [*words[: most - 1], f"and {count(rest, more, more + plural)}"]


def _hosts(hosts: Sequence[HostView], few: int) -> list[Row]:
    shown = hosts if len(hosts) <= few else hosts[: max(few - 1, 1)]
    column = max((text_width(host.name, SMALL_SIZE) for host in shown), default=0.0)
    column = min(column, _WIDEST_HOST) + 10
    rows = []
    for host in shown:
        addresses = _addresses(host)
        rows += [
            Row(address, Tone.QUIET, SMALL_SIZE, lead="" if number else host.name, column=column)
            for number, address in enumerate(addresses)
        ]
    if len(shown) < len(hosts):
        more = len(hosts) - len(shown)
        rows.append(Row(f"and {count(more, 'more host')}", Tone.QUIET, SMALL_SIZE))
    return [_below(rows[0]), *rows[1:]] if rows else []


def _addresses(host: HostView) -> list[str]:
    """Return a host's first addresses; its MAC address if it has no other."""
    found = [str(interface.ip) for interface in host.addresses]
    if len(found) <= _MOST_ADDRESSES:
        return found or [host.mac]
    last = found[_MOST_ADDRESSES - 1]
    more = len(found) - _MOST_ADDRESSES
    return [*found[: _MOST_ADDRESSES - 1], f"{last} and {more} more"]


def _macs(macs: Sequence[str]) -> list[Row]:
    rows = [
        Row(text, Tone.QUIET, SMALL_SIZE)
        for text in _cut([f"learned {mac}" for mac in macs], _MOST_MACS, "more address", "es")
    ]
    return [_below(rows[0]), *rows[1:]] if rows else []


def _below(row: Row) -> Row:
    """Return a row with space above it."""
    return replace(row, space=6.0)


def _ce_box(site: SiteView) -> InfoBox:
    title = "CE router, NAT" if site.nat else "CE router"
    return InfoBox(
        (Row(title, bold=True, size=SMALL_SIZE), Row(str(site.ce), Tone.QUIET, SMALL_SIZE))
    )


def _access(
    site: SiteView, ends: tuple[str, str], side: Side, way: Sequence[tuple[float, float]]
) -> Line:
    """Return an access line; one that is down has a label where it leaves its site."""
    points = tuple(side.point(x, out) for x, out in way)
    about = f"access line of {site.name}" + ("" if site.up else ", down")
    key = f"access/{site.name}"
    if site.up:
        return Line(key, LineKind.ACCESS, ends, points, about)
    x = way[0][0]
    if len(way) == 2:
        mark = side.point(x, ACCESS.first / 2)
        at, is_left = mark, False
    else:
        bend = way[1][1]
        mark = side.point((x + way[2][0]) / 2, bend)
        at, is_left = side.point(x, bend), way[2][0] > x
    return Line(
        key, LineKind.ACCESS, ends, points, about, up=False, mark=mark,
        labels=(_down(at, is_left=is_left),),
    )  # fmt: skip


def _second(
    site: SiteView, ends: tuple[str, str], side: Side, way: Sequence[tuple[float, float]]
) -> Line:
    """Return the other line of a dual-homed site, beside the first one; dashed if it is idle."""
    beside = _BESIDE if len(way) == 2 else _BESIDE_BENT
    if len(way) > 2:  # the one that turns off first does so nearer to the site
        turns_back = way[2][0] < way[0][0]
        bend = way[1][1] + (-beside if turns_back else beside)
        way = [way[0], (way[1][0], bend), (way[2][0], bend), *way[3:]]
    points = tuple(side.point(x + beside, out) for x, out in way)
    about = f"second access line of {site.name}, {second_line_words(site.second_line)}"
    key = f"second/{site.name}"
    is_idle = site.second_line is not SecondLine.SHARING
    return Line(key, LineKind.ACCESS, ends, points, about, width=1.4, is_dashed=is_idle)


def _down(at: Point, *, is_left: bool) -> Label:
    return label("down", Point(at.x + (-34 if is_left else 34), at.y), tone=Tone.BAD)


def about_site(site: SiteView) -> str:
    """Return a site's description in a sentence."""
    said = [f"Site {site.name}" + (f", a {site.role}" if site.role is not None else "")]
    if site.prefixes:
        said.append(listed([str(prefix) for prefix in site.prefixes]))
    hosts = [f"{h.name} {' '.join(str(i.ip) for i in h.addresses)}".strip() for h in site.hosts]
    if hosts:
        said.append(f"{count(len(hosts), 'host')}: {listed(hosts)}")
    if words := line_words(site.vlan, site.mtu):
        said.append(words)
    if site.macs:
        said.append(f"learned {listed(site.macs)}")
    if not site.up:
        said.append("its line is down")
    if site.second_line is not None:
        said.append(f"its {second_line_words(site.second_line)}")
    return "; ".join(said)
