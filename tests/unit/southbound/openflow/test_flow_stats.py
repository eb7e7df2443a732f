"""Flows of a switch's answer are read without the framework: what it would have read, sooner."""

import struct

import pytest

from mplsemu.southbound.openflow.app import FlowStats
from mplsemu.southbound.openflow.decode import decode_match
from mplsemu.southbound.openflow.encode import add_flow
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.framework import parser
from mplsemu.southbound.openflow.match import ETH_DST, METADATA, Match, Term

FLOW = Flow(21, 100, Match.of(Term(METADATA, 3), Term(ETH_DST, 0x02AA00000001)))


def as_stats(cookie):
    """Return a flow as it stands in an answer (OpenFlow 1.3.5 section 7.3.5.2)."""
    match = add_flow(FLOW, cookie)[48:]
    fixed = struct.pack("!HBxIIHHHH4xQQQ", 48 + len(match), 21, 1, 2, 100, 300, 0, 0, cookie, 7, 8)
    return fixed + match


@pytest.mark.parametrize("before", [0, 16])
def test_a_flow_is_read_as_the_framework_reads_it(before):
    message = bytes(before) + as_stats(0x4C << 56 | 5)
    ours = FlowStats.parser(message, before)
    theirs = parser.OFPFlowStats.parser(message, before)
    assert (ours.length, ours.cookie) == (theirs.length, theirs.cookie)
    match = decode_match(ours.match)
    assert match == FLOW.match
    assert theirs.match["eth_dst"] == "02:aa:00:00:00:01"
