"""What `check` proves of a lab's own checks."""

from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.model.network import HostRef, PathCheck, PingCheck, ThroughputCheck
from mplsemu.verification.validate import prove
from tests.builders import nordic

NETWORK = nordic()
AARHUS, STOCKHOLM = HostRef("a", "aarhus", "h1"), HostRef("a", "stockholm", "h1")
OSLO, STRANGER = HostRef("a", "oslo", "h1"), HostRef("b", "oslo", "h1")


def proof(check, down=()):
    return prove(compile_program(NETWORK, down=frozenset(down)), NETWORK, check)


def path(**wishes):
    return PathCheck(AARHUS, STOCKHOLM, **wishes)


@pytest.mark.parametrize(
    ("check", "down", "detail"),
    [
        (PingCheck(AARHUS, OSLO), (), ""),
        (PingCheck(AARHUS, ip_address("192.168.2.1")), (), ""),
        (PingCheck(AARHUS, STRANGER, expect_reply=False), (), ""),
        (PingCheck(AARHUS, STRANGER), (), "it is not answered: it arrives at a/oslo/h1"),
        (PingCheck(AARHUS, OSLO, expect_reply=False), (), "it is answered"),
        (PingCheck(AARHUS, OSLO), ("a/oslo",), "it is not answered: dropped at dk: no route"),
        (path(via=("p1",)), (), ""),
        (path(via=("dk", "dk-p1", "p1", "se")), (), ""),
        (path(via=("p1", "dk")), (), "it goes in another order by way of dk: dk, dk-p1, p1"),
        (path(via=("p2",)), (), "it does not go by way of p2: dk, dk-p1, p1"),
        (path(via=("p2",)), ("dk-p1",), ""),
        (path(avoid=("p2",)), ("dk-p1",), "it passes p2: dk, dk-p2, p2, se-p2, se"),
        (path(avoid=("se-p1",)), (), "it passes se-p1"),
        (path(depth=2), (), ""),
        (path(depth=1), (), "it carries 2 labels"),
        (path(avoid=("p2",)), ("a/stockholm",), "it does not arrive: dropped at dk"),
    ],
    ids=str,
)
def test_a_check_is_proved_or_refuted_with_the_reason(check, down, detail):
    found = proof(check, down)
    assert found.ok is (not detail)
    assert found.detail.startswith(detail)
    assert found.trace is not None


def test_throughput_is_refuted_by_a_line_that_is_too_slow_and_else_left_to_measure():
    assert proof(ThroughputCheck(AARHUS, STOCKHOLM, 10_000_000)).ok is None
    found = proof(ThroughputCheck(AARHUS, STOCKHOLM, 2_000_000_000))
    assert (found.ok, found.detail) == (False, "dk-p1 carries 1000 Mbit/s only")
    assert proof(ThroughputCheck(AARHUS, STOCKHOLM, 1), ["a/aarhus"]).ok is False


def test_hosts_without_a_common_ip_version_are_isolated():
    here, there = HostRef("b", "aarhus", "h1"), HostRef("a", "oslo", "h1")
    assert proof(PingCheck(here, there, expect_reply=False)).ok
    assert not proof(PingCheck(here, ip_address("2001:db8:3::2"))).ok
