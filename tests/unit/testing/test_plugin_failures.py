"""How a test of a lab fails: why, with the packet's way drawn below it."""

import pytest

from tests.unit.testing.plugin_suite import MARK, said

pytest_plugins = ["pytester"]

# --- how a test fails ----------------------------------------------------------------------


def test_a_failed_assertion_says_why_and_draws_the_packets_way(suite):
    result = suite('assert lab.reaches("a/x/h1", "b/y/h1")')
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "E*assert a/x/h1 does not reach b/y/h1: it arrives at a/y/h1 instead",
        "*- lab small, program -*",
        "*● a/x/h1",
        "*◆ dk * push *",
        "*◆ se *deliver*",
        "*✗ it arrives at a/y/h1 instead",
    ])  # fmt: skip


def test_a_leak_is_shown_by_the_packet_that_leaks(suite):
    result = suite('assert lab.isolated("b", "a")', mark=MARK.replace("small", "shared"))
    result.stdout.fnmatch_lines([
        "E*assert b and a are not isolated: a packet of b/x/h1 to 192.168.1.2 arrives at a/x/h1",
        "*b/x/h1 → 192.168.1.2 *",
    ])  # fmt: skip


def test_failures_that_a_lab_does_not_survive_are_shown_with_whom_they_cut_off(suite):
    result = suite("""
def test_survives(lab):
    assert lab.survives(failures=1)
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "E*assert small does not survive up to 1 link down: with no-p2 down, cut off: a/x and *",
        "*- lab small, program -*",
        "*with * down, cut off: *",
    ])  # fmt: skip


def test_what_holds_though_it_should_not_is_shown_too_and_so_is_a_trace(suite):
    result = suite("""
def test_reaches(lab):
    assert not lab.reaches("a/x/h1", "a/y/h1")

def test_in_an_expression(lab):
    assert all(lab.reaches("a/x/h1", each) for each in ("a/y/h1", "c/y/h1"))

def test_labels(lab):
    assert lab.trace("a/x/h1", "a/y/h1").labels == ()
""")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines([
        "E*assert not a/x/h1 reaches a/y/h1",
        " a/x/h1 → a/y/h1 *delivered*",
        "*a/x/h1 does not reach c/y/h1: dropped at dk: no route to 10.0.0.3 in VRF a",
        "E*assert ((*), (*)) == ()",
        " a/x/h1 → a/y/h1 *delivered*",
    ])  # fmt: skip


def test_the_drawing_is_in_the_junit_report(suite, pytester):
    suite('assert lab.reaches("a/x/h1", "b/y/h1")', "--junit-xml=x.xml")
    assert "it arrives at a/y/h1 instead" in (pytester.path / "x.xml").read_text("utf-8")


def test_what_was_asked_in_one_test_is_not_shown_below_another(suite):
    result = suite("""
def test_one(lab):
    assert not lab.reaches("a/x/h1", "b/y/h1")

def test_two(lab):
    assert not lab
""")
    result.assert_outcomes(passed=1, failed=1)
    assert "b/y/h1" not in said(result).partition("test_two")[2]


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        ('lab.reaches("a/x/h9", "a/y/h1")', "no host 'a/x/h9' in lab 'small'; did you"),
        ('lab.trace("a/x/h1", "a/y/h9")', "did you mean a/y/h1?"),
        ('lab.link("dk", "se")', "no link between 'dk' and 'se'; links: dk-p1"),
        ('lab.link("dk-p9")', "no link 'dk-p9' in lab 'small'; did you mean 'dk-p1' or 'dk-p2'?"),
        ('lab.isolated("a", "a")', "a and a have hosts in common"),
        ('lab.isolated("a", "bb")', "no VPN 'bb' here; did you mean 'b'?"),
        ('lab.host("q")', "no host 'q'"),
        ('lab.capture("dk-p9").__enter__()', "did you mean 'dk-p1' or 'dk-p2'?"),
    ],
)  # fmt: skip
def test_a_name_that_is_wrong_is_one_line_below_the_tests_own(suite, call, hint):
    result = suite(call)
    result.assert_outcomes(failed=1)
    errors = [line for line in said(result).splitlines() if line.startswith("E ")]
    assert len(errors) == 1
    assert hint in errors[0]
    assert "mplsemu/" not in said(result).partition("FAILURES")[2].replace("mplsemu.errors", "")
