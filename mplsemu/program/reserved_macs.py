"""Frames that stay on one link: no bridge, or no provider's, sends them on.

IEEE 802.1Q keeps sixteen group addresses for bridges. What a customer's bridges say to each other
(spanning tree, MVRP of his own) a provider's bridge passes on; what goes from a bridge to the
nearest one (table 8-2: link aggregation, port access, LLDP, ...) it does not, unless it is agreed
so (`L2cp`). MAC control frames, as PAUSE is one (IEEE 802.3 annex 31B), no bridge sends on, and no
pseudowire carries (RFC 4448 section 4.4.5).
"""

from __future__ import annotations

from typing import Final, assert_never

from mplsemu.model.l2cp import L2cp
from mplsemu.model.vpn import L2vpnKind
from mplsemu.program.packet import Packet

MAC_CONTROL: Final = 0x8808
"""Ethernet type of MAC control frames (IEEE 802.3 clause 31)."""
MAC_CONTROL_ADDRESS: Final = "01:80:c2:00:00:01"
RESERVED: Final = tuple(f"01:80:c2:00:00:{last:02x}" for last in range(16))
"""Addresses for bridges (IEEE 802.1Q table 8-1)."""
PROVIDER_RESERVED: Final = tuple(RESERVED[last] for last in (*range(1, 11), 14))
"""Addresses that a provider's bridge filters (IEEE 802.1Q table 8-2, S-VLAN component)."""


def filtered(kind: L2vpnKind, l2cp: L2cp) -> tuple[str, ...]:
    """Return the reserved addresses for which a VSI takes in no frame from its circuits."""
    match l2cp:
        case L2cp.STANDARD:
            return PROVIDER_RESERVED if kind.learns_macs else (MAC_CONTROL_ADDRESS,)
        case L2cp.TUNNEL:
            return (MAC_CONTROL_ADDRESS,)
        case L2cp.DROP:
            return RESERVED
    assert_never(l2cp)


def is_mac_control(packet: Packet) -> bool:
    """Whether a frame is for the other end of its link alone, whatever is there."""
    is_control = packet.ethertype == MAC_CONTROL and not packet.vlans
    return is_control or packet.destination_mac == MAC_CONTROL_ADDRESS
