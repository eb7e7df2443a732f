"""The reference interpreter and the eBPF maps, run by a fake data plane, do the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.model.labels import Label
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import IPAddress
from mplsemu.program import way
from mplsemu.program.entries import Forward, IlmEntry, Nhlfe, Push, Swap
from mplsemu.program.packet import BROADCAST_MAC, IpHeader, Packet
from mplsemu.program.program import GATEWAY_MAC, Program
from mplsemu.program.walk import walk
from mplsemu.southbound.ebpf.kinds import Drop
from mplsemu.southbound.punt.event import PuntReason
from tests import builders, strategies
from tests.oracles import frames
from tests.oracles.fakebpf import Lost, Punted
from tests.oracles.fakebpfnet import Delivered, FakeNetwork, Trail
from tests.oracles.fakepacket import internet_checksum

ROOT = Path(__file__).parents[2]
LAB_FILES = {
    path.stem: path
    for place in (ROOT / "topologies", ROOT / "tests" / "labs")
    for path in sorted(place.glob("*.yaml"))
}
MODES = [f"nordic-{ttl}-{null}" for ttl in TtlMode for null in NullLabel]
LADDER = ("x-a1", "x-b1", "a1-a2", "b1-b2", "a1-b2", "b1-a2", "a2-y", "b2-y")
MOST_WAYS = 10_000
EVERYBODY = {4: ip_address("10.255.255.254"), 6: ip_address("2001:db8:ffff::1")}

WHY = {
    "no ILM entry": Drop.NO_LABEL,
    "no tunnel": Drop.NO_TUNNEL,
    "nobody": Drop.NOBODY,
    "sent from a group": Drop.GROUP_SOURCE,
    "VLAN-tagged": Drop.NOT_FOR_US,
    "no IP packet": Drop.NOT_FOR_US,
    "not for the gateway": Drop.NOT_FOR_US,
    "no CE router": Drop.NEVER_ROUTED,
    "no IPv": Drop.MALFORMED,
    "no Ethernet frame": Drop.MALFORMED,
}


@dataclass(frozen=True)
class Sender:
    """A host as its PE sees it: the circuit, the MAC address of its frames, its addresses."""

    vpn: str
    circuit: str
    mac: str
    routed: bool
    addresses: tuple[IPAddress, ...]
    own_mac: str


@cache
def program_of(lab: str) -> Program:
    if lab in LAB_FILES:
        return compile_program(load(LAB_FILES[lab]).network)
    _, ttl, null = lab.split("-", 2)
    return compile_program(builders.nordic(ttl_mode=TtlMode(ttl), null_label=NullLabel(null)))


def senders(program: Program) -> list[Sender]:
    return [
        Sender(
            vpn=circuit.vpn,
            circuit=circuit.name,
            mac=circuit.ce.mac if circuit.ce else host.mac,
            routed=circuit.vpn in node.vrf_by_name,
            addresses=tuple(address.ip for address in host.addresses),
            own_mac=host.mac,
        )
        for node in program.nodes
        for circuit in node.circuits
        for host in circuit.hosts
    ]


# --- the same on every link and at every end -----------------------------------------------


class Comparison:
    """One lab, both ways."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.network = FakeNetwork(program)
        self.seen_ways = 0

    def send(self, sender: Sender, dst_mac: str, header: IpHeader, vlans=()) -> list[Trail]:
        """Send one packet through both and demand the same of every copy and every way."""
        packet = Packet(sender.mac, dst_mac, header, vlans)
        learned = self.network.learned()
        walked = walk(self.program, sender.circuit, packet, learned=learned, most_ways=MOST_WAYS)
        assert not walked.joined
        raw = frames.ip(header.source, header.destination, ttl=header.ttl, dscp=header.dscp)
        sent = frames.ip_frame(dst_mac, sender.mac, raw, vlans)
        trails = self.network.inject(sender.circuit, sent)
        expected = sorted((self._walked(branch) for branch in walked.branches), key=repr)
        assert sorted(map(self._trail, trails), key=repr) == expected, (sender, dst_mac, header)
        for trail in trails:
            self._check_frames(trail, sent)
        self.seen_ways += sum(branch.share != 1 for branch in walked.branches)
        return trails

    def _walked(self, branch: way.Branch):
        crossed = tuple(
            (hop.node, hop.link, tuple((int(e.label), e.tc, e.ttl) for e in hop.out_stack))
            for hop in branch.hops
            if hop.link in self.program.link_by_name
        )
        return crossed, self._walked_end(branch), branch.share

    def _walked_end(self, branch: way.Branch):
        last = [hop for hop in branch.hops if not hop.node.endswith("/ce")][-1]
        match branch.end:
            case way.Delivered(circuit=circuit, mac=mac):
                return "to", circuit, self._mac(circuit, mac), last.ip_ttl
            case way.TtlExpired(node) if node.endswith("/ce"):
                circuit = node.removesuffix("/ce")
                return "to", circuit, self._mac(circuit, ""), last.ip_ttl
            case way.TtlExpired(node):
                return "punted", node, PuntReason.TTL_EXPIRED
            case way.Unresolved(node):
                return "punted", node, PuntReason.GLEAN
            case way.Punted(node):  # the packets here are UDP
                return "punted", node, PuntReason.PORT_UNREACHABLE
            case way.Dropped(node, reason) if reason.startswith("no route"):
                return "punted", node, PuntReason.NO_ROUTE
            case way.Dropped(node, reason):
                return "lost", node, self._why(reason)

    def _mac(self, circuit: str, mac: str) -> str:
        ce = self.program.node_of_circuit[circuit].circuit_by_name[circuit].ce
        return ce.mac if ce else mac

    @staticmethod
    def _why(reason: str) -> Drop | None:
        if reason.startswith("no way out"):
            return None
        if "is never routed" in reason:
            return Drop.NEVER_ROUTED
        if reason.endswith("is down"):
            return Drop.PORT
        return next(why for start, why in WHY.items() if reason.startswith(start))

    def _trail(self, trail: Trail):
        crossed = tuple(
            (each.node, each.link, frames.seen(each.frame).stack) for each in trail.crossed
        )
        if isinstance(trail.end, Delivered):
            frame = trail.end.frame
            found = "to", trail.end.circuit, frame[:6].hex(":"), _ip(frame).ttl
        else:
            match trail.end.fate:
                case Punted(reason):
                    found = "punted", trail.end.node, reason
                case Lost(why):
                    found = "lost", trail.end.node, why
                case None:
                    found = "lost", trail.end.node, None
        return crossed, found, trail.share

    def _check_frames(self, trail: Trail, sent: bytes) -> None:
        for each in trail.crossed:
            adjacency = self.program.node(each.node).adjacency_by_link[each.link]
            seen = frames.seen(each.frame)
            assert (seen.src, seen.dst) == (adjacency.mac, adjacency.peer_mac)
        if isinstance(trail.end, Delivered):
            vpn = trail.end.circuit.split("/")[0]
            frame = trail.end.frame
            if vpn in self.program.node_of_circuit[trail.end.circuit].vsi_by_name:
                assert frame == sent
            else:
                assert frame[6:12].hex(":") == GATEWAY_MAC
                assert frame[34:] == sent[34:]
                if frame[14] >> 4 == 4:
                    assert not internet_checksum(frame[14:34])

    def teach(self) -> None:
        """Have every bridged station say something once."""
        for sender in senders(self.program):
            if not sender.routed:
                raw = frames.ethernet(BROADCAST_MAC, sender.mac, 0x88B5, b"hello" * 10)
                self.network.inject(sender.circuit, raw)

    def send_to(self, sender: Sender, addresses, dst_mac: str | None = None, **header) -> int:
        """Send to addresses of a routed network, from the sender's of the same version."""
        count = 0
        for address in addresses:
            for own in sender.addresses:
                if own.version == address.version:
                    self.send(sender, dst_mac or GATEWAY_MAC, IpHeader(own, address, **header))
                    count += 1
        return count

    def all_pairs(self, **header) -> int:
        """Send from every host to every other of its VPN."""
        count = 0
        everyone = senders(self.program)
        for sender in everyone:
            for other in everyone:
                if other.vpn == sender.vpn and other is not sender:
                    mac = GATEWAY_MAC if sender.routed else other.own_mac
                    count += self.send_to(sender, other.addresses, mac, **header)
        return count


