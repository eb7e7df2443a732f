"""What ``view --format json`` prints: the view model that every picture is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mplsemu.report.value import json_value
from mplsemu.views.model import BridgeView, L3vpnView, ProviderView, View


def view_object(view: View) -> dict[str, Any]:
    """Return a view with its kind first: ``provider``, ``l3vpn``, ``vpls``, ``vpws``, ``6pe``."""
    return {"view": _kind(view), **json_value(view)}


def views_object(views: Sequence[View]) -> dict[str, Any]:
    """Return one view as it is, several as a list of ``views``."""
    objects = [view_object(view) for view in views]
    return objects[0] if len(objects) == 1 else {"views": objects}


def _kind(view: View) -> str:
    match view:
        case ProviderView():
            return "provider"
        case L3vpnView() | BridgeView():
            return view.kind.value
