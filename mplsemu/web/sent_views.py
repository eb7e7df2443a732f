"""Views that customers' pages were sent: a page may have one that was true only for a moment.

A change that is undone before the next look would otherwise stay on that page.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from mplsemu.views.model import View

_SEVERAL: Final = None


class SentViews:
    """The views of each VPN that were sent since they were last compared; any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views: dict[str, View | None] = {}

    def note(self, vpn: str, view: View) -> None:
        """Note that a page is sent this view of a VPN."""
        with self._lock:
            self._views[vpn] = view if self._views.get(vpn, view) == view else _SEVERAL

    def take_outdated(self, views: Mapping[str, View]) -> set[str]:
        """Return the VPNs of which a page has a view that is not the current one; forget all.

        These pages are told to fetch theirs again.
        """
        with self._lock:
            sent, self._views = self._views, {}
        return {vpn for vpn, view in sent.items() if view != views.get(vpn)}
