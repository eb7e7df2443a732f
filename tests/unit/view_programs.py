"""Small forwarding programs built by hand, for tests of what is read from a program."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_interface, ip_network

from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget
from mplsemu.model.labels import Label
from mplsemu.model.topology import NullLabel, Role, TtlMode
from mplsemu.model.vpn import Host
from mplsemu.program.entries import (
    FtnEntry,
    IlmEntry,
    Nhlfe,
    Pop,
    PopToPseudowire,
    PopToVrf,
    Push,
    Swap,
)
from mplsemu.program.program import Adjacency, CoreLink, NodeProgram, Program, VpnInfo
from mplsemu.program.services import (
    AttachmentCircuit,
    Ce,
    Connected,
    Neighbour,
    Pseudowire,
    Route,
    ViaCe,
    ViaPe,
    ViaVrf,
    Vrf,
    Vsi,
    VsiKind,
)

CE_ADDRESS = IPv4Address("100.64.0.2")


@dataclass
class Lab:
    """What a test says of a lab; `program` works the rest out."""

    name: str
    pes: tuple[str, ...]
    ps: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    #: vpn -> (kind, customer, {site: (pe, subnet, hosts, has a CE)})
    vpns: Mapping[str, tuple[str, str, Mapping[str, tuple[str, str, int, bool]]]]
    #: vpn -> the vpns whose routes it imports, beside its own
    imports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    down: frozenset[str] = frozenset()

    def program(self) -> Program:
        return _Builder(self).build()


class _Builder:
    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.names = (*lab.pes, *lab.ps)
        self.free = dict.fromkeys(self.names, 16)
        self.ilm: dict[str, list[IlmEntry]] = {n: [] for n in self.names}
        self.ftn: dict[str, list[FtnEntry]] = {n: [] for n in self.names}

    def take(self, node: str) -> Label:
        self.free[node] += 1
        return Label(self.free[node] - 1)

    def neighbours(self, node: str) -> Iterable[tuple[str, str]]:
        for a, b in self.lab.links:
            if f"{a}-{b}" not in self.lab.down and node in (a, b):
                yield f"{a}-{b}", (b if a == node else a)

    def tunnels(self, egress: str) -> None:
        """Shortest paths to one PE by hops, popping at the last hop but one."""
        towards: dict[str, tuple[str, str]] = {}
        order, queue = [egress], deque([egress])
        while queue:
            here = queue.popleft()
            for link, there in self.neighbours(here):
                if there not in towards and there != egress:
                    towards[there] = (link, here)
                    order.append(there)
                    queue.append(there)
        bound: dict[str, Label] = {}
        for node in order[1:]:
            link, downstream = towards[node]
            bound[node] = self.take(node)
            out = bound.get(downstream)
            action = Nhlfe(link, Swap(out) if out is not None else Pop())
            self.ilm[node].append(IlmEntry(bound[node], action, egress))
            if node in self.lab.pes:
                push = Push((out,) if out is not None else ())
                self.ftn[node].append(FtnEntry(egress, Nhlfe(link, push)))

    def build(self) -> Program:
        for egress in self.lab.pes:
            self.tunnels(egress)
        circuits = self.circuits()
        vrfs = self.vrfs(circuits)
        vsis = self.vsis(circuits)
        nodes = []
        for index, name in enumerate(self.names, 1):
            links = [(a, b) for a, b in self.lab.links if name in (a, b)]
            nodes.append(
                NodeProgram(
                    name=name,
                    index=index,
                    role=Role.PE if name in self.lab.pes else Role.P,
                    router_id=IPv4Address(f"10.255.0.{index}"),
                    adjacencies=tuple(
                        Adjacency(
                            f"{a}-{b}",
                            port,
                            f"02:4c:00:00:{index:02x}:{port:02x}",
                            b if a == name else a,
                            "02:4c:00:00:ff:01",
                        )
                        for port, (a, b) in enumerate(links, 1)
                    ),
                    circuits=tuple(circuits[name]),
                    ilm=tuple(sorted(self.ilm[name], key=lambda e: e.label)),
                    ftn=tuple(sorted(self.ftn[name], key=lambda e: e.egress)),
                    vrfs=tuple(vrfs[name]),
                    vsis=tuple(vsis[name]),
                )
            )
        return Program(
            lab=self.lab.name,
            ttl_mode=TtlMode.PIPE,
            null_label=NullLabel.IMPLICIT,
            nodes=tuple(sorted(nodes, key=lambda n: n.name)),
            links=tuple(
                CoreLink(f"{a}-{b}", (a, b), 10**9, 5.0, 10, f"{a}-{b}" not in self.lab.down)
                for a, b in sorted(self.lab.links)
            ),
            vpns=tuple(VpnInfo(n, kind, who) for n, (kind, who, _) in self.lab.vpns.items()),
        )

    def circuits(self) -> dict[str, list[AttachmentCircuit]]:
        found: dict[str, list[AttachmentCircuit]] = {n: [] for n in self.names}
        for number, (vpn, (kind, _, sites)) in enumerate(self.lab.vpns.items(), 1):
            used = 0
            for site, (pe, subnet, count, has_ce) in sites.items():
                net = ip_network(subnet)
                routed = kind == "l3vpn"
                first = 2 if routed else used + 1
                used += count
                hosts = tuple(
                    Host(
                        f"h{i + 1}",
                        f"02:00:00:{number:02x}:{len(found[pe]):02x}:{i + 1:02x}",
                        (ip_interface(f"{net[first + i]}/{net.prefixlen}"),),
                    )
                    for i in range(count)
                )
                gateway = ip_interface("100.64.0.1/30" if has_ce else f"{net[1]}/{net.prefixlen}")
                links = sum(pe in ends for ends in self.lab.links)
                name = f"{vpn}/{site}"
                found[pe].append(
                    AttachmentCircuit(
                        name=name,
                        vpn=vpn,
                        port=links + len(found[pe]) + 1,
                        up=name not in self.lab.down,
                        gateways=(gateway,) if routed else (),
                        hosts=hosts,
                        ce=Ce(CE_ADDRESS, f"02:00:00:{number:02x}:ce:01") if has_ce else None,
                    )
                )
        return found

    def vrfs(self, circuits: dict[str, list[AttachmentCircuit]]) -> dict[str, list[Vrf]]:
        found: dict[str, list[Vrf]] = {n: [] for n in self.names}
        labels: dict[tuple[str, str], Label] = {}
        for pe in self.lab.pes:
            for vpn, (kind, _, _) in self.lab.vpns.items():
                if kind == "l3vpn" and any(c.vpn == vpn for c in circuits[pe]):
                    labels[pe, vpn] = self.take(pe)
                    self.ilm[pe].append(IlmEntry(labels[pe, vpn], PopToVrf(vpn)))
        for (pe, vpn), label in labels.items():
            index = list(self.lab.vpns).index(vpn) + 1
            others = self.lab.imports.get(vpn, ())
            own = [c for c in circuits[pe] if c.vpn == vpn]
            found[pe].append(
                Vrf(
                    name=vpn,
                    index=index,
                    rd=self.rd(vpn),
                    import_targets=tuple(self.target(v) for v in (vpn, *others)),
                    export_targets=(self.target(vpn),),
                    label=label,
                    circuits=tuple(c.name for c in own),
                    routes=tuple(
                        sorted(
                            (r for v in (vpn, *others) for r in self.routes(pe, vpn, v, labels)),
                            key=lambda r: (r.prefix.version, r.prefix),
                        )
                    ),
                    neighbours=tuple(
                        Neighbour(i.ip, c.name, h.mac)
                        for c in own
                        if c.ce is None
                        for h in c.hosts
                        for i in h.addresses
                    )
                    + tuple(Neighbour(c.ce.address, c.name, c.ce.mac) for c in own if c.ce),
                )
            )
        return found

    def routes(
        self, pe: str, into: str, vpn: str, labels: dict[tuple[str, str], Label]
    ) -> Iterable[Route]:
        for site, (home, subnet, _, has_ce) in self.lab.vpns[vpn][2].items():
            name = f"{vpn}/{site}"
            if name in self.lab.down:
                continue
            if home == pe and into == vpn:
                hop = ViaCe(name) if has_ce else Connected(name)
            elif home == pe:
                hop = ViaVrf(vpn)
            elif any(e.egress == home for e in self.ftn[pe]):
                hop = ViaPe(home, labels[home, vpn])
            else:
                continue
            yield Route(ip_network(subnet), hop, self.rd(vpn), name)

    def vsis(self, circuits: dict[str, list[AttachmentCircuit]]) -> dict[str, list[Vsi]]:
        found: dict[str, list[Vsi]] = {n: [] for n in self.names}
        for index, (vpn, (kind, _, _)) in enumerate(self.lab.vpns.items(), 1):
            if kind == "l3vpn":
                continue
            pes = [pe for pe in self.lab.pes if any(c.vpn == vpn for c in circuits[pe])]
            labels = {(a, b): self.take(a) for a in pes for b in pes if a != b}
            for pe in pes:
                peers = [p for p in sorted(pes) if any(e.egress == p for e in self.ftn[pe])]
                for peer in peers:
                    self.ilm[pe].append(IlmEntry(labels[pe, peer], PopToPseudowire(vpn, peer)))
                found[pe].append(
                    Vsi(
                        name=vpn,
                        index=index,
                        kind=VsiKind(kind),
                        circuits=tuple(c.name for c in circuits[pe] if c.vpn == vpn),
                        pseudowires=tuple(
                            Pseudowire(i, p, labels[pe, p], labels[p, pe])
                            for i, p in enumerate(peers, 1)
                        ),
                        mac_aging_s=300,
                    )
                )
        return found

    def rd(self, vpn: str) -> RouteDistinguisher:
        return RouteDistinguisher(64512, list(self.lab.vpns).index(vpn) + 1)

    def target(self, vpn: str) -> RouteTarget:
        return RouteTarget(64512, list(self.lab.vpns).index(vpn) + 1)


#: A and B have the same addresses; C is one LAN; D is a wire; A may use what shared offers.
NORTH = Lab(
    name="north",
    pes=("pe-kbh", "pe-sth", "pe-osl"),
    ps=("core1", "core2"),
    links=(
        ("pe-kbh", "core1"),
        ("pe-sth", "core1"),
        ("core1", "core2"),
        ("pe-osl", "core2"),
        ("pe-kbh", "core2"),
    ),
    vpns={
        "alfa": (
            "l3vpn",
            "Alfa Foods",
            {
                "aarhus": ("pe-kbh", "192.168.1.0/24", 2, False),
                "stockholm": ("pe-sth", "192.168.2.0/24", 1, False),
                "oslo": ("pe-osl", "192.168.3.0/24", 1, True),
                "odense": ("pe-kbh", "192.168.4.0/24", 5, False),
            },
        ),
        "beta": (
            "l3vpn",
            "Beta Steel",
            {
                "aarhus": ("pe-kbh", "192.168.1.0/24", 1, False),
                "oslo": ("pe-osl", "192.168.3.0/24", 1, False),
            },
        ),
        "gamma": (
            "vpls",
            "Gamma Bank",
            {
                "odense": ("pe-kbh", "10.0.0.0/24", 2, False),
                "malmo": ("pe-sth", "10.0.0.0/24", 1, False),
                "bergen": ("pe-osl", "10.0.0.0/24", 1, False),
            },
        ),
        "delta": (
            "vpws",
            "Delta Post",
            {
                "west": ("pe-kbh", "10.9.0.0/24", 1, False),
                "east": ("pe-osl", "10.9.0.0/24", 1, False),
            },
        ),
        "shared": (
            "l3vpn",
            "Shared Services",
            {"datacentre": ("pe-sth", "172.16.0.0/24", 1, False)},
        ),
    },
    imports={"alfa": ("shared",), "shared": ("alfa",)},
)
