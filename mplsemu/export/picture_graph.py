"""A view as a graph with texts on vertices and edges: for tools that lay it out themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from mplsemu.model.limits import CORE_MTU
from mplsemu.model.topology import Role
from mplsemu.model.vpn import VpnKind
from mplsemu.views.islands import complaints
from mplsemu.views.model import (
    POPPED,
    BridgeView,
    L3vpnView,
    LinkView,
    PathLink,
    ProviderView,
    SecondLine,
    SiteView,
    View,
    VirtualRouter,
)
from mplsemu.views.partners import ONE_WAY, Partner, are_one_way, marked, partners
from mplsemu.views.phrases import (
    count,
    line_words,
    listed,
    metric_of,
    second_line_words,
    words_of_lines,
)
from mplsemu.views.reach_words import all_others
from mplsemu.views.scene.kinds import LineKind, NodeKind
from mplsemu.views.scene.virtual_routers import router_title
from mplsemu.views.units import delay, impairment, part, rate

_MOST_HOSTS = 4


@dataclass(frozen=True, slots=True)
class Vertex:
    """A vertex.

    Attributes:
        key: unique in its graph.
        kind: what it is.
        lines: what is written on it; its name first.
        up: whether it works.
        position: longitude and latitude in degrees, if known.
    """

    key: str
    kind: NodeKind
    lines: tuple[str, ...]
    up: bool = True
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge.

    Attributes:
        ends: keys of the two vertices.
        kind: what it is.
        lines: what is written on it.
        up: whether it carries packets.
        number: of an overlay: index of the path in the view.
        is_both_ways: of an overlay: whether it stands for both directions.
        is_one_way: whether packets go from the first end to the second, and none back.
        is_dashed: whether it waits to be used.
    """

    ends: tuple[str, str]
    kind: LineKind
    lines: tuple[str, ...] = ()
    up: bool = True
    number: int = 0
    is_both_ways: bool = False
    is_one_way: bool = False
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """Vertices that belong together; `title` is None if there is one cluster only."""

    title: str | None
    vertices: tuple[Vertex, ...]


@dataclass(frozen=True, slots=True)
class PictureGraph:
    """The graph of one view."""

    title: str
    clusters: tuple[Cluster, ...]
    edges: tuple[Edge, ...]

    @property
    def vertices(self) -> tuple[Vertex, ...]:
        """All vertices, cluster by cluster."""
        return tuple(vertex for cluster in self.clusters for vertex in cluster.vertices)


def picture_graph(view: View) -> PictureGraph:
    """Return the graph of a view."""
    match view:
        case L3vpnView():
            return _l3vpn(view)
        case BridgeView():
            return _bridge(view)
        case ProviderView():
            return _provider(view)
        case _:
            assert_never(view)


@dataclass(slots=True)
class _Draft:
    """Vertices of one cluster, and edges."""

    vertices: list[Vertex] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def site(self, site: SiteView, joint: str, *said: str, remarks: Sequence[str] = ()) -> None:
        """Add a site, its CE router if it has one, and its line with the texts on it."""
        key = f"site/{site.name}"
        lines = (site.name, *_site_lines(site), *remarks)
        self.vertices.append(Vertex(key, NodeKind.SITE, lines, site.up))
        if site.ce is not None:
            edge = f"ce/{site.name}"
            self.vertices.append(Vertex(edge, NodeKind.CE, ("CE router", str(site.ce))))
            self.edges.append(Edge((key, edge), LineKind.ACCESS))
            key = edge
        lines = said if site.up else (*said, "✗ down")
        self.edges.append(Edge((key, joint), LineKind.ACCESS, lines, site.up))
        if site.second_line is not None:
            told = (second_line_words(site.second_line),)
            is_up = site.second_line is not SecondLine.DOWN
            is_idle = site.second_line is not SecondLine.SHARING
            self.edges.append(Edge((key, joint), LineKind.ACCESS, told, is_up, is_dashed=is_idle))

    def partners(self, key: str, found: Sequence[Partner], network: str) -> None:
        """Add the partners; with an arrow if no answers come back from them."""
        lines, is_one_way = ["partners", *marked(found)], are_one_way(found)
        if is_one_way:
            lines.append(f"→ {ONE_WAY}")
        self.vertices.append(Vertex(key, NodeKind.PARTNER, tuple(lines)))
        ends = (network, key) if is_one_way else (key, network)
        self.edges.append(Edge(ends, LineKind.MEMBER, is_one_way=is_one_way))


