"""What is decoded is what was encoded, for every flow of every lab."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.southbound.openflow import encode
from mplsemu.southbound.openflow.actions import Clone, Controller, Move, SetField
from mplsemu.southbound.openflow.decode import decode
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.match import Match
from mplsemu.southbound.openflow.pipeline import MAC_MOVED, REG_PUNT, Table
from mplsemu.southbound.openflow.read import InstalledFlow
from mplsemu.southbound.openflow.translate import flows
from tests.places import TOPOLOGIES
from tests.programs import program_of
from tests.strategies import networks

_MATCH_AT = 48
"""Where the match begins in a message that adds a flow (OpenFlow 1.3.5 section 7.3.4.1)."""


def installed(flow, change=lambda instructions: instructions):
    """Return a flow as a switch would tell it: from the bytes that install it."""
    message = encode.add_flow(flow, flow.cookie)
    (length,) = struct.unpack_from("!H", message, _MATCH_AT + 2)
    instructions = message[_MATCH_AT + length + -length % 8 :]
    match = message[_MATCH_AT + 4 : _MATCH_AT + length]
    return InstalledFlow(int(flow.table), flow.priority, flow.cookie, match, change(instructions))


def all_flows(program):
    return [flow for node in program.nodes for flow in flows(program, node.name)]


@pytest.mark.parametrize("path", sorted(TOPOLOGIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_flow_of_a_lab_comes_back(path):
    program = compile_program(load(str(path)).network)
    for flow in all_flows(program):
        again = decode(installed(flow))
        assert again == flow


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_every_flow_of_any_network_comes_back(network):
    for flow in all_flows(compile_program(network)):
        assert decode(installed(flow)) == flow


def test_how_much_of_a_packet_goes_to_the_controller_is_read_as_open_vswitch_reports_it():
    tell = Controller(max_len=64, meter=7)
    flow = Flow(Table.VSI_MOVES, 100, Match(), (SetField(REG_PUNT, MAC_MOVED), tell))
    asked, reported = (struct.pack("!HHHxx", 0, length, 64) for length in (6, 8))

    def change(instructions):
        assert asked in instructions
        return instructions.replace(asked, reported)

    assert decode(installed(flow, change)) == flow


@pytest.mark.parametrize(
    "instructions",
    [
        struct.pack("!HHQ", 2, 24, 0) + bytes(12),  # write metadata
        struct.pack("!HH4xHHQ", 4, 20, 11, 12, 0),  # an action nobody knows
        struct.pack("!HH4xHHI", 4, 16, 22, 8, 1),  # a group
        struct.pack("!HH4xHH4x", 4, 16, 0, 0),  # an action without length
        b"\x00",
    ],
)
def test_what_no_flow_of_ours_does_is_none_of_ours(instructions):
    program = program_of("vpls")
    flow = all_flows(program)[0]
    assert decode(installed(flow, lambda _: instructions)) is None


NICIRA_NAMES = {
    "in_port": (0, 0, 2), "eth_dst": (0, 1, 6), "eth_src": (0, 2, 6),
    "ipv4_src": (0, 7, 4), "ipv4_dst": (0, 8, 4), "arp_spa": (0, 16, 4), "arp_tpa": (0, 17, 4),
    "arp_sha": (1, 17, 6), "arp_tha": (1, 18, 6), "ipv6_src": (1, 19, 16), "ipv6_dst": (1, 20, 16),
}  # fmt: skip
"""By which class, number and length Open vSwitch tells fields of a move (its nicira-ext.h)."""


def moves_of(actions):
    for action in actions:
        match action:
            case Move():
                yield action
            case Clone(inner):
                yield from moves_of(inner)


@pytest.mark.parametrize("path", sorted(TOPOLOGIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_field_of_a_move_is_known_by_the_name_that_open_vswitch_tells(path):
    program = compile_program(load(str(path)).network)
    moves = {move for flow in all_flows(program) for move in moves_of(flow.actions)}
    assert moves
    for move in moves:
        told = []
        for field in (move.source, move.target):
            own = field.oxm_class, field.number, 4
            old_class, number, size = NICIRA_NAMES.get(field.name, own)
            told.append(old_class << 16 | number << 9 | size)
        body = struct.pack("!IHHHHII", encode.NICIRA, 6, move.bits, move.source_offset,
                           move.target_offset, *told)  # fmt: skip
        action = struct.pack("!HH", 0xFFFF, 4 + len(body)) + body
        instructions = struct.pack("!HH4x", 4, 8 + len(action)) + action
        assert decode(InstalledFlow(0, 1, 0, b"", instructions)).actions == (move,)


def test_a_match_of_a_field_that_ours_never_match_is_none_of_ours():
    tunnel_id = struct.pack("!HBBQ", 0x8000, 38 << 1, 8, 7)
    assert decode(InstalledFlow(0, 1, 0, tunnel_id, b"")) is None
