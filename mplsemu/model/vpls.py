"""VPNs in which the provider bridges: VPLS (RFC 4762) and VPWS (RFC 4447, RFC 8077)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from mplsemu.model.vpn import IPNetwork, Site, VpnKind

DEFAULT_MAC_AGING_S: Final = 300  # IEEE 802.1Q table 8-3


@dataclass(frozen=True, slots=True)
class Vpls:
    """A LAN across all sites: a full mesh of pseudowires between learning bridges.

    Attributes:
        name: unique among the lab's VPNs.
        customer: whose it is, as people write it.
        sites: in the lab file's order.
        subnets: from which its hosts have their addresses.
        mac_aging_s: seconds after which a silent MAC address is forgotten.
        mac_limit: so many MAC addresses each of its VSIs learns, None: no limit; frames for
            others are flooded.
        control_word: frames carry one on pseudowires (RFC 4448 section 4.6).
    """

    kind: ClassVar[Literal[VpnKind.VPLS]] = VpnKind.VPLS
    name: str
    customer: str
    sites: tuple[Site, ...]
    subnets: tuple[IPNetwork, ...]
    mac_aging_s: int = DEFAULT_MAC_AGING_S
    mac_limit: int | None = None
    control_word: bool = False


@dataclass(frozen=True, slots=True)
class Vpws:
    """A wire between two sites: one pseudowire, nothing learned; attributes as a `Vpls` has."""

    kind: ClassVar[Literal[VpnKind.VPWS]] = VpnKind.VPWS
    name: str
    customer: str
    sites: tuple[Site, Site]
    subnets: tuple[IPNetwork, ...]
    control_word: bool = False
