"""IGMP and MLD snooping in the kernel: messages to the controller, groups to their members."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mplsemu.southbound.ebpf.kinds import Drop, VsiFlag
from mplsemu.southbound.ebpf.layout_vsi import GroupKey, GroupRecord, members
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.pe import VSI, A, Pe
from tests.oracles import membership
from tests.oracles.frames import ip, ip_frame

GROUPS = {"239.1.1.1": "10.0.0.9", "ff15::1": "2001:db8::9"}


@pytest.fixture
def snooping(pe: Pe) -> Pe:
    pe.options["flags"] = VsiFlag.SNOOPS
    for index in (1, 2):
        pe.wire(index, 16 + index)
    pe.router.bench.punts()
    return pe.up()


def register(pe: Pe, group: str, circuits: tuple[int, ...], pws: tuple[int, ...]) -> None:
    key = GroupKey(pe.router.index, VSI, ip_address(group))
    pe.router.bench.set("groups", key.pack(), GroupRecord(members(circuits), members(pws)).pack())


def data(group: str, vlans: tuple[int, ...] = ()) -> bytes:
    plain = membership.in_frame(ip(GROUPS[group], group), A)
    return ip_frame(plain[:6].hex(":"), A, plain[14:], vlans)


@pytest.mark.parametrize("packet", membership.MESSAGES.values(), ids=membership.MESSAGES)
def test_messages_from_a_circuit_go_to_the_controller_as_they_are(snooping: Pe, packet):
    frame = membership.in_frame(packet, A)
    assert snooping.router.pass_on(frame, snooping.first, 0) == {}
    (punt,) = snooping.router.bench.punts()
    assert (punt.reason, punt.service, punt.port) == (
        PuntReason.SNOOPED, VSI, snooping.first.number,
    )  # fmt: skip
    assert punt.frame == frame
    assert snooping.router.drops() == {Drop.PUNTED: 1}


@pytest.mark.parametrize("packet", membership.MESSAGES.values(), ids=membership.MESSAGES)
def test_a_vsi_that_does_not_snoop_floods_them(pe: Pe, packet):
    pe.up()
    frame = membership.in_frame(packet, A)
    assert pe.router.pass_on(frame, pe.first) == {pe.second.ifindex: [frame]}
    assert pe.router.bench.punts() == []


@pytest.mark.parametrize("group", GROUPS)
def test_a_known_group_goes_to_its_members_alone(snooping: Pe, group):
    pe, frame = snooping, data(group)
    everybody = pe.router.pass_on(frame, pe.first, 3)
    assert everybody.keys() == {pe.second.ifindex, pe.core.ifindex}
    register(pe, group, (3,), ())
    assert pe.router.pass_on(frame, pe.first) == {pe.second.ifindex: [frame]}
    register(pe, group, (), (2,))
    assert pe.router.pass_on(frame, pe.first) == {pe.core.ifindex: [pe.on_wire(2, frame, 18)]}
    assert pe.router.pass_on(pe.over_wire(1, frame), pe.core, 0) == {}
    register(pe, group, (1, 3), (1, 2))
    assert len(pe.router.pass_on(frame, pe.first, 3)[pe.core.ifindex]) == 2
    came = pe.router.pass_on(pe.over_wire(1, frame), pe.core, 2)
    assert came == {pe.first.ifindex: [frame], pe.second.ifindex: [frame]}


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_tagged_is_flooded(snooping: Pe, group):
    register(snooping, group, (), ())
    frame = data(group, (7,))
    assert snooping.router.pass_on(data(group), snooping.first, 0) == {}
    assert len(snooping.router.pass_on(frame, snooping.first, 3)) == 2


def test_the_last_position_is_a_member_like_any_other(snooping: Pe):
    assert members((1024,))[127] == 0x80
    assert members((1, 9))[:2] == b"\1\1"
