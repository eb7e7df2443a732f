"""The pytest plugin; see docs/testing.md.

For annotations: ``from mplsemu.testing import LabUnderTest``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mplsemu.script.interface import LabInterface as LabUnderTest

__all__ = ["LabUnderTest"]


def __getattr__(name: str) -> object:
    """Import it on first use: every pytest run loads the plugin, few use a lab."""
    if name == "LabUnderTest":
        from mplsemu.script.interface import LabInterface  # noqa: PLC0415

        return LabInterface
    raise AttributeError(f"module 'mplsemu.testing' has no attribute {name!r}")
