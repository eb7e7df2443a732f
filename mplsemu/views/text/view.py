"""Any view as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from rich.text import Text

from mplsemu.views.model import BridgeView, L3vpnView, ProviderView, View
from mplsemu.views.text.bridge import draw_bridge
from mplsemu.views.text.l3vpn import draw_l3vpn
from mplsemu.views.text.provider import draw_provider


def draw_view(view: View, width: int = 80) -> list[Text]:
    """Draw any view as text."""
    match view:
        case L3vpnView():
            return draw_l3vpn(view, width)
        case BridgeView():
            return draw_bridge(view, width)
        case ProviderView():
            return draw_provider(view, width)
        case _:
            assert_never(view)


def draw_views(views: Sequence[View], width: int = 80) -> list[Text]:
    """Draw views one below the other."""
    lines: list[Text] = []
    for view in views:
        lines += [*([Text()] if lines else []), *draw_view(view, width)]
    return lines
