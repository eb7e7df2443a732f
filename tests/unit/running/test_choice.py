"""Which data plane a lab gets."""

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import CapabilityError, LabError
from mplsemu.lab.dataplane import DataPlaneChoice
from mplsemu.lab.loader import loads
from mplsemu.model.labels import Label
from mplsemu.program.entries import Forward, Push
from mplsemu.running import choice
from mplsemu.running.choice import Chosen, choose, parse_choice, requested
from mplsemu.southbound.ebpf.limits import LIMITS
from mplsemu.southbound.plane.limits import excess
from tests.programs import changed_node, protected_ring, ring

AUTO, EBPF, OPENFLOW = DataPlaneChoice.AUTO, DataPlaneChoice.EBPF, DataPlaneChoice.OPENFLOW
LAB = """
name: small
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  c: {type: vpls, subnet: 10.0.0.0/24, sites: {x: {pe: dk}, y: {pe: se}}}
"""
MORE = {
    "control_word": LAB.replace("vpls,", "vpls, control_word: true,"),
    "mac_limit": LAB.replace("vpls,", "vpls, mac_limit: 5,"),
}


@pytest.fixture
def machine(monkeypatch):
    """Return ``machine(reason)``: have the self-test say so from now on."""

    def says(reason):
        monkeypatch.setattr(choice, "why_not_ebpf", lambda: reason)

    says("it is not to be tried here")
    monkeypatch.delenv("MPLSEMU_DATAPLANE", raising=False)
    return says


def chosen(requested, text=LAB):
    network = loads(text, "lab.yaml").network
    return choose(requested, network, compile_program(network))


def test_the_command_line_wins_over_the_file_and_that_over_the_environment(monkeypatch, machine):
    assert requested(None, AUTO) is AUTO
    monkeypatch.setenv("MPLSEMU_DATAPLANE", "openflow")
    assert requested(None, AUTO) is OPENFLOW
    assert requested(None, EBPF) is EBPF
    assert requested(OPENFLOW, EBPF) is OPENFLOW
    assert requested(AUTO, EBPF) is AUTO


def test_a_data_plane_that_there_is_not_is_told(monkeypatch, machine):
    with pytest.raises(LabError, match="no data plane 'p4' here; write one of: auto, openflow, eb"):
        parse_choice("p4")
    monkeypatch.setenv("MPLSEMU_DATAPLANE", "linux")
    with pytest.raises(LabError, match="'linux'"):
        requested(None, AUTO)


def test_auto_is_ebpf_where_the_self_test_holds_and_else_says_why_not(machine):
    machine(None)
    assert chosen(AUTO) == Chosen("ebpf")
    assert chosen(AUTO).notes() == ()
    machine("the verifier says no; libbpf says:\n  7: R1=ctx()")
    found = chosen(AUTO)
    assert found.name == "openflow"
    [note] = found.notes()
    assert note.endswith("ebpf is not to be had here: the verifier says no")


def test_what_is_asked_for_by_name_is_not_tried_first(machine):
    assert chosen(EBPF) == Chosen("ebpf")
    assert chosen(OPENFLOW) == Chosen("openflow")


@pytest.mark.parametrize("feature", MORE)
def test_openflow_is_refused_for_what_only_ebpf_can(machine, feature):
    machine(None)
    assert chosen(AUTO, MORE[feature]) == chosen(EBPF, MORE[feature]) == Chosen("ebpf")
    with pytest.raises(CapabilityError, match=rf"VPN c .*{feature}.*write --dataplane ebpf"):
        chosen(OPENFLOW, MORE[feature])
    machine("no libbpf")
    with pytest.raises(CapabilityError, match=rf"VPN c .*{feature}.*here: no libbpf"):
        chosen(AUTO, MORE[feature])


def test_what_the_translator_refuses_is_told_before_anything_boots(machine, monkeypatch):
    def refuse(_program, node):
        raise CapabilityError(f"{node}: four labels")

    monkeypatch.setattr(choice, "flows", refuse)
    with pytest.raises(CapabilityError, match="openflow cannot do this: dk: four labels; write"):
        chosen(OPENFLOW)


def with_wires(count):
    """Return the lab's program with so many pseudowires in a VSI."""
    program = compile_program(loads(LAB, "lab.yaml").network)
    node = program.nodes[0]
    wire = node.vsis[0].pseudowires[0]
    vsi = replace(node.vsis[0], pseudowires=(replace(wire, index=count),))
    return changed_node(program, node.name, vsis=(vsi,))


def test_what_the_maps_cannot_hold_is_told_before_anything_starts(machine):
    machine(None)
    network = loads(LAB, "lab.yaml").network
    assert choose(EBPF, network, with_wires(1024)) == Chosen("ebpf")
    too_many = "dk: VSI c has 1025 circuits or pseudowires; it floods to at most 1024"
    with pytest.raises(CapabilityError, match=f"the data plane ebpf cannot do this: {too_many}"):
        choose(EBPF, network, with_wires(1025))
    assert choose(AUTO, network, with_wires(1025)) == Chosen("openflow", too_many)


def test_more_labels_than_are_pushed_are_told():
    program = compile_program(loads(LAB, "lab.yaml").network)
    node = program.nodes[0]
    ftn = node.ftn[0]
    deep = replace(ftn.nhlfes[0], operation=Push((Label(17),) * 9))
    deeper = changed_node(program, node.name, ftn=(replace(ftn, nhlfes=(deep,)),))
    assert list(excess(deeper, LIMITS)) == [
        "dk: the tunnel to se pushes 9 labels; it pushes at most 8"
    ]
    assert list(excess(program, LIMITS)) == []


def test_backups_and_swaps_to_several_labels_are_told_before_anything_starts(machine):
    machine(None)
    network, program = ring(), protected_ring()
    with pytest.raises(CapabilityError, match=r"ebpf cannot do this: .* names a backup"):
        choose(EBPF, network, program)
    with pytest.raises(CapabilityError, match=r"openflow cannot do this: .* names a backup"):
        choose(OPENFLOW, network, program)
    p = program.node("p")
    entry = next(each for each in p.ilm if each.egress == "y")
    backup = entry.nhlfes[0].backup
    assert backup is not None
    ilm = (replace(entry, action=Forward((backup,))),)
    several = changed_node(compile_program(network), "p", ilm=ilm)
    assert list(excess(several, LIMITS)) == [
        f"p: label {entry.label} is replaced by several labels; it replaces one by one"
    ]