def _site_lines(site: SiteView) -> Iterator[str]:
    yield from map(str, site.prefixes)
    if site.role is not None:
        yield site.role.value
    if words := line_words(site.vlan, site.mtu):
        yield words
    shown = site.hosts if len(site.hosts) <= _MOST_HOSTS else site.hosts[: _MOST_HOSTS - 1]
    for host in shown:
        yield " ".join([host.name, *(str(interface.ip) for interface in host.addresses)])
    if len(shown) < len(site.hosts):
        yield f"and {count(len(site.hosts) - len(shown), 'more host')}"
    if site.macs:
        yield f"learned {listed(site.macs, 3)}"
    if not site.up:
        yield "✗ line down"


# --- customers -----------------------------------------------------------------------------------


def _l3vpn(view: L3vpnView) -> PictureGraph:
    clusters, edges = [], []
    for number, (island, lack) in enumerate(zip(view.islands, complaints(view), strict=True), 1):
        draft = _Draft()
        abroad = partners(island)
        network = f"network/{number}" if len(island) > 1 or abroad else None
        if network is not None:
            draft.vertices.append(Vertex(network, NodeKind.NETWORK, ("your network",)))
        for index, router in enumerate(island, 1):
            key = f"router/{number}.{index}"
            lines = (router_title(router), *_router_lines(view, router))
            draft.vertices.append(Vertex(key, NodeKind.VIRTUAL_ROUTER, lines))
            for site in router.sites:
                draft.site(site, key)
            if network is not None:
                draft.edges.append(Edge((key, network), LineKind.MEMBER))
        if network is not None and abroad:
            draft.partners(f"partner/{number}", abroad, network)
        clusters.append(Cluster(lack.short if lack else None, tuple(draft.vertices)))
        edges += draft.edges
    title = f"{view.customer}: VPN {view.vpn}, {view.kind_name}"
    return PictureGraph(title, tuple(clusters), tuple(edges))


def _router_lines(view: L3vpnView, router: VirtualRouter) -> Iterator[str]:
    gateways = [str(gateway.ip) for site in router.sites for gateway in site.gateways]
    if gateways:
        yield listed(list(dict.fromkeys(gateways)))
    known = {*router.lacks, *router.apart, *(site.name for site in router.sites)}
    reached = [site.name for site in view.sites if site.name not in known]
    if reached:
        everyone = not router.lacks and len(reached) > 3
        words = all_others(view, router, len(reached)) if everyone else listed(reached)
        yield f"→ {words}"
    if router.lacks:
        yield f"✗ cannot reach {listed(router.lacks)}"


def _bridge(view: BridgeView) -> PictureGraph:
    title = f"{view.customer}: VPN {view.vpn}, {view.kind.value.upper()}"
    if view.kind is VpnKind.VPWS and len(view.sites) == 2:
        return PictureGraph(title, *_wire(view))
    ports = {site.name: port for port, site in enumerate(view.sites, 1)}
    clusters, edges = [], []
    for number, (island, lack) in enumerate(zip(view.islands, complaints(view), strict=True), 1):
        draft = _Draft()
        key = f"switch/{number}"
        draft.vertices.append(Vertex(key, NodeKind.VIRTUAL_SWITCH, ("virtual switch",)))
        for site in island:
            said = f"port {ports[site.name]}"
            draft.site(site, key, said, remarks=_remarks(view, site))
        clusters.append(Cluster(lack.short if lack else None, tuple(draft.vertices)))
        edges += draft.edges
    return PictureGraph(title, tuple(clusters), tuple(edges))


