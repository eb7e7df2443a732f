"""What a VPLS does about a MAC address that moves between its sites too often."""

from __future__ import annotations

import enum


class MacMove(enum.StrEnum):
    """What becomes of moves: of an address that a PE learns at another place than before.

    Some are honest, as a laptop that is carried. Many in a short time are a loop at the customer's
    side or an address that two stations have.
    """

    NONE = "none"
    """They are not looked at."""
    ALARM = "alarm"
    """They are told."""
    BLOCK = "block"
    """The circuit that the address moved to carries nothing for some time, too."""
