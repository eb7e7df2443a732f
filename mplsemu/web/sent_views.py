"""What customers' pages were sent: a change undone before anybody looks must be told, too."""

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
        """A page is sent this view of a VPN."""
        with self._lock:
            self._views[vpn] = view if self._views.get(vpn, view) == view else _SEVERAL

    def take_outdated(self, views: Mapping[str, View]) -> set[str]:
        """Return the VPNs of which a page was sent another view than this one, and forget them.

        A page that was sent it is told, so that it asks again.
        """
        with self._lock:
            sent, self._views = self._views, {}
        return {vpn for vpn, view in sent.items() if view != views.get(vpn)}