def _ip(frame: bytes):
    at = 12
    while frame[at : at + 2] in {b"\x81\x00", b"\x88\xa8"}:
        at += 4
    return frames.seen(frame[:12] + frame[at:])


# --- the labs of the repository ------------------------------------------------------------


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_every_pair_of_hosts_of_a_vpn_is_served_the_same(lab):
    comparison = Comparison(program_of(lab))
    comparison.teach()
    assert comparison.all_pairs(dscp=46)


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_addresses_of_others_gateways_strangers_and_martians_are_treated_the_same(lab):
    program = program_of(lab)
    comparison = Comparison(program)
    strange = [
        ip_address(text)
        for text in ("8.8.8.8", "127.0.0.1", "224.0.0.5", "255.255.255.255", "0.0.0.0",
                     "2001:db8:ffff::1", "::1", "fe80::1", "fe80::2", "ff02::5")
    ]  # fmt: skip
    for node in program.nodes:
        for circuit in node.circuits:
            for gateway in circuit.gateways:
                network_of = gateway.network
                strange += [gateway.ip, network_of[-2], network_of[-1], network_of[0]]
    strange += [address for each in senders(program) for address in each.addresses]
    seen_circuits = set()
    for sender in senders(program):
        if sender.routed and sender.circuit not in seen_circuits:
            seen_circuits.add(sender.circuit)
            comparison.send_to(sender, dict.fromkeys(strange))


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
def test_every_ttl_runs_out_at_the_same_router(lab):
    program = program_of(lab)
    comparison = Comparison(program)
    for sender in [each for each in senders(program) if each.routed][:3]:
        for other in senders(program):
            if other.vpn == sender.vpn and other.circuit != sender.circuit:
                for ttl in range(9):
                    comparison.send_to(sender, other.addresses, ttl=ttl)


