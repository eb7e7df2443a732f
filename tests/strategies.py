"""Random networks: connected graphs, parallel links, every kind of VPN, shared prefixes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.learned import LearnedGroup
from mplsemu.control.numbering import number_network
from mplsemu.lab.extranets import with_exits_apart
from mplsemu.model.l2cp import L2cp
from mplsemu.model.l3vpn import L3vpn, RouteDistinguisher
from mplsemu.model.labels import Label, LabelRange
from mplsemu.model.mac_move import MacMove
from mplsemu.model.network import Network, Vpn
from mplsemu.model.pw_type import PwType
from mplsemu.model.tags import VlanTags
from mplsemu.model.topology import NullLabel, Provider, TtlMode
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpls_topology import SpokePe, VplsTopology
from mplsemu.model.vpn import Host, IPInterface, IPNetwork, Site, StaticRoute
from mplsemu.program.program import Program
from tests.builders import MacAddresses, l3vpn, network, provider, six_pe, vpls, vpws
from tests.networks import homed, with_routers, with_site_mtus, without_sites

GROUPS = tuple(ip_address(text) for text in ("239.1.1.1", "239.1.1.2", "ff15::1", "ff15::2"))


@st.composite
def providers(draw: st.DrawFn, max_nodes: int = 6) -> Provider:
    count = draw(st.integers(2, max_nodes))
    ends = [(draw(st.integers(0, node - 1)), node) for node in range(1, count)]
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    ends += [pair for pair in draw(st.lists(pairs, max_size=6)) if pair[0] != pair[1]]
    texts: list[str] = []
    for first, second in ends:
        name = f"n{first}-n{second}"
        copies = sum(text.split("#")[0] == name for text in texts)
        texts.append(name if not copies else f"{name}#{copies + 1}")
    metrics = {text: draw(st.integers(1, 3)) for text in texts}
    made = provider(
        texts,
        metrics=metrics,
        metrics_back=draw(_metrics_back(metrics)),
        ttl_mode=draw(st.sampled_from(TtlMode)),
        null_label=draw(st.sampled_from(NullLabel)),
        ecmp=draw(st.sampled_from((1, 2, 3))),
    )
    own = draw(st.sets(st.integers(0, count - 1)))
    ranges = [LabelRange(Label(1000 * each), Label(1000 * each + 999)) for each in range(1, 10)]
    nodes = (
        replace(node, labels=ranges[number]) if number in own else node
        for number, node in enumerate(made.nodes)
    )
    return replace(made, nodes=tuple(nodes))


def _metrics_back(metrics: dict[str, int]) -> st.SearchStrategy[dict[str, int]]:
    """Draw metrics of the opposite direction for some links."""
    texts = sorted(metrics)
    if not texts:
        return st.just({})
    drawn = st.dictionaries(st.sampled_from(texts), st.integers(1, 3), max_size=3)
    return drawn.map(lambda back: {name: m for name, m in back.items() if m != metrics[name]})


_KINDS_OF_SITE = st.sampled_from(("", "ce", "strict", "ce strict"))


@st.composite
def networks(draw: st.DrawFn, max_nodes: int = 6, *, contested: bool = False) -> Network:
    """Networks with VPNs of every kind.

    Args:
        max_nodes: of the provider.
        contested: whether sites may have prefixes within others', and equal ones.
    """
    made = draw(providers(max_nodes))
    macs = MacAddresses()
    pe = st.sampled_from([node.name for node in made.nodes])
    numbers = range(1, 1 + draw(st.integers(0, 3)))
    imports = {
        number: {number, *draw(st.sets(st.sampled_from(numbers), max_size=2))} for number in numbers
    }
    has_extranet = any(imports[number] != {number} for number in numbers)
    vpns = _six_pe(draw, pe, macs)
    for number in numbers:
        # where nothing is imported, all VPNs have the same addresses
        net = number if has_extranet else 0
        sites = {
            f"s{site}": _l3_site(
                draw, draw(pe), f"10.{net}.{site}.0/24", f"2001:db8:{net}{site}::/64"
            )
            for site in range(draw(st.integers(1, 4)))
        }
        own: dict[str, tuple[set[int], set[int]]] = {}
        hubs: list[str] = []
        kind = draw(st.sampled_from(("usual", "own VRFs", "hubs")))
        if contested:
            kind = "usual"
            sites |= _contested_sites(draw, pe, net)
        if kind == "hubs":
            hubs = draw(st.lists(st.sampled_from(list(sites)), min_size=1, max_size=2, unique=True))
        if kind == "own VRFs":
            # of one VPN alone where addresses are the same in all
            targets = st.sets(st.sampled_from([*numbers] if has_extranet else [number]))
            own = {site: (draw(targets), draw(targets)) for site in sites if draw(st.booleans())}
        made_of = {"number": number, "imports": imports[number], "own": own, "hubs": hubs}
        made_of["via_ce"] = bool(hubs) and all(_may_pass_on(sites[hub], sites) for hub in hubs)
        vpn = l3vpn(f"v{number}", sites, **made_of, macs=macs)
        with_addresses = tuple(_with_own_addresses(draw, site, contested) for site in vpn.sites)
        vpns.append(replace(vpn, sites=with_addresses))
    if draw(st.booleans()):
        vpns.append(_lan(draw, pe, [node.name for node in made.nodes], macs))
    if draw(st.booleans()):
        wire = vpws("wire", {"s0": draw(pe), "s1": draw(pe)}, subnet="10.0.1.0/24", macs=macs)
        vpns.append(replace(wire, **_wire_settings(draw)))
    if draw(st.booleans()):
        vpns = [_tagged(draw, vpn, number) for number, vpn in enumerate(vpns)]
    if contested:
        apart = {vpn.name: vpn for vpn in with_exits_apart(_routed(vpns), _distinguishers)}
        vpns = [apart.get(vpn.name, vpn) for vpn in vpns]
    return _sized(draw, network(made, *vpns))


def _lan(draw: st.DrawFn, pe: st.SearchStrategy[str], nodes: list[str], macs: MacAddresses) -> Vpls:
    """Draw a VPLS of hosts, or of CE routers."""
    sites = {f"s{site}": draw(pe) for site in range(draw(st.integers(1, 4)))}
    lan = vpls("lan", sites, macs=macs, topology=draw(topologies(sites, nodes)))
    lan = with_routers(lan, macs) if draw(st.booleans()) else lan
    return replace(lan, **_lan_settings(draw))


def _routed(vpns: Sequence[Vpn]) -> list[L3vpn]:
    return [vpn for vpn in vpns if isinstance(vpn, L3vpn)]


def _distinguishers(names: Sequence[str]) -> dict[str, RouteDistinguisher]:
    return {name: RouteDistinguisher(64512, 9000 + number) for number, name in enumerate(names)}


def _six_pe(draw: st.DrawFn, pe: st.SearchStrategy[str], macs: MacAddresses) -> list[Vpn]:
    """Draw a global IPv6 table, or none; its addresses are those of VPNs, too."""
    sites = {
        f"s{site}": (draw(pe), f"2001:db8:{site}::/64", draw(_KINDS_OF_SITE))
        for site in range(draw(st.integers(0, 3)))
    }
    return [six_pe("six", sites, macs=macs)] if sites else []


LINK_MTUS = (1314, 1500, 1526, 9216)
"""The smallest takes IPv6 over a pseudowire, the third a full frame and its labels."""
SITE_MTUS = (1280, 1400, 1504, 9000)


def _sized(draw: st.DrawFn, made: Network) -> Network:
    """Give some links and sites MTUs of their own."""
    names = st.sampled_from([link.name for link in made.provider.links])
    mtu = draw(st.dictionaries(names, st.sampled_from(LINK_MTUS), max_size=3))
    links = tuple(replace(link, mtu=mtu.get(link.name, link.mtu)) for link in made.provider.links)
    made = replace(made, provider=replace(made.provider, links=links))
    circuits = [site.circuit for _, site in made.sites()]
    if not circuits:
        return made
    of_site = st.dictionaries(st.sampled_from(circuits), st.sampled_from(SITE_MTUS), max_size=2)
    return with_site_mtus(made, draw(of_site))


@st.composite
def homed_networks(draw: st.DrawFn, max_nodes: int = 6) -> Network:
    """Networks of which some sites have lines to two PEs."""
    made = draw(networks(max_nodes))
    pes = [node.name for node in made.provider.nodes]
    homes = {
        site.full_name: (site.pe, draw(st.sampled_from([pe for pe in pes if pe != site.pe])))
        for _, site in made.sites()
        if draw(st.booleans())
    }
    sharing = draw(st.sets(st.sampled_from(sorted(homes)))) if homes else ()
    return homed(made, homes, {name for name in sharing if _may_share(made, name)})


def _may_share(network: Network, name: str) -> bool:
    """Whether lines of a site, ``VPN/SITE``, can share its load: in an L3VPN."""
    kinds = {vpn.name: vpn.kind for vpn in network.vpns}
    return not kinds[name.partition("/")[0]].is_layer2


def _wire_settings(draw: st.DrawFn) -> dict[str, Any]:
    """Return what is special about a VPN that bridges."""
    return {"l2cp": draw(st.sampled_from(L2cp)), "pw_type": draw(st.sampled_from(PwType))}


def _lan_settings(draw: st.DrawFn) -> dict[str, Any]:
    """Return what is special about a VPLS."""
    return {
        **_wire_settings(draw),
        "floods_unknown": draw(st.booleans()),
        "mac_move": draw(st.sampled_from(MacMove)),
        "igmp_snooping": draw(st.booleans()),
        "storm_control_bps": draw(st.sampled_from((None, 64_000, 10**9))),
    }


@st.composite
def topologies(draw: st.DrawFn, sites: Mapping[str, str], pes: Sequence[str]) -> VplsTopology:
    """Topologies of a VPLS with these sites in a network with these PEs."""
    roots = draw(st.none() | st.frozensets(st.sampled_from(sorted(sites)), min_size=1))
    used = sorted(set(sites.values()))
    spokes = draw(st.frozensets(st.sampled_from(used), max_size=len(pes) - 1))
    mesh = sorted(set(pes) - spokes)
    hubs = st.lists(st.sampled_from(mesh), min_size=1, max_size=2, unique=True)
    chosen = (SpokePe(pe, tuple(draw(hubs))) for pe in sorted(spokes))
    found = tuple(chosen) if draw(st.booleans()) else ()
    if not all(len(spoke.hubs) == 1 for spoke in found) or draw(st.booleans()):
        return VplsTopology(roots, found)
    pairs = [(pe, peer) for pe, peer in itertools.combinations(mesh, 2)]
    return VplsTopology(
        roots, found, draw(st.frozensets(st.sampled_from(pairs))) if pairs else None
    )


def _tagged(draw: st.DrawFn, vpn: Vpn, number: int) -> Vpn:
    """Put some sites on a port that they share with those of other VPNs at their PE."""
    sites = []
    for place, site in enumerate(vpn.sites):
        where = draw(st.sampled_from(("own", "own tagged", "shared", "untagged")))
        vlan = VlanTags(1 + 100 * number + place)
        port = "trunk" if where == "shared" else None
        if where == "untagged" and number == place == 0:  # one at most at each PE
            port = "trunk"
        is_tagged = where in {"own tagged", "shared"}
        sites.append(replace(site, vlan=vlan if is_tagged else None, port=port))
    return replace(vpn, sites=tuple(sites))


def _may_pass_on(hub: tuple[str, str, str], sites: dict[str, tuple[str, str, str]]) -> bool:
    """Whether a hub's CE router can pass on all that spokes send to each other."""
    _, prefixes, kind = hub
    needs_ipv6 = any(":" in subnets for _, subnets, _ in sites.values())
    return kind == "ce" and (":" in prefixes or not needs_ipv6)


