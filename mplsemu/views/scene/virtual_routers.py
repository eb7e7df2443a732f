"""A customer's virtual routers as info boxes: addresses, what each reaches, what it does not."""

from __future__ import annotations

from typing import Final

from mplsemu.drawing.info_box import PAD_X, SMALL_SIZE, TEXT_SIZE, InfoBox, Row
from mplsemu.drawing.scene import Tone
from mplsemu.drawing.text_width import wrapped_list
from mplsemu.views.model import L3vpnView, VirtualRouter
from mplsemu.views.phrases import count, listed
from mplsemu.views.reach_words import all_others

ROUTER_SIZE: Final = 13.0
_MOST_NAMES: Final = 3
"""Sites that are named rather than counted."""
_MOST_GATEWAYS: Final = 6


def router_title(router: VirtualRouter) -> str:
    """Return a virtual router's name, shortened if it has many sites."""
    if len(router.sites) <= _MOST_NAMES + 1:
        return router.name
    return f"router at {listed([site.name for site in router.sites], _MOST_NAMES)}"


def router_box(view: L3vpnView, router: VirtualRouter, width: float) -> InfoBox:
    """Return the info box of a virtual router for a width."""
    room = width - 2 * PAD_X
    rows = [Row(router_title(router), Tone.STRONG, ROUTER_SIZE, bold=True)]
    rows += [Row(text, Tone.QUIET, SMALL_SIZE) for text in _gateways(router, room)]
    reached = _reached(view, router)
    if reached:
        everyone = all_others(view, router, len(reached))
        apart = 0 if view.hubs else len(router.apart)  # who is not among them is to be seen
        rows += _reach(reached, room, everyone, lost=len(router.lacks) + apart)
    partners = {entry.prefix for entry in router.reaches if entry.site is None}
    if partners:
        every = len(partners) == len(view.partners)
        what = (
            "partners" if every else f"{len(partners)} of {len(view.partners)} partners' prefixes"
        )
        rows.append(Row(f"→ {what}", size=TEXT_SIZE))
    if router.lacks:
        rows += _lacks(router, room)
    return InfoBox(tuple(rows))


def _reached(view: L3vpnView, router: VirtualRouter) -> list[str]:
    own = {site.name for site in router.sites}
    lost = {*own, *router.lacks, *router.apart}
    return [site.name for site in view.sites if site.name not in lost]


def _reach(names: list[str], room: float, everyone: str, *, lost: int) -> list[Row]:
    """Return the sites that a router reaches, in two lines at most, or their number."""
    lines = wrapped_list([f"→ {names[0]}", *names[1:]], room, TEXT_SIZE, 2)
    if lost and lines is None:
        lines = [f"→ {len(names)} of {len(names) + lost} other sites"]
    elif len(names) == 1:
        lines = [f"→ {names[0]}"]
    elif lines is None or (not lost and len(names) > _MOST_NAMES):
        lines = [f"→ {everyone}"]
    return [Row(line) for line in lines]


def _lacks(router: VirtualRouter, room: float) -> list[Row]:
    """Return the sites that a router does not reach, in two lines at most, or their number."""
    start, size = "✗ cannot reach", SMALL_SIZE * 1.12  # bold is wider
    first, *rest = router.lacks
    lines = wrapped_list([f"{start} {first}", *rest], room, size, 2)
    if lines is None:
        below = wrapped_list(router.lacks, room, size, 1)
        lines = [start, *below] if below else [f"{start} {count(len(router.lacks), 'site')}"]
    return [Row(line, Tone.BAD, SMALL_SIZE, bold=True) for line in lines]


def _gateways(router: VirtualRouter, room: float) -> list[str]:
    found = list(dict.fromkeys(str(g.ip) for site in router.sites for g in site.gateways))
    shown = found[:_MOST_GATEWAYS]
    few = wrapped_list(shown, room, SMALL_SIZE, 1)
    lines = few or (wrapped_list(shown, room, SMALL_SIZE, 3) if len(shown) > 3 else None) or shown
    more = len(found) - len(shown)
    return [*lines, f"and {count(more, 'more address', 'more addresses')}"] if more else lines


def about_router(view: L3vpnView, router: VirtualRouter) -> str:
    """Return a virtual router's description in a sentence."""
    said = [f"Virtual {router_title(router)}"]
    gateways = [str(gateway.ip) for site in router.sites for gateway in site.gateways]
    if gateways:
        said.append(f"addresses {listed(gateways)}")
    reached = _reached(view, router)
    said.append(f"reaches {listed(reached)}" if reached else "reaches no other site")
    if router.lacks:
        said.append(f"cannot reach {listed(router.lacks)}")
    return "; ".join(said)
