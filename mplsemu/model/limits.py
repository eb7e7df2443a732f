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
TAGGED_ETHERNET_OCTETS: Final = 18
"""A customer's Ethernet header with one VLAN tag, as a pseudowire carries it (RFC 4448)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the network that is to run a program can do.

    Attributes:
        labels: deepest label stack.
        core_mtu: bytes that a core link carries, label stack included.
        access_mtu: bytes of a customer's largest IP packet.
    """

    labels: int = MAX_LABELS
    core_mtu: int = CORE_MTU
    access_mtu: int = ACCESS_MTU


DEFAULT_LIMITS: Final = Limits()
