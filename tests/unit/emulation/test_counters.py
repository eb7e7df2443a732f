"""Loads of links from the kernel's counters."""

import os

import pytest

from mplsemu.emulation.counters import Counters, loads_bps, parse_received_bytes, read_counters
from mplsemu.emulation.interface import Interface
from mplsemu.errors import EmulationError

NET_DEV = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      200       2    0    0    0     0       0          0
dk-eth1:  1000      10    0    0    0     0          0         0     3000      30    0    0    0     0       0          0
se:eth1: 18446744073709551615 1 0 0 0 0       0         0        5       1    0    0    0     0       0          0
"""  # noqa: E501


def test_the_bytes_that_each_interface_received_are_read():
    assert parse_received_bytes(NET_DEV) == {"lo": 100, "dk-eth1": 1000, "se:eth1": 2**64 - 1}


def test_a_namespace_without_interfaces_has_none():
    assert parse_received_bytes("\n".join(NET_DEV.splitlines()[:2])) == {}


def test_a_load_is_what_each_end_sent_by_the_time_that_passed():
    before = Counters(10.0, {"dk-p1": (0, 1000), "new": (0, 0)})
    after = Counters(12.0, {"dk-p1": (1_000_000, 1000)})
    assert loads_bps(before, after) == {"dk-p1": (4_000_000.0, 0.0)}


def test_an_interface_that_was_made_anew_counts_as_silent():
    assert loads_bps(Counters(0, {"x-y": (500, 0)}), Counters(1, {"x-y": (20, 5)})) == {
        "x-y": (0.0, 40.0)
    }


def test_two_readings_at_the_same_time_say_nothing():
    once = Counters(3.0, {"x-y": (1, 2)})
    assert loads_bps(once, once) == {}


def test_links_whose_ends_are_here_are_read_and_no_others():
    here, nowhere = Interface("lo", os.getpid()), Interface("nothing0", os.getpid())
    links = {"here": (here, here), "half": (here,), "away": (here, nowhere)}
    assert read_counters(links).sent_bytes.keys() == {"here"}


def test_a_lab_that_is_gone_is_told():
    with pytest.raises(EmulationError, match="gone"):
        read_counters({"x-y": [Interface("lo", 2**22 + 1)] * 2})
