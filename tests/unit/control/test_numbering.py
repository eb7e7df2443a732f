"""Whatever comes into a lab or goes, at whichever place, renumbers nothing that stays."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.numbering import number_network, numbers_in
from mplsemu.control.services import Services
from mplsemu.model.network import Network
from mplsemu.model.numbers import NO_NUMBERS, Space
from mplsemu.model.vpls import Vpws
from mplsemu.program.program import Program
from mplsemu.verification.conformance import check_conformance
from mplsemu.verification.matrix import verify
from mplsemu.verification.structure import check_structure
from tests.builders import MacAddresses, network, nordic, provider, vpls
from tests.networks import service_names, with_sites
from tests.programs import numbers_of
from tests.strategies import failures, networks

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def edited(data: st.DataObject, whole: Network) -> Network:
    """Return a part of a network, in another order: LSRs, links, VPNs and sites come and go."""

    def some(of, least=0):
        chosen = data.draw(st.lists(st.sampled_from(of), unique=True, min_size=least)) if of else ()
        return tuple(chosen)

    nodes = some(whole.provider.nodes, least=1)
    names = {node.name for node in nodes}
    links = some([link for link in whole.provider.links if names.issuperset(link.ends)])
    vpns = []
    for vpn in some(whole.vpns):
        sites = tuple(site for site in vpn.sites if site.pe in names)
        if not isinstance(vpn, Vpws):
            vpns.append(with_sites(vpn, some(sites), names))
        elif len(sites) == 2:
            vpns.append(replace(vpn, sites=tuple(data.draw(st.permutations(sites)))))
    made = replace(whole.provider, nodes=nodes, links=links)
    return replace(whole, provider=made, vpns=tuple(vpns))


def assert_consistent(program: Program, lab: Network) -> None:
    for node in program.nodes:
        ports = [each.port for each in (*node.adjacencies, *node.circuits)]
        services = [each.index for each in (*node.vrfs, *node.vsis)]
        for numbers in (ports, services):
            assert len(numbers) == len(set(numbers))
        for table in (
            [end.port for end in node.adjacencies],
            [circuit.port for circuit in node.circuits],
            [vrf.index for vrf in node.vrfs],
            [vsi.index for vsi in node.vsis],
        ):
            assert table == sorted(table)
    assert not list(check_structure(program))
    assert not list(check_conformance(program, lab))
    assert verify(program, lab).holds == verify(compile_program(lab), lab).holds


def assert_kept(before: Program, after: Program) -> None:
    old, new = numbers_of(before), numbers_of(after)
    assert {name: new[name] for name in old.keys() & new.keys()} == {
        name: old[name] for name in old.keys() & new.keys()
    }


@few
@given(networks(), st.data())
def test_a_program_that_follows_another_keeps_all_its_numbers(whole, data):
    program = compile_program(edited(data, whole))
    for _ in range(3):
        lab = edited(data, whole)
        after = compile_program(lab, previous=program)
        assert_kept(program, after)
        assert_consistent(after, lab)
        program = after


@few
@given(networks(), st.data())
def test_numbers_that_are_handed_on_outlast_failures_and_absence(whole, data):
    known: dict[tuple[str, ...], object] = {}
    numbers, program = NO_NUMBERS, None
    for _ in range(4):
        lab = edited(data, whole)
        numbers = number_network(lab, numbers)
        down = data.draw(failures(lab, circuits=True)) if lab.provider.links else frozenset()
        program = compile_program(lab, down, previous=program, numbers=numbers)
        found = {
            name: number[0] if isinstance(number, tuple) else number
            for name, number in numbers_of(program).items()
        }
        assert {name: known.get(name, number) for name, number in found.items()} == found
        known |= found


@few
@given(networks(), st.data())
def test_a_first_compilation_numbers_in_the_lab_files_order(whole, data):
    lab = edited(data, whole)
    program = compile_program(lab)
    order = [node.name for node in lab.provider.nodes]
    assert [program.node(name).index for name in order] == list(range(1, len(order) + 1))
    for node in program.nodes:
        links = [link.name for link in lab.provider.links if node.name in link.ends]
        circuits = [site.circuit for _, site in lab.sites() if site.pe == node.name]
        assert [end.link for end in node.adjacencies] == links
        assert [circuit.name for circuit in node.circuits] == circuits
        ports = [each.port for each in (*node.adjacencies, *node.circuits)]
        lines = {circuit.line.number for circuit in node.circuits if circuit.line is not None}
        assert ports == sorted(ports)
        assert sorted([*ports, *lines]) == list(range(1, len(ports) + len(lines) + 1))
        services = service_names(lab, node.name)
        indexes = {each.name: each.index for each in (*node.vrfs, *node.vsis)}
        assert indexes == {name: number for number, name in enumerate(services, 1)}


@few
@given(networks(), st.data())
def test_numbers_are_read_back_from_a_program_whatever_is_down(whole, data):
    program = compile_program(whole, data.draw(failures(whole, circuits=True)))
    read = number_network(whole, numbers_in(program, Services(whole)))
    fresh = number_network(whole)
    for space, allocation in fresh.allocations.items():
        assert read[space] == allocation.current


def test_a_pseudowire_to_a_new_pe_leaves_the_others_as_they_are():
    core, macs = provider(["a-p", "b-p", "c-p"]), MacAddresses()
    lab = network(core, vpls("lan", {"x": "a", "z": "c"}, subnet="10.0.0.0/24", macs=macs))
    larger = network(
        core, vpls("lan", {"x": "a", "y": "b", "z": "c"}, subnet="10.0.0.0/24", macs=macs)
    )
    before = compile_program(lab)
    after = compile_program(larger, previous=before)
    assert {pw.peer: pw.index for pw in before.node("a").vsi_by_name["lan"].pseudowires} == {"c": 1}
    assert {pw.peer: pw.index for pw in after.node("a").vsi_by_name["lan"].pseudowires} == {
        "b": 2,
        "c": 1,
    }


def test_a_circuit_that_returns_has_its_port_back():
    lab = nordic()
    first, *others = lab.vpns
    numbers = number_network(lab)
    less = number_network(replace(lab, vpns=tuple(others)), numbers)
    again = number_network(replace(lab, vpns=(*others, first)), less)
    for site in first.sites:
        space = Space.ports(site.pe)
        assert site.circuit not in less[space]
        assert again[space][site.circuit] == numbers[space][site.circuit]
