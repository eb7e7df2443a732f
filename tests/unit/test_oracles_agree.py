"""The reference interpreter and the pipeline's flows, run by a fake switch, do the same."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.model.network import Network
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.model.vpn import VpnKind
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Dropped, Punted, TtlExpired, Unresolved, Walk
from mplsemu.program.program import Program
from mplsemu.program.walk import Walker, walk
from mplsemu.southbound.openflow.punts import punt
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests import builders, programs
from tests.oracles import frames
from tests.oracles.fakeswitch import FakeNetwork, FakeOutcome
from tests.oracles.senders import STRANGE_SOURCES, Sender, senders, strange_targets
from tests.places import LAB_FILES

EVERY_LAB = list(LAB_FILES)
SQUARES = [f"square-{ttl}-{null}" for ttl in TtlMode for null in NullLabel]
BYPASSES = [f"bypass-{name}-{ttl}" for name in programs.PROTECTED for ttl in TtlMode]
"""A ring with the traffic over one link in a bypass tunnel, which pushes, or swaps and pushes."""
MODES = [*programs.MODES, *SQUARES, *BYPASSES]
MAX_BRANCHES = 1000


@cache
def program_of(lab: str) -> Program:
    if lab.startswith("bypass-"):
        _, name, ttl = lab.split("-")
        return programs.repaired_ring(name, ttl_mode=TtlMode(ttl))
    if not lab.startswith("square-"):
        return programs.program_of(lab)
    _, ttl, null = lab.split("-", 2)
    return compile_program(square(ttl_mode=TtlMode(ttl), null_label=NullLabel(null)))


def square(**settings) -> Network:
    """Return two PEs with two ways between them, and one more with three or, from it, one."""
    macs = builders.MacAddresses()
    links = ("dk-p1", "dk-p2", "p1-se", "p2-se", "se-no", "se-no#2", "se-no#3")
    hosts = {"x": ("dk", "192.168.1.0/24 2001:db8:1::/64"), "y": ("se", "192.168.2.0/24", "ce")}
    hosts["z"] = ("no", "192.168.3.0/24 2001:db8:3::/64")
    return builders.network(
        builders.provider(links, pes=("dk", "se", "no"), ecmp=4, **settings),
        builders.l3vpn("a", hosts, hosts=2, macs=macs),
        builders.vpls("c", {"x": "dk", "y": "se", "z": "no"}, hosts=2, macs=macs),
        builders.vpws("d", {"x": "dk", "z": "no"}, macs=macs),
        name="square",
    )


@cache
def all_flows(lab: str):
    program = program_of(lab)
    return {node.name: flows(program, node.name) for node in program.nodes}


def fresh(lab: str) -> FakeNetwork:
    return FakeNetwork(program_of(lab), all_flows(lab))


@cache
def senders_of(lab: str) -> list[Sender]:
    return senders(program_of(lab))


def compare(lab, network, walker, sender, dst_mac, header, vlans=(), port=40000):
    """Send one packet through both and demand the same on every link and at the end."""
    learned = dst_mac != BROADCAST_MAC
    packet = Packet(sender.mac, dst_mac, header, vlans)
    walked = walker.walk(sender.circuit, packet, learned=learned)
    program = program_of(lab)
    if walked.joined or any(branch.share != 1 for branch in walked.branches):
        walked = walk(program, sender.circuit, packet, learned=learned, max_branches=MAX_BRANCHES)
    payload = struct.pack("!HHHH", port, 33434, 8 + len(frames.PAYLOAD), 0) + frames.PAYLOAD
    settings = {"ttl": header.ttl, "dscp": header.dscp, "payload": payload}
    raw = frames.ip(header.source, header.destination, **settings)
    outcome = network.inject(sender.circuit, frames.ip_frame(dst_mac, sender.mac, raw, vlans))
    about = f"{lab}: {sender.name} -> {header.destination} ttl {header.ttl} {dst_mac}"
    possible = [
        (links_walked(program, each), ends(program, each), expected_punts(each))
        for each in one_way_each(walked)
    ]
    found = on_links(outcome), delivered(program, outcome), punted(outcome)
    if len(possible) == 1:
        assert found == possible[0], about
    else:
        assert found in possible, about
    return outcome


def one_way_each(walked: Walk) -> Iterator[Walk]:
    """Yield every way in which all copies may go together, each by one of its own ways."""
    copies = {}
    for branch in walked.branches:
        copies.setdefault(branch.copy, []).append(branch)
    return map(Walk, itertools.product(*copies.values()))


def on_links(outcome: FakeOutcome):
    return sorted((node, link, frames.seen(frame).stack) for link, node, frame in outcome.on_links)


def links_walked(program, walked):
    found = {
        (index, hop.node, hop.link, tuple((int(e.label), e.tc, e.ttl) for e in hop.out_stack))
        for branch in walked.branches
        for index, hop in enumerate(branch.hops)
        if hop.link in program.link_by_name
    }
    return sorted((node, link, stack) for _, node, link, stack in found)


def delivered(program, outcome):
    return sorted(
        (circuit, None if has_ce(program, circuit) else frame[:6].hex(":"))
        for circuit, frame in outcome.deliveries
    )


def ends(program, walked):
    # what a CE router does with a packet is its own business
    return sorted(
        (end.circuit, None if has_ce(program, end.circuit) else end.mac)
        if isinstance(end, Delivered)
        else (end.node.removesuffix("/ce"), None)
        for end in walked.ends
        if isinstance(end, Delivered)
        or (isinstance(end, TtlExpired | Dropped) and end.node.endswith("/ce"))
    )


def has_ce(program, circuit):
    return program.node_of_circuit[circuit].circuit_by_name[circuit].ce is not None


def punted(outcome):
    return sorted(
        (node, said.reason)
        for node, each in outcome.packet_ins
        if (said := punt(each.reason, each.in_port, 0, each.registers, b"")) is not None
    )


def expected_punts(walked):
    found = []
    for end in walked.ends:
        match end:
            case TtlExpired(node) if not node.endswith("/ce"):
                found.append((node, PuntReason.TTL_EXPIRED))
            case Unresolved(node):
                found.append((node, PuntReason.GLEAN))
            case Punted(node):  # the packets here are UDP
                found.append((node, PuntReason.NOT_SERVED))
            case Dropped(node, reason) if reason.startswith("no route"):
                found.append((node, PuntReason.NO_ROUTE))
    return sorted(found)


def headers(sender, addresses, **settings):
    for address in addresses:
        for own in sender.addresses:
            if own.version == address.version:
                yield IpHeader(own, address, **settings)


def teach(network, lab, vpn):
    """Have every station of a VPLS say something once."""
    for sender in senders_of(lab):
        if sender.vpn == vpn and not sender.routed:
            raw = frames.ethernet(BROADCAST_MAC, sender.mac, 0x88B5, b"hello" * 10)
            network.inject(sender.circuit, raw)


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_every_pair_of_hosts_of_a_vpn_is_served_the_same(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    for vpn in program_of(lab).vpns:
        teach(network, lab, vpn.name)
    count = 0
    for sender in senders_of(lab):
        for other in senders_of(lab):
            if other.vpn != sender.vpn or other is sender:
                continue
            for header in headers(sender, other.addresses, dscp=46):
                dst_mac = GATEWAY_MAC if sender.routed else other.own_mac
                outcome = compare(lab, network, walker, sender, dst_mac, header)
                count += bool(outcome.deliveries)
    assert count


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_addresses_of_other_vpns_lead_to_the_same_places_or_nowhere(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    addresses = dict.fromkeys(address for each in senders_of(lab) for address in each.addresses)
    seen_circuits = set()
    for sender in senders_of(lab):
        if sender.routed and sender.circuit not in seen_circuits:
            seen_circuits.add(sender.circuit)
            for header in headers(sender, addresses):
                compare(lab, network, walker, sender, GATEWAY_MAC, header)
    assert seen_circuits or "vpls" in lab


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_every_ttl_runs_out_at_the_same_router(lab):
    walker = Walker(program_of(lab))
    network = fresh(lab)
    for sender in [each for each in senders_of(lab) if each.routed][:4]:
        for other in senders_of(lab):
            if other.vpn == sender.vpn and other.circuit != sender.circuit:
                for ttl in range(10):
                    for header in headers(sender, other.addresses, ttl=ttl):
                        compare(lab, network, walker, sender, GATEWAY_MAC, header)


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_gateways_strangers_and_martians_are_treated_the_same(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    program = program_of(lab)
    strange = strange_targets(program)
    for sender in senders_of(lab):
        if sender.routed:
            for header in headers(sender, dict.fromkeys(strange)):
                compare(lab, network, walker, sender, GATEWAY_MAC, header)


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_sources_that_nobody_has_are_treated_the_same(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    targets = [address for each in senders_of(lab)[:6] for address in each.addresses]
    targets += [ip_address(text) for text in ("8.8.8.8", "2001:db8:ffff::1", "fe80::1", "ff02::5")]
    for circuit in program_of(lab).nodes[0].circuits:
        targets += [gateway.ip for gateway in circuit.gateways]
    for sender in [each for each in senders_of(lab) if each.routed][:4]:
        for source in STRANGE_SOURCES:
            forged = replace(sender, addresses=(source,))
            for header in headers(forged, dict.fromkeys(targets)):
                outcome = compare(lab, network, walker, forged, GATEWAY_MAC, header)
                assert not outcome.deliveries


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_sources_of_others_are_treated_the_same(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    everyone = [each for each in senders_of(lab) if each.routed][:8]
    sources = [address for each in everyone for address in each.addresses]
    for node in program_of(lab).nodes:
        for gateway in (each for circuit in node.circuits for each in circuit.gateways):
            sources += [gateway.ip, gateway.network[-1], gateway.network[0], gateway.network[-2]]
    sources += [ip_address("8.8.8.8"), ip_address("2001:db8:ffff::1"), ip_address("fe80::9")]
    for sender in everyone:
        for target in (everyone[0], everyone[-1]):
            for source in dict.fromkeys(sources[:60]):
                forged = replace(sender, addresses=(source,))
                for header in headers(forged, (*target.addresses, ip_address("fe80::1"))):
                    compare(lab, network, walker, forged, GATEWAY_MAC, header)


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_nothing_is_forwarded_or_learned_from_a_group_address(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    for sender in senders_of(lab):
        group = replace(sender, mac="03:00:00:00:00:01")
        for other in senders_of(lab)[:4]:
            for header in headers(group, other.addresses):
                dst_mac = GATEWAY_MAC if sender.routed else BROADCAST_MAC
                outcome = compare(lab, network, walker, group, dst_mac, header)
                node = program_of(lab).node_of_circuit[sender.circuit]
                is_wire = any(
                    vsi.kind is VpnKind.VPWS for vsi in node.vsis if vsi.name == sender.vpn
                )
                assert bool(outcome.deliveries) is is_wire


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
@pytest.mark.parametrize("vlans", [(), (7,), (100, 7)])
def test_a_broadcast_reaches_the_same_circuits(lab, vlans):
    walker = Walker(program_of(lab))
    network = fresh(lab)
    for sender in senders_of(lab):
        if not sender.routed:
            header = IpHeader(sender.addresses[0], ip_address("255.255.255.255"))
            outcome = compare(lab, network, walker, sender, BROADCAST_MAC, header, vlans)
            raw = frames.ip(header.source, header.destination)
            sent = frames.ip_frame(BROADCAST_MAC, sender.mac, raw, vlans)
            circuit = walker.program.node_of_circuit[sender.circuit].circuit_by_name[sender.circuit]
            is_taken = not (vlans and circuit.line is not None and circuit.tags is None)
            assert {frame for _, frame in outcome.deliveries} == ({sent} if is_taken else set())


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_frames_that_are_not_for_the_gateway_are_not_routed(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    for sender in senders_of(lab):
        if sender.routed:
            for header in headers(sender, senders_of(lab)[0].addresses):
                compare(lab, network, walker, sender, "02:00:00:00:ff:ff", header)
                compare(lab, network, walker, sender, GATEWAY_MAC, header, (5,))


@pytest.mark.parametrize("lab", EVERY_LAB + MODES)
def test_what_is_for_the_nearest_bridge_goes_nowhere(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    program = program_of(lab)
    seen = set()
    for sender in [each for each in senders_of(lab) if not each.routed]:
        (vsi,) = (v for v in program.node_of_circuit[sender.circuit].vsis if v.name == sender.vpn)
        if sender.vpn in seen:
            continue
        seen.add(sender.vpn)
        is_wire = vsi.kind is VpnKind.VPWS
        standard = {1} if is_wire else {*range(1, 11), 14}
        by_choice = {"standard": standard, "tunnel": {1}, "drop": set(range(16))}
        filtered = by_choice[vsi.l2cp]
        for last in range(18):
            mac = f"01:80:c2:00:00:{last:02x}"
            for ethertype, vlans in ((0x88B5, ()), (0x0800, ()), (0x8808, ()), (0x8808, (7,))):
                packet = Packet(sender.mac, mac, None, vlans, ethertype)
                walked = walker.walk(sender.circuit, packet, learned=False)
                raw = frames.ethernet(mac, sender.mac, ethertype, bytes(46), vlans)
                outcome = network.inject(sender.circuit, raw)
                is_lost = last in filtered or (ethertype == 0x8808 and not vlans)
                assert bool(walked.deliveries) is bool(outcome.deliveries) is not is_lost


# several ways of equal cost ----------------------------------------------------------------------


@pytest.mark.parametrize("lab", ["ecmp", *SQUARES])
def test_some_flow_takes_each_way_from_an_ingress_and_every_flow_keeps_its_own(lab):
    network, walker = fresh(lab), Walker(program_of(lab))
    for vpn in program_of(lab).vpns:
        teach(network, lab, vpn.name)
    count = 0
    for sender, other, ingress, links in spread_pairs(lab):
        dst_mac = GATEWAY_MAC if sender.routed else other.own_mac
        for header in headers(sender, other.addresses):
            taken = {}
            for port in [*range(1000, 1032)] * 2:
                outcome = compare(lab, network, walker, sender, dst_mac, header, port=port)
                assert taken.setdefault(port, on_links(outcome)) == on_links(outcome)
            crossed = itertools.chain.from_iterable(taken.values())
            assert {link for node, link, _ in crossed if node == ingress} == links
            count += 1
    assert count


def spread_pairs(lab):
    """Yield hosts of one VPN between whose PEs there are several ways, the ingress, its links."""
    program = program_of(lab)
    for one, other in itertools.permutations(senders_of(lab), 2):
        here, there = (program.node_of_circuit[each.circuit] for each in (one, other))
        for entry in here.ftn:
            if (one.vpn, entry.egress) == (other.vpn, there.name) and len(entry.nhlfes) > 1:
                yield one, other, here.name, {nhlfe.link for nhlfe in entry.nhlfes}
