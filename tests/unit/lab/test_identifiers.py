"""AS numbers, route distinguishers, route targets and label ranges of a lab file."""

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget
from mplsemu.verification.matrix import verify


def vpns_of(text):
    return loads(
        f"name: x\nprovider: {{nodes: {{n: {{role: pe}}}}}}\n{text}", "x.yaml"
    ).network.vpns


def test_automatic_targets_begin_with_the_providers_as_number():
    text = """
name: x
provider: {asn: 1.10, nodes: {n: {role: pe}}}
vpns:
  a: {type: l3vpn, sites: {s: {pe: n, subnet: 10.0.0.0/24}}}
"""
    vpn = loads(text, "x.yaml").network.vpns[0]
    assert str(vpn.rd) == "65546:1"
    assert vpn.import_targets == vpn.export_targets == {RouteTarget(65546, 1)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("64512:4294967295", RouteDistinguisher(64512, 4294967295)),
        ("4200000000:7", RouteDistinguisher(4200000000, 7)),
        ("1.10:7", RouteDistinguisher(65546, 7)),
        ("192.0.2.1:7", RouteDistinguisher(0xC0000201, 7, is_address=True)),
    ],
)
def test_a_route_distinguisher_is_of_one_of_three_types(text, found):
    site = "sites: {s: {pe: n, subnet: 10.0.0.0/24}}"
    (vpn,) = vpns_of(f"vpns:\n  a: {{type: l3vpn, rd: {text}, export: {text}, {site}}}\n")
    assert vpn.rd == found
    assert [str(each) for each in vpn.export_targets] == [str(found)]
    assert RouteDistinguisher.parse(str(found)) == found


def test_an_address_and_an_as_number_of_the_same_bits_are_two_route_distinguishers():
    of_address = RouteDistinguisher.parse("0.1.0.10:7")
    assert of_address != RouteDistinguisher.parse("1.10:7")
    assert min(of_address, RouteDistinguisher.parse("1:7")) == RouteDistinguisher(1, 7)


def test_vpns_may_have_the_same_route_distinguisher_if_they_have_no_prefix_in_common():
    text = """vpns:
  a: {type: l3vpn, rd: 1:1, sites: {s: {pe: n, subnet: 10.0.0.0/24}}}
  b: {type: l3vpn, rd: 1:1, sites: {s: {pe: n, subnet: 10.0.0.0/25}}}
"""
    first, second = vpns_of(text)
    assert first.rd == second.rd
    with pytest.raises(LabError, match=r"x\.yaml:5: vpn b: .*10\.0\.0\.0/24 is of site a/s"):
        vpns_of(text.replace("/25", "/24"))


def test_an_lsr_may_have_labels_of_its_own():
    text = """
name: x
provider:
  labels: 1000-1999
  nodes: {n: {role: pe, labels: 100-199}, m: {role: pe}, p: {labels: 300-399}}
  links: [n-p, p-m]
vpns:
  a: {type: l3vpn, sites: {s: {pe: n, subnet: 10.0.0.0/24}, t: {pe: m, subnet: 10.0.1.0/24}}}
"""
    network = loads(text, "x.yaml").network
    program = compile_program(network)
    bound = {node.name: {int(each.label) for each in node.ilm} for node in program.nodes}
    assert bound == {"n": {100}, "m": {1000}, "p": {300, 301}}
    assert verify(program, network).holds
    other = loads(text.replace("100-199", "200-299"), "x.yaml").network
    problems = [each.detail for each in verify(program, other).violations]
    assert problems == ["label 100 is outside 200-299"]
