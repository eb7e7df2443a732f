"""Multicast groups of a VSI that snoops: how many, and how fast IGMP and MLD may come (pure)."""

from __future__ import annotations

from typing import Final

MAX_GROUPS: Final = 256
"""Of one VPLS; what is sent to others is flooded."""
