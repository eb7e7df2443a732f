"""Conformance of a program to a network: the same routers, links, circuits and VPNs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from mplsemu.model.l3vpn import L3vpn, VrfPolicy
from mplsemu.model.limits import MAX_INDEX
from mplsemu.model.network import Network, Vpn, hubs_of
from mplsemu.model.topology import Link
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Site
from mplsemu.program.program import Adjacency, CoreLink, Program
from mplsemu.program.services import AttachmentCircuit, Vrf, Vsi
from mplsemu.verification.access_lines import misled_frames
from mplsemu.verification.borders import border_circuit_problems, border_said
from mplsemu.verification.ce_routes import intended_ce
from mplsemu.verification.homing import active_lines, redundancy_problems
from mplsemu.verification.verdict import Invariant, Violation


def check_conformance(program: Program, network: Network) -> Iterator[Violation]:
    """Yield where a program does not conform to a network.

    Whether things are up or down is not compared: the walk of packets finds that out.
    """
    for subject, problem in _problems(program, network):
        yield Violation(Invariant.STRUCTURE, subject, problem)


def _problems(program: Program, network: Network) -> Iterator[tuple[str, str]]:
    provider = network.provider
    for what, found, wanted in (
        ("the program's lab", program.lab, network.name),
        ("TTL mode", program.ttl_mode.value, provider.ttl_mode.value),
        ("null label", program.null_label.value, provider.null_label.value),
    ):
        if found != wanted:
            yield network.name, f"{what} is {found}, should be {wanted}"
    for what, have, due in (
        ("LSR", program.nodes, provider.nodes),
        ("link", program.links, provider.links),
        ("VPN", program.vpns, network.vpns),
    ):
        names = [each.name for each in have]
        for problem in (*_names(what, names, (each.name for each in due)), *_twice(what, names)):
            yield network.name, problem
    for problem in _index_problems(program):
        yield network.name, problem
    kinds = {vpn.name: vpn.kind for vpn in network.vpns}
    for vpn in program.vpns:
        wanted = kinds.get(vpn.name, vpn.kind)
        if vpn.kind != wanted:
            yield (
                network.name,
                f"VPN {vpn.name} is of kind {vpn.kind.value!r}, should be {wanted.value!r}",
            )
    hubs = {vpn.name: hubs_of(vpn) for vpn in network.vpns}
    for vpn in program.vpns:
        if vpn.hub_and_spoke != hubs.get(vpn.name, vpn.hub_and_spoke):
            yield network.name, f"VPN {vpn.name} has other hubs than in the lab"
    yield from _node_problems(program, network)
    yield from _link_problems(program, network)
    yield from _circuit_problems(program, network)
    yield from misled_frames(program, network)
    yield from _service_problems(program, network)


def _names(what: str, found: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    found, wanted = set(found), set(wanted)
    for name in sorted(wanted - found):
        yield f"{what} {name} is missing"
    for name in sorted(found - wanted):
        yield f"{what} {name} is not in the lab"


def _twice(what: str, found: Iterable[object]) -> Iterator[str]:
    for name, count in Counter(found).items():
        if count > 1:
            yield f"{what} {name} is there {count} times"


def _index_problems(program: Program) -> Iterator[str]:
    """Yield LSRs that a switch cannot distinguish: it names a tunnel by its egress PE's index."""
    indices = [node.index for node in program.nodes]
    yield from _twice("LSR with index", indices)
    for index in indices:
        if not 1 <= index <= MAX_INDEX:
            yield f"index {index} of an LSR is not in 1-{MAX_INDEX}"


def _node_problems(program: Program, network: Network) -> Iterator[tuple[str, str]]:
    for node in network.provider.nodes:
        found = program.node_by_name.get(node.name)
        if found is not None and (found.role, found.router_id) != (node.role, node.router_id):
            yield node.name, f"it is a {found.role.value} {found.router_id}, not as in the lab"
        if found is not None and found.provider != node.provider:
            yield node.name, f"it is {found.provider}'s, should be {node.provider}'s"


def _link_problems(program: Program, network: Network) -> Iterator[tuple[str, str]]:
    """Yield links with other ends than in the lab, seen from either end."""
    at: dict[str, set[str]] = {node.name: set() for node in network.provider.nodes}
    for link in network.provider.links:
        found = program.link_by_name.get(link.name)
        for end in link.ends:
            at[end].add(link.name)
        for problem in _own_problems(found, link) if found is not None else ():
            yield link.name, problem
    for node in program.nodes:
        for problem in _names("its link", node.adjacency_by_link, at.get(node.name, ())):
            yield node.name, problem
    for link in network.provider.links:
        for here in link.ends:
            peer = link.far_end(here)
            mine = _adjacency(program, here, link.name)
            theirs = _adjacency(program, peer, link.name)
            if mine is None or theirs is None:
                continue
            if mine.border is not link.border:
                yield here, f"{link.name} is {border_said(mine.border)}, to other LSRs it is not"
            if mine.peer != peer:
                yield here, f"it takes {mine.peer} for the other end of {link.name}"
            elif mine.peer_mac != theirs.mac:
                yield here, f"{mine.peer_mac} is not the MAC address of {peer} on {link.name}"


