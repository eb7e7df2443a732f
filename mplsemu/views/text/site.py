"""A customer's site as a box: name, prefixes, hosts, CE router."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from mplsemu.views.model import HostView, SecondLine, SiteView
from mplsemu.views.phrases import line_words, second_line_words
from mplsemu.views.text import palette
from mplsemu.views.text.canvas import Border, Canvas, shorten

_MOST_HOSTS: Final = 4


@dataclass(frozen=True, slots=True)
class SiteBox:
    """The box of a site; `body` has a text and a style for each line."""

    site: SiteView
    body: tuple[tuple[str, str], ...]

    @property
    def width(self) -> int:
        """The columns that it asks for, borders included."""
        widest = max([cell_len(self.site.name) + 2, *(cell_len(text) + 2 for text, _ in self.body)])
        return widest + 2

    @property
    def height(self) -> int:
        """The rows that it needs, borders included."""
        return max(len(self.body), 1) + 2

    @property
    def second_row(self) -> int | None:
        """The row, from its top, at which the second line of a dual-homed site begins."""
        return len(self.body) if self.site.second_line is not None else None

    @property
    def second_dash(self) -> str:
        """What that line is drawn with: dashes, unless it carries traffic too."""
        return "─" if self.site.second_line is SecondLine.SHARING else "╌"

    def draw(self, canvas: Canvas, x: int, y: int, width: int, *, height: int = 0) -> None:
        """Draw it with its top left corner at `x`, `y`."""
        height = max(height, self.height)
        canvas.box(x, y, width, height, Border.LIGHT)
        canvas.write(x + 2, y, f" {shorten(self.site.name, width - 6)} ", palette.SITE)
        for row, (text, style) in enumerate(self.body, y + 1):
            canvas.write(x + 2, row, shorten(text, width - 4), style)


def site_box(site: SiteView) -> SiteBox:
    """Return the box of a site."""
    body = [(str(prefix), palette.TITLE) for prefix in site.prefixes]
    if site.role is not None:
        body.append((site.role.value, palette.FAINT))
    if words := line_words(site.vlan, site.mtu):
        body.append((words, palette.FAINT))
    if site.ce is not None:
        body.append((f"CE  {site.ce}{', NAT' if site.nat else ''}", ""))
    few = len(site.hosts) <= _MOST_HOSTS
    for host in site.hosts if few else site.hosts[: _MOST_HOSTS - 2]:
        body.extend((line, "") for line in _host_lines(host))
    if not few:
        body.append((f"… and {len(site.hosts) - _MOST_HOSTS + 2} more hosts", palette.FAINT))
    body.extend((f"learned {mac}", palette.FAINT) for mac in site.macs[:_MOST_HOSTS])
    if not site.up:
        body.append(("line down", palette.DOWN))
    if site.second_line is not None:
        body.append((second_line_words(site.second_line), second_line_style(site)))
    return SiteBox(site, tuple(body))


def second_line_style(site: SiteView) -> str:
    """Return how the other line of a dual-homed site is drawn."""
    return palette.DOWN if site.second_line is SecondLine.DOWN else palette.FAINT


def _host_lines(host: HostView) -> list[str]:
    name = host.name
    addresses = [str(interface.ip) for interface in host.addresses] or ["-"]
    return [
        f"{name if index == 0 else ' ' * cell_len(name)}  {address}"
        for index, address in enumerate(addresses)
    ]
