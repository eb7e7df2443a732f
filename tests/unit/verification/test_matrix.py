"""The verification must see each kind of fault: every test breaks a sound program."""

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.model.labels import Label, LabelRange
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.model.vpn import VpnKind
from mplsemu.program.entries import Forward, IlmEntry, Nhlfe, PopToVrf, Push, Swap
from mplsemu.program.services import ViaPe
from mplsemu.verification.matrix import CHECKERS, verify
from mplsemu.verification.structure import check_structure
from mplsemu.verification.verdict import Invariant
from tests.builders import nordic
from tests.programs import changed_node

LAB = nordic()
PROGRAM = compile_program(LAB)


def changed(name, **fields):
    """Return the program with one LSR changed."""
    return changed_node(PROGRAM, name, **fields)


def over(link, operation):
    return Forward((Nhlfe(link, operation),))


def entry(name, **fields):
    """Return an LSR's ILM with its entry towards `egress` replaced."""
    egress = fields.pop("towards")
    return tuple(
        replace(each, **fields) if each.egress == egress else each
        for each in PROGRAM.node(name).ilm
    )


def vrf(name, vpn, **fields):
    return tuple(
        replace(each, **fields) if each.name == vpn else each for each in PROGRAM.node(name).vrfs
    )


def vsi(name, **fields):
    return tuple(replace(each, **fields) for each in PROGRAM.node(name).vsis)


def found(program):
    verdict = verify(program, LAB)
    assert verdict.holds is (not verdict.violations)
    return {violation.invariant for violation in verdict.violations}


def problems(program, labels=LAB.provider.labels):
    ranges = {node.name: labels for node in program.nodes}
    return [violation.detail for violation in check_structure(program, ranges)]


@pytest.mark.parametrize("null_label", NullLabel)
@pytest.mark.parametrize("ttl_mode", TtlMode)
def test_a_sound_program_holds(null_label, ttl_mode):
    lab = nordic(null_label=null_label, ttl_mode=ttl_mode)
    verdict = verify(compile_program(lab), lab)
    assert verdict.violations == ()
    assert verdict.pairs == 16 * 15
    assert verdict.walks > 0


def test_a_route_to_the_other_customers_vrf_is_a_leak_with_its_packet_and_walk():
    table = PROGRAM.node("dk").vrf_by_name["b"]
    wrong = PROGRAM.node("no").vrf_by_name["a"].label
    routes = tuple(
        replace(route, next_hop=ViaPe("no", wrong)) if isinstance(route.next_hop, ViaPe) else route
        for route in table.routes
    )
    program = changed("dk", vrfs=vrf("dk", "b", routes=routes))
    (first, *_) = [each for each in verify(program, LAB).violations if each.subject == "b"]
    assert first.invariant is Invariant.ISOLATE
    assert "leaks: delivered to a/oslo/h1" in first.detail
    assert first.walk.branches[0].hops[0].node == "dk"
    assert str(first.packet.ip.destination) == "192.168.3.2"
    assert first.circuit == "b/aarhus"


def test_a_missing_route_is_a_pair_that_does_not_reach():
    assert found(changed("dk", vrfs=vrf("dk", "b", routes=()))) == {Invariant.REACH}


def test_a_route_that_should_not_be_there_is_a_leak_though_nobody_sends_there_by_intent():
    extra = PROGRAM.node("se").vrf_by_name["a"].routes
    routes = (
        *PROGRAM.node("dk").vrf_by_name["b"].routes,
        *(
            replace(route, next_hop=ViaPe("se", PROGRAM.node("se").vrf_by_name["a"].label))
            for route in extra
            if str(route.prefix) == "192.168.2.0/24"
        ),
    )
    assert found(changed("dk", vrfs=vrf("dk", "b", routes=routes))) == {Invariant.ISOLATE}


def test_the_wrong_one_of_two_hosts_is_noticed():
    table = PROGRAM.node("se").vrf_by_name["a"]
    first, second = table.neighbours[:2]
    swapped = (
        replace(first, mac=second.mac),
        replace(second, mac=first.mac),
        *table.neighbours[2:],
    )
    assert found(changed("se", vrfs=vrf("se", "a", neighbours=swapped))) == {Invariant.REACH}


