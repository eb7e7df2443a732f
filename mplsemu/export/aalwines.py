"""The forwarding program as a network of AalWiNes, which answers queries about label stacks.

AalWiNes' MPLS network format has routers, interfaces with one routing table each, and links. A
table maps the top label to operations on the stack and an outgoing interface. There is no second
look-up in a router and no IP, so:

- each VRF and VSI becomes a router, ``PE/VPN``, with a link to its PE;
- a customer's packet carries one label for its destination: a prefix, a MAC address, or everyone.
  These labels are the same in all VPNs;
- a VRF or VSI selects a tunnel by one more label, which the PE replaces by the tunnel's labels.

These labels are numbers above the 20 bits of real ones; ``legend`` explains them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, assert_never

from mplsemu.export.aalwines_borders import border_circuits
from mplsemu.model.inter_as import InterAs
from mplsemu.model.labels import MAX_LABEL_VALUE, Label
from mplsemu.model.vpn import IPNetwork
from mplsemu.program.border_swaps import given_labels, swap_nhlfes
from mplsemu.program.ce_router import returns
from mplsemu.program.entries import (
    Forward,
    IlmEntry,
    Operation,
    Pop,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    Push,
    Swap,
    SwapToAsbr,
    SwapToPe,
    pushed,
)
from mplsemu.program.fib import Fib
from mplsemu.program.learning import Learning
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import (
    Connected,
    NextHop,
    Route,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
    Vsi,
)
from mplsemu.program.split_horizon import (
    Group,
    groups_of_circuit,
    groups_of_frames,
    groups_of_pseudowire,
    out_label,
)

_FIRST_TUNNEL: Final = MAX_LABEL_VALUE + 1
_FIRST_DESTINATION: Final = 2 * _FIRST_TUNNEL
_EVERYONE: Final = "everyone, and unknown addresses"
_TO_PE: Final = "pe"
_AGAIN: Final = "explicit null"

Rules = list[dict[str, Any]]
Table = dict[str, Rules]


def aalwines(program: Program) -> str:
    """Return the program in AalWiNes' MPLS network format: JSON text that ends with a newline."""
    return json.dumps({"network": _Exporter(program).network()}, indent=1) + "\n"


