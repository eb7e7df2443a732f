"""Pictures for the page, drawn from the installed program and cached.

Only this module of the server knows how a view becomes SVG.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from mplsemu.drawing.hub_layout import FormFactor
from mplsemu.drawing.palette import Theme
from mplsemu.views.model import View
from mplsemu.views.overlay import with_vpn
from mplsemu.views.pictures import draw_svg, style_sheet
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.web.source import InstalledProgram

MAX_CACHED: Final = 24_000_000
"""Characters of pictures in the cache (LRU); a picture of 600 LSRs has two million."""


def style_hashes() -> tuple[str, ...]:
    """Return the hashes of all style sheets that pictures contain (CSP Level 3, section 2.3.1).

    The page's policy allows these inline styles and no others.
    """
    sheets = [style_sheet(theme, interactive=each) for theme in Theme for each in (False, True)]
    digests = (hashlib.sha256(sheet.encode()).digest() for sheet in sheets)
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


class Pictures:
    """Draws pictures one at a time and caches them; any thread may call.

    A large network takes seconds to draw; meanwhile others who want the same picture wait for it.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self._lock = threading.Lock()

    def provider(
        self, installed: InstalledProgram, vpn: str | None, theme: Theme, of: str | None = None
    ) -> str:
        """Return the provider's picture as SVG, with one VPN's sites and LSPs over it if asked.

        Args:
            installed: what it is drawn from.
            vpn: whose sites and LSPs to show.
            theme: its colours.
            of: one of several providers, whose part of the program it is.
        """

        def draw() -> str:
            view = provider_view(installed.program, of)
            if vpn is not None:
                view = with_vpn(view, installed.program, vpn)
            return draw_svg(scene_of(view), theme=theme, interactive=True)

        return self._once((installed.version, "provider", vpn, theme), draw)

    def customer(self, view: View, theme: Theme, shape: FormFactor = FormFactor.WIDE) -> str:
        """Return a customer's view of one VPN as SVG."""
        # a view is the key: a change elsewhere in the network does not draw this one again
        key = (view, theme, shape)
        return self._once(key, lambda: draw_svg(scene_of(view, shape), theme=theme))

    def _once(self, key: tuple[object, ...], draw: Callable[[], str]) -> str:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = draw()
                while len(self._kept) > 1 and sum(map(len, self._kept.values())) > MAX_CACHED:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]
