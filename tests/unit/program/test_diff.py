from dataclasses import replace

from mplsemu.control.compile import compile_program
from mplsemu.program.diff import diff_programs
from tests.builders import nordic

BEFORE = compile_program(nordic())


def after(*down):
    return compile_program(nordic(), frozenset(down), previous=BEFORE)


def nodes(diff):
    return {node.node: node for node in diff.nodes}


def test_equal_programs_do_not_differ():
    diff = diff_programs(BEFORE, compile_program(nordic()))
    assert diff.is_empty
    assert diff.summary() == ()


def test_a_link_down_changes_tunnels_and_adds_and_removes_transport_labels():
    diff = diff_programs(BEFORE, after("dk-p2"))
    changed = nodes(diff)
    assert [(entry.egress, entry.egress) for entry, _ in changed["dk"].ftn.changed] == [
        ("no", "no")
    ]
    assert [entry.egress for entry in changed["p1"].ilm.added] == ["no"]
    assert not changed["p1"].ilm.removed
    assert [entry.egress for entry in changed["p2"].ilm.removed] == ["dk"]
    assert not any(node.ilm.changed for node in diff.nodes)
    assert diff.summary()[0] == "link dk-p2: down"
    assert "p2: ilm +1 -1" in diff.summary()


def test_a_circuit_down_changes_its_pe_and_withdraws_its_routes_elsewhere():
    diff = diff_programs(BEFORE, after("a/aarhus"))
    changed = nodes(diff)
    assert {(each.vrf, str(each.entry.prefix)) for each in changed["no"].routes.removed} == {
        ("a", "192.168.1.0/24")
    }
    assert len(changed["dk"].neighbours.removed) == 2
    assert [new.up for _, new in changed["dk"].circuits.changed] == [False]
    assert not changed["dk"].vrfs


def test_the_way_back_is_the_same_turned_round():
    there, back = diff_programs(BEFORE, after("no-p2")), diff_programs(after("no-p2"), BEFORE)
    assert [node.routes.removed for node in there.nodes] == [
        node.routes.added for node in back.nodes
    ]
    assert "link no-p2: up" in back.summary()


def test_an_lsr_that_is_new_is_all_added():
    fewer = replace(BEFORE, nodes=BEFORE.nodes[1:], links=BEFORE.links[1:])
    (node,) = diff_programs(fewer, BEFORE).nodes
    assert node.ilm.added == BEFORE.nodes[0].ilm
    assert len(node.adjacencies.added) == 2
    assert diff_programs(fewer, BEFORE).summary()[0] == "link dk-p1: added"
    assert diff_programs(BEFORE, fewer).summary()[0] == "link dk-p1: removed"
