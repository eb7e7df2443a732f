"""Networks that several tests work on; tests/builders.py makes others, and the nordic lab."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_interface, ip_network

from mplsemu.lab.loader import loads
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network, Vpn
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Homing, Host, RoutedLan, Site, StaticRoute
from mplsemu.verification.vpls_policy import exchange_frames
from tests.builders import MacAddresses, l3vpn, network, provider, vpls, vpws

SQUARE = ("x-p", "x-q", "p-y", "q-y")
CHAIN = ("x-p", "p-q", "q-y")
LADDER = ("x-a1", "x-b1", "a1-a2", "b1-b2", "a1-b2", "b1-a2", "a2-y", "b2-y")
"""Between x and y each rung doubles the paths."""


def long_ladder(rungs: int) -> tuple[str, ...]:
    """Return the links of a ladder with more rungs than LADDER."""
    found = ["x-a1", "x-b1"]
    for rung in range(1, rungs):
        after = rung + 1
        found += [f"a{rung}-a{after}", f"b{rung}-b{after}"]
        found += [f"a{rung}-b{after}", f"b{rung}-a{after}"]
    return (*found, f"a{rungs}-y", f"b{rungs}-y")


def between(links: Sequence[str] = SQUARE, *, ecmp: int = 4, **settings: object) -> Network:
    """Return PEs x and y with P routers between them, an L3VPN v and a VPLS lan."""
    macs = MacAddresses()
    return network(
        provider(links, pes=("x", "y"), ecmp=ecmp, **settings),  # type: ignore[arg-type]
        l3vpn("v", {"a": ("x", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29")}, macs=macs),
        vpls("lan", {"a": "x", "b": "y", "c": "y"}, subnet="10.0.0.0/28", macs=macs),
    )


def extranet(user_imports: Sequence[int] = (1, 2), shared_imports: Sequence[int] = (2,)) -> Network:
    """Return an L3VPN that imports the routes of another, at the same PE and at another."""
    macs = MacAddresses()
    return network(
        provider(("x-y",)),
        l3vpn("user", {"s": ("x", "10.1.0.0/24")}, number=1, imports=user_imports, macs=macs),
        l3vpn(
            "shared",
            {"t": ("x", "10.2.0.0/24"), "u": ("y", "10.3.0.0/24")},
            number=2,
            imports=shared_imports,
            macs=macs,
        ),
    )


def with_sites(vpn: Vpn, sites: tuple[Site, ...], pes: Collection[str] | None = None) -> Vpn:
    """Return a VPN with fewer sites and, of the PEs, with those that are left."""
    less = replace(vpn, sites=sites)
    if not isinstance(less, Vpls):
        return less
    there = {line.pe for site in sites for line in site.lines}
    spokes = tuple(
        replace(spoke, hubs=hubs)
        for spoke in less.topology.spokes
        if spoke.pe in there
        and (hubs := tuple(hub for hub in spoke.hubs if pes is None or hub in pes))
    )
    return replace(less, topology=replace(less.topology, spokes=spokes))


def service_names(made: Network, pe: str) -> list[str]:
    """Return the names of the VRFs and VSIs that a PE is to have, in the lab file's order."""
    names = []
    for vpn in made.vpns:
        policies = vpn.policies if isinstance(vpn, L3vpn) else ()
        here = {site.name for site in vpn.sites if site.pe == pe}
        names += [half.name for each in policies if here & {*each.sites} for half in each.halves()]
        hubs = (
            {hub for spoke in vpn.topology.spokes for hub in spoke.hubs}
            if isinstance(vpn, Vpls)
            else ()
        )
        names += [vpn.name] if (here or pe in hubs) and not policies else []
    return names


def own_vrfs() -> Network:
    """Return an L3VPN whose sites have VRFs of their own, several at one PE, and another VPN."""
    macs = MacAddresses()
    return network(
        provider(("x-y",)),
        l3vpn(
            "v",
            {
                "a": ("x", "10.1.0.0/29"),
                "b": ("y", "10.1.1.0/29"),
                "guest": ("x", "10.1.2.0/29", "ce"),
                "camera": ("x", "10.1.3.0/29"),
                "door": ("y", "10.1.4.0/29", "strict"),
            },
            own={"guest": ([2], [3]), "camera": ([1], [1, 4]), "door": ([4], [])},
            macs=macs,
        ),
        l3vpn("web", {"u": ("x", "10.2.0.0/29")}, number=2, imports=(2, 3), macs=macs),
    )