@pytest.mark.parametrize("lab", [*LAB_FILES, *MODES])
@pytest.mark.parametrize("vlans", [(), (7,), (100, 7)])
def test_a_broadcast_reaches_the_same_circuits_and_a_group_none(lab, vlans):
    program = program_of(lab)
    comparison = Comparison(program)
    for sender in senders(program):
        own = sender.addresses[0]
        header = IpHeader(own, EVERYBODY[own.version], dscp=46)
        comparison.send(sender, BROADCAST_MAC, header, vlans)
        if not sender.routed:
            group = replace(sender, mac="03:00:00:00:00:01")
            comparison.send(group, BROADCAST_MAC, header, vlans)


# --- random labs ---------------------------------------------------------------------------


@st.composite
def labs(draw: st.DrawFn) -> Program:
    """Random labs with what fails in them, and control words on some pseudowires."""
    made = draw(strategies.networks())
    vpns = tuple(
        replace(vpn, control_word=draw(st.booleans())) if isinstance(vpn, Vpls | Vpws) else vpn
        for vpn in made.vpns
    )
    made = replace(made, vpns=vpns)
    before = compile_program(made)
    return compile_program(made, draw(strategies.failures(made, circuits=True)), previous=before)


@settings(max_examples=60, deadline=None)
@given(program=labs(), ttl=st.integers(0, 9))
def test_random_labs_serve_every_pair_the_same(program, ttl):
    comparison = Comparison(program)
    for sender in senders(program):  # nothing is learned yet
        for own in sender.addresses[:1]:
            comparison.send(sender, BROADCAST_MAC, IpHeader(own, EVERYBODY[own.version]))
    comparison.teach()
    comparison.all_pairs()
    comparison.all_pairs(ttl=ttl, dscp=34)


# --- ways of equal cost --------------------------------------------------------------------


@pytest.mark.parametrize("mode", TtlMode)
@pytest.mark.parametrize("null", NullLabel)
def test_every_way_of_equal_cost_is_the_same_with_the_same_share(mode, null):
    macs = builders.MacAddresses()
    program = compile_program(
        builders.network(
            builders.provider(LADDER, pes=("x", "y"), ecmp=4, ttl_mode=mode, null_label=null),
            builders.l3vpn(
                "v",
                {
                    "a": ("x", "10.1.0.0/29 2001:db8:1::/64"),
                    "b": ("y", "10.1.1.0/29 2001:db8:2::/64"),
                },
                macs=macs,
            ),
            builders.vpls("lan", {"a": "x", "b": "y", "c": "y"}, subnet="10.0.0.0/28", macs=macs),
        )
    )
    comparison = Comparison(program)
    comparison.teach()
    comparison.all_pairs(dscp=46)
    for ttl in range(7):
        comparison.all_pairs(ttl=ttl)
    assert comparison.seen_ways > 100


def test_what_is_pushed_may_differ_from_way_to_way():
    macs = builders.MacAddresses()
    program = compile_program(
        builders.network(
            builders.provider(("x-y", "x-p", "p-y"), metrics={"x-y": 20}, ecmp=2),
            builders.vpls("lan", {"a": "x", "b": "y", "c": "p"}, macs=macs),
        )
    )
    comparison = Comparison(program)
    comparison.all_pairs()
    assert comparison.seen_ways


# --- what no lab compiles to ---------------------------------------------------------------


