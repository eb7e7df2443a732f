"""Which hosts and nodes are suggested for a name that nobody has."""

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.program.hosts import find_host
from mplsemu.program.trace import trace
from mplsemu.suggest import any_of, near_names
from tests.builders import nordic

KNOWN = ("a/aarhus/h1", "a/oslo/h1", "b/oslo/h1", "b/oslo/h2", "dk", "no", "dk-lab/oslo/h1")


@pytest.mark.parametrize(
    ("name", "vpn", "near"),
    [
        ("oslo-h1", "a", ["a/oslo/h1"]),
        ("oslo/h1", "b", ["b/oslo/h1"]),
        ("olso-h1", "a", ["a/oslo/h1"]),
        ("oslo-h1", None, ["a/oslo/h1", "b/oslo/h1", "dk-lab/oslo/h1"]),
        ("oslo/h9", "b", ["b/oslo/h1", "b/oslo/h2"]),
        ("b/osl/h2", "a", ["b/oslo/h2"]),
        ("b-oslo-h9", "a", ["b/oslo/h1", "b/oslo/h2"]),
        ("dk-lab-oslo-h2", "a", ["dk-lab/oslo/h1"]),
        ("A/Oslo/H1", None, ["a/oslo/h1"]),
        ("dkk", "a", ["dk"]),
        ("zzz", "a", []),
    ],
)
def test_the_nearest_are_of_the_vpn_that_is_meant(name, vpn, near):
    assert near_names(name, KNOWN, vpn) == near


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "0"), (2, "0 or 1"), (3, "0, 1 or 2"), (9, "0, 1, 2, 3, 4, 5 or one of 3 more")],
)
def test_names_are_joined_for_people(count, said):
    assert any_of([str(number) for number in range(count)]) == said


def test_a_trace_suggests_hosts_of_its_senders_vpn():
    program = compile_program(nordic())
    with pytest.raises(LabError, match=r"did you mean a/oslo/h1\?"):
        trace(program, "a/aarhus/h1", "oslo-h1")
    with pytest.raises(LabError, match=r"did you mean a/oslo/h1 or b/oslo/h1\?"):
        find_host(program, "oslo-h1")
