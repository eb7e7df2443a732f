"""Which lab a reader asks: the whole one, or one provider's network of several."""

from __future__ import annotations

from mplsemu.web.access import Identity, Provider
from mplsemu.web.feed import Feed
from mplsemu.web.lab_api import LabApi


class Labs:
    """The lab, and each of several providers' part of it, for requests.

    Args:
        feed: of the lab.
    """

    def __init__(self, feed: Feed) -> None:
        self._whole = LabApi(feed.source, feed.sent_views)
        self._of_providers = {
            name: LabApi(each.source, each.sent_views) for name, each in feed.of_providers.items()
        }

    def of(self, identity: Identity) -> LabApi:
        """Return what a reader may ask; what a customer may, is checked before he asks."""
        match identity:
            case Provider(str(name)):
                return self._of_providers[name]
            case _:
                return self._whole