def chain(**provider_settings) -> Program:
    macs = builders.MacAddresses()
    return compile_program(
        builders.network(
            builders.provider(("x-p", "p-q", "q-y"), pes=("x", "y"), **provider_settings),
            builders.l3vpn("v", {"a": ("x", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29")}, macs=macs),
            builders.vpls("lan", {"a": "x", "b": "y", "c": "y"}, macs=macs),
        )
    )


def with_ilm(program: Program, changes: dict[str, tuple[IlmEntry, ...]]) -> Program:
    nodes = [
        replace(node, ilm=(*node.ilm, *changes[node.name])) if node.name in changes else node
        for node in program.nodes
    ]
    return replace(program, nodes=tuple(nodes))


@pytest.mark.parametrize("mode", TtlMode)
def test_a_transit_lsr_may_push(mode):
    """A tunnel in the tunnel, as a bypass: p pushes a label that q pops."""
    program = chain(ttl_mode=mode)
    p, q = program.node("p"), program.node("q")
    (to_y,) = [each for each in p.ilm if each.egress == "y"]
    (at_q,) = [each for each in q.ilm if each.egress == "y"]
    bypass = Label(5000)
    pushing = replace(to_y, action=Forward((Nhlfe("p-q", Push((bypass,))),)))
    swapped = IlmEntry(to_y.label, at_q.action, "y")
    bent = replace(
        program,
        nodes=tuple(
            replace(node, ilm=tuple(pushing if each is to_y else each for each in node.ilm))
            if node is p
            else replace(
                node,
                ilm=(
                    *(each for each in node.ilm if each.label != to_y.label),
                    swapped,
                    IlmEntry(bypass, Forward((Nhlfe("q-y", Swap(bypass)),)), "y"),
                ),
            )
            if node is q
            else node
            for node in program.nodes
        ),
    )
    comparison = Comparison(bent)
    comparison.teach()
    comparison.all_pairs()
    comparison.all_pairs(ttl=3)


def test_a_missing_label_a_missing_tunnel_and_a_dead_link_end_at_the_same_lsr():
    program = chain()
    for name, changes in (("q", {"ilm": ()}), ("x", {"ftn": ()}), ("y", {"ilm": ()})):
        nodes = [replace(n, **changes) if n.name == name else n for n in program.nodes]
        comparison = Comparison(replace(program, nodes=tuple(nodes)))
        comparison.all_pairs()
    links = tuple(replace(each, up=each.name != "p-q") for each in program.links)
    Comparison(replace(program, links=links)).all_pairs()


def test_a_vsi_floods_what_is_for_those_it_could_not_learn():
    program = chain()
    y = program.node("y")
    limited = replace(y.vsis[0], mac_limit=1)
    nodes = [replace(n, vsis=(limited,)) if n is y else n for n in program.nodes]
    comparison = Comparison(replace(program, nodes=tuple(nodes)))
    comparison.teach()
    learned = [key for key in comparison.network.learned() if key[0] == "y"]
    assert len(learned) == 1
    comparison.all_pairs()


def test_an_address_that_is_silent_for_too_long_is_forgotten():
    comparison = Comparison(chain())
    comparison.teach()
    lsrs = comparison.network.lsrs
    sender, target, other = [each for each in senders(comparison.program) if not each.routed]
    raw = frames.ethernet(target.mac, sender.mac, 0x88B5, b"hello" * 10)
    assert len(comparison.network.inject(sender.circuit, raw)) == 1
    lsrs.now_ns += 301 * 10**9
    ends = {trail.end.circuit for trail in comparison.network.inject(sender.circuit, raw)}
    assert ends == {target.circuit, other.circuit}


# --- what the gateway answers by itself ----------------------------------------------------


def test_a_gateway_answers_arp_and_echo_requests():
    program = chain()
    network = FakeNetwork(program)
    sender, far = [each for each in senders(program) if each.routed]
    asked = frames.arp(1, sender.mac, "10.1.0.2", "00:00:00:00:00:00", "10.1.0.1")
    punted, answer = network.inject(sender.circuit, asked)
    assert punted.end.fate == Punted(PuntReason.ARP, 1)
    assert answer.end.circuit == sender.circuit
    assert answer.end.frame == frames.arp(
        2, GATEWAY_MAC, "10.1.0.1", sender.mac, "10.1.0.2", dst=sender.mac
    )
    for own, gateway, back in (
        (sender, "10.1.0.1", "10.1.0.2"),
        (far, "10.1.0.1", "10.1.1.2"),
    ):
        request = frames.ip_frame(GATEWAY_MAC, own.mac, frames.echo(back, gateway))
        (trail,) = network.inject(own.circuit, request)
        assert trail.end.circuit == own.circuit
        seen = frames.seen(trail.end.frame)
        assert (str(seen.addresses[0]), str(seen.addresses[1])) == (gateway, back)
        assert (
            seen.body
            == frames.seen(
                frames.ip_frame(GATEWAY_MAC, own.mac, frames.echo(gateway, back, kind=0))
            ).body
        )


def test_of_arp_only_requests_for_the_gateway_are_answered():
    program = chain()
    network = FakeNetwork(program)
    sender = next(each for each in senders(program) if each.routed)
    for operation, target in ((1, "10.1.0.5"), (2, "10.1.0.1")):
        said = frames.arp(operation, sender.mac, "10.1.0.2", "00:00:00:00:00:00", target)
        (trail,) = network.inject(sender.circuit, said)
        assert trail.end.fate == Punted(PuntReason.ARP, 1)
