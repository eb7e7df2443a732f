"""The translator of the eBPF data plane: a forwarding program as entries of maps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.errors import CapabilityError, DataPlaneError, ProgramError
from mplsemu.model.labels import IPV4_EXPLICIT_NULL, Label
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.entries import Forward, IlmEntry, PopToVrf, Push, Swap
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.services import ViaCe
from mplsemu.southbound.ebpf import layout, translate
from mplsemu.southbound.ebpf.contents import WRITE_ORDER, change, contents_of
from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    IlmAction,
    IlmFlag,
    NhlfeFlag,
    NhlfesOf,
    Operation,
    PwFlag,
    Role,
)
from mplsemu.southbound.ebpf.layout import (
    IlmKey,
    IlmRecord,
    MemberKey,
    NhlfeKey,
    NhlfeRecord,
    Port,
    PwRecord,
    TunnelKey,
    TunnelRecord,
    VsiKey,
    VsiRecord,
    word,
)
from mplsemu.southbound.ebpf.map_table import MAPS
from mplsemu.southbound.ebpf.translate import entries
from mplsemu.southbound.plane.stage import Stage
from tests import builders, strategies
from tests.ebpf_entries import everything, nordic, of_map
from tests.networks import SQUARE, between
from tests.oracles.fakebpfnet import attach
from tests.programs import changed_node, protected_ring

# --- any program ---------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_keys_are_unique_sizes_right_and_the_order_that_of_stages(data):
    made = data.draw(strategies.networks())
    program = compile_program(made, data.draw(strategies.failures(made, circuits=True)))
    attached = attach(program)
    seen = set()
    for node in program.nodes:
        found = entries(program, node.name, attached)
        assert found == entries(program, node.name, attached)
        order = [(entry.stage, WRITE_ORDER.index(entry.map), entry.key) for entry in found]
        assert order == sorted(order)
        for entry in found:
            sizes = MAPS[entry.map]
            assert (len(entry.key), len(entry.value)) == (sizes.key_size, sizes.value_size)
            assert (entry.map, entry.key) not in seen  # those of other LSRs included
            seen.add((entry.map, entry.key))


def test_a_way_is_written_before_what_counts_it_and_after_the_labels_it_uses():
    found = everything(compile_program(between(ecmp=2)))["x"]
    assert {entry.stage for entry in found if entry.map == "ecmp_nhlfes"} == {Stage.TUNNELS}
    maps = [entry.map for entry in found]
    assert (
        maps.index("lfib") < maps.index("ecmp_nhlfes") < maps.index("tunnels") < maps.index("fib4")
    )


# --- labels and tunnels --------------------------------------------------------------------


def test_transit_swaps_and_pops_with_the_addresses_of_the_adjacency():
    program = compile_program(
        builders.network(
            builders.provider(("x-p", "p-q", "q-y"), pes=("x", "y")),
            builders.vpls("lan", {"a": "x", "b": "y"}, macs=builders.MacAddresses()),
        )
    )
    attached = attach(program)
    p = program.node("p")
    found = of_map(entries(program, "p", attached), "lfib")
    labels = {}
    for entry in p.ilm:
        record = IlmRecord.unpack(found[IlmKey(p.index, int(entry.label)).pack()])
        assert (record.action, record.nhlfe_count) == (IlmAction.FORWARD, 1)
        adjacency = p.adjacency_by_link[entry.nhlfes[0].link]
        assert record.nhlfe.oif == attached.ports["p"][adjacency.port]
        assert record.nhlfe.source.hex(":") == adjacency.mac
        assert record.nhlfe.destination.hex(":") == adjacency.peer_mac
        labels[record.nhlfe.operation] = record.nhlfe.labels
    (at_q,) = [int(each.label) for each in program.node("q").ilm if each.egress == "y"]
    assert labels == {Operation.POP: (), Operation.SWAP: (at_q,)}


def test_an_interface_without_queue_and_tap_is_direct():
    program = nordic()
    attached = attach(program)
    oif = attached.ports["dk"][program.node("dk").adjacencies[0].port]
    found = of_map(entries(program, "dk", replace(attached, direct=frozenset({oif}))), "tunnels")
    flags = {
        record.nhlfe.oif: record.nhlfe.flags for record in map(TunnelRecord.unpack, found.values())
    }
    assert flags.pop(oif) == NhlfeFlag.DIRECT
    assert set(flags.values()) == {NhlfeFlag.NONE}


def test_a_tunnels_further_ways_are_counted_from_1():
    program = compile_program(between(ecmp=2))
    x, y = program.node("x").index, program.node("y").index
    found = everything(program)["x"]
    tunnel = TunnelRecord.unpack(of_map(found, "tunnels")[TunnelKey(x, y).pack()])
    (way,) = of_map(found, "ecmp_nhlfes").items()
    assert tunnel.nhlfe_count == 2
    assert NhlfeKey.unpack(way[0]) == NhlfeKey(x, NhlfesOf.EGRESS, y, 1)
    assert NhlfeRecord.unpack(way[1]).oif != tunnel.nhlfe.oif


def test_a_labels_further_ways_have_the_label_as_id():
    links = ("w-x", *SQUARE)
    macs = builders.MacAddresses()
    program = compile_program(
        builders.network(
            builders.provider(links, pes=("w", "y"), ecmp=2),
            builders.l3vpn("v", {"a": ("w", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29")}, macs=macs),
        )
    )
    x = program.node("x")
    (entry,) = [each for each in x.ilm if len(each.nhlfes) == 2]
    found = everything(program)["x"]
    assert list(map(NhlfeKey.unpack, of_map(found, "ecmp_nhlfes"))) == [
        NhlfeKey(x.index, NhlfesOf.LABEL, int(entry.label), 1)
    ]
    record = IlmRecord.unpack(of_map(found, "lfib")[IlmKey(x.index, int(entry.label)).pack()])
    assert record.nhlfe_count == 2


def test_explicit_null_is_popped_for_another_look_up():
    program = nordic(null_label=NullLabel.EXPLICIT)
    dk = program.node("dk")
    found = of_map(everything(program)["dk"], "lfib")
    value = found[IlmKey(dk.index, int(IPV4_EXPLICIT_NULL)).pack()]
    assert IlmRecord.unpack(value) == IlmRecord(IlmAction.POP_AND_LOOK_UP)


def test_a_vpn_label_leads_to_its_vrf_and_says_which_ip():
    program = nordic()
    dk = program.node("dk")
    found = of_map(everything(program)["dk"], "lfib")
    for vrf in dk.vrfs:
        for version, label in ((4, vrf.label), (6, vrf.label6)):
            if label is not None:
                record = IlmRecord.unpack(found[IlmKey(dk.index, int(label)).pack()])
                assert record == IlmRecord(IlmAction.TO_VRF, ip_version=version, service=vrf.index)


def test_a_pw_label_leads_to_its_pseudowire_with_its_control_word():
    program = nordic()
    dk = program.node("dk")
    (vsi,) = dk.vsis
    first, second = vsi.pseudowires
    wires = (first, replace(second, control_word=True))
    program = changed_node(program, "dk", vsis=(replace(vsi, pseudowires=wires),))
    found = everything(program)["dk"]
    for wire, ilm_flag, wire_flag in zip(
        wires,
        (IlmFlag.NONE, IlmFlag.CONTROL_WORD),
        (PwFlag.NONE, PwFlag.CONTROL_WORD),
        strict=True,
    ):
        value = of_map(found, "lfib")[IlmKey(dk.index, int(wire.in_label)).pack()]
        assert IlmRecord.unpack(value) == IlmRecord(
            IlmAction.TO_PSEUDOWIRE, flags=ilm_flag, service=vsi.index, pw=wire.index
        )
        value = of_map(found, "pws")[MemberKey(dk.index, vsi.index, wire.index).pack()]
        peer = program.node(wire.peer).index
        assert PwRecord.unpack(value) == PwRecord(peer, int(wire.out_label), wire_flag)


# --- VSIs and ports ------------------------------------------------------------------------


def test_a_circuit_that_is_down_leaves_a_hole_and_so_does_a_missing_pseudowire():
    macs = builders.MacAddresses()
    sites = {"a": "x", "b": "x", "c": "x", "d": "y", "e": "z"}
    program = compile_program(
        builders.network(builders.provider(("x-y", "y-z")), builders.vpls("lan", sites, macs=macs))
    )
    attached = attach(program)
    x = program.node("x")
    (vsi,) = x.vsis
    ports = [attached.ports["x"][circuit.port] for circuit in x.circuits]
    circuits = (x.circuits[0], replace(x.circuits[1], up=False), x.circuits[2])
    changed = replace(vsi, pseudowires=vsi.pseudowires[1:], mac_limit=7, mac_aging_s=300)
    ilm = tuple(each for each in x.ilm if each.label != vsi.pseudowires[0].in_label)
    program = changed_node(program, "x", circuits=circuits, vsis=(changed,), ilm=ilm)
    found = entries(program, "x", attached)
    assert of_map(found, "circuits") == {
        MemberKey(x.index, vsi.index, 1).pack(): word(ports[0]),
        MemberKey(x.index, vsi.index, 3).pack(): word(ports[2]),
    }
    assert [MemberKey.unpack(key).position for key in of_map(found, "pws")] == [2]
    value = of_map(found, "vsis")[VsiKey(x.index, vsi.index).pack()]
    assert VsiRecord.unpack(value) == VsiRecord(
        BridgeKind.VPLS, 3, 2, 7, 300 * 10**9, filtered=0x47FE
    )


def test_a_vpws_is_told_from_a_vpls_and_has_no_mac_limit():
    macs = builders.MacAddresses()
    program = compile_program(
        builders.network(
            builders.provider(("x-y",)), builders.vpws("line", {"a": "x", "b": "y"}, macs=macs)
        )
    )
    (value,) = of_map(everything(program)["x"], "vsis").values()
    record = VsiRecord.unpack(value)
    assert (record.kind, record.circuits, record.pws, record.mac_limit) == (
        BridgeKind.VPWS, 1, 1, 0,
    )  # fmt: skip


def test_ports_say_whose_they_are():
    program = nordic()
    attached = attach(program)
    for node in program.nodes:
        found = of_map(entries(program, node.name, attached), "ports")
        roles = Counter()
        for key, value in found.items():
            port = Port.unpack(value)
            assert port.lsr == node.index
            assert attached.ports[node.name][port.number] == layout.unpack_word(key)
            roles[port.role] += 1
        assert roles[Role.CORE] == len(node.adjacencies)
        assert roles[Role.VRF] == sum(len(vrf.circuits) for vrf in node.vrfs)
        assert roles[Role.VSI] == sum(len(vsi.circuits) for vsi in node.vsis)


@pytest.mark.parametrize("mode", TtlMode)
def test_settings_are_the_labs(mode):
    found = translate.settings(nordic(ttl_mode=mode))
    assert found.uniform_ttl is (mode is TtlMode.UNIFORM)
    assert found.gateway_mac.hex(":") == GATEWAY_MAC


# --- what changes --------------------------------------------------------------------------


def changed_by_a_cut(prefixes):
    """Cut a link under a VRF with so many prefixes; return what changes, by map."""
    macs = builders.MacAddresses()
    subnets = [f"10.{number >> 8}.{number & 255}.0/24" for number in range(prefixes)]
    made = builders.network(
        builders.provider(("x-p", "p-y", "x-q", "q-y"), pes=("x", "y"), metrics={"x-q": 11}),
        builders.l3vpn("v", {"a": ("x", "172.16.0.0/24"), "b": ("y", "10.0.0.0/24")}, macs=macs),
        builders.vpls("lan", {"a": "x", "b": "y"}, macs=macs),
    )
    before = compile_program(made)
    after = compile_program(made, frozenset({"x-p"}), previous=before)
    attached = attach(before)
    found = Counter()
    for program in (before, after):
        x = program.node("x")
        (route,) = [each for each in x.vrfs[0].routes if str(each.prefix) == "10.0.0.0/24"]
        many = tuple(replace(route, prefix=ip_network(subnet)) for subnet in subnets)
        rest = tuple(each for each in x.vrfs[0].routes if each is not route)
        vrf = replace(x.vrfs[0], routes=(*many, *rest))
        if program is before:
            before = changed_node(program, "x", vrfs=(vrf,))
        else:
            after = changed_node(program, "x", vrfs=(vrf,))
    for node in before.nodes:
        old = entries(before, node.name, attached)
        difference = change(contents_of(old), entries(after, node.name, attached))
        found.update({step.map: len(rows) for step, rows in difference.writes.items()})
        found.update({name: len(keys) for name, keys in difference.deletions.items()})
    return found


def test_a_cut_changes_labels_and_tunnels_only_however_many_prefixes_there_are():
    few, many = changed_by_a_cut(10), changed_by_a_cut(10_000)
    assert few == many
    assert few["tunnels"] == 2
    assert set(few) <= {"tunnels", "ecmp_nhlfes", "lfib"}


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_cut_that_parts_no_pes_changes_no_service(data):
    made = data.draw(strategies.networks())
    cut = frozenset({data.draw(st.sampled_from([link.name for link in made.provider.links]))})
    before = compile_program(made)
    after = compile_program(made, cut, previous=before)
    if any(
        {entry.egress for entry in before.node(node.name).ftn}
        != {entry.egress for entry in node.ftn}
        for node in after.nodes
    ):
        return
    attached = attach(before)
    for node in before.nodes:
        old = contents_of(entries(before, node.name, attached))
        difference = change(old, entries(after, node.name, attached))
        touched = {step.map for step in difference.writes} | set(difference.deletions)
        assert touched <= {"tunnels", "ecmp_nhlfes", "lfib"}


# --- errors --------------------------------------------------------------------------------


def test_nine_labels_are_too_many_and_eight_are_not():
    program = compile_program(between(ecmp=1))
    x = program.node("x")
    labels = tuple(map(Label, range(16, 25)))
    for number in (8, 9):
        nhlfe = replace(x.ftn[0].nhlfes[0], operation=Push(labels[:number]))
        deep = changed_node(program, "x", ftn=(replace(x.ftn[0], nhlfes=(nhlfe,)),))
        if number == 8:
            assert everything(deep)
        else:
            with pytest.raises(CapabilityError, match="x: 9 labels to push on link 'x-p'"):
                everything(deep)


def test_a_label_is_replaced_by_one():
    program = compile_program(between(ecmp=1))
    p = program.node("p")
    entry = next(each for each in p.ilm if each.nhlfes)
    nhlfe = replace(entry.nhlfes[0], operation=Swap((Label(300), Label(17))))
    ilm = (replace(entry, action=Forward((nhlfe,))),)
    with pytest.raises(CapabilityError, match="p: a label is replaced by 2 on link"):
        everything(changed_node(program, "p", ilm=ilm))


def test_a_backup_is_refused_at_a_label_and_at_a_tunnel():
    ring = protected_ring()
    attached = attach(ring)
    with pytest.raises(CapabilityError, match=r"p: label \d+ over x-p names a backup; the ebpf"):
        entries(ring, "p", attached)
    with pytest.raises(CapabilityError, match="x: the tunnel to y over x-p names a backup"):
        entries(ring, "x", attached)


def test_more_ways_than_the_maps_have_are_refused(monkeypatch):
    monkeypatch.setattr("mplsemu.southbound.ebpf.translate_labels.MAX_NHLFES", 1)
    with pytest.raises(CapabilityError, match="x: the tunnel to y has 2 ways"):
        everything(compile_program(between(ecmp=2)))


@pytest.mark.parametrize(
    ("settings_of_vsi", "said"),
    [
        ({"mac_aging_s": 10**11}, "MAC aging in seconds: 100000000000"),
        ({"mac_limit": 1 << 32}, "MAC limit: 4294967296"),
        ({"index": 1 << 16}, "index: 65536"),
    ],
)
def test_numbers_that_the_maps_cannot_hold_are_refused(settings_of_vsi, said):
    program = nordic()
    vsi = replace(program.node("dk").vsis[0], **settings_of_vsi)
    with pytest.raises(CapabilityError, match=f"dk: VSI 'c': {said}"):
        everything(changed_node(program, "dk", vsis=(vsi,)))


def test_what_is_not_attached_is_an_error_that_says_what_to_do():
    program = nordic()
    attached = attach(program)
    with pytest.raises(DataPlaneError, match="dk is not attached; take the lab down and up"):
        entries(program, "dk", replace(attached, ports={}))
    with pytest.raises(DataPlaneError, match=r"dk: port \d is not attached"):
        entries(program, "dk", replace(attached, ports={"dk": {}}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vrfs": ()}, "leads to IPv4 in VRF 'a', which is not here"),
        ({"vsis": ()}, "leads to a pseudowire of VSI 'c' with 'no', which is not here"),
        ({"circuits": ()}, "dk has no attachment circuit 'a/aarhus'"),
        ({"adjacencies": ()}, "dk is not at an end of link .dk-p2."),
    ],
)
def test_a_program_that_contradicts_itself_is_refused(changes, said):
    with pytest.raises(ProgramError, match=said):
        everything(changed_node(nordic(), "dk", **changes))


def test_a_vpn_label_of_no_ip_version_is_refused():
    program = nordic()
    entry = IlmEntry(Label(999), PopToVrf("a", 5))
    with pytest.raises(ProgramError, match="label 999 leads to IPv5 in VRF 'a'"):
        everything(changed_node(program, "dk", ilm=(entry,)))


def test_routes_to_what_is_not_there_are_refused():
    program = nordic()
    vrf = program.node("dk").vrfs[0]
    (via_ce,) = {replace(vrf.routes[0], next_hop=ViaCe(name)) for name in vrf.circuits}
    broken = changed_node(program, "dk", vrfs=(replace(vrf, routes=(via_ce,)),), ilm=())
    with pytest.raises(ProgramError, match="VRF 'a': circuit 'a/aarhus' has no CE router"):
        everything(broken)


def test_the_same_label_twice_is_refused():
    program = nordic()
    ilm = program.node("p1").ilm
    with pytest.raises(ProgramError, match="p1: two entries for the same"):
        everything(changed_node(program, "p1", ilm=(*ilm, ilm[0])))