def _l3_site(draw: st.DrawFn, pe: str, subnet: str, subnet6: str) -> tuple[str, str, str]:
    subnets = f"{subnet} {subnet6}" if draw(st.booleans()) else subnet
    return pe, subnets, draw(_KINDS_OF_SITE)


def _contested_sites(
    draw: st.DrawFn, pe: st.SearchStrategy[str], net: int
) -> dict[str, tuple[str, str, str]]:
    return {
        f"t{site}": _contested_site(draw, draw(pe), net) for site in range(draw(st.integers(0, 3)))
    }


def _contested_site(draw: st.DrawFn, pe: str, net: int) -> tuple[str, str, str]:
    """Return a site whose prefixes other sites have too, or hold others', or are within others'."""
    subnet = draw(st.sampled_from((f"10.{net}.0.0/16", f"10.{net}.99.0/24", f"10.{net}.0.128/25")))
    _, subnets, kind = _l3_site(draw, pe, subnet, f"2001:db8:{net}99::/64")
    return pe, subnets, f"{kind} pref:{draw(st.sampled_from((10, 20)))}"


BEHIND = ("172.16.0.0/16", "172.16.9.0/24", "10.0.0.0/8", "0.0.0.0/0", "2001:db8:b::/48", "::/0")
"""Networks behind sites; some of several, some hold the sites' own."""


