"""Which sites of a VPLS should exchange frames, by the lab file alone (RFC 4762, RFC 7796)."""

from __future__ import annotations

from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Site


def exchange_frames(vpn: Vpls | Vpws, one: Site, other: Site) -> bool:
    """Whether frames should pass between two sites of a VPN, both ways.

    Two leaves of an E-Tree never exchange any, whether at one PE or at two (RFC 7796 section 3);
    hosts of one site share a LAN, whatever the provider does. In a partial mesh sites exchange
    frames only where a pseudowire joins their PEs: split horizon passes nothing on.
    """
    if isinstance(vpn, Vpws) or one.name == other.name:
        return True
    roots = vpn.topology.roots
    are_leaves = roots is not None and not roots & {one.name, other.name}
    return not are_leaves and _are_joined(vpn, one.pe, other.pe)


def _are_joined(vpn: Vpls, pe: str, peer: str) -> bool:
    """Whether frames pass between two PEs: there is a pseudowire between them, or their hubs."""
    here, there = (next(iter(vpn.topology.hubs_of(each)), each) for each in (pe, peer))
    return here == there or vpn.topology.has_wire(here, there)
