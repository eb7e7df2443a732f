"""Stands in for the renderers of pictures until they are there: boxes in a circle."""

from __future__ import annotations

import math
import sys
import types
from html import escape

import mplsemu.views.svg.svg
from mplsemu.views.model import ProviderView
from mplsemu.views.svg.style import style_sheet


def _draw(view, *, theme=None, interactive=False):
    if not isinstance(view, ProviderView):
        text = escape(f"{view.customer}: {', '.join(site.name for site in view.sites)}")
        return (
            '<svg class="mplsemu" viewBox="0 0 600 200" role="img" aria-labelledby="t">'
            f'<title id="t">{text}</title><text x="20" y="100">{text}</text></svg>'
        )
    at = {}
    for index, router in enumerate(view.routers):
        angle = 2 * math.pi * index / len(view.routers)
        at[router.name] = 400 + 280 * math.cos(angle), 300 + 220 * math.sin(angle)
    parts = []
    for link in view.links:
        (x1, y1), (x2, y2) = (at[end] for end in link.ends)
        path = f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"
        mx, my = (x1 + x2) / 2, (y1 + y2) / 2
        about = escape(f"Link {link.name} from {link.ends[0]} to {link.ends[1]}")
        parts.append(
            f'<g class="line link{"" if link.up else " down"}" data-line="{link.name}" '
            f'data-a="{link.ends[0]}" data-b="{link.ends[1]}" tabindex="0" role="button" '
            f'aria-label="{about}"><title>{about}</title><path class="hit" d="{path}"/>'
            f'<path class="wire" d="{path}"/>'
            f'<path class="cross" d="M{mx - 8:.0f} {my - 8:.0f}l16 16m0 -16l-16 16"/>'
            f'<text class="load" x="{mx:.0f}" y="{my - 8:.0f}"></text></g>'
        )
    for router in view.routers:
        x, y = at[router.name]
        about = escape(f"{router.role.value.upper()} {router.name}")
        parts.append(
            f'<g class="node {router.role.value}" data-node="{router.name}" tabindex="0" '
            f'role="button" aria-label="{about}"><title>{about}</title>'
            f'<rect x="{x - 30:.0f}" y="{y - 15:.0f}" width="60" height="30" rx="6"/>'
            f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle">{router.name}</text></g>'
        )
    style = style_sheet(theme, interactive=True)
    return (
        '<svg class="mplsemu" viewBox="0 0 800 600" role="img" aria-labelledby="t d">'
        f'<title id="t">{escape(view.lab)}</title><desc id="d">stand-in</desc>'
        f"<style>{style}</style>{''.join(parts)}</svg>"
    )


def install() -> None:
    """Put it where the provider's pictures will be."""
    real = mplsemu.views.svg.svg.draw_svg

    def draw_svg(scene, **options):
        draw = _draw if isinstance(scene, ProviderView) else real
        return draw(scene, **options)

    provider = types.ModuleType("mplsemu.views.scene.provider")
    provider.provider_scene = lambda view: view
    mplsemu.views.svg.svg.draw_svg = draw_svg
    sys.modules["mplsemu.views.scene.provider"] = provider
