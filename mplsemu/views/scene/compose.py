"""From any view to its scene."""

from __future__ import annotations

from mplsemu.views.model import BridgeView, L3vpnView, ProviderView, View
from mplsemu.views.scene.bridge import bridge_scene
from mplsemu.views.scene.l3vpn import l3vpn_scene
from mplsemu.views.scene.provider import provider_scene
from mplsemu.views.scene.scene import Scene


def scene_of(view: View) -> Scene:
    """Return the picture of a view, with every place decided."""
    match view:
        case L3vpnView():
            return l3vpn_scene(view)
        case BridgeView():
            return bridge_scene(view)
        case ProviderView():
            return provider_scene(view)
