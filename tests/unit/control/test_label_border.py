"""Option B: VPN labels at the border between two providers (RFC 4364 section 10 (b))."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.labels import LabelStackEntry
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.entries import PopToVrf, SwapToAsbr, SwapToPe
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.program import Program
from mplsemu.program.services import ViaPe
from mplsemu.program.trace import trace
from mplsemu.southbound.openflow.translate import flows
from mplsemu.verification.matrix import verify
from mplsemu.wire.ip import ip_packet
from mplsemu.wire.mpls import stack_bytes
from tests.networks import TWO_PROVIDERS, two_providers
from tests.oracles import fakebpfnet, fakeswitch
from tests.programs import changed_node

NETWORK = two_providers("b")
PROGRAM = compile_program(NETWORK)


def actions(node: str, kind: type) -> dict[int, SwapToPe | SwapToAsbr]:
    entries = PROGRAM.node(node).ilm
    return {int(each.label): each.action for each in entries if isinstance(each.action, kind)}


def stacks(found) -> dict[str, list[int]]:
    return {
        hop.core_link: [int(each.label) for each in hop.out_stack]
        for hop in found.hops
        if hop.core_link
    }


def test_asbrs_have_no_vrf_and_a_label_for_each_vrf_beyond_and_behind():
    for asbr in ("n1", "n2", "s1", "s2"):
        node = PROGRAM.node(asbr)
        assert (node.vrfs, node.circuits) == ((), ())
    # v of both IP versions and w: three VRF labels at sa, three at na
    assert len(actions("n1", SwapToAsbr)) == len(actions("n1", SwapToPe)) == 3
    assert {each.egress for each in actions("n1", SwapToPe).values()} == {"na"}


def test_labels_are_swapped_at_both_ends_and_one_is_on_the_border():
    found = stacks(trace(PROGRAM, "v/a/h1", "v/b/h1"))
    route = next(
        route for route in PROGRAM.node("na").vrf_by_name["v@north"].routes
        if str(route.prefix) == "10.2.0.0/29"
    )  # fmt: skip
    assert isinstance(route.next_hop, ViaPe)
    assert route.next_hop.egress == "n1"
    (on_border,) = found["n1-s1"]
    swap = actions("n1", SwapToAsbr)[int(route.next_hop.label)]
    assert swap == SwapToAsbr("n1-s1", type(route.next_hop.label)(on_border))
    onward = actions("s1", SwapToPe)[on_border]
    assert onward.border == "n1-s1"
    last = PROGRAM.node("sa").ilm_by_label[int(onward.label)]
    assert last.action == PopToVrf("v@south")
    assert found["sp-s1" if "sp-s1" in found else "s1-sp"][-1] == onward.label


def test_an_asbr_keeps_its_labels_when_paths_and_routes_change():
    for down in ("n1-s1", "sp-s1", "np-n1"):
        after = compile_program(NETWORK, frozenset({down}), previous=PROGRAM)
        for name in ("n1", "n2", "s1", "s2"):
            before = PROGRAM.node(name).ilm_by_label
            for label, entry in after.node(name).ilm_by_label.items():
                if isinstance(entry.action, SwapToPe):
                    assert entry == before[label], (down, name)


def test_it_is_written_to_json_and_read_back():
    assert load_program(dump_program(PROGRAM)) == PROGRAM


@pytest.mark.parametrize("ttl", ["pipe", "uniform"])
@pytest.mark.parametrize("php", ["implicit-null", "explicit-null"])
def test_the_proof_holds_in_every_mode_and_with_several_ways(ttl, php):
    network = two_providers("b", ttl=ttl, php=php, ecmp="4")
    assert verify(compile_program(network), network).violations == ()


def test_a_narrow_border_is_known_to_the_pes_before_it():
    text = TWO_PROVIDERS.replace("OPTION, vpns: {v: 7, w: 8}", "b, mtu: 1400")
    text = text.replace("OPTION, vpns: {v: 7, w: 9}", "b, mtu: 1450")
    text = text.replace("pe: s2", "pe: sa").replace("pe: s1", "pe: sa")
    network = loads(text, "two.yaml").network
    program = compile_program(network)
    ftn = program.node("na").ftn_by_egress
    assert (ftn["n1"].mtu, ftn["n2"].mtu) == (1400, 1450)
    assert verify(program, network).holds
    wide = tuple(replace(each, mtu=1500) for each in program.node("na").ftn)
    assert not verify(changed_node(program, "na", ftn=wide), network).holds


# what is taken in by the border ------------------------------------------------------------------


def labelled(label: int, below: tuple[int, ...] = ()) -> bytes:
    source, target = ip_address("10.1.0.2"), ip_address("10.2.0.2")
    ip = ip_packet(source, target, 17, bytes(8), ttl=64)
    entries = [LabelStackEntry(type_of(each), 0, 64) for each in (label, *below)]
    ethernet = bytes.fromhex(GATEWAY_MAC.replace(":", "")) * 2 + b"\x88\x47"
    return ethernet + stack_bytes(tuple(entries)) + ip


def type_of(label: int):
    return type(PROGRAM.node("na").vrf_by_name["v@north"].label)(label)


def bound(program: Program, node: str) -> set[int]:
    return {*program.node(node).ilm_by_label, 0, 3, 999}


@pytest.mark.parametrize("asbr", ["n1", "n2", "s1", "s2"])
def test_from_the_border_only_labels_are_taken_that_were_given_there(asbr):
    (end,) = [each for each in PROGRAM.node(asbr).adjacencies if each.border is not None]
    given = {label for label, each in actions(asbr, SwapToPe).items() if each.border == end.link}
    every = {name: flows(PROGRAM, name) for name in PROGRAM.node_by_name}
    for label in sorted(bound(PROGRAM, asbr)):
        frame = labelled(label)
        outcome = fakeswitch.FakeNetwork(PROGRAM, every).inject_at(asbr, end.port, frame)
        trails = fakebpfnet.FakeNetwork(PROGRAM).inject_at(asbr, end.port, frame)
        assert bool(outcome.on_links) is (label in given), label
        assert any(trail.crossed for trail in trails) is (label in given), label


def test_a_given_label_above_another_leads_to_nothing_but_its_own_vrf():
    (end,) = [each for each in PROGRAM.node("s1").adjacencies if each.border is not None]
    given = min(actions("s1", SwapToPe))
    frame = labelled(given, (int(PROGRAM.node("sa").vrf_by_name["w@south"].label),))
    every = {name: flows(PROGRAM, name) for name in PROGRAM.node_by_name}
    assert not fakeswitch.FakeNetwork(PROGRAM, every).inject_at("s1", end.port, frame).deliveries
    trails = fakebpfnet.FakeNetwork(PROGRAM).inject_at("s1", end.port, frame)
    assert not [each for each in trails if isinstance(each.end, fakebpfnet.Delivered)]


@pytest.mark.parametrize("asbr", ["n1", "s1"])
def test_on_a_border_of_option_a_no_label_is_taken_at_all(asbr):
    program = compile_program(two_providers("a"))
    (end,) = [each for each in program.node(asbr).adjacencies if each.border is not None]
    every = {name: flows(program, name) for name in program.node_by_name}
    for label in sorted(bound(program, asbr)):
        frame = labelled(label)
        outcome = fakeswitch.FakeNetwork(program, every).inject_at(asbr, end.port, frame)
        trails = fakebpfnet.FakeNetwork(program).inject_at(asbr, end.port, frame)
        assert not outcome.on_links
        assert not outcome.deliveries
        assert not any(trail.crossed for trail in trails)


# what is refused ---------------------------------------------------------------------------------

LAB = TWO_PROVIDERS.replace("OPTION, vpns: {v: 7, w: 8}", "b").replace(
    "OPTION, vpns: {v: 7, w: 9}", "b"
)


def test_a_site_at_an_asbr_of_option_b_is_refused():
    with pytest.raises(LabError, match=r"yaml:27: site w/b: s1 is an ASBR of option b.*option: a"):
        loads(LAB, "two.yaml")


def test_a_vlan_with_option_b_is_refused():
    text = LAB.replace("pe: s2", "pe: sa").replace("pe: s1", "pe: sa")
    text = text.replace("ends: [n1, s1], option: b", "ends: [n1, s1], option: b, vpns: {v: 7}")
    with pytest.raises(LabError, match=r"yaml:14: .*vpn v has a vlan.*vpns: \[v\]"):
        loads(text, "two.yaml")


def test_two_options_for_one_vpn_are_refused():
    text = LAB.replace("pe: s2", "pe: sa").replace("pe: s1", "pe: sa")
    text = text.replace("ends: [n1, s1], option: b", "ends: [n1, s1], option: a, vpns: v")
    with pytest.raises(LabError, match=r"yaml:15: .*vpn v crosses another border by option a"):
        loads(text, "two.yaml")