def _with_routes(draw: st.DrawFn, site: Site) -> Site:
    """Return a site that may have routes to networks behind a host, or behind nobody known."""
    if site.ce is not None:
        site = replace(site, redistributes=draw(st.booleans()))
    if site.preference is not None:
        return site
    routes = []
    for text in draw(st.sets(st.sampled_from(BEHIND), max_size=2)):
        prefix = ip_network(text)
        vias = [each.ip for host in site.hosts for each in host.addresses]
        vias += [each.network.network_address + 99 for each in site.gateways]
        able = [via for via in vias if via.version == prefix.version]
        if able:
            routes.append(StaticRoute(prefix, draw(st.sampled_from(able))))
    return replace(site, routes=tuple(routes))


def _with_own_addresses(draw: st.DrawFn, site: Site, contested: bool) -> Site:
    """Return a site that may have another gateway, and a host with a name and several addresses."""
    found = _with_addresses(draw, site)
    return _with_routes(draw, found) if contested else found


def _with_addresses(draw: st.DrawFn, site: Site) -> Site:
    if site.preference is not None or draw(st.booleans()):
        return site
    if site.ce is not None:
        of4, of6 = f"15.1.{site.name[1:]}.0/24", f"2001:db8:ff:{site.name[1:]}::/64"
        links = draw(st.sampled_from(([], [of4], [of6], [of4, of6])))
        networks = [ip_network(link) for link in links]
        wan = tuple(_address(network, 2) for network in networks)
        pe_wan = tuple(_address(network, 1) for network in networks)
        site = replace(site, ce=replace(site.ce, wan=wan, pe_wan=pe_wan))
    first, *others = site.hosts
    used = site.subnets if draw(st.booleans()) else site.subnets[:1]
    addresses = tuple(_address(subnet, number) for subnet in used for number in (77, 1))
    loopbacks = (ip_address(f"10.200.0.{len(site.name)}"),) if draw(st.booleans()) else ()
    return replace(
        site,
        gateways=tuple(_address(subnet, 254) for subnet in site.subnets),
        hosts=(Host("pbx", first.mac, addresses, loopbacks), *others),
    )


