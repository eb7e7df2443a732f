"""Protected NHLFEs: carried with the program, and forwarding by the backup before reconvergence."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import ProgramError
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.diff import diff_programs
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Dropped
from mplsemu.program.walk import walk
from tests.programs import PROTECTED, protected_ring, ring

PACKET = Packet(
    "02:00:00:00:00:01", GATEWAY_MAC, IpHeader(ip_address("10.1.0.2"), ip_address("10.1.1.2"))
)


def passed(walked):
    (branch,) = walked.branches
    return [hop.node for hop in branch.hops], branch.end


def test_backups_and_swaps_to_several_labels_survive_the_round_trip():
    program = protected_ring()
    text = dump_program(program)
    assert load_program(text) == program
    assert '"operation": {"swap": [7' in text
    assert '"backup": {"link": "x-r", "operation": {"push": [7000, ' in text


def test_a_program_without_backups_says_nothing_of_them_and_a_swap_is_a_number():
    text = dump_program(compile_program(ring()))
    assert "backup" not in text
    assert '"swap": [' not in text
    assert '"operation": {"swap": ' in text


@pytest.mark.parametrize("labels", ["[]", '["a"]', "[1048576]", "null"])
def test_a_swap_to_what_are_no_labels_is_refused(labels):
    text = dump_program(protected_ring())
    (before, after) = text.split('{"swap": [', 1)
    broken = f'{before}{{"swap": {labels}{after[after.index("]") + 1 :]}'
    with pytest.raises(ProgramError):
        load_program(broken)


def test_a_new_backup_is_a_change_of_the_entry_that_it_protects():
    difference = diff_programs(compile_program(ring()), protected_ring())
    at_x = next(each for each in difference.nodes if each.node == "x")
    assert [new.egress for _, new in at_x.ftn.changed] == ["y"]


@pytest.mark.parametrize("null_label", NullLabel)
@pytest.mark.parametrize("ttl_mode", TtlMode)
@pytest.mark.parametrize("name", PROTECTED)
def test_a_packet_takes_the_backup_where_the_link_is_down(name, ttl_mode, null_label):
    program = protected_ring(ttl_mode=ttl_mode, null_label=null_label)
    nodes, end = passed(walk(program, "v/a", PACKET, down={PROTECTED[name]}))
    path = ["x", "p", "q", "y"]
    path.insert(path.index(name) + 1, "r")
    assert nodes == path
    assert isinstance(end, Delivered)
    assert str(end.host) == "v/b/h1"


def test_the_hop_says_that_it_is_the_backup():
    (branch,) = walk(protected_ring(), "v/a", PACKET, down={"p-q"}).branches
    at_p = branch.hops[1]
    assert "p-q is down: backup over p-r; swap " in at_p.action
    assert at_p.action.endswith("push 7001")
    assert len(at_p.out_stack) == len(at_p.in_stack) + 1
    assert {entry.ttl for entry in at_p.out_stack[:2]} == {at_p.in_stack[0].ttl - 1}


def test_nothing_is_forwarded_by_a_backup_while_the_link_is_up():
    nodes, _ = passed(walk(protected_ring(), "v/a", PACKET, down={"x-r", "y-r"}))
    assert nodes == ["x", "p", "q", "y"]


@pytest.mark.parametrize("down", [{"p-q", "p-r"}, {"p-q", "q-r"}])
def test_a_packet_is_lost_where_the_backup_is_down_too(down):
    _, end = passed(walk(protected_ring(), "v/a", PACKET, down=down))
    assert isinstance(end, Dropped)


def test_a_packet_is_lost_at_a_link_that_is_down_without_a_backup():
    nodes, end = passed(walk(compile_program(ring()), "v/a", PACKET, down={"p-q"}))
    assert nodes == ["x", "p"]
    assert end == Dropped("p", "no way out on p-q")


def test_a_flooded_frame_takes_backups_too():
    frame = replace(PACKET, destination_mac="ff:ff:ff:ff:ff:ff", ip=None)
    nodes, end = passed(walk(protected_ring(), "lan/a", frame, down={"x-p"}))
    assert nodes == ["x", "r", "p", "q", "y"]
    assert isinstance(end, Delivered)