class _Exporter:
    """One export: numbers of labels, and routers."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._tunnels = {node.name: _FIRST_TUNNEL + node.index for node in program.nodes}
        vrfs = [vrf for node in program.nodes for vrf in node.vrfs]
        self._prefixes = sorted({route.prefix for vrf in vrfs for route in vrf.routes}, key=_order)
        bridged = {vsi.name for node in program.nodes for vsi in node.vsis}
        macs = sorted(
            host.mac
            for node in program.nodes
            for circuit in node.circuits
            if circuit.vpn in bridged
            for host in circuit.hosts
        )
        names = [*map(str, self._prefixes), *macs, *([_EVERYONE] if bridged else [])]
        self._destinations = {
            name: str(number) for number, name in enumerate(names, _FIRST_DESTINATION)
        }
        self._links: list[dict[str, Any]] = []
        self._learning = Learning(program)
        self._entrances = {
            (node.name, vsi.name): _entrances(vsi) for node in program.nodes for vsi in node.vsis
        }

    def network(self) -> dict[str, Any]:
        """Return the network."""
        routers = [router for node in self._program.nodes for router in self._routers(node)]
        for link in self._program.links:
            if link.up and link.border is not InterAs.A:
                first, second = link.ends
                self._link(first, link.name, second, link.name)
        return {
            "name": self._program.lab,
            "routers": routers,
            "links": self._links,
            "legend": self._legend(),
        }

    def _legend(self) -> dict[str, str]:
        tunnels = {
            str(self._tunnels[egress]): f"into the tunnel to {egress}"
            for egress in sorted(
                {entry.egress for node in self._program.nodes for entry in node.ftn}
            )
        }
        return tunnels | {label: f"to {name}" for name, label in self._destinations.items()}

    def _link(self, router: str, interface: str, other: str, other_interface: str) -> None:
        self._links.append(
            {
                "from_router": router,
                "from_interface": interface,
                "to_router": other,
                "to_interface": other_interface,
                "bidirectional": True,
            }
        )

    # LSRs ----------------------------------------------------------------------------------------

    def _routers(self, node: NodeProgram) -> Iterator[dict[str, Any]]:
        """Yield an LSR, its VRFs and VSIs, and a router for the look-up after an explicit null."""
        core = [end.link for end in node.adjacencies if end.border is None]
        inside = [_to(name) for name in (*node.vrf_by_name, *node.vsi_by_name)]
        inside += [
            _to(vsi.name) + entrance.beside
            for vsi in node.vsis
            for entrance in self._entrances[node.name, vsi.name].values()
            if entrance.beside
        ]
        table = {str(int(entry.label)): self._ilm(node, entry) for entry in node.ilm}
        has_null = any(isinstance(entry.action, PopAndLookUp) for entry in node.ilm)
        interfaces = _interfaces([*core, *([_AGAIN] if has_null else [])], table)
        interfaces += self._borders(node)
        interfaces += _interfaces(inside, self._ftn(node))
        router: dict[str, Any] = {"name": node.name, "interfaces": interfaces}
        if node.position is not None:
            longitude, latitude = node.position
            router["location"] = {"latitude": latitude, "longitude": longitude}
        yield router
        for vrf in node.vrfs:
            yield self._vrf(node, vrf)
        for vsi in node.vsis:
            yield self._vsi(node, vsi)
        if has_null:
            name = f"{node.name}/{_AGAIN}"
            self._link(node.name, _AGAIN, name, _TO_PE)
            yield {
                "name": name,
                "interfaces": _interfaces([_TO_PE], {label: _rules(_TO_PE) for label in table}),
            }

    def _borders(self, node: NodeProgram) -> list[dict[str, Any]]:
        """Return an ASBR's interfaces to others' with the labels that it gave them (option B)."""
        found: list[dict[str, Any]] = []
        for link in (end.link for end in node.adjacencies if end.border is InterAs.B):
            given = (node.ilm_by_label[label] for label in given_labels(node, link))
            table = {str(int(entry.label)): self._ilm(node, entry) for entry in given}
            found += _interfaces([link], table)
        return found

    def _ilm(self, node: NodeProgram, entry: IlmEntry) -> Rules:
        pop = {"pop": ""}
        match entry.action:
            case Forward() | SwapToAsbr() | SwapToPe():
                nhlfes = entry.nhlfes
                if not isinstance(entry.action, Forward):
                    nhlfes = swap_nhlfes(node, entry.action)
                return [
                    rule
                    for nhlfe in nhlfes
                    if self._is_up(node, nhlfe.link)
                    for rule in _rules(nhlfe.link, list(_operations(nhlfe.operation)))
                ]
            case PopToVrf(name) if name in node.vrf_by_name:
                return _rules(_to(name), [pop])
            case PopToPseudowire(name, peer, leaf) if name in node.vsi_by_name:
                entrance = self._entrances[node.name, name].get((peer, leaf))
                return _rules(_to(name) + entrance.beside, [pop]) if entrance else []
            case PopAndLookUp():
                return _rules(_AGAIN, [pop])
        return []

    def _ftn(self, node: NodeProgram) -> Table:
        """Return the table for packets from an LSR's VRFs and VSIs: its FTN."""
        found: Table = {}
        for entry in node.ftn:
            label = self._tunnels[entry.egress]
            rules = [
                rule
                for nhlfe in entry.nhlfes
                if self._is_up(node, nhlfe.link)
                for rule in _rules(nhlfe.link, list(_replaced(pushed(nhlfe))))
            ]
            if rules:
                found[str(label)] = rules
        return found

    def _is_up(self, node: NodeProgram, link: str) -> bool:
        return link in node.adjacency_by_link and self._program.link_by_name[link].up

    # Services ------------------------------------------------------------------------------------

    def _vrf(self, node: NodeProgram, vrf: Vrf) -> dict[str, Any]:
        """Return a VRF as a router, with one table for all its interfaces."""
        name = f"{node.name}/{vrf.name}"
        self._link(node.name, _to(vrf.name), name, _TO_PE)
        fib = Fib(vrf.routes)
        table: Table = {}
        for prefix in self._prefixes:
            route = _covering(vrf, fib, prefix)
            if route is not None:
                passing = _passing(node, route.next_hop, prefix)
                table[self._destinations[str(prefix)]] = (
                    [rule for hop in route.next_hops for rule in self._routed(node, vrf, hop)]
                    if passing is None
                    else _rules(_through(passing))
                )
        for circuit in (passed := _passed_on(node, vrf)):
            own = f"{node.name}/{node.vrf_of_circuit[circuit].name}"
            self._link(name, _through(circuit), own, _back(circuit))
        for ends in border_circuits(self._program, node, vrf):
            self._link(*ends)
        others = {way.vrf for way in _ways(vrf) if isinstance(way, ViaVrf)}
        for other in sorted(others & node.vrf_by_name.keys()):
            self._link(name, _to(other), f"{node.name}/{other}", f"from {vrf.name}")
        importers = sorted(
            each.name
            for each in node.vrfs
            if any(isinstance(way, ViaVrf) and way.vrf == vrf.name for way in _ways(each))
        )
        back = {circuit for each in node.vrfs for circuit in _passed_on(node, each)}
        led_to = (way.circuit for way in _ways(vrf) if isinstance(way, ViaCe))
        interfaces = [
            *dict.fromkeys((*vrf.circuits, *led_to)),
            *map(_through, passed),
            *(_back(circuit) for circuit in vrf.circuits if circuit in back),
            _TO_PE,
            *map(_to, sorted(others)),
            *(f"from {importer}" for importer in importers),
        ]
        return {"name": name, "interfaces": _interfaces(interfaces, table)}

    def _routed(self, node: NodeProgram, vrf: Vrf, way: NextHop) -> Rules:
        match way:
            case Connected(circuit) | ViaCe(circuit) | ViaNeighbour(circuit, _):
                towards = node.vrf_towards(circuit)
                is_led_to = circuit in vrf.circuits or towards is vrf
                is_up = node.circuit_by_name[circuit].up and is_led_to
                return _rules(circuit) if is_up else []
            case ViaAsbr(circuit):
                return _rules(circuit) if node.circuit_by_name[circuit].up else []
            case ViaVrf(other):
                return _rules(_to(other)) if other in node.vrf_by_name else []
            case ViaPe(egress, label):
                return _rules(_TO_PE, self._into_tunnel(egress, label))

    def _into_tunnel(self, egress: str, service: Label) -> list[dict[str, str]]:
        return [{"push": str(int(service))}, {"push": str(self._tunnels[egress])}]

    def _vsi(self, node: NodeProgram, vsi: Vsi) -> dict[str, Any]:
        """Return a VSI as a router; a query follows any one copy of a flooded frame."""
        name = f"{node.name}/{vsi.name}"
        self._link(node.name, _to(vsi.name), name, _TO_PE)
        tables: list[tuple[str, Table]] = []
        for circuit in vsi.circuits:
            groups = groups_of_circuit(node.circuit_by_name[circuit])
            tables.append((circuit, self._bridged(node, vsi, circuit, groups)))
        entrances = dict.fromkeys(self._entrances[node.name, vsi.name].values())
        if all(entrance.beside for entrance in entrances):
            tables.append((_TO_PE, {}))
        for entrance in entrances:
            if entrance.beside:
                self._link(node.name, _to(vsi.name) + entrance.beside, name, entrance.name)
            table = self._bridged(node, vsi, entrance.peer, entrance.groups)
            tables.append((entrance.name, table))
        return {
            "name": name,
            "interfaces": [each for at, table in tables for each in _interfaces([at], table)],
        }

    def _bridged(self, node: NodeProgram, vsi: Vsi, source: str, groups: Group) -> Table:
        """Return the table for frames from a circuit or a PE that came by split horizon groups."""
        circuits = [node.circuit_by_name[name] for name in vsi.circuits if name != source]
        ways: dict[str, Rules] = {
            circuit.name: _rules(circuit.name)
            for circuit in circuits
            if circuit.up and not groups & groups_of_circuit(circuit)
        }
        for wire in vsi.pseudowires:
            may_leave = not groups & groups_of_pseudowire(wire)
            if may_leave and wire.peer != source and not wire.standby:
                rules = _rules(_TO_PE, self._into_tunnel(wire.peer, out_label(wire, groups)))
                ways.setdefault(wire.peer, []).extend(rules)
        everywhere = [rule for rules in ways.values() for rule in rules]
        table = {self._destinations[_EVERYONE]: everywhere}
        for pe in self._program.nodes:
            for circuit in pe.circuits:
                if circuit.vpn != vsi.name:
                    continue
                behind = self._learning.place(node, vsi.name, circuit.name)
                is_known = vsi.kind.learns_macs and circuit.up and behind is not None
                unknown = everywhere if vsi.floods_unknown else []
                rules = ways.get(behind or "", []) if is_known else unknown
                table |= {self._destinations[host.mac]: rules for host in circuit.hosts}
        return table


