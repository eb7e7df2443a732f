"""Which interfaces of customers must send single frames.

TCP hands over up to 64 kB as one packet, whatever ethtool says (Linux 4.17 and later), and the
queue in front of a slow line, which holds a few frames, would never take it. Where LSRs hand such
packets on as they are, every host is concerned whose packets may come to a slow line anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from mplsemu.emulation.plan import Endpoint, LabPlan
from mplsemu.emulation.shaping import Capabilities, shape_of
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network, Vpn


def single_frame_ends(
    network: Network, plan: LabPlan, capabilities: Capabilities, *, whole_packets: bool
) -> tuple[Endpoint, ...]:
    """Return the interfaces of hosts and CE routers that must send single frames.

    Args:
        network: the lab.
        plan: of it.
        capabilities: what the kernel can shape.
        whole_packets: LSRs hand on what TCP handed over at once.
    """
    slow = {
        pair.name
        for pair in plan.veth_pairs
        if (shape := shape_of(pair, capabilities)) is not None and not shape.takes_super_packets
    }
    ends = {end for _, end in plan.ports() if end.is_customers}
    if not whole_packets:  # then only a queue of the customer's own can be too short
        ends &= {end for pair in plan.veth_pairs if pair.name in slow for end in pair.ends}
    elif not any(pair.name in slow for pair in plan.core_pairs()):
        slow_vpns = {vpn.name for vpn, site in network.sites() if site.circuit in slow}
        together = [group for group in _groups(network.vpns) if group & slow_vpns]
        vpn_of = _vpn_of(plan)
        ends = {end for end in ends if any(vpn_of[end.node] in group for group in together)}
    return tuple(sorted(ends, key=lambda end: (end.node, end.interface)))


def _vpn_of(plan: LabPlan) -> dict[str, str]:
    """Return whose each host and CE router is."""
    hosts = {host.name: host.ref.vpn for host in plan.hosts}
    return hosts | {ce.name: ce.ref.vpn for ce in plan.ces}


def _groups(vpns: Iterable[Vpn]) -> list[set[str]]:
    """Return sets of VPNs between which packets may go, by way of others too."""
    groups: list[tuple[set[str], set[object]]] = []
    for vpn in vpns:
        names: set[str] = {vpn.name}
        targets: set[object] = {vpn.name}  # a VPN that bridges has no others
        if isinstance(vpn, L3vpn):
            targets = {*vpn.import_targets, *vpn.export_targets}
        apart = []
        for others, theirs in groups:
            if theirs & targets:
                names |= others
                targets |= theirs
            else:
                apart.append((others, theirs))
        groups = [*apart, (names, targets)]
    return [names for names, _ in groups]
