"""Customers for a network that has none yet: the same seed gives the same ones."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from mplsemu.errors import LabError
from mplsemu.lab.importers.graph import ProviderGraph
from mplsemu.model.vpn import VpnKind

MAX_SITES: Final = 1_000
MAX_VPNS: Final = 10_000
# every customer numbers his sites from the start of one of these: so most have the same prefixes
_PLANS: Final = (IPv4Network("192.168.0.0/16"), IPv4Network("10.0.0.0/8"))
_LANS: Final = (IPv4Network("10.0.0.0/24"), IPv4Network("10.0.0.0/16"))


@dataclass(frozen=True, slots=True)
class GeneratedSite:
    """A site to be; `subnet` is None where the VPN has one LAN."""

    name: str
    pe: str
    subnet: IPv4Network | None


@dataclass(frozen=True, slots=True)
class GeneratedVpn:
    """A VPN to be; `subnet` is that of its one LAN, None where each site has its own."""

    name: str
    kind: VpnKind
    customer: str
    subnet: IPv4Network | None
    sites: tuple[GeneratedSite, ...]


def generate_vpns(
    graph: ProviderGraph, *, l3vpns: int = 0, vpls: int = 0, sites: int = 3, seed: int = 0
) -> tuple[GeneratedVpn, ...]:
    """Return VPNs at random nodes of a graph.

    Args:
        graph: the provider's network.
        l3vpns: number of L3VPNs; the first two have the same prefixes on purpose.
        vpls: number of VPLSs, all with the same subnet.
        sites: of each VPN, at different nodes as long as there are any.
        seed: of the choice of nodes and address plans.

    Raises:
        LabError: a number is out of range.
    """
    _check("--l3vpns", l3vpns, 0, MAX_VPNS)
    _check("--vpls", vpls, 0, MAX_VPNS)
    _check("--sites", sites, 1, MAX_SITES)
    chooser = random.Random(seed)
    nodes = [node.name for node in graph.nodes]
    vpns = []
    for index in range(l3vpns + vpls):
        routed = index < l3vpns
        plan = _PLANS[0] if index < 2 else chooser.choice(_PLANS)
        vpns.append(
            GeneratedVpn(
                name=f"vpn{index + 1}" if routed else f"lan{index - l3vpns + 1}",
                kind=VpnKind.L3VPN if routed else VpnKind.VPLS,
                customer=f"Customer {index + 1}",
                subnet=None if routed else _LANS[sites > 250],
                sites=_sites(chooser, nodes, sites, plan if routed else None),
            )
        )
    return tuple(vpns)


def _check(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise LabError(f"{option} {value} is out of range", remedy=f"write {least} to {most}")


def _sites(
    chooser: random.Random, nodes: list[str], count: int, plan: IPv4Network | None
) -> tuple[GeneratedSite, ...]:
    chosen: list[str] = []
    while len(chosen) < count:
        chosen += chooser.sample(nodes, min(count - len(chosen), len(nodes)))
    seen: Counter[str] = Counter()
    taken = set(chosen)
    sites = []
    for index, node in enumerate(chosen):
        seen[node] += 1
        name = node
        if seen[node] > 1:
            number = seen[node]
            while (name := f"{node}-{number}") in taken:
                number += 1
            taken.add(name)
        sites.append(GeneratedSite(name, node, _subnet(plan, index) if plan else None))
    return tuple(sites)


def _subnet(plan: IPv4Network, index: int) -> IPv4Network:
    """Return the /24 number `index` + 1 of a plan, which a large customer outgrows."""
    if (index + 1) << 8 >= plan.num_addresses:
        plan = _PLANS[1]
    return IPv4Network((int(plan.network_address) + ((index + 1) << 8), 24))
