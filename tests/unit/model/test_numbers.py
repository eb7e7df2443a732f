"""Numbers stay with their names, and go to others only when it is safe."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mplsemu.model.numbers import LSRS, NO_NUMBERS, VPNS, Allocation, Numbering, Space

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


def test_the_first_names_have_numbers_from_1_in_their_order():
    assert Allocation().renewed("cab").current == {"c": 1, "a": 2, "b": 3}


def test_what_stays_keeps_its_number_and_what_is_new_gets_one_that_none_has_had():
    first = Allocation().renewed("abc")
    second = first.renewed("xcay")
    assert second.current == {"x": 4, "c": 3, "a": 1, "y": 5}
    assert second.retired == {"b": 2}


def test_a_name_that_returns_has_its_number_back():
    assert Allocation().renewed("abc").renewed("c").renewed("dbc").current["b"] == 2


def test_a_number_is_reused_when_all_are_used_up_and_nothing_has_had_it_just_now():
    full = Allocation().renewed("abc", last=3)
    without_b = full.renewed("ac", last=3)
    reused = without_b.renewed("cd", last=3)
    assert reused.current == {"c": 3, "d": 2}  # and not 1, which `a` gives up only now
    assert reused.retired == {"a": 1}


def test_where_no_number_is_safe_a_larger_one_is_given():
    full = Allocation().renewed("ab", last=2)
    assert full.renewed("ac", last=2).current == {"a": 1, "c": 3}


def test_spaces_that_are_not_asked_for_keep_their_numbers():
    numbering = Numbering()
    numbering.allocate(LSRS, "ab")
    numbering.allocate(Space.ports("a"), "xy")
    later = Numbering(numbering.numbers())
    later.allocate(VPNS, "v")
    numbers = later.numbers()
    assert numbers[LSRS] == {"a": 1, "b": 2}
    assert numbers[Space.ports("a")] == {"x": 1, "y": 2}
    assert numbers[VPNS] == {"v": 1}
    assert NO_NUMBERS[LSRS] == {}


@given(st.lists(NAMES, min_size=1, max_size=8), st.sampled_from([None, 3, 5, 9]))
def test_however_names_come_and_go_no_number_has_two_and_none_changes_hands_at_once(edits, last):
    before = Allocation()
    for names in edits:
        after = before.renewed(names, last)
        numbers = [*after.current.values(), *after.retired.values()]
        assert len(numbers) == len(set(numbers))
        assert list(after.current) == names
        holder = {number: name for name, number in before.current.items()}
        for name, number in after.current.items():
            assert before.current.get(name, number) == number
            assert holder.get(number, name) == name
        before = after
