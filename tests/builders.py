"""Networks made in code: what a test needs to say, and sensible values for the rest."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, ip_interface, ip_network

from mplsemu.model.l3vpn import HubAndSpoke, L3vpn, RouteDistinguisher, RouteTarget, VrfPolicy
from mplsemu.model.labels import ALL_LABELS, LabelRange
from mplsemu.model.network import Network, Vpn
from mplsemu.model.six_pe import SixPe
from mplsemu.model.topology import Link, Node, NullLabel, Provider, Role, TtlMode
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpls_topology import MULTIPOINT, VplsTopology
from mplsemu.model.vpn import CeRouter, Host, IPNetwork, Site

ASN = 64512
SPOKES = 500
"""A VPN's number and this is that of the route target of its spokes."""

NORDIC_LINKS = ("dk-p1", "se-p1", "se-p2", "no-p2", "p1-p2", "dk-p2")


class MacAddresses:
    """Hands out host MAC addresses, each once."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def take(self) -> str:
        number = next(self._numbers)
        return "02:00:" + ":".join(f"{byte:02x}" for byte in number.to_bytes(4, "big"))


def links(
    *texts: str,
    metrics: Mapping[str, int] | None = None,
    metrics_back: Mapping[str, int] | None = None,
) -> tuple[Link, ...]:
    """Make links from ``a-b`` (or ``a-b#2`` for a parallel one)."""
    return tuple(
        Link(
            name=text,
            ends=tuple(text.split("#")[0].split("-", 1)),  # type: ignore[arg-type]
            bandwidth_bps=1_000_000_000,
            delay_ms=0.0,
            metric=(metrics or {}).get(text, 10),
            metric_back=(metrics_back or {}).get(text),
        )
        for text in texts
    )


def provider(
    texts: Sequence[str] = NORDIC_LINKS,
    pes: Iterable[str] | None = None,
    *,
    metrics: Mapping[str, int] | None = None,
    ttl_mode: TtlMode = TtlMode.PIPE,
    null_label: NullLabel = NullLabel.IMPLICIT,
    ecmp: int = 1,
    labels: LabelRange = ALL_LABELS,
    lonely: Iterable[str] = (),
    metrics_back: Mapping[str, int] | None = None,
) -> Provider:
    """Make a provider from its links; every node is a PE unless `pes` says which are."""
    made = links(*texts, metrics=metrics, metrics_back=metrics_back)
    names = dict.fromkeys([*(end for link in made for end in link.ends), *lonely])
    pe_names = set(names if pes is None else pes)
    nodes = tuple(
        Node(name, Role.PE if name in pe_names else Role.P, IPv4Address(0x0AFF0000 + index))
        for index, name in enumerate(names, 1)
    )
    return Provider(nodes, made, ttl_mode, null_label, labels, ecmp)


def l3vpn(
    name: str,
    sites: Mapping[str, tuple[str, str] | tuple[str, str, str]],
    *,
    number: int = 1,
    imports: Iterable[int] | None = None,
    hosts: int = 1,
    own: Mapping[str, tuple[Iterable[int], Iterable[int]]] | None = None,
    hubs: Sequence[str] = (),
    via_ce: bool = False,
    macs: MacAddresses,
) -> L3vpn:
    """Make an L3VPN from ``{site: (pe, subnets separated by blanks)}``.

    A third item ``"ce"`` puts a CE router in front of the site, ``"strict"`` has its sources
    validated, ``"ce strict"`` does both; ``"pref:10"`` gives a preference. `number` is that of its
    route target, `imports` those of the targets that it imports. `own` has sites with a VRF of
    their own: what it imports, and what it exports. Where there are `hubs`, all other sites are
    spokes; with `via_ce` they reach each other through the CE routers of hubs, whose sites all
    have one.
    """
    made = _routed_sites(name, sites, hosts, macs)
    wanted = [number] if imports is None else imports
    if hubs:
        of_spokes = SPOKES + number
        own = {site: ([number], [of_spokes]) for site in sites if site not in hubs}
        wanted = [number, of_spokes]
    rest = tuple(site for site in sites if site not in (own or {}))
    rd = RouteDistinguisher(ASN, number)
    usual = VrfPolicy(
        name, rd, _targets(wanted), _targets([number]), rest, _inward_rd(number, via_ce)
    )
    return L3vpn(
        name=name,
        customer=f"Customer {name}",
        sites=made,
        rd=rd,
        import_targets=usual.import_targets,
        export_targets=usual.export_targets,
        vrfs=_policies(usual, number, own) if own else (),
        hub_and_spoke=HubAndSpoke(tuple(hubs), via_ce) if hubs else None,
    )


def six_pe(
    name: str,
    sites: Mapping[str, tuple[str, str] | tuple[str, str, str]],
    *,
    hosts: int = 1,
    macs: MacAddresses,
) -> SixPe:
    """Make 6PE from ``{site: (pe, subnets, kind)}`` as `l3vpn`; PE-CE links are unnumbered."""
    made = tuple(
        replace(site, ce=replace(site.ce, wan=(), pe_wan=())) if site.ce is not None else site
        for site in _routed_sites(name, sites, hosts, macs)
    )
    return SixPe(name, f"Customer {name}", made, None, frozenset(), frozenset())


def _routed_sites(
    vpn: str,
    sites: Mapping[str, tuple[str, str] | tuple[str, str, str]],
    hosts: int,
    macs: MacAddresses,
) -> tuple[Site, ...]:
    made = []
    for index, (site, (pe, text, *kinds)) in enumerate(sites.items()):
        kind = " ".join(kinds).split()
        subnets = tuple(map(ip_network, text.split()))
        made.append(
            Site(
                name=site,
                vpn=vpn,
                pe=pe,
                subnets=subnets,
                gateways=tuple(_interface(subnet, 1) for subnet in subnets),
                hosts=_hosts(subnets, 2, hosts, macs),
                ce=_ce(index, macs) if "ce" in kind else None,
                strict_urpf="strict" in kind,
                preference=_preference(kind),
            )
        )
    return tuple(made)


def _inward_rd(number: int, via_ce: bool) -> RouteDistinguisher | None:
    return RouteDistinguisher(ASN, 1000 * number) if via_ce else None


def _policies(
    usual: VrfPolicy, number: int, own: Mapping[str, tuple[Iterable[int], Iterable[int]]]
) -> tuple[VrfPolicy, ...]:
    found = [usual] if usual.sites else []
    for index, (site, (wants, gives)) in enumerate(own.items(), 1):
        rd, vrf = RouteDistinguisher(ASN, 1000 * number + index), f"{usual.name}/{site}"
        found.append(VrfPolicy(vrf, rd, _targets(wants), _targets(gives), (site,)))
    return tuple(found)


def _targets(numbers: Iterable[int]) -> frozenset[RouteTarget]:
    return frozenset(RouteTarget(ASN, each) for each in numbers)


def _preference(kind: Sequence[str]) -> int | None:
    return next((int(word[5:]) for word in kind if word.startswith("pref:")), None)


def vpls(
    name: str,
    sites: Mapping[str, str],
    *,
    subnet: str = "10.0.0.0/24",
    hosts: int = 1,
    macs: MacAddresses,
    topology: VplsTopology = MULTIPOINT,
) -> Vpls:
    """Make a VPLS from ``{site: pe}``."""
    subnets = (ip_network(subnet),)
    made = _bridged_sites(name, sites, subnets, hosts, macs)
    return Vpls(name, f"Customer {name}", made, subnets, topology=topology)


def vpws(
    name: str, sites: Mapping[str, str], *, subnet: str = "10.9.0.0/24", macs: MacAddresses
) -> Vpws:
    """Make a VPWS from ``{site: pe}``, two of them."""
    subnets = (ip_network(subnet),)
    first, second = _bridged_sites(name, sites, subnets, 1, macs)
    return Vpws(name, f"Customer {name}", (first, second), subnets)


def network(made: Provider, *vpns: Vpn, name: str = "lab") -> Network:
    """Put VPNs on a provider."""
    return Network(name, made, vpns)


def nordic(**provider_settings: object) -> Network:
    """Three PEs, two Ps, two L3VPNs with the same addresses and a VPLS; see topologies/."""
    macs = MacAddresses()
    return network(
        provider(pes=("dk", "se", "no"), **provider_settings),  # type: ignore[arg-type]
        l3vpn(
            "a",
            {
                "aarhus": ("dk", "192.168.1.0/24"),
                "stockholm": ("se", "192.168.2.0/24"),
                "oslo": ("no", "192.168.3.0/24 2001:db8:3::/64", "ce"),
                "malmo": ("se", "192.168.4.0/24 2001:db8:4::/64"),
            },
            number=1,
            hosts=2,
            macs=macs,
        ),
        l3vpn(
            "b",
            {"aarhus": ("dk", "192.168.1.0/24"), "oslo": ("no", "192.168.3.0/24")},
            number=2,
            macs=macs,
        ),
        vpls("c", {"odense": "dk", "malmo": "se", "bergen": "no"}, hosts=2, macs=macs),
        name="nordic",
    )


def _interface(subnet: IPNetwork, offset: int) -> IPv4Interface:
    return ip_interface(f"{subnet.network_address + offset}/{subnet.prefixlen}")  # type: ignore[return-value]


def _hosts(
    subnets: Iterable[IPNetwork], first: int, count: int, macs: MacAddresses
) -> tuple[Host, ...]:
    subnets = tuple(subnets)
    return tuple(
        Host(
            name=f"h{number + 1}",
            mac=macs.take(),
            addresses=tuple(_interface(subnet, first + number) for subnet in subnets),
        )
        for number in range(count)
    )


def _ce(index: int, macs: MacAddresses) -> CeRouter:
    link = IPv4Network((int(IPv4Address("100.64.0.0")) + 4 * index, 30))
    return CeRouter(
        mac=macs.take(),
        wan=(_interface(link, 2),),
        pe_wan=(_interface(link, 1),),
        lan_mac=macs.take(),
    )


def _bridged_sites(
    name: str,
    sites: Mapping[str, str],
    subnets: tuple[IPNetwork, ...],
    hosts: int,
    macs: MacAddresses,
) -> tuple[Site, ...]:
    return tuple(
        Site(
            name=site,
            vpn=name,
            pe=pe,
            subnets=(),
            gateways=(),
            hosts=_hosts(subnets, 1 + index * hosts, hosts, macs),
        )
        for index, (site, pe) in enumerate(sites.items())
    )