def _own_problems(found: CoreLink, link: Link) -> Iterator[str]:
    """Yield what a link is, where it is not what the lab says."""
    there, back = (found.metric_from(end) for end in found.ends)
    wanted = tuple(link.metric_from(end) for end in link.ends)
    if found.ends != link.ends or (there, back) != wanted:
        metric = f"{there}" if there == back else f"{there}, back {back}"
        yield f"it joins {' and '.join(found.ends)} at metric {metric}"
    if found.border is not link.border:
        yield f"it is {border_said(found.border)}, should be {border_said(link.border)}"
    if found.mtu != link.mtu:
        yield f"it takes {found.mtu} octets, should take {link.mtu}"


def _adjacency(program: Program, node: str, link: str) -> Adjacency | None:
    found = program.node_by_name.get(node)
    return None if found is None else found.adjacency_by_link.get(link)


def _circuit_problems(program: Program, network: Network) -> Iterator[tuple[str, str]]:
    found: dict[str, list[tuple[str, AttachmentCircuit]]] = {}
    for node in program.nodes:
        for circuit in node.circuits:
            found.setdefault(circuit.name, []).append((node.name, circuit))
    sites = {line.circuit: line for _, line in network.lines()}
    leaves = {
        site.circuit
        for vpn, site in network.lines()
        if isinstance(vpn, Vpls) and vpn.topology.is_leaf(site.name)
    }
    due = {name for border in network.borders() for name in border.circuits}
    for problem in _names("circuit", found, {*sites, *due}):
        yield network.name, problem
    yield from border_circuit_problems(program, network, found)
    for name, site in sites.items():
        for where, circuit in found.get(name, ()):
            if where != site.pe:
                yield where, f"circuit {name} is at {site.pe}"
            for problem in _differences(circuit, site, leads_there=_leads_there(program, site)):
                yield where, f"circuit {name}: {problem}"
            if circuit.ce != intended_ce(network, site):
                yield where, f"circuit {name}: its CE router differs from the lab file's"
            if circuit.leaf is not (name in leaves):
                yield where, f"circuit {name}: it is a {'leaf' if circuit.leaf else 'root'}"
        if len(found.get(name, ())) > 1:
            yield site.pe, f"circuit {name} is there {len(found[name])} times"


def _leads_there(program: Program, line: Site) -> bool:
    """Whether the hosts of a site are known at a line: at those that are active, or the first."""
    active = active_lines(program, line)
    return line in (active or line.lines[:1])


def _differences(circuit: AttachmentCircuit, site: Site, *, leads_there: bool) -> Iterator[str]:
    if circuit.vpn != site.vpn:
        yield f"it is of VPN {circuit.vpn}"
    if circuit.dhcp_servers != site.dhcp_servers:
        yield "its DHCP servers differ from the lab file's"
    if circuit.mtu != site.mtu:
        yield f"it takes {circuit.mtu} octets, should take {site.mtu}"
    if circuit.strict_urpf != site.strict_urpf:
        yield "it validates sources" if circuit.strict_urpf else "it validates no sources"
    if circuit.shares_load != site.shares_load:
        yield f"its site's lines {'share' if circuit.shares_load else 'do not share'} the load"
    if circuit.tags != site.vlan:
        yield f"its frames have VLAN {circuit.tags}, should have {site.vlan}"
    line = circuit.line.name if circuit.line is not None else None
    if line != site.shared_line:
        yield f"it is on line {line}, should be on {site.shared_line}"
    if circuit.hosts != (site.hosts if leads_there else ()):
        yield "its hosts differ from the lab file's"
    if circuit.behind != site.behind:
        yield "the LAN behind its CE router differs from the lab file's"
    gateways = site.gateways if site.ce is None else site.ce.pe_wan
    if circuit.gateways != gateways:
        yield "its gateways have other addresses"


def _service_problems(program: Program, network: Network) -> Iterator[tuple[str, str]]:
    vpns = {vpn.name: vpn for vpn in network.vpns}
    at = _services_due(network)
    policies = {
        half.name: half
        for vpn in network.vpns
        if isinstance(vpn, L3vpn)
        for policy in vpn.policies
        for half in policy.halves()
    }
    for node in program.nodes:
        services: tuple[Vrf | Vsi, ...] = (*node.vrfs, *node.vsis)
        named = {service.name for service in services}
        for problem in _names("VRF or VSI", named, at.get(node.name, ())):
            yield node.name, problem
        for vrf in node.vrfs:
            setting = _vrf_problem(vrf, vpns.get(vrf.vpn), policies.get(vrf.name))
            if setting is not None:
                yield node.name, f"VRF {vrf.name}: {setting}"
        for vsi in node.vsis:
            setting = _vsi_problem(vsi, vpns.get(vsi.name))
            if setting is not None:
                yield node.name, f"VSI {vsi.name}: {setting}"
            for problem in redundancy_problems(program, node.name, vsi, vpns.get(vsi.name)):
                yield node.name, f"VSI {vsi.name}: {problem}"
            for problem in _wire_problems(node.name, vsi, vpns.get(vsi.name)):
                yield node.name, f"VSI {vsi.name}: {problem}"