def _remarks(view: BridgeView, site: SiteView) -> tuple[str, ...]:
    deaf = [other for pair in view.severed if site.name in pair for other in {*pair} - {site.name}]
    return (f"✗ does not hear {listed(deaf)}",) if deaf else ()


def _wire(view: BridgeView) -> tuple[tuple[Cluster, ...], tuple[Edge, ...]]:
    first, second = (
        Vertex(f"site/{s.name}", NodeKind.SITE, (s.name, *_site_lines(s), *_second(s)), s.up)
        for s in view.sites
    )
    whole = len(view.islands) == 1 and not view.severed
    said = ("virtual wire",) if whole else ("✗ wire cut",)
    up = whole and first.up and second.up
    kind = LineKind.ACCESS if whole else LineKind.SEVERED
    edge = Edge((first.key, second.key), kind, said if up or not whole else ("✗ line down",), up)
    return (Cluster(None, (first, second)),), (edge,)


def _second(site: SiteView) -> tuple[str, ...]:
    """Return what is said of the other line of a site, where no line of its own shows it."""
    return () if site.second_line is None else (second_line_words(site.second_line),)


# --- the provider --------------------------------------------------------------------------------


def _provider(view: ProviderView) -> PictureGraph:
    vertices = [
        Vertex(
            router.name,
            NodeKind.PE if router.role is Role.PE else NodeKind.P,
            (router.name,),
            position=router.position,
        )
        for router in view.routers
    ]
    edges = [Edge(link.ends, LineKind.LINK, _link_lines(link), link.up) for link in view.links]
    for vpn in view.vpns:
        if vpn.name == view.shown_vpn:
            words = words_of_lines(vpn)
            for site, pe in vpn.sites:
                key = f"site {vpn.name}/{site}"
                lines = tuple(filter(None, (site, words.get(site))))
                vertices.append(Vertex(key, NodeKind.SITE, lines))
                told = ("standby",) if site in vpn.standbys else ()
                edges.append(Edge((key, pe), LineKind.ACCESS, told, is_dashed=bool(told)))
    edges += _ways(view)
    return PictureGraph(view.title, (Cluster(None, tuple(vertices)),), tuple(edges))


def _link_lines(link: LinkView) -> tuple[str, ...]:
    facts = [rate(link.bandwidth_bps)]
    if link.delay_ms:
        facts.append(delay(link.delay_ms))
    facts += filter(None, [impairment(link.loss_percent, link.jitter_ms)])
    lines = [", ".join(facts), metric_of(link)]
    if link.mtu != CORE_MTU:
        lines.append(f"MTU {link.mtu}")
    if link.load_bps is not None:
        lines.append(f"load {rate(max(link.load_bps))}")
    return tuple(lines) if link.up else (*lines, "✗ down")


def _ways(view: ProviderView) -> Iterator[Edge]:
    for number, way in enumerate(view.ways):
        for index, link in enumerate(way.links):
            name = f"{number + 1}" if index else f"{number + 1}: {way.title}"
            yield Edge(
                (link.sender, link.receiver),
                LineKind.WAY,
                (name, *_on_link(link)),
                number=number,
                is_both_ways=link.back is not None,
            )


def _on_link(link: PathLink) -> Iterator[str]:
    there = _stack(link.there.stack)
    if link.back is not None:
        yield from (f"→ {there}", f"← {_stack(link.back.stack)}")
        return
    yield there
    if link.there.share < 1:
        yield f"{part(link.there.share)} of the flows"


def _stack(labels: Sequence[int]) -> str:
    return " ".join(map(str, labels)) or POPPED
