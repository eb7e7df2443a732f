"""Pings to addresses of every kind, in random labs: both oracles answer what the program says.

The same on the real data planes is in tests/system. For more labs set MPLSEMU_PING_LABS.
"""

from __future__ import annotations

import os

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.program.program import Program
from mplsemu.southbound.openflow import punts
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.punt.event import IntoVrf, OutOfPort, Punt
from mplsemu.southbound.punt.on_line import as_on_line
from tests.oracles import fakebpf, fakebpfnet, fakeswitch
from tests.oracles.pinglabs import network_of, pings, random_lab
from tests.oracles.stations import Inject, World
from tests.punted import answered

LABS = int(os.environ.get("MPLSEMU_PING_LABS", "8"))
IN_A_LAB = int(os.environ.get("MPLSEMU_PINGS", "150"))


def by_flows(program: Program) -> Inject:
    """Return OpenFlow's data plane, whose controller answers."""

    def controller(node, packet_in):
        said = (packet_in.in_port, packet_in.metadata, packet_in.registers, packet_in.frame)
        punt = punts.punt(packet_in.reason, *said)
        answers = answered(program, node, punt) if punt is not None else None
        for out in answers.packets_out if answers is not None else ():
            made = punts.packet_out(as_on_line(program.node(node), out))
            yield made.actions, made.frame

    all_flows = {node.name: flows(program, node.name) for node in program.nodes}
    network = fakeswitch.FakeNetwork(program, all_flows, controller, ces=False)
    return lambda circuit, frame: network.inject(circuit, frame).deliveries


def by_maps(program: Program) -> Inject:
    """Return the eBPF data plane, whose controller answers."""
    network = fakebpfnet.FakeNetwork(program, ces=False)

    def inject(circuit, frame):
        yield from seen_through(network.inject(circuit, frame), circuit)

    def seen_through(trails, circuit):
        for trail in one_way(trails):
            match trail.end:
                case fakebpfnet.Delivered(where, frame):
                    yield where, frame
                case fakebpfnet.Ended(node, fakebpf.Punted() as fate) if fate.frame:
                    at = program.node(node).circuit_by_name.get(circuit)  # none: from the core
                    port = at.port if at is not None else 0
                    punt = Punt(fate.reason, port, fate.service, fate.frame)
                    yield from sent(node, answered(program, node, punt), circuit)

    def sent(node, answers, circuit):
        for out in answers.packets_out:
            match out:
                case OutOfPort(port, frame):
                    circuits = program.node(node).circuits
                    yield next(each.name for each in circuits if each.port == port), frame
                case IntoVrf(service, frame):
                    yield from seen_through(network.route(node, service, frame[14:]), circuit)

    return inject


def one_way(trails):
    """Return the trails of copies by one of the ways of equal cost that each may take."""
    copies = {}
    for trail in trails:
        if isinstance(trail.end, fakebpfnet.Delivered):
            copies.setdefault(trail.end.circuit, trail)
    others = [trail for trail in trails if not isinstance(trail.end, fakebpfnet.Delivered)]
    certain = [trail for trail in others if trail.share == 1]
    return [*copies.values(), *certain] or others[:1]


MASQUERADING = """
name: masquerading
provider: {nodes: {x: {role: pe}, y: {role: pe}}, links: [x-y]}
vpns:
  v:
    type: l3vpn
    sites:
      exit:
        pe: x
        subnet: [203.0.113.64/29, 192.0.2.0/28, "2001:db8:f::/64"]
        ce: {router: linux, nat: masquerade}
        hosts: {isp: {address: [203.0.113.66, 198.51.100.80, "2001:db8:f::2"]}, web: 192.0.2.3}
        routes: [0.0.0.0/0 via 203.0.113.66, 10.99.0.0/16 via 192.0.2.3]
      office: {pe: y, subnet: [10.1.0.0/24, "2001:db8:1::/64"]}
      plant: {pe: x, subnet: 192.168.0.0/24, ce: router}
      public: {pe: y, subnet: 198.18.0.0/24}
"""


def test_pings_through_a_router_that_masquerades_are_answered_as_the_program_says():
    differences(MASQUERADING, 3)


@pytest.mark.parametrize("seed", range(1, 1 + LABS))
def test_a_ping_is_answered_where_the_program_says_so_and_nowhere_else(seed):
    differences(random_lab(seed), seed)


def differences(text: str, seed: int) -> None:
    """Ping, in both worlds, and compare each with the program."""
    network = network_of(text)
    program = compile_program(network)
    worlds = {"flows": World(network, by_flows(program)), "maps": World(network, by_maps(program))}
    wrong = []
    for each in pings(program, network, seed, IN_A_LAB):
        for which, world in worlds.items():
            found = world.ping(each.source, each.target)
            if found != (each.answered, each.taken_by):
                wrong.append(f"{which}: {each}: {found}")
    assert not wrong, "\n".join(wrong)