class _Entrance(NamedTuple):
    """An interface of a VSI by which frames come from pseudowires.

    Attributes:
        beside: what its name has beside that for all frames; empty if there is only that one.
        peer: the PE at the other end of its only pseudowire; empty if there are several.
        groups: the split horizon groups of its frames.
    """

    beside: str
    peer: str
    groups: Group

    @property
    def name(self) -> str:
        return _TO_PE + self.beside


def _entrances(vsi: Vsi) -> dict[tuple[str, bool], _Entrance]:
    """Return the entrance of the frames of each PE, and of each PE's leaves by their own label."""
    came_by = {
        (wire.peer, leaf): groups_of_frames(wire, from_leaf=leaf)
        for wire in vsi.pseudowires
        if not wire.standby
        for leaf in (False, True)
        if not leaf or wire.leaf_in_label is not None
    }
    if set(came_by.values()) <= {Group.MESH}:  # the usual case: one table for all
        everyone = _Entrance("", "", Group.MESH)
        return dict.fromkeys(came_by, everyone) or {("", False): everyone}
    return {
        (peer, leaf): _Entrance(f" from {peer}{' leaves' if leaf else ''}", peer, groups)
        for (peer, leaf), groups in came_by.items()
    }


def _to(name: str) -> str:
    """Return the name of an interface towards a VRF or VSI; names of the lab have no blanks."""
    return f"to {name}"


