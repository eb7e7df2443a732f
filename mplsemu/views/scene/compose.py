"""Any view as a scene."""

from __future__ import annotations

from typing import assert_never

from mplsemu.drawing.hub_layout import FormFactor
from mplsemu.drawing.scene import Scene
from mplsemu.views.model import BridgeView, L3vpnView, ProviderView, View
from mplsemu.views.scene.bridge import bridge_scene
from mplsemu.views.scene.l3vpn import l3vpn_scene
from mplsemu.views.scene.provider import provider_scene


def scene_of(view: View, form_factor: FormFactor = FormFactor.WIDE) -> Scene:
    """Return the scene of a view.

    Args:
        view: what to draw.
        form_factor: of a customer's picture; the provider's has the shape of its network.
    """
    match view:
        case L3vpnView():
            return l3vpn_scene(view, form_factor)
        case BridgeView():
            return bridge_scene(view, form_factor)
        case ProviderView():
            return provider_scene(view)
        case _:
            assert_never(view)