def test_a_missing_pseudowire_is_a_site_that_misses_the_flood():
    wires = PROGRAM.node("dk").vsi_by_name["c"].pseudowires[:1]
    assert Invariant.FLOOD in found(changed("dk", vsis=vsi("dk", pseudowires=wires)))


def test_a_pseudowire_there_twice_is_a_copy_too_many():
    wires = PROGRAM.node("dk").vsi_by_name["c"].pseudowires
    program = changed("dk", vsis=vsi("dk", pseudowires=(*wires, wires[0])))
    (only,) = [each for each in verify(program, LAB).violations if each.subject == "c"]
    assert str(only) == "flood c: from c/odense to a broadcast: too often at c/bergen"
    hosts = ("c/bergen/h1", "c/bergen/h2")
    assert only.stands_for == ("broadcast", "multicast", "unknown unicast", *hosts)


def test_a_site_that_is_down_is_cut_off():
    verdict = verify(compile_program(LAB, frozenset({"c/bergen"})), LAB)
    details = [violation.detail for violation in verdict.violations]
    assert any("c/bergen is down" in detail for detail in details)
    assert any("missing at c/bergen" in detail for detail in details)


def test_a_label_bound_twice_is_noticed():
    ilm = PROGRAM.node("p2").ilm
    assert problems(changed("p2", ilm=(*ilm, ilm[0]))) == ["label 16 is there 2 times"]


def test_what_a_switch_could_not_tell_apart_is_noticed():
    dk, p1 = PROGRAM.node("dk"), PROGRAM.node("p1")
    (c,) = dk.vsis
    first, second = c.pseudowires
    (neighbour, *_) = dk.vrf_by_name["a"].neighbours
    elsewhere = replace(neighbour, mac="02:00:00:00:00:99")
    known = (*dk.vrf_by_name["a"].neighbours, elsewhere)
    for program, problem in (
        (
            changed("dk", vsis=vsi("dk", pseudowires=(first, replace(second, index=first.index)))),
            f"VSI c: index {first.index} is there 2 times",
        ),
        (
            changed("dk", vrfs=vrf("dk", "a", neighbours=known)),
            f"VRF a: neighbour {neighbour.address} is there 2 times",
        ),
        (
            changed("dk", vsis=(c, replace(c, index=99, circuits=(), pseudowires=()))),
            "VRF or VSI c is there 2 times",
        ),
        (
            changed("p1", adjacencies=(*p1.adjacencies, replace(p1.adjacencies[0], port=99))),
            f"link {p1.adjacencies[0].link} is there 2 times",
        ),
    ):
        assert problem in problems(program)
        assert not verify(program, LAB).holds


@pytest.mark.parametrize("number", [-1, 0, 1 << 16])
def test_numbers_that_a_switch_does_not_take_are_noticed(number):
    dk = PROGRAM.node("dk")
    (c,) = dk.vsis
    wires = (replace(c.pseudowires[0], index=number), *c.pseudowires[1:])
    port = (replace(dk.circuits[0], port=number), *dk.circuits[1:])
    assert f"port {number} is not in 1-65279" in problems(changed("dk", circuits=port))
    numbered = vrf("dk", "a", index=number)
    assert f"index {number} is not in 1-65535" in problems(changed("dk", vrfs=numbered))
    numbered = vsi("dk", pseudowires=wires)
    assert f"VSI c: index {number} is not in 1-65535" in problems(changed("dk", vsis=numbered))
    verdict = verify(changed("dk", index=number), LAB)
    assert f"index {number} of an LSR is not in 1-65535" in [
        each.detail for each in verdict.violations
    ]


