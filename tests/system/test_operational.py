"""Interfaces are waited for until they carry packets."""

import socket
import subprocess
import time
from contextlib import contextmanager

import pytest

from mplsemu.emulation.interface_flags import set_up
from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.operational import await_operational
from mplsemu.errors import EmulationError

pytestmark = pytest.mark.system

ETH_P_ALL = 3
TRIES = 60


@contextmanager
def pair():
    """Make a veth pair in a namespace of its own, so far down."""
    with enter_private_namespace():
        subprocess.run(
            ["ip", "link", "add", "one", "type", "veth", "peer", "name", "other"], check=True
        )
        yield


def lost():
    """Send a frame at each end, the first that was taken up first; return how many do not come."""
    ends = {}
    for name in ("one", "other"):
        ends[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        ends[name].bind((name, ETH_P_ALL))
        ends[name].setsockopt(263, 23, 1)  # PACKET_IGNORE_OUTGOING
        ends[name].settimeout(0.05)
    missing = 0
    for name, far in (("one", "other"), ("other", "one")):
        ends[name].send(bytes(12) + b"\x88\xb5" + bytes(46))
        try:
            ends[far].recv(100)
        except TimeoutError:
            missing += 1
    for each in ends.values():
        each.close()
    return missing


def test_what_is_sent_once_they_are_operational_is_not_lost():
    """In most tries something was, where nobody waited."""
    missing = 0
    for _ in range(TRIES):
        with pair():
            set_up(["one", "other"], up=True)
            await_operational(["one", "other"])
            missing += lost()
    assert missing == 0


def test_neither_is_it_after_an_end_was_down():
    with pair():
        set_up(["one", "other"], up=True)
        missing = 0
        for number in range(TRIES):
            end = ("one", "other")[number % 2]
            set_up([end], up=False)
            set_up([end], up=True)
            await_operational(["one", "other"])
            missing += lost()
    assert missing == 0


def test_one_whose_other_end_is_down_is_not_waited_for():
    with pair():
        set_up(["one"], up=True)
        began = time.monotonic()
        await_operational(["one", "other"])
        assert time.monotonic() - began < 1


def test_one_that_is_not_there_is_said_at_once():
    began = time.monotonic()
    with pair(), pytest.raises(EmulationError, match="there is no interface third"):
        await_operational(["one", "third"])
    assert time.monotonic() - began < 1


def test_nothing_is_waited_for_if_nothing_is_asked_for():
    await_operational([])
