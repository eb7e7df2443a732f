"""MAC moves: how many are too many, and how many a PE tells the controller (pure)."""

from __future__ import annotations

from typing import Final

from mplsemu.southbound.punt.rate_limits import Rate

TOO_MANY: Final = 5
"""Moves of one address at one PE, within:"""
WINDOW_S: Final = 10
PER_VSI: Final = Rate(per_second=20, burst=50)
"""Reports of one VSI: a loop moves every address of a LAN thousands of times a second."""
