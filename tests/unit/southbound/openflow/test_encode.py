"""The encoder's bytes, read back by Ryu's parser and written again by Ryu's serializer."""

from types import SimpleNamespace

import pytest

from mplsemu.southbound.openflow import actions as act
from mplsemu.southbound.openflow import encode
from mplsemu.southbound.openflow import match as m
from mplsemu.southbound.openflow.flow import Flow, Meter, learned_cookie
from mplsemu.southbound.openflow.framework import ofproto, parser
from mplsemu.southbound.openflow.match import Match, Term

MPLS = Term(m.ETH_TYPE, 0x8847)
IPV4 = Term(m.ETH_TYPE, 0x0800)

LEARN = act.Learn(
    table=21,
    priority=100,
    idle_timeout_s=300,
    cookie=learned_cookie(3, 7),
    matches=(act.LearnMatch(m.METADATA, m.METADATA), act.LearnMatch(m.ETH_DST, m.ETH_SRC)),
    loads=(act.LearnLoad(m.REGISTERS[4], m.REGISTERS[5]),),
)

ACTIONS = [
    act.SetField(m.MPLS_LABEL, 1_048_575),
    act.SetField(m.ETH_DST, 0x0200_0000_0001),
    act.SetField(m.REGISTERS[5], 70_000),
    act.SetField(m.METADATA, 9),
    act.SetField(m.IP_TTL, 64),
    act.SetField(m.IN_PORT, 0xFFFF_FFFF),
    act.Move(m.IP_TOS, m.REGISTERS[1], bits=3, source_offset=5),
    act.Move(m.REGISTERS[1], m.MPLS_TC, bits=3),
    act.PushMpls(),
    act.PopMpls(0x0800),
    act.DecTtl(),
    act.DecMplsTtl(),
    act.Output(7),
    act.OutputRegister(m.REGISTERS[6]),
    act.InPort(),
    act.Controller(),
    act.Resubmit(30),
    act.Multipath(act.HashFields.IP_FLOW, basis=7, ways=3, target=m.REGISTERS[9]),
    act.CheckLarger(1514, m.REGISTERS[10]),
    LEARN,
]


def read_back(data: bytes):
    version, kind, length, xid = (data[0], data[1], int.from_bytes(data[2:4], "big"), 0)
    assert length == len(data)
    datapath = SimpleNamespace(ofproto=ofproto, ofproto_parser=parser)
    classes = {
        ofproto.OFPT_FLOW_MOD: parser.OFPFlowMod,
    }
    return classes[kind].parser(datapath, version, kind, length, xid, data)


def written_by_ryu(message) -> bytes:
    message.buf = None
    message.serialize()
    return bytes(message.buf)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_ryu_reads_and_writes_the_same_bytes_for_each_action(action):
    data = encode.add_flow(Flow(1, 100, Match.of(IPV4), (action,)), 0x4D00_0000_0000_0001)
    message = read_back(data)
    assert written_by_ryu(message) == data
    assert len(message.instructions[0].actions) == 1


@pytest.mark.parametrize(
    "terms",
    [
        (),
        (Term(m.IN_PORT, 3), MPLS, Term(m.MPLS_LABEL, 17), Term(m.MPLS_BOS, 1)),
        (Term(m.METADATA, 5), IPV4, Term(m.IPV4_DST, 0xC0A80100, 0xFFFFFF00)),
        (Term(m.ETH_TYPE, 0x86DD), Term(m.IPV6_DST, 1 << 120, 0xFFFF << 112)),
        (Term(m.REGISTERS[4], 0x10000, 0x10000),),
        (IPV4, Term(m.IP_PROTO, 1), Term(m.ICMPV4_TYPE, 8)),
    ],
)
def test_ryu_reads_the_same_match(terms):
    data = encode.add_flow(Flow(11, 1024, Match.of(*terms), goto=13), 1)
    message = read_back(data)
    assert written_by_ryu(message) == data
    assert len(message.match.items()) == len(terms)
    assert (message.table_id, message.priority, message.cookie) == (11, 1024, 1)
    assert message.instructions[0].table_id == 13


def test_a_meter_stands_before_the_actions():
    flow = Flow(11, 1, Match(), (act.Controller(),), meter=1)
    message = read_back(encode.add_flow(flow, 1))
    assert [type(i).__name__ for i in message.instructions] == [
        "OFPInstructionMeter",
        "OFPInstructionActions",
    ]
    assert message.instructions[0].meter_id == 1


def test_encap_decap_and_clone_are_the_extension_actions_46_47_and_42():
    flow = Flow(
        22,
        1,
        Match(),
        (
            act.Clone((act.Encap(act.PacketType.MPLS), act.Resubmit(31))),
            act.Decap(act.PacketType.USE_NEXT),
        ),
    )
    clone, decap = read_back(encode.add_flow(flow, 1)).instructions[0].actions
    assert (clone.subtype, decap.subtype) == (42, 47)
    encap = bytes.fromhex("ffff 0010 00002320 002e 0000 00018847")
    assert clone.data[6 : 6 + len(encap)] == encap
    assert bytes(decap.data[:6]) == bytes.fromhex("0000 0000fffe")


def test_deleting_by_cookie_touches_no_other_cookie():
    message = read_back(encode.delete_by_cookie(0x4C01, 0xFFFF))
    assert message.command == ofproto.OFPFC_DELETE
    assert (message.cookie, message.cookie_mask) == (0x4C01, 0xFFFF)
    assert message.table_id == ofproto.OFPTT_ALL


def test_deleting_a_flow_is_strict():
    message = read_back(encode.delete_flow(Flow(1, 100, Match.of(MPLS))))
    assert message.command == ofproto.OFPFC_DELETE_STRICT
    assert (message.table_id, message.priority) == (1, 100)


def test_a_meter_drops_above_its_rate():
    datapath = SimpleNamespace(ofproto=ofproto, ofproto_parser=parser)
    message = parser.OFPMeterMod(
        datapath,
        ofproto.OFPMC_ADD,
        ofproto.OFPMF_PKTPS | ofproto.OFPMF_BURST,
        4,
        [parser.OFPMeterBandDrop(200, 50)],
    )
    message.xid = 0
    message.serialize()
    assert encode.add_meter(Meter(4, 200, 50)) == bytes(message.buf)


def test_a_packet_out_carries_the_frame_behind_its_actions():
    datapath = SimpleNamespace(ofproto=ofproto, ofproto_parser=parser)
    message = parser.OFPPacketOut(
        datapath,
        buffer_id=ofproto.OFP_NO_BUFFER,
        in_port=3,
        actions=[parser.OFPActionOutput(5, 0)],
        data=b"frame",
    )
    message.xid = 0
    message.serialize()
    assert encode.packet_out(3, (act.Output(5),), b"frame") == bytes(message.buf)
