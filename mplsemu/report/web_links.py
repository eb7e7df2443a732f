"""What ``web --json`` prints: the links to a running lab's live page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def web_links_object(
    provider: str, customers: Mapping[str, str], providers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the provider's link, and each customer's by name; of several providers each one's."""
    several = {"providers": dict(providers)} if providers else {}
    return {"provider": provider, **several, "customers": dict(customers)}
