"""What every data plane of ours carries: MTUs, labels, numbers. southbound/ says what each does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CORE_MTU: Final = 1600
"""A customer's 1500-byte packet, its Ethernet header and VLAN tag (18) and three labels (12) is
1530 bytes of payload for a core link; 1600 is what providers configure at least."""
ACCESS_MTU: Final = 1500
"""Ethernet's payload, which a customer's device expects."""
ACCESS_MTU_MARGIN: Final = 100
"""By how much the PE's end of an access line exceeds its MTU: in a VPLS, Ethernet headers and VLAN
tags count, and a VRF must receive a packet that is too large to answer it."""
MAX_MTU: Final = 16_000
"""Of a link or a circuit: jumbo frames and more. Linux lets an eBPF program make a packet no longer
than four pages less what describes it, 16,064 octets, when it pushes labels."""
MIN_IPV4_MTU: Final = 68
"""Every module forwards as much without fragmenting it (RFC 791 section 3.2)."""
MIN_IPV6_MTU: Final = 1280
"""Every link takes as much (RFC 8200 section 5)."""
MAX_LABELS: Final = 3
"""Of a packet's stack, the service's among them."""
MAX_NHLFES: Final = 16
"""NHLFEs of one FEC (equal-cost multipath)."""
MAX_PORT: Final = 0xFEFF
"""The largest number of a port."""
MAX_INDEX: Final = 0xFFFF
"""The largest number of an LSR, a VRF or VSI, a pseudowire."""

LABEL_OCTETS: Final = 4
"""A label stack entry (RFC 3032 section 2.1)."""
MIN_LINK_MTU: Final = MIN_IPV4_MTU + LABEL_OCTETS * MAX_LABELS
"""Of a core link: the smallest IPv4 MTU, and the label stack."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the network that is to run a program can do.

    Attributes:
        labels: deepest label stack.
    """

    labels: int = MAX_LABELS


DEFAULT_LIMITS: Final = Limits()
