"""6PE: IPv6 sites of the PEs' global tables, over an IPv4 core (RFC 4798)."""

import dataclasses

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.entries import PopToVrf
from mplsemu.program.services import ViaPe
from mplsemu.verification.matrix import verify

LAB = """\
name: six
provider: {nodes: {a: {role: pe}, p: , b: {role: pe}}, links: [a-p, p-b]}
vpns:
  six:
    type: 6pe
    sites:
      x: {pe: a, subnet: "2001:db8:1::/64"}
      y: {pe: b, subnet: "2001:db8:2::/64", ce: router}
  own:
    type: l3vpn
    sites:
      x: {pe: a, subnet: [10.1.0.0/24, "2001:db8:1::/64"]}
      y: {pe: b, subnet: [10.2.0.0/24, "2001:db8:2::/64"]}
"""
NETWORK = loads(LAB, "six.yaml").network
PROGRAM = compile_program(NETWORK)


def test_the_global_table_has_neither_a_distinguisher_nor_targets_and_one_label_for_ipv6():
    for node in ("a", "b"):
        table = PROGRAM.node(node).vrf_by_name["six"]
        assert (table.rd, table.import_targets, table.export_targets) == (None, (), ())
        assert table.label is None
        bound = [
            (entry.label, entry.action)
            for entry in PROGRAM.node(node).ilm
            if isinstance(entry.action, PopToVrf) and entry.action.vrf == "six"
        ]
        assert bound == [(table.label6, PopToVrf("six", ip_version=6))]


def test_its_routes_lead_to_the_other_pe_below_that_label():
    (route,) = (
        each
        for each in PROGRAM.node("a").vrf_by_name["six"].routes
        if str(each.prefix) == "2001:db8:2::/64"
    )
    assert route.rd is None
    assert route.next_hop == ViaPe("b", PROGRAM.node("b").vrf_by_name["six"].label6)


def test_the_program_is_the_same_after_it_was_written_and_read():
    text = dump_program(PROGRAM)
    assert load_program(text) == PROGRAM
    assert dump_program(load_program(text)) == text


def test_a_ce_router_without_a_network_of_its_own_is_reached_by_link_local_addresses():
    (_, site) = NETWORK.vpns[0].sites
    assert site.ce is not None
    assert (site.ce.wan, site.ce.pe_wan) == ((), ())


def test_labels_stay_while_the_lab_recompiles():
    again = compile_program(NETWORK, previous=PROGRAM)
    assert dump_program(again) == dump_program(PROGRAM)


def test_a_packet_that_comes_out_in_a_vrf_is_found():
    """The label of the global table leads to a VPN with the same addresses."""
    assert verify(PROGRAM, NETWORK).holds
    node = PROGRAM.node("b")
    label = node.vrf_by_name["six"].label6
    ilm = tuple(
        dataclasses.replace(entry, action=PopToVrf("own", ip_version=6))
        if entry.label == label
        else entry
        for entry in node.ilm
    )
    nodes = (dataclasses.replace(each, ilm=ilm) if each is node else each for each in PROGRAM.nodes)
    leaking = dataclasses.replace(PROGRAM, nodes=tuple(nodes))
    assert not verify(leaking, NETWORK).holds


def test_what_is_to_be_the_global_table_and_is_a_vrf_is_found():
    nodes = []
    for node in PROGRAM.nodes:
        vrfs = tuple(
            dataclasses.replace(vrf, rd=PROGRAM.node("a").vrf_by_name["own"].rd)
            if vrf.name == "six"
            else vrf
            for vrf in node.vrfs
        )
        nodes.append(dataclasses.replace(node, vrfs=vrfs))
    verdict = verify(dataclasses.replace(PROGRAM, nodes=tuple(nodes)), NETWORK)
    assert any("its RD or its route targets" in each.detail for each in verdict.violations)


TWO = """\
name: two
providers:
  north: {nodes: {n1: {role: pe}, n2: {role: pe}}, links: [n1-n2]}
  south: {asn: 64513, nodes: {s1: {role: pe}, s2: {role: pe}}, links: [s1-s2]}
borders:
  - {ends: [n2, s1], option: a}
vpns:
  six: {type: 6pe, sites: {x: {pe: n1, subnet: "2001:db8:1::/64"}, y: {pe: n2, subnet: "2001:db8:2::/64"}}}
  nine: {type: 6pe, sites: {x: {pe: s1, subnet: "2001:db8:1::/64"}, y: {pe: s2, subnet: "2001:db8:2::/64"}}}
"""  # noqa: E501


def test_each_of_several_providers_has_a_global_table_of_his_own():
    network = loads(TWO, "two.yaml").network
    program = compile_program(network)
    assert verify(program, network).holds
    tables = {node.name: [vrf.name for vrf in node.vrfs] for node in program.nodes}
    assert tables == {"n1": ["six"], "n2": ["six"], "s1": ["nine"], "s2": ["nine"]}
    with pytest.raises(LabError, match="PEs of north have one global IPv6 table, which is vpn six"):
        loads(TWO.replace("pe: s1", "pe: n1").replace("pe: s2", "pe: n2"), "two.yaml")