def hub_and_spokes() -> Network:
    """Return an L3VPN with two hubs and spokes, two at one PE and one beside a hub; and another."""
    macs = MacAddresses()
    return network(
        provider(("x-y",)),
        l3vpn(
            "v",
            {
                "hq": ("x", "10.1.0.0/29 2001:db8:1::/125", "ce"),
                "spare": ("y", "10.1.1.0/29"),
                "a": ("y", "10.1.2.0/29 2001:db8:2::/125"),
                "b": ("y", "10.1.3.0/29", "strict"),
                "c": ("x", "10.1.4.0/29", "ce"),
            },
            hubs=("hq", "spare"),
            macs=macs,
        ),
        l3vpn("w", {"a": ("x", "10.1.0.0/29")}, number=2, macs=macs),
    )


def hub_transit(hubs: Sequence[str] = ("hq", "spare"), **settings: object) -> Network:
    """Return an L3VPN whose spokes reach each other through the CE routers of two hubs."""
    macs = MacAddresses()
    return network(
        provider(("x-p", "p-y", "y-x"), pes=("x", "y"), **settings),  # type: ignore[arg-type]
        l3vpn(
            "v",
            {
                "hq": ("x", "10.1.0.0/29 2001:db8:1::/125", "ce"),
                "spare": ("y", "10.1.1.0/29 2001:db8:5::/125", "ce"),
                "a": ("y", "10.1.2.0/29 2001:db8:2::/125"),
                "b": ("y", "10.1.3.0/29 2001:db8:3::/125", "strict"),
                "c": ("x", "10.1.4.0/29 2001:db8:4::/125", "ce"),
            },
            hubs=hubs,
            via_ce=True,
            macs=macs,
        ),
        l3vpn("w", {"a": ("x", "10.1.0.0/29")}, number=2, macs=macs),
    )


def without_sites(whole: Network, circuits: Collection[str]) -> Network:
    """Return a network without some sites, and without VPNs that then have none or too few."""
    vpns: list[Vpn] = []
    for vpn in whole.vpns:
        sites = tuple(site for site in vpn.sites if site.circuit not in circuits)
        if isinstance(vpn, Vpws):
            vpns += [vpn] if len(sites) == len(vpn.sites) else []
        elif sites:
            left = with_sites(vpn, sites)
            roots = left.topology.roots if isinstance(left, Vpls) else None
            if roots is None or roots & {site.name for site in sites}:
                vpns.append(left)
    return replace(whole, vpns=tuple(vpns))


def with_site_mtus(whole: Network, mtus: Mapping[str, int]) -> Network:
    """Return a network in which some sites, by their circuits, have MTUs of their own."""
    vpns = (
        replace(
            vpn,
            sites=tuple(replace(site, mtu=mtus.get(site.circuit, site.mtu)) for site in vpn.sites),  # type: ignore[arg-type]
        )
        for vpn in whole.vpns
    )
    return replace(whole, vpns=tuple(vpns))


def homed(
    whole: Network, homes: Mapping[str, tuple[str, ...]], sharing: Collection[str] = ()
) -> Network:
    """Return a network in which sites, by ``VPN/SITE``, have lines to these PEs.

    Those of some sites share the load.
    """
    modes = dict.fromkeys(sharing, Homing.LOAD_SHARING)
    vpns: list[Vpn] = []
    for vpn in whole.vpns:
        sites = tuple(
            replace(
                site,
                pe=homes[site.full_name][0],
                homes=homes[site.full_name],
                homing=modes.get(site.full_name, Homing.STANDBY),
            )
            if site.full_name in homes
            else site
            for site in vpn.sites
        )
        vpns.append(replace(vpn, sites=sites))  # type: ignore[arg-type]
    return replace(whole, vpns=tuple(vpns))


def dual_homed(**settings: object) -> Network:
    """Return PEs x, y, z on a ring of P routers; site hq of v and of lan has lines to x and y."""
    macs = MacAddresses()
    sites = {"hq": ("x", "10.1.0.0/29 2001:db8:1::/125"), "far": ("z", "10.1.1.0/29")}
    sites["near"] = ("y", "10.1.2.0/29")
    lan = {"hq": "x", "far": "z", "near": "y"}
    made = network(
        provider(("x-p", "y-q", "z-p", "z-q", "p-q"), pes=("x", "y", "z"), **settings),  # type: ignore[arg-type]
        l3vpn("v", sites, hosts=2, macs=macs),
        vpls("lan", lan, subnet="10.0.0.0/28", hosts=2, macs=macs),
    )
    return homed(made, {"v/hq": ("x", "y"), "lan/hq": ("x", "y")})


