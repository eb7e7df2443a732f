"""Labs of several providers: what they are read to, and what is refused (RFC 4364 section 10)."""

from __future__ import annotations

import pytest

from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.inter_as import AutonomousSystem, InterAs
from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget
from mplsemu.model.labels import Label
from mplsemu.model.network import Network
from tests.networks import TWO_PROVIDERS, two_providers

LAB = TWO_PROVIDERS.replace("OPTION", "a")
W = LAB[LAB.index("  w:") :]
NO_W = [("vpns: {v: 7, w: 8}", "vpns: {v: 7}"), ("vpns: {v: 7, w: 9}", "vpns: {v: 7}")]
W_IN_NORTH = """  w:
    type: l3vpn
    import: 64500:1
    sites:
      a: {pe: na, subnet: 10.1.0.0/29}
      b: {pe: na, subnet: 10.2.0.0/29}
"""
W_BRIDGED = """  w:
    type: vpls
    subnet: 10.0.0.0/24
    sites:
      a: {pe: na}
      b: {pe: s1}
"""


def read(*changes: tuple[str, str]) -> Network:
    text = LAB
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return loads(text, "two.yaml").network


def test_each_provider_has_his_own_numbers_and_the_lab_has_all_nodes():
    network = two_providers()
    provider = network.provider
    assert provider.systems == (AutonomousSystem("north", 64500), AutonomousSystem("south", 64501))
    assert {node.name: node.provider for node in provider.nodes}["s2"] == "south"
    assert provider.label_ranges["na"].last == Label(199)
    assert provider.label_ranges["sa"].last == Label((1 << 20) - 1)
    v = network.vpns[0]
    assert [(p.name, p.rd, p.export_targets, p.sites) for p in v.policies] == [
        ("v@north", RouteDistinguisher(64500, 1), {RouteTarget(64500, 1)}, ("a",)),
        ("v@south", RouteDistinguisher(64501, 1), {RouteTarget(64501, 1)}, ("b", "c")),
    ]


def test_border_links_come_last_and_are_no_core_links():
    provider = two_providers().provider
    borders = [link for link in provider.links if link.border is not None]
    assert [link.name for link in borders] == ["n1-s1", "s2-n2"]
    assert provider.links[-2:] == tuple(borders)
    assert {link.border for link in borders} == {InterAs.A}
    assert not {link.name for link in provider.core_links} & {link.name for link in borders}


def test_a_vpn_knows_the_borders_that_carry_it():
    v, w = two_providers().vpns
    assert [(b.link, b.vlan.outer, b.circuits) for b in v.borders] == [
        ("n1-s1", 7, ("v/n1>s1", "v/s1>n1")),
        ("s2-n2", 7, ("v/s2>n2", "v/n2>s2")),
    ]
    assert [border.vlan.outer for border in w.borders] == [8, 9]


def test_parallel_border_links_have_numbers():
    network = read(("ends: [s2, n2]", "ends: [s1, n1]"))
    assert [link.name for link in network.provider.links[-2:]] == ["n1-s1", "n1-s1#2"]
    assert network.vpns[0].borders[1].circuits == ("v/s1>n1#2", "v/n1>s1#2")


def test_a_border_link_without_vpns_carries_all_that_span_it():
    network = read(
        (", vpns: {v: 7, w: 8}", ""),
        ("  w:\n", "  x:\n"), ("{pe: s1, subnet: 10.2", "{pe: na, subnet: 10.2"),
        (", vpns: {v: 7, w: 9}", ", vpns: v"),
    )  # fmt: skip
    v, x = network.vpns
    assert [border.vlan for border in v.borders] == [None, None]
    assert x.borders == ()
    assert [policy.name for policy in x.policies] == ["x"]


def test_a_vpn_of_one_provider_has_his_as_number():
    network = read(
        ("vpns: {v: 7, w: 8}", "vpns: {v: 7}"), ("vpns: {v: 7, w: 9}", "vpns: {v: 7}"),
        ("a: {pe: na, subnet: 10.1.0.0/29}", "a: {pe: sa, subnet: 10.1.0.0/29}"),
    )  # fmt: skip
    assert network.vpns[1].rd == RouteDistinguisher(64501, 2)


