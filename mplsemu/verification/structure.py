"""Structural invariants of a program: every entry fits the entries to which it refers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import assert_never

from mplsemu.model.labels import ALL_LABELS, IPV4_EXPLICIT_NULL, LabelRange
from mplsemu.model.limits import DEFAULT_LIMITS, MAX_INDEX, MAX_NHLFES, MAX_PORT, Limits
from mplsemu.model.vpn import IPNetwork
from mplsemu.program.access_line import delimiters
from mplsemu.program.entries import (
    Forward,
    IlmEntry,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    SwapToAsbr,
    SwapToPe,
    pushed,
)
from mplsemu.program.lsp import LabelGraph
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import (
    Connected,
    Pseudowire,
    Route,
    RouteWay,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
    Vsi,
)
from mplsemu.verification.borders import border_problem, swap_problems
from mplsemu.verification.label_bindings import forwarding_problems, loops
from mplsemu.verification.verdict import Invariant, Violation


def dangling(program: Program) -> Iterator[Violation]:
    """Yield every entry that names something undefined: packets cannot be followed then."""
    for node in program.nodes:
        for problem in _dangling(program, node):
            yield Violation(Invariant.STRUCTURE, node.name, problem)


def _dangling(program: Program, node: NodeProgram) -> Iterator[str]:
    for adjacency in node.adjacencies:
        if adjacency.link not in program.link_by_name:
            yield f"it is on {adjacency.link}, which is not a link"
        if adjacency.peer not in program.node_by_name:
            yield f"its neighbour {adjacency.peer} on {adjacency.link} is not an LSR"
    for vrf in node.vrfs:
        yield from _dangling_in_vrf(program, node, vrf)
    for vsi in node.vsis:
        for name in sorted(set(vsi.circuits) - node.circuit_by_name.keys()):
            yield f"VSI {vsi.name}: {name} is not a circuit of it here"
        for wire in vsi.pseudowires:
            if wire.peer not in program.node_by_name:
                yield f"VSI {vsi.name}: it has a pseudowire to {wire.peer}, no LSR"


def _dangling_in_vrf(program: Program, node: NodeProgram, vrf: Vrf) -> Iterator[str]:
    named = set(vrf.circuits) | {neighbour.circuit for neighbour in vrf.neighbours}
    for prefix, hop in ((route.prefix, hop) for route in vrf.routes for hop in route.next_hops):
        match hop:
            case Connected(circuit) | ViaCe(circuit) | ViaAsbr(circuit) | ViaNeighbour(circuit, _):
                named.add(circuit)
            case ViaPe(egress):
                if egress not in program.node_by_name:
                    yield f"VRF {vrf.name}: {prefix} is at {egress}, no LSR"
            case ViaVrf():
                pass
            case _:
                assert_never(hop)
    for name in sorted(named - node.circuit_by_name.keys()):
        yield f"VRF {vrf.name}: {name} is not a circuit of it here"


def check_structure(
    program: Program,
    labels: Mapping[str, LabelRange] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    only: Collection[str] | None = None,
    down: Collection[str] = (),
) -> Iterator[Violation]:
    """Yield every entry that contradicts another one or the rules.

    Each label is bound once and within `labels`. Next hops exist and are up. Labels that are sent
    are bound to the same FEC at the next LSR. No LSP loops.

    Args:
        program: without `dangling` names.
        labels: those that each LSR may bind, by its name; None: any.
        limits: of the data plane.
        only: the LSRs to check; None: all.
        down: links that have failed since the program was compiled.
    """
    graph = LabelGraph(program, down)
    nodes = [node for node in program.nodes if only is None or node.name in only]
    for node in nodes:
        bindable = labels.get(node.name, ALL_LABELS) if labels is not None else ALL_LABELS
        for problem in _node_problems(graph, node, bindable, limits):
            yield Violation(Invariant.STRUCTURE, node.name, problem)
    for name, label in loops(graph, nodes):
        yield Violation(Invariant.STRUCTURE, name, f"label {label} leads round in a loop")


def _node_problems(
    graph: LabelGraph, node: NodeProgram, labels: LabelRange, limits: Limits
) -> Iterator[str]:
    program = graph.program
    yield from _duplicates("label", (int(entry.label) for entry in node.ilm))
    yield from _duplicates("tunnel to", (entry.egress for entry in node.ftn))
    yield from _duplicates("link", (adjacency.link for adjacency in node.adjacencies))
    services: tuple[Vrf | Vsi, ...] = (*node.vrfs, *node.vsis)
    owners = (name for service in services for name in service.circuits)
    yield from _duplicates("service of circuit", owners)
    yield from _duplicates("VRF or VSI", (service.name for service in services))
    ports = [end.port for ends in (node.adjacencies, node.circuits) for end in ends]
    borders = {(end.link, end.port) for end in node.adjacencies if end.border is not None}
    lines = {
        circuit.line
        for circuit in node.circuits
        if circuit.line is not None and (circuit.line.name, circuit.line.number) not in borders
    }
    yield from _duplicates("line", (line.name for line in lines))
    yield from _number_problems("port", [*ports, *(line.number for line in lines)], MAX_PORT)
    tagged = (circuit for circuit in node.circuits if circuit.is_delimited)
    frames = ((circuit.physical_port, delimiters(circuit)) for circuit in tagged)
    yield from _duplicates("port and tags", frames)
    yield from _number_problems("index", [service.index for service in services], MAX_INDEX)
    for entry in node.ilm:
        yield from _label_problems(entry, labels)
        yield from _ilm_problems(graph, node, entry)
    for tunnel in node.ftn:
        yield from _duplicates(f"way to {tunnel.egress} over", (n.link for n in tunnel.nhlfes))
        for nhlfe in tunnel.nhlfes:
            for each in nhlfe.alternatives:
                depth = len(pushed(each))
                if depth >= limits.labels:
                    yield f"the tunnel to {tunnel.egress} pushes {depth} labels below a service's"
            yield from forwarding_problems(graph, node, nhlfe, (), tunnel.egress)
    for vrf in node.vrfs:
        yield from _vrf_problems(program, node, vrf)
    for vsi in node.vsis:
        yield from _vsi_problems(program, node, vsi)


def _duplicates(what: str, keys: Iterable[Hashable]) -> Iterator[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{what} {key} is there {count} times"


def _number_problems(what: str, numbers: list[int], most: int) -> Iterator[str]:
    """Yield numbers that are not unique or not valid in the data plane."""
    yield from _duplicates(what, numbers)
    for number in numbers:
        if not 1 <= number <= most:
            yield f"{what} {number} is not in 1-{most}"


def _label_problems(entry: IlmEntry, labels: LabelRange) -> Iterator[str]:
    if isinstance(entry.action, PopAndLookUp):
        if entry.label != IPV4_EXPLICIT_NULL:
            yield f"label {entry.label} is not an explicit null but is looked through"
    elif not labels.first <= entry.label <= labels.last:
        yield f"label {int(entry.label)} is outside {int(labels.first)}-{int(labels.last)}"


def _ilm_problems(graph: LabelGraph, node: NodeProgram, entry: IlmEntry) -> Iterator[str]:
    match entry.action:
        case Forward(nhlfes):
            assert entry.egress is not None
            over = (nhlfe.link for nhlfe in nhlfes)
            yield from _duplicates(f"way of label {int(entry.label)} over", over)
            for nhlfe in nhlfes:
                yield from forwarding_problems(graph, node, nhlfe, (entry.label,), entry.egress)
        case PopToVrf(name, ip_version):
            vrf = node.vrf_by_name.get(name)
            if vrf is None or entry.label != (vrf.label if ip_version == 4 else vrf.label6):
                yield f"label {entry.label} is for IPv{ip_version} in VRF {name}, which has another"
        case PopToPseudowire(name, peer, leaf):
            vsi = node.vsi_by_name.get(name)
            wires = vsi.pseudowires if vsi else ()
            bound = ((each.peer, each.leaf_in_label if leaf else each.in_label) for each in wires)
            if (peer, entry.label) not in bound:
                yield f"label {entry.label} is for no pseudowire of VSI {name} with {peer}"
        case PopAndLookUp():
            pass
        case SwapToAsbr() | SwapToPe():
            for problem in swap_problems(graph.program, node, entry.action):
                yield f"label {int(entry.label)} {problem}"
        case _:
            assert_never(entry.action)


def _vrf_problems(program: Program, node: NodeProgram, vrf: Vrf) -> Iterator[str]:
    yield from _duplicates(f"VRF {vrf.name}: prefix", (route.prefix for route in vrf.routes))
    neighbours = (neighbour.address for neighbour in vrf.neighbours)
    yield from _duplicates(f"VRF {vrf.name}: neighbour", neighbours)
    for name in vrf.circuits:
        circuit = node.circuit_by_name.get(name)
        if circuit is None or circuit.vpn != vrf.vpn:
            yield f"VRF {vrf.name}: {name} is not a circuit of it here"
    for route in vrf.routes:
        for problem in _route_problems(program, node, vrf, route):
            yield f"VRF {vrf.name}: {route.prefix} {problem}"


def _route_problems(program: Program, node: NodeProgram, vrf: Vrf, route: Route) -> Iterator[str]:
    """Yield how a route contradicts itself, its VRF, or the sites that originated it."""
    if route.more:
        if not all(isinstance(hop, ViaPe) for hop in route.next_hops):
            yield "has several ways, of which not all lead to other PEs"
        yield from _duplicates("way by", route.next_hops)
        if len(route.ways) > MAX_NHLFES:
            yield f"has {len(route.ways)} ways; there can be 1 to {MAX_NHLFES}"
    for way in route.ways:
        problem = _way_problem(program, node, vrf, route, way)
        if problem:
            yield problem


def _way_problem(
    program: Program, node: NodeProgram, vrf: Vrf, route: Route, way: RouteWay
) -> str | None:
    origin = program.node_of_circuit.get(way.circuit)
    if origin is None:
        return f"is of {way.circuit}, which is not a circuit"
    there = origin.vrf_towards(way.circuit)
    if there is None:
        return f"is of {way.circuit}, which is in no VRF"
    if isinstance(way.next_hop, ViaAsbr) or origin.provider != node.provider:
        return border_problem(program, node, vrf, route.prefix.version, way)
    match way.next_hop:
        case Connected() | ViaCe() | ViaNeighbour() as local:
            return _local_problem(node, vrf, way, local)
        case ViaVrf(name):
            return _imported_problem(node, way, name, (origin.name, there.name))
        case ViaPe() as remote:
            version = route.prefix.version
            if _is_link(origin, way.circuit, route.prefix):  # it is known to the circuit's own VRF
                there = origin.vrf_of_circuit[way.circuit]
            return _remote_problem(program, node, version, way, remote, (origin.name, there.name))
        case _:
            assert_never(way.next_hop)


def _is_link(origin: NodeProgram, name: str, prefix: IPNetwork) -> bool:
    """Whether a prefix is that of the link between a PE and a CE router."""
    circuit = origin.circuit_by_name[name]
    links = (interface.network for interface in circuit.gateways)
    return circuit.ce is not None and prefix in links


def _local_problem(
    node: NodeProgram, vrf: Vrf, way: RouteWay, local: Connected | ViaCe | ViaNeighbour
) -> str | None:
    """Return how a route to a circuit is not to that of its site."""
    name = local.circuit
    towards = node.vrf_towards(name)
    is_led_to = name in vrf.circuits or (towards is not None and towards.name == vrf.name)
    if not is_led_to or name != way.circuit:
        return f"is on {name}, which is not in it or not its site's"
    if isinstance(local, ViaNeighbour):
        gateways = node.circuit_by_name[name].gateways
        if not any(local.address in gateway.network for gateway in gateways):
            return f"is behind {local.address}, which is not on {name}"
    if isinstance(local, ViaCe) and node.circuit_by_name[name].ce is None:
        return f"is behind {name}, without a CE"
    return None


def _imported_problem(
    node: NodeProgram, way: RouteWay, name: str, origin: tuple[str, str]
) -> str | None:
    """Return how a route to another VRF here does not lead to that of its site."""
    pe, vrf = origin
    if name not in node.vrf_by_name:
        return f"is in VRF {name}, which is not here"
    own = node.vrf_of_circuit.get(way.circuit)
    is_own = own is not None and own.name == name
    if origin != (node.name, name) and not is_own:
        return f"is in VRF {name}, but {way.circuit} is in {vrf} at {pe}"
    return None


def _remote_problem(
    program: Program,
    node: NodeProgram,
    version: int,
    way: RouteWay,
    remote: ViaPe,
    origin: tuple[str, str],
) -> str | None:
    """Return how a route to another PE does not lead to the PE and VRF of its site."""
    pe, vrf = origin
    if remote.egress not in node.ftn_by_egress:
        return f"is at {remote.egress}, to which there is no tunnel"
    if remote.egress != pe:
        return f"is at {remote.egress}, but {way.circuit} is at {pe}"
    bound = program.node(remote.egress).ilm_by_label.get(int(remote.label))
    action = bound.action if bound else None
    if not isinstance(action, PopToVrf) or action.ip_version != version:
        return f"is at {remote.egress}, where label {remote.label} leads to no VRF for it"
    if action.vrf != vrf:
        return f"is of {vrf}, but label {remote.label} leads to VRF {action.vrf} at {pe}"
    return None


def _vsi_problems(program: Program, node: NodeProgram, vsi: Vsi) -> Iterator[str]:
    yield from _duplicates(f"VSI {vsi.name}: pseudowire", (wire.peer for wire in vsi.pseudowires))
    indices = [wire.index for wire in vsi.pseudowires]
    yield from _number_problems(f"VSI {vsi.name}: index", indices, MAX_INDEX)
    for name in vsi.circuits:
        circuit = node.circuit_by_name.get(name)
        if circuit is None or circuit.vpn != vsi.name:
            yield f"VSI {vsi.name}: {name} is not a circuit of it here"
    for wire in vsi.pseudowires:
        if wire.peer not in node.ftn_by_egress:
            yield f"VSI {vsi.name}: there is no tunnel to {wire.peer}"
        yield from _wire_problems(program.node(wire.peer), vsi, wire, node.name)


def _wire_problems(peer: NodeProgram, vsi: Vsi, wire: Pseudowire, here: str) -> Iterator[str]:
    """Yield labels of a pseudowire that its other end has not bound to it."""
    for label, leaf in ((wire.out_label, False), (wire.leaf_out_label, True)):
        if label is None:
            continue
        bound = peer.ilm_by_label.get(int(label))
        if bound is None or bound.action != PopToPseudowire(vsi.name, here, leaf):
            yield f"VSI {vsi.name}: label {label} is another's at {peer.name}"
    if (wire.leaf_in_label is None) is not (wire.leaf_out_label is None):
        yield f"VSI {vsi.name}: frames of leaves have a label one way only, with {peer.name}"
