"""What holds of protected LSPs while a link is down and the network has not reconverged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.model.labels import Label
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.entries import Forward, IlmEntry, Nhlfe, Pop, Swap
from mplsemu.verification.matrix import verify
from mplsemu.verification.structure import check_structure
from mplsemu.verification.tunnels import tunnel_paths
from mplsemu.verification.verdict import Invariant
from tests.programs import PROTECTED, changed_node, protected_ring, ring

RING = protected_ring()


def problems(program, down=()):
    return [each.detail for each in check_structure(program, down=down)]


def with_entry(program, name, label, *nhlfes, egress):
    """Return the program with another entry for a label of an LSR."""
    entry = IlmEntry(label, Forward(nhlfes), egress)
    others = (each for each in program.node(name).ilm if each.label != label)
    return changed_node(program, name, ilm=(*others, entry))


def towards_y(name):
    return next(each for each in RING.node(name).ilm if each.egress == "y")


def with_backup(backup):
    """Return the ring with another backup at p of the link to q, for what is sent to y."""
    entry = towards_y("p")
    nhlfe = replace(entry.nhlfes[0], backup=backup)
    return with_entry(RING, "p", entry.label, nhlfe, egress="y")


@pytest.mark.parametrize("null_label", NullLabel)
@pytest.mark.parametrize("ttl_mode", TtlMode)
def test_a_protected_network_holds_with_any_one_protected_link_down(ttl_mode, null_label):
    lab = ring(ttl_mode=ttl_mode, null_label=null_label)
    program = protected_ring(ttl_mode=ttl_mode, null_label=null_label)
    for down in ((), *((link,) for link in PROTECTED.values())):
        verdict = verify(program, lab, down=down)
        assert verdict.holds, (down, verdict.violations[:3])


def test_an_unprotected_network_does_not_hold_until_it_has_reconverged():
    program = compile_program(ring())
    verdict = verify(program, ring(), down={"p-q"})
    assert {each.invariant for each in verdict.violations} == {
        Invariant.STRUCTURE,
        Invariant.REACH,
        Invariant.FLOOD,
    }
    assert verify(compile_program(ring(), frozenset({"p-q"})), ring()).holds


def test_a_backup_that_is_down_itself_does_not_deliver():
    verdict = verify(RING, ring(), down={"p-q", "p-r"})
    assert "the way to y is over p-r, which is not here or down" in problems(RING, {"p-q", "p-r"})
    assert Invariant.REACH in {each.invariant for each in verdict.violations}


@pytest.mark.parametrize(
    ("backup", "problem"),
    [
        (Nhlfe("p-q", Swap((Label(17),))), "the backup of the way to y over p-q is over the same"),
        (Nhlfe("q-r", Swap((Label(17),))), "the way to y is over q-r, which is not here or down"),
        (Nhlfe("p-r", Pop()), "the label towards y is popped before r, which is another"),
        (Nhlfe("p-r", Swap((Label(999),))), "r has not bound label 999, which is sent to it"),
        (Nhlfe("p-r", Swap((Label(7001),))), "r has not bound label 7001 to the LSP to y"),
        (Nhlfe("p-r", Swap((Label(7001), Label(999)))), "q has not bound label 999, which is sent"),
    ],
)
def test_a_backup_that_leads_elsewhere_is_noticed_while_nothing_is_down(backup, problem):
    assert any(each.startswith(problem) for each in problems(with_backup(backup)))


def test_an_inner_label_of_another_lsp_is_noticed():
    to_x = next(each.label for each in RING.node("q").ilm if each.egress == "x")
    program = with_backup(Nhlfe("p-r", Swap((Label(7001), to_x))))
    assert f"q has not bound label {to_x} to the LSP to y" in problems(program)


def test_a_loop_through_a_bypass_is_seen_when_its_link_is_down():
    """The bypass leads back to p, which sends it round again."""
    at_p = towards_y("p")
    program = with_entry(
        with_backup(Nhlfe("p-r", Swap((Label(7001), at_p.label)))),
        "r", Label(7001), Nhlfe("p-r", Pop()), egress="p",
    )  # fmt: skip
    assert not any("loop" in each for each in problems(program))
    assert any("leads round in a loop" in each for each in problems(program, {"p-q"}))
    verdict = verify(program, ring(), down={"p-q"})
    assert Invariant.LOOP in {each.invariant for each in verdict.violations}


def test_a_stack_that_grows_without_end_is_a_loop():
    """Two LSRs that push towards each other: no place on the path comes twice."""
    at_p, at_q = towards_y("p"), towards_y("q")
    to_q = Nhlfe("p-q", Swap((at_q.label, at_p.label)))
    to_p = Nhlfe("p-q", Swap((at_p.label, at_q.label)))
    program = with_entry(RING, "p", at_p.label, to_q, egress="y")
    program = with_entry(program, "q", at_q.label, to_p, egress="y")
    assert any("leads round in a loop" in each for each in problems(program))


def test_a_tunnel_leads_over_the_backup_while_the_link_is_down():
    way = tunnel_paths(RING, ("x", "y"), down={"p-q"})
    assert way is not None
    assert [link for (link, _), _ in way.shares] == ["x-p", "p-r", "q-r", "q-y"]
    assert (way.end, way.depth, way.hops) == ("y", 2, 4)
    lost = tunnel_paths(RING, ("x", "y"), down={"p-q", "p-r"})
    assert lost is not None
    assert lost.end is None
