"""IGMP and MLD of all versions, as they are on the wire."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mplsemu.errors import PacketError
from mplsemu.wire import igmp, mld
from mplsemu.wire.ip import parse_ip
from mplsemu.wire.membership import Query, Report
from tests.oracles import membership

G, H = ip_address("239.1.1.1"), ip_address("239.1.1.2")
G6, H6 = ip_address("ff15::1"), ip_address("ff15::2")
RECORDS = {
    (1, 0): (False, True),
    (1, 2): (True, False),
    (2, 0): (True, False),
    (2, 1): (True, False),
    (3, 0): (False, True),
    (3, 1): (True, False),
    (4, 0): (True, False),
    (5, 3): (True, False),
    (6, 1): (False, False),
}
"""By type and number of sources: whether the host is in the group now, and whether it left it."""


def read4(packet: bytes):
    return igmp.parse_igmp(parse_ip(packet, 0x0800))


def read6(packet: bytes):
    return mld.parse_mld(parse_ip(packet, 0x86DD))


def test_igmp_of_every_version_is_read():
    source = ip_address("10.0.0.1")
    assert read4(membership.igmp(0x11, dst="224.0.0.1")) == Query(source, None)
    assert read4(membership.igmp(0x11, str(G))) == Query(source, G)
    assert read4(membership.igmp(0x12, str(G))) == Report(joined=(G,))
    assert read4(membership.igmp(0x16, str(G))) == Report(joined=(G,))
    assert read4(membership.igmp(0x17, str(G), dst="224.0.0.2")) == Report(left=(G,))
    assert read4(membership.igmp(0x13, dst="224.0.0.4")) is None  # DVMRP


def test_mld_of_both_versions_is_read():
    source = ip_address("fe80::9")
    assert read6(membership.mld(130, dst="ff02::1")) == Query(source, None)
    assert read6(membership.mld(130, str(G6))) == Query(source, G6)
    assert read6(membership.mld(131, str(G6))) == Report(joined=(G6,))
    assert read6(membership.mld(132, str(G6), dst="ff02::2")) == Report(left=(G6,))
    assert read6(membership.mld(135, str(G6))) is None


@pytest.mark.parametrize(("kind", "sources"), RECORDS)
def test_group_records_say_who_is_in_a_group_and_who_has_left_it(kind, sources):
    joins, leaves = RECORDS[kind, sources]
    for packet, read, group in (
        (membership.igmp3((kind, str(G), sources)), read4, G),
        (membership.mld2((kind, str(G6), sources)), read6, G6),
    ):
        assert read(packet) == Report((group,) if joins else (), (group,) if leaves else ())


def test_a_report_has_any_number_of_records():
    assert read4(membership.igmp3((4, str(G), 0), (5, str(H), 9), (3, str(G), 0))) == Report(
        (G, H), (G,)
    )
    assert read6(membership.mld2((2, str(H6), 2), (3, str(G6), 0))) == Report((H6,), (G6,))
    assert read4(membership.igmp3()) == Report()


@pytest.mark.parametrize("cut", range(1, 16))
def test_what_is_cut_short_or_damaged_is_nothing(cut):
    for packet, read in (
        (membership.igmp3((4, str(G), 1)), read4),
        (membership.mld2((4, str(G6), 0)), read6),
        (membership.mld(131, str(G6)), read6),
    ):
        with pytest.raises(PacketError):
            read(packet[:-cut])
        damaged = bytearray(packet)
        damaged[-cut] ^= 0x40
        with pytest.raises(PacketError):
            read(bytes(damaged))


def test_a_query_for_one_group_is_read_again():
    assert read4(igmp.group_query(G)) == Query(ip_address("0.0.0.0"), G)
    source = ip_address("fe80::1")
    assert read6(mld.group_query(source, G6)) == Query(source, G6)


def test_a_question_for_all_groups_goes_to_everybody_and_is_no_queriers():
    packet, packet6 = igmp.general_query(), mld.general_query(ip_address("fe80::1"))
    assert read4(packet) == Query(ip_address("0.0.0.0"), None)
    assert read6(packet6) == Query(ip_address("fe80::1"), None)
    assert str(parse_ip(packet, 0x0800).dst) == "224.0.0.1"
    assert str(parse_ip(packet6, 0x86DD).dst) == "ff02::1"
