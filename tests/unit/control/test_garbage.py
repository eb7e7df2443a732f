"""A compilation runs without a search for cycles of garbage, and leaves it as it was."""

import gc

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.control.garbage import without_cycle_search
from mplsemu.errors import LabError
from tests.builders import nordic


@pytest.fixture(autouse=True)
def _as_it_was():
    yield
    gc.enable()


@pytest.mark.parametrize("is_on", [True, False])
def test_it_is_off_meanwhile_and_then_as_it_was(is_on):
    (gc.enable if is_on else gc.disable)()
    with without_cycle_search():
        assert not gc.isenabled()
    assert gc.isenabled() is is_on


def test_it_is_as_it_was_after_an_error():
    with pytest.raises(LabError):
        compile_program(nordic(), down=frozenset({"no such link"}))
    assert gc.isenabled()


def test_a_compilation_leaves_no_cycles_of_what_it_threw_away():
    lab = nordic()
    compile_program(lab)
    gc.collect()
    gc.disable()
    before = len(gc.get_objects())
    for _ in range(3):
        compile_program(lab)
    kept = len(gc.get_objects()) - before
    assert gc.collect() < 1000
    assert kept < 1000