def test_an_lsr_a_link_or_a_vpn_there_twice_or_of_another_kind_is_noticed():
    dk, no = PROGRAM.node("dk"), PROGRAM.node("no")
    (first, *vpns) = PROGRAM.vpns
    for program, problem in (
        (replace(PROGRAM, nodes=(dk, *PROGRAM.nodes)), "LSR dk is there 2 times"),
        (replace(PROGRAM, links=(*PROGRAM.links, PROGRAM.links[0])), "link dk-p1 is there 2 times"),
        (replace(PROGRAM, vpns=(first, *PROGRAM.vpns)), f"VPN {first.name} is there 2 times"),
        (
            replace(PROGRAM, vpns=(replace(first, kind=VpnKind.VPLS), *vpns)),
            f"VPN {first.name} is of kind 'vpls', should be 'l3vpn'",
        ),
        (changed("dk", index=no.index), f"LSR with index {no.index} is there 2 times"),
    ):
        assert problem in [each.detail for each in verify(program, LAB).violations]


def test_a_label_outside_the_range_is_noticed():
    assert "label 16 is outside 17-99" in problems(PROGRAM, LabelRange(Label(17), Label(99)))


def test_a_swap_to_a_label_that_is_not_bound_is_noticed():
    program = changed(
        "p1", ilm=entry("p1", towards="se", action=over("p1-p2", Swap((Label(999),))))
    )
    assert problems(program) == ["p2 has not bound label 999, which is sent to it towards se"]


def test_a_swap_to_the_label_of_another_lsp_is_noticed():
    (to_dk,) = [each.label for each in PROGRAM.node("p2").ilm if each.egress == "dk"]
    program = changed("p1", ilm=entry("p1", towards="se", action=over("p1-p2", Swap((to_dk,)))))
    assert problems(program) == [f"p2 has not bound label {to_dk} to the LSP to se"]


def test_a_loop_of_swaps_is_noticed():
    (at_p1,) = [each.label for each in PROGRAM.node("p1").ilm if each.egress == "se"]
    (at_p2,) = [each.label for each in PROGRAM.node("p2").ilm if each.egress == "se"]
    p1 = entry("p1", towards="se", action=over("p1-p2", Swap((at_p2,))))
    p2 = entry("p2", towards="se", action=over("p1-p2", Swap((at_p1,))))
    nodes = [
        replace(node, ilm={"p1": p1, "p2": p2}.get(node.name, node.ilm)) for node in PROGRAM.nodes
    ]
    (only,) = problems(replace(PROGRAM, nodes=tuple(nodes)))
    assert "leads round in a loop" in only


def test_a_next_hop_that_is_no_link_or_down_is_noticed():
    program = changed("p1", ilm=entry("p1", towards="se", action=over("no-p2", Swap((Label(16),)))))
    assert "the way to se is over no-p2, which is not here or down" in problems(program)
    links = tuple(replace(link, up=link.name != "dk-p1") for link in PROGRAM.links)
    assert any("dk-p1" in each for each in problems(replace(PROGRAM, links=links)))


def test_a_stack_too_deep_to_push_is_noticed():
    (first, *rest) = PROGRAM.node("dk").ftn
    labels = tuple(Label(number) for number in (17, 18, 19))
    deeper = replace(first, nhlfes=(replace(first.nhlfes[0], operation=Push(labels)),))
    assert "the tunnel to no pushes 3 labels below a service's" in problems(
        changed("dk", ftn=(deeper, *rest))
    )


def test_a_missing_tunnel_is_noticed_by_routes_and_pseudowires():
    details = problems(changed("dk", ftn=()))
    assert "VRF a: 192.168.2.0/24 is at se, to which there is no tunnel" in details
    assert "VSI c: there is no tunnel to se" in details


def test_a_vpn_label_for_the_other_ip_version_is_noticed():
    label = PROGRAM.node("no").vrf_by_name["a"].label
    ilm = tuple(
        IlmEntry(each.label, PopToVrf("a", 6)) if each.label == label else each
        for each in PROGRAM.node("no").ilm
    )
    details = problems(changed("no", ilm=ilm))
    assert any("where label" in each and "192.168.3.0/24" in each for each in details)


def test_every_kind_of_vpn_has_a_checker():
    assert set(CHECKERS) == set(VpnKind)