def _address(subnet: IPNetwork, number: int) -> IPInterface:
    return ip_interface(f"{subnet.network_address + number}/{subnet.prefixlen}")


@st.composite
def failures(draw: st.DrawFn, made: Network, *, circuits: bool = False) -> frozenset[str]:
    names = [link.name for link in made.provider.links]
    if circuits:
        names += [line.circuit for _, line in made.lines()]
    return frozenset(draw(st.sets(st.sampled_from(names), max_size=3)))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Programs of random labs, with what fails in them, and some pseudowires' control words."""
    made = draw(networks(contested=True))
    vpns = tuple(
        replace(vpn, control_word=draw(st.booleans())) if isinstance(vpn, Vpls | Vpws) else vpn
        for vpn in made.vpns
    )
    made = replace(made, vpns=vpns)
    before = compile_program(made)
    return compile_program(made, draw(failures(made, circuits=True)), previous=before)


@st.composite
def sites_that_come_and_go(draw: st.DrawFn, max_nodes: int) -> tuple[Program, Program, Program]:
    """The programs of a network, of the same without some sites, and of the whole again."""
    made = draw(networks(max_nodes))
    circuits = [site.circuit for _, site in made.sites()]
    assume(circuits)
    less = without_sites(made, draw(st.sets(st.sampled_from(circuits), min_size=1)))
    numbers = number_network(made)
    whole = compile_program(made, numbers=numbers)
    few = compile_program(less, previous=whole, numbers=number_network(less, numbers))
    again = compile_program(made, previous=few, numbers=numbers)
    return whole, few, again


@st.composite
def multicast_groups(draw: st.DrawFn, made: Network) -> tuple[LearnedGroup, ...]:
    """Groups of the VPLSs of a network, with any of their circuits."""
    found = []
    for vpn in made.vpns:
        circuits = [site.circuit for site in vpn.sites]
        if isinstance(vpn, Vpls):
            for address in draw(st.sets(st.sampled_from(GROUPS))):
                members = draw(st.frozensets(st.sampled_from(circuits), min_size=1))
                found.append(LearnedGroup(vpn.name, address, members))
    return tuple(sorted(found, key=lambda each: (each.vpn, each.address.version, each.address)))