def redundant_wire(far: tuple[str, ...] = ("z",)) -> Network:
    """Return PEs w, x, y, z around P routers, and a VPWS v: hq at x and y, far at `far`."""
    made = network(
        provider(("x-p", "y-q", "z-p", "w-q", "p-q"), pes=("w", "x", "y", "z")),
        vpws("v", {"hq": "x", "far": far[0]}, macs=MacAddresses()),
    )
    homes = {"v/hq": ("x", "y"), **({"v/far": far} if len(far) > 1 else {})}
    return homed(made, homes)


def load_sharing(how: str = "", **settings: object) -> Network:
    """Return PEs x, y, z on a ring of P routers; the lines of site hq of v to x and y share it.

    z is nearer to y. `how` is that of hq: see `builders.l3vpn`.
    """
    hq = ("x", "10.1.0.0/29 2001:db8:1::/125", *([how] if how else ()))
    sites = {"hq": hq, "far": ("z", "10.1.1.0/29 2001:db8:2::/125"), "near": ("y", "10.1.2.0/29")}
    links = ("x-p", "y-q", "z-p", "z-q", "p-q")
    made = network(
        provider(links, pes=("x", "y", "z"), metrics={"z-p": 30}, **settings),  # type: ignore[arg-type]
        l3vpn("v", sites, hosts=2, macs=MacAddresses()),  # type: ignore[arg-type]
    )
    return homed(made, {"v/hq": ("x", "y")}, {"v/hq"})


TWO_PROVIDERS = """
name: two
providers:
  north:
    asn: 64500
    labels: 100-199
    nodes: {na: {role: pe}, np: , n1: {role: pe}, n2: {role: pe}}
    links: [na-np, np-n1, {ends: [np, n2], metric: 20}]
  south:
    asn: 64501
    nodes: {sa: {role: pe}, sp: , s1: {role: pe}, s2: {role: pe}}
    links: [sa-sp, sp-s1, sp-s2]
borders:
  - {ends: [n1, s1], option: OPTION, vpns: {v: 7, w: 8}}
  - {ends: [s2, n2], option: OPTION, vpns: {v: 7, w: 9}}
vpns:
  v:
    type: l3vpn
    sites:
      a: {pe: na, subnet: [10.1.0.0/29, "2001:db8:1::/125"]}
      b: {pe: sa, subnet: [10.2.0.0/29, "2001:db8:2::/125"], ce: router}
      c: {pe: s2, subnet: 10.3.0.0/29}
  w:
    type: l3vpn
    sites:
      a: {pe: na, subnet: 10.1.0.0/29}
      b: {pe: s1, subnet: 10.2.0.0/29}
"""


def two_providers(option: str = "a", **settings: str) -> Network:
    """Return two providers with two borders, of which n1-s1 is nearer to the north's site.

    With option b the site at s2 is at sa, and that at s1, too. `settings` are those of both.
    """
    text = TWO_PROVIDERS.replace("OPTION", option)
    if option == "b":
        text = re.sub(r"vpns: \{v.*\}\}", "vpns: [v, w]}", text)
        text = text.replace("pe: s2", "pe: sa").replace("pe: s1", "pe: sa")
    said = "".join(f"\n    {key}: {value}" for key, value in settings.items())
    return loads(re.sub(r"(asn: \d+)", rf"\1{said}", text), "two.yaml").network


def with_routers(lan: Vpls, macs: MacAddresses) -> Vpls:
    """Return a VPLS with one host at each site as one whose stations are CE routers."""
    behind: dict[str, tuple[Host, RoutedLan]] = {}
    for number, site in enumerate(lan.sites):
        (station,) = site.hosts
        subnet = ip_network(f"10.251.{number}.0/24")
        gateway, own = (ip_interface(f"{subnet[last]}/24") for last in (1, 2))
        router = replace(station, name="ce", loopbacks=(gateway.ip,))
        host = Host("h1", macs.take(), (own,))
        behind[site.name] = router, RoutedLan((subnet,), (gateway,), macs.take(), (host,))

    def routed(site: Site) -> Site:
        router, own = behind[site.name]
        routes = tuple(
            StaticRoute(subnet, behind[other.name][0].addresses[0].ip)
            for other in lan.sites
            if other.name != site.name and exchange_frames(lan, site, other)
            for subnet in behind[other.name][1].subnets
        )
        return replace(site, hosts=(router,), behind=replace(own, routes=routes))

    return replace(lan, sites=tuple(map(routed, lan.sites)))
