"""The provider's network as text: a map if it is small, else lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from mplsemu.model.limits import CORE_MTU
from mplsemu.model.natural_order import natural
from mplsemu.model.topology import Role
from mplsemu.views.model import LinkView, PathLink, PathView, ProviderView, RouterView
from mplsemu.views.phrases import count, words_of_lines
from mplsemu.views.text import palette
from mplsemu.views.text.canvas import shorten
from mplsemu.views.text.columns import Cell, Column, columns, wrapped
from mplsemu.views.text.map import draw_map
from mplsemu.views.units import delay, impairment, metric, part, rate


def draw_provider(view: ProviderView, width: int = 80) -> list[Text]:
    """Return the lines, at most `width` columns wide unless a name is very long."""
    lines = [*_heading(view), Text()]
    drawn = draw_map(view, width)
    if drawn is not None:
        lines += [*drawn, Text()]
        lines.append(Text(" ╔═╗ PE   ┌─┐ P   ✗ link down", palette.FAINT))
        lines += [Text(), *_links(view)]
    else:
        lines += _adjacencies(view, width)
    return [*lines, *_vpns(view, width), *_ways(view, width)]


def _heading(view: ProviderView) -> list[Text]:
    roles = Counter(node.role for node in view.own_routers)
    down = sum(not link.up for link in view.links)
    title = Text(" ").append(shorten(view.title, 70), palette.TITLE)
    facts = [
        f"{roles[Role.PE]} PE",
        f"{roles[Role.P]} P",
        count(len(view.links), "link") + (f" ({down} down)" if down else ""),
        count(len(view.vpns), "VPN"),
        count(sum(vpn.site_count for vpn in view.vpns), "site"),
    ]
    return [title, Text(" " + ", ".join(facts), palette.FAINT)]


def _links(view: ProviderView) -> list[Text]:
    loads = any(link.load_bps for link in view.links)
    heads = [
        Column("link"),
        Column("bandwidth", right=True),
        Column("delay", right=True),
        Column("metric", right=True),
        Column("state"),
        *([Column("MTU", right=True)] if _differ(view) else []),
        *([Column("load ->", right=True), Column("load <-", right=True)] if loads else []),
    ]
    rows = [
        [
            *_link_cells(link),
            *([str(link.mtu)] if _differ(view) else []),
            *(_load_cells(link) if loads else []),
        ]
        for link in view.links
    ]
    return columns(heads, rows, indent=1) if rows else []


def _differ(view: ProviderView) -> bool:
    """Whether any link has another MTU than the default."""
    return any(link.mtu != CORE_MTU for link in view.links)


def _link_cells(link: LinkView) -> list[Cell]:
    state = Text("up", palette.GOOD) if link.up else Text("✗ down", palette.DOWN)
    impaired = impairment(link.loss_percent, link.jitter_ms)
    state += f", {impaired}" if impaired else ""
    return [
        link.name, rate(link.bandwidth_bps), delay(link.delay_ms), _metric(link), state,
    ]  # fmt: skip


def _metric(link: LinkView) -> str:
    return metric(link.metric) if link.border is None else f"option {link.border.value}"


def _load_cells(link: LinkView) -> list[Cell]:
    return [rate(bps) for bps in link.load_bps] if link.load_bps else ["-", "-"]


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """The router at the other end of a link, and the metric towards it."""

    name: str
    metric: int
    link: LinkView


def _adjacencies(view: ProviderView, width: int) -> list[Text]:
    """Return each router with its neighbours, PEs first."""
    around: dict[str, list[_Neighbour]] = {node.name: [] for node in view.routers}
    for link in view.links:
        (first, second), (there, back) = link.ends, link.metrics
        around[first].append(_Neighbour(second, there, link))
        around[second].append(_Neighbour(first, back, link))
    name_width = min(max(len(node.name) for node in view.routers), 24)
    lines = []
    for role, what in ((Role.PE, "PE"), (Role.P, "P")):
        nodes = [node for node in view.routers if node.role is role]
        if not nodes:
            continue
        lines.append(Text(f" {what} routers, and their neighbours with the metric", palette.TITLE))
        for node in nodes:
            lines += _neighbours(node, around[node.name], name_width, width)
        lines.append(Text())
    return [*lines, *_kinds_of_links(view, width)]


def _neighbours(
    node: RouterView, around: list[_Neighbour], name_width: int, width: int
) -> list[Text]:
    words = [
        f"{peer.name} {_towards(peer)}{'' if peer.link.up else ' ✗'}"
        for peer in sorted(around, key=lambda peer: (natural(peer.name), peer.link.name))
    ]
    sites = count(len(node.sites), "site") if node.sites else ""
    head = f" {node.name:<{name_width}} {sites:>9}  "
    lines = wrapped(words or ["-"], width=width - 1, indent=" " * len(head), first=head)
    style = palette.PE if node.role is Role.PE else palette.P
    lines[0].stylize(style, 1, 1 + len(node.name))
    return lines


def _towards(peer: _Neighbour) -> str:
    border = peer.link.border
    return str(peer.metric) if border is None else f"(option {border.value})"


def _kinds_of_links(view: ProviderView, width: int) -> list[Text]:
    kinds = Counter(rate(link.bandwidth_bps) for link in view.links)
    words = [f"{number} of {kind}" for kind, number in kinds.most_common(8)]
    delays = sorted(link.delay_ms for link in view.links)
    if delays and delays[-1] > 0:
        words.append(f"delay {delay(delays[0])} to {delay(delays[-1])}")
    mtus = sorted({link.mtu for link in view.links})
    if _differ(view):
        words.append(f"MTU {mtus[0]}" + (f" to {mtus[-1]}" if len(mtus) > 1 else ""))
    down = [link.name for link in view.links if not link.up]
    lines = wrapped(words, width=width - 1, indent="   ", first=" links: ") if words else []
    if down:
        lines += wrapped(down, width=width - 1, indent="   ", first=" ✗ down: ")
    return lines


def _vpns(view: ProviderView, width: int) -> list[Text]:
    if not view.vpns:
        return []
    name = min(max(len(vpn.name) for vpn in view.vpns), 16)
    customer = min(max(len(vpn.customer) for vpn in view.vpns), 20)
    lines = [Text(), Text(" VPNs: site at PE", palette.TITLE)]
    for vpn in view.vpns:
        head = (
            f" {vpn.name:<{name}}  {vpn.kind:<5}  {shorten(vpn.customer, customer):<{customer}}  "
        )
        special = words_of_lines(vpn)
        words = []
        for site, pe in vpn.sites:
            state = "standby" if site in vpn.standbys else ""
            more = ", ".join(filter(None, (state, special.get(site))))
            words.append(f"{site} at {pe}{f' ({more})' if more else ''}")
        words = words or ["-"]
        rows = wrapped(words, width=width - 1, indent=" " * len(head), first=head)
        rows[0].stylize(palette.SITE, 1, 1 + len(vpn.name))
        lines += rows
    return lines


def _ways(view: ProviderView, width: int) -> list[Text]:
    lines = []
    for way in view.ways:
        first = f" {way.title}: "
        if not way.branches:
            steps = [link.sender for link in way.links[:1]]
            steps += [f"{_arrow(link)} {link.receiver}{_share(link)}" for link in way.links]
            lines += wrapped(steps, width=width - 1, indent="   ", first=first, joint=" ")
            continue
        lines.append(Text(first.rstrip()))
        for sender, links in _by_sender(way).items():
            steps = list(_fan(links))
            lines += wrapped(steps, width=width - 1, indent="     ", first=f"   {sender} ")
    return [Text(), *lines] if lines else []


def _by_sender(way: PathView) -> dict[str, list[PathLink]]:
    found: dict[str, list[PathLink]] = {}
    for link in way.links:
        found.setdefault(link.sender, []).append(link)
    return found


def _fan(links: Sequence[PathLink]) -> Iterator[str]:
    """Yield where an LSR sends, with the link if several lead there."""
    peers = Counter(link.receiver for link in links)
    for link in links:
        on = f" on {link.link}" if peers[link.receiver] > 1 else ""
        yield f"{_arrow(link)} {link.receiver}{on}{_share(link)}"


def _arrow(link: PathLink) -> str:
    return f"─[{link.there.text}]→"


def _share(link: PathLink) -> str:
    share = link.there.share
    return f" ({part(share)})" if link.back is None and share < 1 else ""
