"""What ``web --json`` prints: the links to a running lab's live page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def web_links_object(provider: str, customers: Mapping[str, str]) -> dict[str, Any]:
    """Return the provider's link, and each customer's by name."""
    return {"provider": provider, "customers": dict(customers)}
