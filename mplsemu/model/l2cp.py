"""Layer 2 control protocols of a customer, and what a VPLS or VPWS does with them (MEF 45.1)."""

from __future__ import annotations

import enum


class L2cp(enum.StrEnum):
    """What becomes of frames for the addresses that IEEE 802.1Q reserves for bridges.

    They are 01-80-C2-00-00-00 to 0F. PAUSE and other MAC control frames never cross, whatever is
    chosen (IEEE 802.3 clause 31, RFC 4448 section 4.4.5).
    """

    STANDARD = "standard"
    """As IEEE 802.1Q table 8-2 has it for a provider's bridge, in a VPLS; a VPWS is a wire."""
    TUNNEL = "tunnel"
    """All pass, link aggregation, 802.1X and LLDP too (MEF 45.1: Pass)."""
    DROP = "drop"
    """None passes, spanning tree neither (MEF 45.1: Discard)."""
