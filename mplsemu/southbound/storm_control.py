"""Storm control: how much of what a circuit of a VPLS sends is flooded (pure).

Broadcast, multicast and unknown unicast of one circuit share one token bucket at the PE that it
attaches to; what there is no token for is dropped there. What is for a learned address never
counts.
"""

from __future__ import annotations

from typing import Final

LEAST_BURST_BITS: Final = 128_000
"""A bucket has room for the largest frames of a lab, and for the ARP of a LAN that starts."""
BURSTS_PER_S: Final = 10


def burst_bits(rate_bps: int) -> int:
    """Return how much may come at once: a tenth of a second's worth, 16,000 octets at least."""
    return max(rate_bps // BURSTS_PER_S, LEAST_BURST_BITS)
