"""What ``link --json`` prints: links of a running lab and their state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mplsemu.running.session import LinkState


def links_object(links: Iterable[LinkState]) -> dict[str, Any]:
    """Return all links and lines with their state."""
    return {
        "links": [{"link": each.link, "ends": list(each.ends), "up": each.up} for each in links]
    }


def link_change_object(link: str, *, up: bool) -> dict[str, str]:
    """Return what a link has become."""
    return {"link": link, "state": "up" if up else "down"}
