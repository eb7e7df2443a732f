"""Which interfaces of customers must segment TCP packets themselves.

TCP passes up to 64 kB down as one packet, whatever ethtool says (Linux 4.17 and later). The queue
in front of a slow line holds a few frames and would always drop it. If LSRs forward such packets
unsegmented, every host is concerned whose packets may reach a slow line anywhere.
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
    """Return the interfaces of hosts and CE routers that must segment packets themselves.

    Args:
        network: the lab.
        plan: of it.
        capabilities: what the kernel can shape.
        whole_packets: LSRs forward unsegmented packets as they are.
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
        slow_vpns = {vpn.name for vpn, line in network.lines() if line.circuit in slow}
        together = [group for group in _groups(network.vpns) if group & slow_vpns]
        vpn_of = _vpn_of(plan)
        ends = {end for end in ends if any(vpn_of[end.node] in group for group in together)}
    return tuple(sorted(ends, key=lambda end: (end.node, end.interface)))


def _vpn_of(plan: LabPlan) -> dict[str, str]:
    """Return the VPN of each host and CE router, by Mininet name."""
    hosts = {host.name: host.ref.vpn for host in plan.hosts}
    return hosts | {ce.name: ce.ref.vpn for ce in plan.ces}


def _groups(vpns: Iterable[Vpn]) -> list[set[str]]:
    """Return sets of VPNs that exchange packets, directly or through others."""
    groups: list[tuple[set[str], set[object]]] = []
    for vpn in vpns:
        names: set[str] = {vpn.name}
        targets: set[object] = {vpn.name}  # a bridged VPN exchanges packets with no other
        if isinstance(vpn, L3vpn):
            targets = {
                target
                for policy in vpn.policies
                for target in (*policy.import_targets, *policy.export_targets)
            }
        apart = []
        for others, theirs in groups:
            if theirs & targets:
                names |= others
                targets |= theirs
            else:
                apart.append((others, theirs))
        groups = [*apart, (names, targets)]
    return [names for names, _ in groups]