WRONG = {
    "a node of two": ([("sp: ,", "np: ,")], r"yaml:11: node 'np' is south's .* north's at line 7"),
    "one AS number": ([("asn: 64501", "asn: 64500")], r"yaml:10: .*AS number 64500; .*asn: 64501"),
    "two TTL models": (
        [("asn: 64501", "asn: 64501\n    ttl: uniform")],
        r"yaml:11: providers north and south have different ttl: pipe and uniform",
    ),
    "no asbr": ([("ends: [n1, s1]", "ends: [np, s1]")], r"yaml:14: .*np is a P.*role: pe"),
    "no such end": ([("ends: [n1, s1]", "ends: [n3, s1]")], r"yaml:14: .*no node 'n3'.*'np'"),
    "no border": ([("ends: [n1, s1]", "ends: [n1, n2]")], r"yaml:14: .*n1 and n2 are both north's"),
    "no such vpn": ([("{v: 7, w: 8}", "{v: 7, ww: 8}")], r"yaml:14: .*no VPN 'ww'.*'w'"),
    "no such vpn, on both": (
        [("{v: 7, w: 8}", "{v: 7, ww: 8}"), ("{v: 7, w: 9}", "{v: 7, ww: 9}")],
        r"yaml:14: .*no VPN 'ww'.*'w'",
    ),
    "one tag": ([("{v: 7, w: 8}", "{v: 7, w: 7}")], r"yaml:14: .*v and w both have vlan 7.*tag"),
    "no tags": ([("{v: 7, w: 8}", "[v, w]")], r"yaml:14: .*v and w both are untagged.*v: 100"),
    "no way": (
        [("{v: 7, w: 8}", "{v: 7}"), ("{v: 7, w: 9}", "{v: 7}")],
        r"yaml:27: vpn w has sites in the networks of north and south.*option: a, vpns: \[w\]",
    ),
    "bridged": (
        [(W, W_BRIDGED)],
        r"yaml:28: vpn w: a vpls with sites at PEs of north and of south.*l3vpn",
    ),
    "a hub": (
        [("type: l3vpn", "type: l3vpn\n    topology: hub-and-spoke")],
        r"yaml:19: vpn v: topology: .*spans providers north and south.* has no hubs",
    ),
    "targets": (
        [("type: l3vpn", "type: l3vpn\n    import: 1:1")], r"yaml:19: vpn v: import: .*alone"
    ),
    "a site's targets": (
        [("{pe: s2, ", "{pe: s2, export: 1:1, ")], r"yaml:22: site v/c: export: .*of their own"
    ),
    "dual-homed": ([("pe: s2", "pe: [s2, sa]")], r"yaml:22: site v/c: pe: .*no dual-homed sites"),
    "dual-homed, to both providers": (
        [(W, W_BRIDGED.replace("pe: na", "pe: [na, s1]")), *NO_W],
        r"yaml:27: vpn w: a vpls with sites at PEs of north and of south",
    ),
    "an equal prefix": (
        [("ce: router}", "preference: 1}"), ("10.3.0.0/29", "10.2.0.0/29, preference: 2")],
        r"yaml:22: site v/c: 10.2.0.0/29 is that of site v/b \(line 21\)",
    ),
    "an import": (
        [(W, W_IN_NORTH), *NO_W],
        r"yaml:25: vpn w imports route target 64500:1, which vpn v@north exports",
    ),
    "no use of it": (
        [("b: {pe: s1, subnet: 10.2", "b: {pe: na, subnet: 10.2")],
        r"yaml:14: .*vpn w has no site in the network of south",
    ),
    "provider too": ([("name: two", "name: two\nprovider: {nodes: {x: }}")], r"yaml:3: .*several"),
    "one only": (
        [(LAB[LAB.index("  south:") : LAB.index("borders:")], "")],
        r"yaml:3: providers has 1 entry; two are due",
    ),
    "a wrong key": ([("option: a", "option: c")], r"yaml:14: border link n1-s1: option: 'c'.*a"),
    "narrow": ([("option: a", "option: a, mtu: 1200")], r"yaml:14: link n1-s1: mtu 1200 .*IPv6"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_refused_is_said_with_file_line_value_and_remedy(what):
    changes, said = WRONG[what]
    with pytest.raises(LabError, match=said) as caught:
        read(*changes)
    assert caught.value.remedy


def test_borders_without_several_providers_are_refused():
    text = "name: x\nprovider: {nodes: {n: {role: pe}}}\nborders: [{ends: [n, m], option: a}]\n"
    with pytest.raises(LabError, match=r"yaml:3: there is one provider, .*between two"):
        loads(text, "x.yaml")


def test_a_lab_without_any_provider_is_refused():
    with pytest.raises(LabError, match=r"the lab has no 'provider'.*provider: \{nodes"):
        loads("name: x\nvpns: {}\n", "x.yaml")
