"""Group memberships and multicast routers, and when they are forgotten (RFC 4541)."""

from __future__ import annotations

from ipaddress import ip_address
from math import inf

import pytest

from mplsemu.control.learned import LearnedGroup
from mplsemu.controller.memberships import (
    ANSWERED_S,
    LAST_MEMBER_S,
    MEMBERSHIP_S,
    ROUTER_S,
    Memberships,
)
from mplsemu.southbound.multicast import MAX_GROUPS
from mplsemu.wire.membership import Query, Report
from tests.clock import Clock

G, H, G6 = (ip_address(text) for text in ("239.1.1.1", "239.1.1.2", "ff15::1"))
ROUTER = ip_address("10.0.0.254")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def known(clock) -> Memberships:
    return Memberships(clock)


def members(known: Memberships) -> dict:
    return {each.address: set(each.circuits) for each in known.groups()}


def join(known: Memberships, circuit: str, *groups) -> None:
    known.take("lan", circuit, Report(joined=groups))


def leave(known: Memberships, circuit: str, *groups):
    return known.take("lan", circuit, Report(left=groups))


def test_who_reports_is_a_member_until_he_has_been_silent_for_too_long(known, clock):
    join(known, "lan/a", G, G6)
    clock.now += MEMBERSHIP_S - 1
    join(known, "lan/b", G)
    known.expire()
    assert members(known) == {G: {"lan/a", "lan/b"}, G6: {"lan/a"}}
    clock.now += 1
    known.expire()
    assert members(known) == {G: {"lan/b"}}


def test_a_report_in_time_keeps_a_membership_and_changes_nothing(known, clock):
    join(known, "lan/a", G)
    assert known.changed == {"lan/a"}
    known.settle()
    for _ in range(5):
        clock.now += MEMBERSHIP_S / 2
        join(known, "lan/a", G)
        known.expire()
    assert members(known) == {G: {"lan/a"}}
    assert not known.changed


def test_a_circuit_that_somebody_leaves_stays_if_another_member_answers_in_time(known, clock):
    join(known, "lan/a", G)
    join(known, "lan/b", G)
    assert leave(known, "lan/a", G, H) == (G,)
    assert leave(known, "lan/b", G) == (G,)
    clock.now += LAST_MEMBER_S / 2
    join(known, "lan/b", G)
    clock.now += LAST_MEMBER_S / 2
    known.expire()
    assert members(known) == {G: {"lan/b"}}


def test_a_leave_never_lengthens_a_membership(known, clock):
    join(known, "lan/a", G)
    clock.now += MEMBERSHIP_S - LAST_MEMBER_S / 2
    leave(known, "lan/a", G)
    clock.now += LAST_MEMBER_S / 2
    known.expire()
    assert members(known) == {}
    assert known.is_empty


def test_a_router_gets_every_group_until_its_queries_cease(known, clock):
    known.take("lan", "lan/r", Query(ROUTER, None))
    join(known, "lan/a", G)
    assert members(known) == {G: {"lan/a", "lan/r"}}
    assert known.routers("lan") == {"lan/r"}
    clock.now += ROUTER_S
    known.expire()
    assert members(known) == {G: {"lan/a"}}
    assert known.routers("lan") == set()


def test_a_query_without_a_source_is_no_routers(known):
    known.take("lan", "lan/r", Query(ip_address("0.0.0.0"), G))
    assert known.routers("lan") == set()


@pytest.mark.parametrize("group", ["224.0.0.1", "224.0.0.251", "ff02::1", "ff02::fb", "ff01::5"])
def test_groups_of_the_link_are_never_registered(known, group):
    join(known, "lan/a", ip_address(group))
    assert members(known) == {}


@pytest.mark.parametrize("group", ["10.0.0.1", "2001:db8::1"])
def test_what_is_no_group_is_never_registered(known, group):
    join(known, "lan/a", ip_address(group))
    assert members(known) == {}


def test_a_vpls_has_only_so_many_groups(known):
    groups = [ip_address("239.0.0.0") + number for number in range(MAX_GROUPS + 9)]
    join(known, "lan/a", *groups)
    assert members(known).keys() == set(groups[:MAX_GROUPS])


def test_circuits_that_are_down_and_lans_that_are_gone_are_forgotten(known):
    join(known, "lan/a", G)
    join(known, "lan/b", G)
    known.take("van", "van/a", Report(joined=(H,)))
    known.settle()
    known.forget_on({"lan/a"})
    assert known.changed == {"lan/a"}
    known.keep({"lan"}, {"lan/b"})
    assert list(known.groups()) == [LearnedGroup("lan", G, frozenset({"lan/b"}))]


def test_what_expires_next_says_when(known, clock):
    assert known.due_s() == inf
    join(known, "lan/a", G)
    clock.now += 10
    known.take("lan", "lan/r", Query(ROUTER, None))
    assert known.due_s() == MEMBERSHIP_S - 10
    clock.now += MEMBERSHIP_S - 20
    assert known.due_s() == 10
    leave(known, "lan/a", G)
    assert known.due_s() == LAST_MEMBER_S
    clock.now += 10
    assert known.due_s() == 0
    known.expire()
    assert known.due_s() == ROUTER_S - MEMBERSHIP_S + 10


def test_a_new_group_while_all_are_asked_is_due_when_they_have_answered(known, clock):
    join(known, "lan/a", G)
    known.ask()
    clock.now += ANSWERED_S / 2
    join(known, "lan/b", H)
    assert members(known) == {G: {"lan/a"}}
    assert known.due_s() == ANSWERED_S / 2
    clock.now += ANSWERED_S / 2
    known.settle()
    known.expire()
    assert members(known) == {G: {"lan/a"}, H: {"lan/b"}}
    assert known.changed == {"lan/b"}
    assert known.due_s() > ANSWERED_S
