"""The formats that pictures come in: a name, and a function from a view to a file's content."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rich.text import Text

from mplsemu.views.model import BridgeView, L3vpnView, ProviderView, View
from mplsemu.views.plain import plain
from mplsemu.views.text.bridge import draw_bridge
from mplsemu.views.text.l3vpn import draw_l3vpn
from mplsemu.views.text.provider import draw_provider

Renderer = Callable[[Sequence[View]], str]


def draw(view: View, width: int = 80) -> list[Text]:
    """Draw any view as text."""
    match view:
        case L3vpnView():
            return draw_l3vpn(view, width)
        case BridgeView():
            return draw_bridge(view, width)
        case ProviderView():
            return draw_provider(view, width)


def draw_all(views: Sequence[View], width: int = 80) -> list[Text]:
    """Draw views one below the other."""
    lines: list[Text] = []
    for view in views:
        lines += [*([Text()] if lines else []), *draw(view, width)]
    return lines


def view_as_plain(view: View) -> dict[str, Any]:
    """Return a view as plain data, with its kind first."""
    kind = {L3vpnView: "l3vpn", BridgeView: "bridge", ProviderView: "provider"}[type(view)]
    if isinstance(view, BridgeView):
        kind = view.kind.value
    return {"view": kind, **plain(view)}


def _text(views: Sequence[View]) -> str:
    return "".join(f"{line.plain}\n" for line in draw_all(views))


def _json(views: Sequence[View]) -> str:
    found = [view_as_plain(view) for view in views]
    value: Any = found[0] if len(found) == 1 else {"views": found}
    return json.dumps(value, indent=2) + "\n"


RENDERERS: Final[Mapping[str, Renderer]] = {"text": _text, "json": _json}
