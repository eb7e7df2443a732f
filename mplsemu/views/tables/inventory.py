"""A lab's hosts, links and VPNs as flat rows, for tables and CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.names import ce_name
from mplsemu.model.network import Network, Vpn
from mplsemu.model.topology import Link
from mplsemu.model.vpn import Site
from mplsemu.program.program import Program
from mplsemu.views.model import ONLY_IF_SET


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host or CE router.

    Attributes:
        host: its full name.
        short: its name in shells.
        pe: the LSR that its site attaches to.
        addresses: with prefix lengths.
        gateways: its default gateways.
        mac: of its interface; of a CE router, of the one towards the PE.
        vlan: of the tag on its site's line: 100, of two tags 200.100; None: untagged.
        port: the PE's port that its site shares with others, by name.
    """

    host: str
    short: str
    pe: str
    addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    mac: str
    vlan: str | None = field(default=None, metadata=ONLY_IF_SET)
    port: str | None = field(default=None, metadata=ONLY_IF_SET)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A core link, or a site's line.

    Attributes:
        link: its name.
        kind: ``core``, ``border`` (between two providers) or ``site``.
        ends: two LSRs; of a line the PE and the site.
        interfaces: at its LSRs.
        bandwidth_bps: in each direction, None if it is not shaped.
        delay_ms: one way; None for a site's line, as `metric`.
        metric: of the IGP; where they differ, from the first end to the second and back.
        up: whether it carries packets.
        mtu: octets of its largest packet: of a link with labels, of a line the site's.
        standby: whether it is a line that stands by while another carries its site's traffic.
        vlan: of a line's tag: 100, of two tags 200.100; None: untagged.
        port: the PE's port that a site shares with others, by name.
        loss_percent: part of the packets that a core link loses, each way.
        jitter_ms: how much longer than `delay_ms` a packet may take on it, each way.
    """

    link: str
    kind: str
    ends: tuple[str, str]
    interfaces: tuple[str, ...]
    bandwidth_bps: int | None
    delay_ms: float | None
    metric: int | tuple[int, int] | None
    up: bool
    mtu: int
    standby: bool = False
    vlan: str | None = field(default=None, metadata=ONLY_IF_SET)
    port: str | None = field(default=None, metadata=ONLY_IF_SET)
    loss_percent: float = field(default=0.0, metadata=ONLY_IF_SET)
    jitter_ms: float = field(default=0.0, metadata=ONLY_IF_SET)


@dataclass(frozen=True, slots=True)
class VpnRow:
    """A VPN.

    Attributes:
        vpn: its name.
        type: ``l3vpn``, ``vpls``, ``vpws`` or ``6pe``.
        customer: whose it is.
        rd: route distinguisher, of a VPN that spans providers each one's; only for L3VPNs, as
            `import_` and `export`.
        import_: route targets, of any of its VRFs.
        export: route targets likewise.
        subnets: of its sites; of a VPLS or VPWS, of its LAN.
        sites: names.
        pes: LSRs with a site of it.
        hosts: how many.
    """

    vpn: str
    type: str
    customer: str
    rd: str | tuple[str, ...] | None
    import_: tuple[str, ...]
    export: tuple[str, ...]
    subnets: tuple[str, ...]
    sites: tuple[str, ...]
    pes: tuple[str, ...]
    hosts: int


def host_rows(
    network: Network, shorts: Mapping[str, str], node: str | None = None
) -> Iterator[HostRow]:
    """Yield hosts and CE routers in the lab file's order.

    Args:
        network: the lab.
        shorts: names in shells by full names.
        node: only those at this LSR's sites; None for all.
    """
    for _, site in network.sites():
        if node not in {None, *(line.pe for line in site.lines)}:
            continue
        lan = site.gateways if site.behind is None else site.behind.gateways
        gateways = tuple(str(gateway.ip) for gateway in lan)
        for host in site.end_hosts:
            name = f"{site.circuit}/{host.name}"
            addresses = tuple(map(str, (*host.addresses, *host.loopbacks)))
            names = name, shorts[name], site.pe
            yield HostRow(*names, addresses, gateways, host.mac, _vlan(site), site.port)
        if site.ce is not None:
            name = ce_name(site.circuit)
            addresses = tuple(map(str, (*site.ce.wan, *site.gateways)))
            wan = tuple(str(interface.ip) for interface in site.ce.pe_wan)
            names = name, shorts[name], site.pe
            yield HostRow(*names, addresses, wan, site.ce.mac, _vlan(site), site.port)
        if site.behind is not None:
            (router,) = site.hosts
            name = ce_name(site.circuit)
            addresses = tuple(map(str, (*router.addresses, *site.behind.gateways)))
            names = name, shorts[name], site.pe
            yield HostRow(*names, addresses, (), router.mac, _vlan(site), site.port)


def link_rows(
    network: Network,
    interfaces: Mapping[str, tuple[str, ...]],
    program: Program,
    node: str | None = None,
) -> Iterator[LinkRow]:
    """Yield core links, then sites' lines, in the lab file's order.

    Args:
        network: the lab.
        interfaces: at LSRs, by link and line.
        program: says which of them carry packets.
        node: only those at this LSR; None for all.
    """
    for link in network.provider.links:
        if node is None or node in link.ends:
            yield LinkRow(
                link=link.name,
                kind="core" if link.border is None else "border",
                ends=link.ends,
                interfaces=interfaces[link.name],
                bandwidth_bps=link.bandwidth_bps,
                delay_ms=link.delay_ms,
                metric=_metric(link),
                up=program.link_by_name[link.name].up,
                mtu=link.mtu,
                loss_percent=link.loss_percent,
                jitter_ms=link.jitter_ms,
            )
    for _, site in network.lines():
        if node in {None, site.pe}:
            circuit = program.node(site.pe).circuit_by_name[site.circuit]
            yield LinkRow(
                link=site.circuit,
                kind="site",
                ends=(site.pe, site.circuit),
                interfaces=interfaces[site.circuit],
                bandwidth_bps=site.rate_bps,
                delay_ms=None,
                metric=None,
                up=circuit.up,
                standby=circuit.standby,
                mtu=site.mtu,
                vlan=_vlan(site),
                port=site.port,
            )


def _vlan(site: Site) -> str | None:
    return None if site.vlan is None else str(site.vlan)


def _metric(link: Link) -> int | tuple[int, int] | None:
    if link.border is not None:  # no LSP takes it
        return None
    return link.metric if link.metric_back is None else (link.metric, link.metric_back)


def vpn_rows(network: Network, node: str | None = None) -> Iterator[VpnRow]:
    """Yield VPNs in the lab file's order: all, or those with a site at an LSR."""
    for vpn in network.vpns:
        pes = tuple(dict.fromkeys(line.pe for site in vpn.sites for line in site.lines))
        if node is not None and node not in pes:
            continue
        policies = vpn.policies if isinstance(vpn, L3vpn) else ()
        imported = {target for policy in policies for target in policy.import_targets}
        exported = {target for policy in policies for target in policy.export_targets}
        yield VpnRow(
            vpn=vpn.name,
            type=vpn.kind.value,
            customer=vpn.customer,
            rd=_rd(vpn),
            import_=tuple(map(str, sorted(imported))),
            export=tuple(map(str, sorted(exported))),
            subnets=_subnets(vpn),
            sites=tuple(site.name for site in vpn.sites),
            pes=pes,
            hosts=sum(len(site.end_hosts) for site in vpn.sites),
        )


def _rd(vpn: Vpn) -> str | tuple[str, ...] | None:
    """Return a VPN's route distinguisher; those of all providers that it spans."""
    if not isinstance(vpn, L3vpn) or vpn.rd is None:
        return None
    if vpn.borders:
        return tuple(dict.fromkeys(str(policy.rd) for policy in vpn.policies))
    return str(vpn.rd)


def _subnets(vpn: Vpn) -> tuple[str, ...]:
    if isinstance(vpn, L3vpn):
        return tuple(str(subnet) for site in vpn.sites for subnet in site.subnets)
    return tuple(map(str, vpn.subnets))
