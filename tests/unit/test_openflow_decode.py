"""What is decoded is what was encoded, for every flow of every lab."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.southbound.openflow import encode
from mplsemu.southbound.openflow.decode import decode
from mplsemu.southbound.openflow.read import InstalledFlow
from mplsemu.southbound.openflow.translate import flows
from tests.strategies import networks

from .view_labs import TOPOLOGIES

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
    program = compile_program(load(str(TOPOLOGIES / "vpls.yaml")).network)
    flow = all_flows(program)[0]
    assert decode(installed(flow, lambda _: instructions)) is None


def test_a_match_of_a_field_that_ours_never_match_is_none_of_ours():
    tunnel_id = struct.pack("!HBBQ", 0x8000, 38 << 1, 8, 7)
    assert decode(InstalledFlow(0, 1, 0, tunnel_id, b"")) is None
