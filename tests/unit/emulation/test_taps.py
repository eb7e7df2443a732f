"""In which order frames are that were seen on several cables."""

from mplsemu.emulation.interface import Interface
from mplsemu.emulation.taps import CapturedFrame, TapPoint, in_order


def tapped(sender, receiver, time_ns, data=b""):
    """Return a frame on the cable between two nodes, which is tapped at the one that is first."""
    near, far = sorted((sender, receiver))
    point = TapPoint(f"{near}-{far}", Interface("eth0", 1), near, far, Interface("eth0", 2))
    return CapturedFrame(point, time_ns, sender == near, data)


A_B, B_C, C_D = tapped("a", "b", 5), tapped("b", "c", 5), tapped("c", "d", 5)


def test_a_frame_with_one_stamp_everywhere_is_in_the_order_of_its_way():
    assert in_order([C_D, A_B, B_C]) == [A_B, B_C, C_D]
    back = [tapped("b", "a", 5), tapped("c", "b", 5), tapped("d", "c", 5)]
    assert in_order(back) == back[::-1]


def test_the_stamp_comes_first():
    before, after = tapped("b", "a", 4), tapped("x", "a", 6)
    assert in_order([before, C_D, A_B, after]) == [before, C_D, A_B, after]


def test_copies_come_behind_what_they_are_copies_of():
    copy = tapped("b", "x", 5)
    assert in_order([copy, B_C, A_B, C_D]) == [A_B, copy, B_C, C_D]


def test_a_frame_that_goes_round_in_a_circle_is_there_once():
    round_about = [A_B, B_C, tapped("c", "a", 5)]
    assert sorted(map(id, in_order(round_about))) == sorted(map(id, round_about))
    twice = [A_B, tapped("a", "b", 5)]
    assert in_order(twice) == twice
