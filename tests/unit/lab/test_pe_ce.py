"""PE-CE links of a lab file: automatic networks, given ones, and none."""

from ipaddress import ip_interface

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.emulation.batch_commands import ce_lines
from mplsemu.emulation.plan import make_plan
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify

LAB = """
name: x
provider: {{nodes: {{n: {{role: pe}}, m: {{role: pe}}}}, links: [n-m]}}
vpns:
  a:
    type: l3vpn
    sites:
      s: {{pe: n, subnet: [10.1.0.0/24, "2001:db8:1::/64"], ce: {ce}}}
      t: {{pe: m, subnet: [10.2.0.0/24, "2001:db8:2::/64"]}}
      u: {{pe: m, subnet: 10.3.0.0/24, ce: router}}
"""
KINDS = (
    "router",
    "{wan: 15.1.1.0/24}",
    '{wan: ["2001:db8:ff::/64", 15.1.1.0/30]}',
    '{wan: "2001:db8:ff::/127"}',
    "{wan: unnumbered}",
)


def load(ce):
    return loads(LAB.format(ce=ce), "x.yaml").network


def is_pinged(program, source, target):
    there = trace(program, source, target)
    return is_answered(there, answer(program, there))


@pytest.mark.parametrize("ce", KINDS)
def test_a_ce_router_answers_at_all_its_addresses(ce):
    network = load(ce)
    program = compile_program(network)
    assert verify(program, network).holds
    assert load_program(dump_program(program)) == program
    made = network.vpns[0].sites[0].ce
    for address in ("10.1.0.1", "2001:db8:1::1"):
        assert is_pinged(program, "a/s/h1", address)
        assert is_pinged(program, "a/t/h1", address)
    for interface in made.wan:
        assert is_pinged(program, "a/s/h1", str(interface.ip))
        assert not is_pinged(program, "a/t/h1", str(interface.ip))  # it is not distributed
    for interface in made.pe_wan:
        assert is_pinged(program, "a/s/h1", str(interface.ip))


def test_the_pe_has_the_first_address_of_a_link_and_the_ce_the_second():
    ce = load('{wan: [15.1.1.0/31, "2001:db8:ff::/64"]}').vpns[0].sites[0].ce
    assert ce.pe_wan == (ip_interface("15.1.1.0/31"), ip_interface("2001:db8:ff::1/64"))
    assert ce.wan == (ip_interface("15.1.1.1/31"), ip_interface("2001:db8:ff::2/64"))


@pytest.mark.parametrize(("given", "automatic"), [(0, 1), (4, 0), (8, 0)])
def test_automatic_links_avoid_given_ones_of_the_pool(given, automatic):
    network = load(f"{{wan: 100.64.0.{given}/30}}")
    assert network.vpns[0].sites[2].ce.wan == (ip_interface(f"100.64.0.{4 * automatic + 2}/30"),)


def test_a_large_link_may_take_a_part_of_the_pool():
    network = load("{wan: 100.64.0.0/16}")
    assert network.vpns[0].sites[2].ce.wan == (ip_interface("100.65.0.2/30"),)


def test_where_no_link_is_of_the_pool_a_site_may_have_its_prefixes():
    text = LAB.format(ce="{wan: unnumbered}").replace(", ce: router", "")
    network = loads(text.replace("10.3.0.0/24", "100.64.0.0/24"), "x.yaml").network
    assert verify(compile_program(network), network).holds


@pytest.mark.parametrize(
    ("ce", "lines"),
    [
        (
            "{wan: 15.1.1.0/24}",
            [
                "route add default via 15.1.1.1 dev eth0 src 10.1.0.1",
                "route add default via fe80::1 dev eth0 src 2001:db8:1::1",
            ],
        ),
        (
            '{wan: "2001:db8:ff::/127"}',
            [
                "route add 0.0.0.0/0 via inet6 fe80::1 dev eth0 src 10.1.0.1",
                "route add default via 2001:db8:ff:: dev eth0 src 2001:db8:1::1",
            ],
        ),
        (
            "{wan: unnumbered}",
            [
                "route add 0.0.0.0/0 via inet6 fe80::1 dev eth0 src 10.1.0.1",
                "route add default via fe80::1 dev eth0 src 2001:db8:1::1",
            ],
        ),
    ],
)
def test_a_ce_router_sends_to_the_pes_address_or_its_link_local_one(ce, lines):
    network = load(ce)
    plan = make_plan(network, compile_program(network)).ces[0]
    assert [line for line in ce_lines(plan) if line.startswith("route")] == lines


def test_a_links_network_may_overlap_nothing_that_its_vrf_imports():
    other = "  b: {type: l3vpn, sites: {s: {pe: n, subnet: 15.1.0.0/16}}}\n"
    text = LAB.format(ce="{wan: 15.1.1.0/24}") + other
    assert len(loads(text, "x.yaml").network.vpns) == 2  # where it is not imported, it may
    away = LAB.format(ce="{wan: 15.1.1.0/24}") + other.replace(
        "15.1.0.0/16", "10.9.0.0/24, routes: [0.0.0.0/0 via 10.9.0.2, 15.1.0.0/16 via 10.9.0.2]"
    )
    targets = 'type: l3vpn\n    import: ["64512:1", "64512:2"]\n'
    network = loads(away.replace("type: l3vpn\n", targets), "x.yaml").network
    assert verify(compile_program(network), network).holds  # routes may be shorter
    importing = text.replace("type: l3vpn\n", 'type: l3vpn\n    import: ["64512:1", "64512:2"]\n')
    with pytest.raises(LabError) as caught:
        loads(importing, "x.yaml")
    assert str(caught.value).startswith(
        "x.yaml:9: the PE-CE link of site a/s: 15.1.1.0/24 overlaps 15.1.0.0/16 of vpn b "
        "(site b/s, line 12), which its VRF imports; write a network"
    )


def test_a_links_network_may_not_be_that_of_a_static_route():
    text = LAB.format(ce="{wan: 15.1.1.0/24}").replace(
        '"2001:db8:2::/64"]', '"2001:db8:2::/64"], routes: [15.1.1.0/24 via 10.2.0.2]'
    )
    with pytest.raises(LabError, match=r"x\.yaml:8: .*15\.1\.1\.0/24 overlaps .* \(line 9\)"):
        loads(text, "x.yaml")
