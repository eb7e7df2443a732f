"""VPNs in which the provider bridges: VPLS (RFC 4762) and VPWS (RFC 4447, RFC 8077)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from mplsemu.model.l2cp import L2cp
from mplsemu.model.mac_move import MacMove
from mplsemu.model.pw_type import PwType
from mplsemu.model.vpls_topology import MULTIPOINT, VplsTopology
from mplsemu.model.vpn import IPNetwork, Site, VpnKind

DEFAULT_MAC_AGING_S: Final = 300  # IEEE 802.1Q table 8-3


@dataclass(frozen=True, slots=True)
class Vpls:
    """A LAN across all sites: learning bridges at PEs, joined by pseudowires.

    Attributes:
        name: unique among the lab's VPNs.
        customer: the customer's name, free text.
        sites: in the lab file's order.
        subnets: from which its hosts have their addresses.
        mac_aging_s: seconds after which a silent MAC address is forgotten.
        mac_limit: MAC addresses a VSI learns at most; None: no limit. Frames for addresses beyond
            it are flooded.
        control_word: whether pseudowires use the control word (RFC 4448 section 4.6).
        l2cp: what becomes of the customer's layer 2 control protocols.
        floods_unknown: whether frames for addresses that are not learned are flooded; else they are
            dropped.
        topology: which sites exchange frames; all, unless it says otherwise.
        storm_control_bps: bits per second of broadcast, multicast and unknown unicast that each
            circuit may send; None: no limit.
        mac_move: what becomes of MAC addresses that move too often.
        igmp_snooping: whether multicast goes to members and routers only, by IGMP and MLD.
        pw_type: whether a service-delimiting tag is on its pseudowires.
    """

    kind: ClassVar[Literal[VpnKind.VPLS]] = VpnKind.VPLS
    name: str
    customer: str
    sites: tuple[Site, ...]
    subnets: tuple[IPNetwork, ...]
    mac_aging_s: int = DEFAULT_MAC_AGING_S
    mac_limit: int | None = None
    control_word: bool = False
    l2cp: L2cp = L2cp.STANDARD
    floods_unknown: bool = True
    topology: VplsTopology = MULTIPOINT
    storm_control_bps: int | None = None
    mac_move: MacMove = MacMove.NONE
    igmp_snooping: bool = False
    pw_type: PwType = PwType.RAW

    @property
    def pes(self) -> tuple[str, ...]:
        """The PEs that have a VSI for it, by name: those of its sites, and hub PEs without any."""
        hubs = {hub for spoke in self.topology.spokes for hub in spoke.hubs}
        return tuple(sorted({line.pe for site in self.sites for line in site.lines} | hubs))


@dataclass(frozen=True, slots=True)
class Vpws:
    """A point-to-point service between two sites: one pseudowire, no MAC learning; see `Vpls`."""

    kind: ClassVar[Literal[VpnKind.VPWS]] = VpnKind.VPWS
    name: str
    customer: str
    sites: tuple[Site, Site]
    subnets: tuple[IPNetwork, ...]
    control_word: bool = False
    l2cp: L2cp = L2cp.STANDARD
    pw_type: PwType = PwType.RAW

    @property
    def pes(self) -> tuple[str, ...]:
        """The PEs that have a VSI for it, by name."""
        return tuple(sorted({line.pe for site in self.sites for line in site.lines}))
