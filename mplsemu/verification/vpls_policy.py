"""Which sites of a VPLS should exchange frames, by the lab file alone (RFC 4762, RFC 7796)."""

from __future__ import annotations

from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Site


def exchange_frames(vpn: Vpls | Vpws, one: Site, other: Site) -> bool:
    """Whether frames should pass between two sites of a VPN, both ways.

    Two leaves of an E-Tree never exchange any, whether at one PE or at two (RFC 7796 section 3);
    hosts of one site share a LAN, whatever the provider does.
    """
    if isinstance(vpn, Vpws) or one.name == other.name:
        return True
    roots = vpn.topology.roots
    return roots is None or one.name in roots or other.name in roots