def _through(circuit: str) -> str:
    """Return the interface to a CE router that sends back what is not for its LAN."""
    return f"through the CE of {circuit}"


def _back(circuit: str) -> str:
    return f"back from the CE of {circuit}"


def _passing(node: NodeProgram, way: NextHop, prefix: IPNetwork) -> str | None:
    """Return the circuit whose CE router sends back what a route sends there for a prefix."""
    if not isinstance(way, ViaCe) or way.circuit not in node.vrf_of_circuit:
        return None
    circuit = node.circuit_by_name[way.circuit]
    if circuit.ce is None or not circuit.up:
        return None
    return circuit.name if returns(circuit, circuit.ce, prefix[0]) else None


def _passed_on(node: NodeProgram, vrf: Vrf) -> list[str]:
    """Return the circuits by whose CE routers a VRF's packets come back."""
    found = (_passing(node, route.next_hop, route.prefix) for route in vrf.routes)
    return list(dict.fromkeys(circuit for circuit in found if circuit is not None))


def _covering(vrf: Vrf, fib: Fib, prefix: IPNetwork) -> Route | None:
    """Return the most specific route that covers a whole prefix."""
    found = fib.look_up(prefix.network_address)
    if found is None or found.prefix.prefixlen <= prefix.prefixlen:
        return found
    wider = [
        route
        for route in vrf.routes
        if route.prefix.version == prefix.version
        and route.prefix.prefixlen <= prefix.prefixlen
        and prefix.network_address in route.prefix
    ]
    return max(wider, key=lambda route: route.prefix.prefixlen, default=None)


def _order(prefix: IPNetwork) -> tuple[int, int, int]:
    return prefix.version, int(prefix.network_address), prefix.prefixlen


def _ways(vrf: Vrf) -> Iterator[NextHop]:
    return (hop for route in vrf.routes for hop in route.next_hops)


def _interfaces(names: Iterable[str], table: Table) -> list[dict[str, Any]]:
    """Return interfaces with a common table; labels without rules are left out."""
    names = list(names)
    rules = {label: entries for label, entries in table.items() if entries}
    return [{"names": names, "routing_table": rules}] if names else []


def _rules(out: str, ops: Iterable[dict[str, str]] = ()) -> Rules:
    return [{"out": out, "priority": 0, "ops": list(ops)}]


def _operations(operation: Operation) -> Iterator[dict[str, str]]:
    match operation:
        case Swap(labels):
            yield from _replaced(labels)
        case Pop():
            yield {"pop": ""}
        case Push(labels):
            yield from ({"push": str(int(each))} for each in reversed(labels))
        case _:
            assert_never(operation)


def _replaced(labels: tuple[Label, ...]) -> Iterator[dict[str, str]]:
    """Yield the operations that replace the top label by labels, given outermost first."""
    if not labels:
        yield {"pop": ""}
        return
    *outer, innermost = labels
    yield {"swap": str(int(innermost))}
    yield from ({"push": str(int(each))} for each in reversed(outer))