def _services_due(network: Network) -> dict[str, set[str]]:
    """Return the names of the VRFs and VSIs that each PE should have."""
    at: dict[str, set[str]] = {}
    for vpn, site in network.lines():
        halves = vpn.policy(site.name).halves() if isinstance(vpn, L3vpn) else (vpn,)
        at.setdefault(site.pe, set()).update(half.name for half in halves)
    for border in network.borders():
        for end in border.ends:
            at.setdefault(end.asbr, set()).add(end.vrf)
    for vpn in network.vpns:
        for pe in vpn.pes if isinstance(vpn, Vpls) else ():  # hub PEs need no site
            at.setdefault(pe, set()).add(vpn.name)
    return at


def _wire_problems(pe: str, vsi: Vsi, vpn: Vpn | None) -> Iterator[str]:
    """Yield pseudowires that are not as the lab's spoke PEs have them (RFC 4762 section 10)."""
    hubs = {spoke.pe: spoke.hubs for spoke in vpn.topology.spokes} if isinstance(vpn, Vpls) else {}
    if isinstance(vpn, Vpls):
        others = [each for each in vpn.pes if each != pe and each not in hubs and pe not in hubs]
        due = tuple(each for each in others if vpn.topology.has_wire(pe, each))
        if vsi.mesh != (None if vpn.topology.mesh is None else due):
            yield "its part of the mesh is not the lab's"
    for wire in vsi.pseudowires:
        is_spoke = pe in hubs.get(wire.peer, ())
        if wire.spoke is not is_spoke:
            yield f"its pseudowire to {wire.peer} is {'a' if wire.spoke else 'no'} spoke"
        if wire.to_hub is not (wire.peer in hubs.get(pe, ())):
            yield f"its pseudowire to {wire.peer} leads to {'a' if wire.to_hub else 'no'} hub PE"
        spoke, hub = (wire.peer, pe) if is_spoke else (pe, wire.peer)
        if wire.secondary is not (hub in hubs.get(spoke, ())[1:]):
            which = "secondary" if wire.secondary else "primary"
            yield f"its pseudowire to {wire.peer} is {which}"
        if isinstance(vpn, Vpws):
            continue  # see `redundancy_problems`
        is_one_of_several = len(hubs.get(wire.peer if is_spoke else pe, ())) > 1
        if wire.standby and not is_one_of_several:
            yield f"its pseudowire to {wire.peer} stands by for none"


def _vrf_problem(vrf: Vrf, vpn: Vpn | None, policy: VrfPolicy | None) -> str | None:
    if vpn is not None and not isinstance(vpn, L3vpn):
        return "the VPN bridges"
    if policy is None:
        return None  # that it is there at all is a problem already
    targets = frozenset(vrf.import_targets), frozenset(vrf.export_targets)
    if vrf.rd != policy.rd or targets != (policy.import_targets, policy.export_targets):
        return "its RD or its route targets are not the VPN's"
    return None


def _vsi_problem(vsi: Vsi, vpn: Vpn | None) -> str | None:
    if vpn is None or isinstance(vpn, L3vpn):
        return "the VPN routes" if vpn is not None else None
    if vsi.kind is not vpn.kind:
        return f"it is a {vsi.kind.value}, the VPN a {vpn.kind}"
    if isinstance(vpn, Vpls) and vsi.mac_aging_s != vpn.mac_aging_s:
        return f"it forgets after {vsi.mac_aging_s} s"
    if isinstance(vpn, Vpls) and vsi.mac_limit != vpn.mac_limit:
        return f"it learns up to {vsi.mac_limit} addresses"
    if any(pw.control_word != vpn.control_word for pw in vsi.pseudowires):
        return f"a pseudowire has {'no' if vpn.control_word else 'a'} control word"
    return next(_bridging_problems(vsi, vpn), None)


def _bridging_problems(vsi: Vsi, vpn: Vpls | Vpws) -> Iterator[str]:
    if any(pw.pw_type is not vpn.pw_type for pw in vsi.pseudowires):
        yield f"a pseudowire is not of {vpn.pw_type.value} mode"
    if vsi.l2cp is not vpn.l2cp:
        yield f"layer 2 control protocols: {vsi.l2cp.value}, not {vpn.l2cp.value}"
    if isinstance(vpn, Vpls) and vsi.floods_unknown != vpn.floods_unknown:
        yield f"it {'floods' if vsi.floods_unknown else 'drops'} what is for unknown addresses"
    if isinstance(vpn, Vpls) and vsi.igmp_snooping != vpn.igmp_snooping:
        yield f"it {'snoops' if vsi.igmp_snooping else 'does not snoop'} IGMP and MLD"
    if isinstance(vpn, Vpls) and vsi.mac_move is not vpn.mac_move:
        yield f"MAC moves: {vsi.mac_move.value}, not {vpn.mac_move.value}"
    if isinstance(vpn, Vpls) and vsi.storm_control_bps != vpn.storm_control_bps:
        yield f"storm control at {vsi.storm_control_bps} bit/s, not {vpn.storm_control_bps}"
