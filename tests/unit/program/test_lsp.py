"""What operations do to a stack, and where labels lead."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mplsemu.errors import ProgramError
from mplsemu.model.labels import Label
from mplsemu.program.entries import Forward, IlmEntry, Nhlfe, Pop, Push, Swap
from mplsemu.program.lsp import (
    LabelGraph,
    LabelHop,
    LabelPlace,
    LabelSearch,
    describe_operation,
    operate,
    readers,
)
from tests.programs import changed_node, protected_ring

RING = protected_ring()


def labels(*values: int) -> tuple[Label, ...]:
    return tuple(map(Label, values))


def label_towards(program, node, egress):
    return next(each.label for each in program.node(node).ilm if each.egress == egress)


@pytest.mark.parametrize(
    ("operation", "before", "after"),
    [
        (Push(labels(17)), (), labels(17)),
        (Push(()), (), ()),
        (Push(labels(18)), labels(17, 16), labels(18, 17, 16)),
        (Swap(labels(18)), labels(17, 16), labels(18, 16)),
        (Swap(labels(20, 18)), labels(17, 16), labels(20, 18, 16)),
        (Pop(), labels(17, 16), labels(16)),
    ],
)
def test_an_operation_changes_the_top_of_the_stack_alone(operation, before, after):
    assert operate(operation, before) == after


def test_a_swap_to_several_labels_replaces_the_top_one_and_then_pushes():
    assert describe_operation(Swap(labels(20, 19, 18)), Label(17)) == [
        "swap 17 to 18",
        "push 20, 19",
    ]
    assert describe_operation(Swap(labels(18)), Label(17)) == ["swap 17 to 18"]


def test_a_swap_to_no_label_is_refused_as_it_would_be_a_pop():
    with pytest.raises(ProgramError, match="is a pop"):
        Swap(())


def test_a_backup_has_no_backup_and_an_ingress_pushes_on_its_backup_too():
    plain = Nhlfe("x-r", Push(labels(17)))
    with pytest.raises(ProgramError, match="has a backup itself"):
        Nhlfe("x-p", Push(()), backup=replace(plain, backup=plain))
    (entry, *_) = RING.node("x").ftn
    popping = Nhlfe("x-p", Push(()), backup=Nhlfe("x-r", Pop()))
    with pytest.raises(ProgramError, match="does not push"):
        replace(entry, nhlfes=(popping,))


def test_a_hop_leads_to_the_next_lsr_with_the_stack_that_it_gets():
    at_p, at_q = label_towards(RING, "p", "y"), label_towards(RING, "q", "y")
    graph = LabelGraph(RING)
    assert graph.enter("x", "y") == (LabelHop("x-p", LabelPlace("p", (at_p,)), is_up=True),)
    assert graph.next(LabelPlace("p", (at_p,))) == (
        LabelHop("p-q", LabelPlace("q", (at_q,)), is_up=True),
    )
    assert graph.next(LabelPlace("q", (at_q,))) == (
        LabelHop("q-y", LabelPlace("y", ()), is_up=True),
    )
    assert graph.next(LabelPlace("y", ())) == ()
    assert graph.next(LabelPlace("p", labels(999_999))) == ()


def test_while_a_link_is_down_a_hop_is_that_of_the_backup():
    at_p, at_q = label_towards(RING, "p", "y"), label_towards(RING, "q", "y")
    (hop,) = LabelGraph(RING, {"p-q"}).next(LabelPlace("p", (at_p,)))
    assert (hop.link, hop.is_up) == ("p-r", True)
    assert hop.to is not None
    assert hop.to.node == "r"
    assert hop.to.stack[1:] == (at_q,)
    (back,) = LabelGraph(RING, {"p-q"}).next(hop.to)
    assert back == LabelHop("q-r", LabelPlace("q", (at_q,)), is_up=True)
    (lost,) = LabelGraph(RING, {"p-q", "p-r"}).next(LabelPlace("p", (at_p,)))
    assert not lost.is_up


def test_a_search_has_every_place_behind_those_that_it_leads_to():
    search = LabelSearch(LabelGraph(RING))
    search.run(LabelPlace("x", ()), LabelGraph(RING).enter("x", "y"))
    assert [place.node for place in search.order] == ["y", "q", "p", "x"]
    assert not search.loops


@pytest.mark.parametrize("grows", [False, True])
def test_a_search_ends_in_a_loop_whether_the_stack_grows_there_or_not(grows):
    at_p, at_q = label_towards(RING, "p", "y"), label_towards(RING, "q", "y")
    back = Swap((at_p, Label(99))) if grows else Swap((at_p,))
    ilm = (IlmEntry(at_q, Forward((Nhlfe("p-q", back),)), "y"),)
    search = LabelSearch(LabelGraph(changed_node(RING, "q", ilm=ilm)))
    search.run(LabelPlace("p", (at_p,)))
    (found,) = search.loops
    assert found.stack[0] in (at_p, at_q)


def test_each_label_of_a_stack_is_read_at_the_end_of_the_lsp_before_it():
    at_q = label_towards(RING, "q", "y")
    nhlfe = next(each.nhlfes[0] for each in RING.node("p").ilm if each.egress == "y")
    assert nhlfe.backup is not None
    (bypass, inner) = nhlfe.backup.operation.labels
    assert inner == at_q
    stack = (bypass, inner, Label(999_999), Label(16))
    read = [(at, entry is not None) for at, entry in readers(RING, "r", stack)]
    assert read == [("r", True), ("q", True), ("y", False), (None, False)]


def test_shares_are_of_flows_that_every_lsr_spreads_evenly_and_none_cross_a_link_that_is_down():
    at_p = label_towards(RING, "p", "y")
    spread = Forward((Nhlfe("p-q", Swap((label_towards(RING, "q", "y"),))), Nhlfe("p-r", Pop())))
    program = changed_node(RING, "p", ilm=(IlmEntry(at_p, spread, "y"),))
    start = LabelPlace("p", (at_p,))
    for down, at_r in (((), Fraction(1, 2)), (("p-r",), None)):
        search = LabelSearch(LabelGraph(program, down))
        search.run(start)
        shares = search.shares(start)
        assert shares[LabelPlace("y", ())] == Fraction(1, 2)
        assert shares.get(LabelPlace("r", ())) == at_r
