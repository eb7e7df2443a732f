"""mplsemu: an emulator of a provider's MPLS network, with L3VPN and VPLS, on one Linux machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mplsemu.script.lab import Lab as Lab

__version__ = "0.1.0"
__all__ = ["Lab", "__version__"]


def __getattr__(name: str) -> object:
    """Import `Lab` when it is asked for: the commands that need no root need none of it."""
    if name == "Lab":
        from mplsemu.script.lab import Lab  # noqa: PLC0415

        return Lab
    raise AttributeError(f"module 'mplsemu' has no attribute {name!r}")
