"""Every mistake in a lab file is named with its file and line, the value, and a remedy."""

import pytest

from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from tests.unit.lab import (
    mistakes,
    mistakes_addresses,
    mistakes_homing,
    mistakes_links,
    mistakes_relay,
    mistakes_routes,
    mistakes_six_pe,
    mistakes_vpls,
)
from tests.unit.lab.mistakes import GOOD

MISTAKES = {
    **mistakes.MISTAKES,
    **mistakes_addresses.MISTAKES,
    **mistakes_homing.MISTAKES,
    **mistakes_links.MISTAKES,
    **mistakes_relay.MISTAKES,
    **mistakes_routes.MISTAKES,
    **mistakes_six_pe.MISTAKES,
    **mistakes_vpls.MISTAKES,
}


def complaint(text: str) -> LabError:
    with pytest.raises(LabError) as caught:
        loads(text, "lab.yaml")
    return caught.value


def test_the_lab_that_the_mistakes_are_put_into_has_none():
    assert loads(GOOD, "lab.yaml").notes == ()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_line_value_and_remedy(mistake):
    old, new, line, problem, remedy = MISTAKES[mistake]
    assert old in GOOD
    error = complaint(GOOD.replace(old, new, 1))
    assert str(error).startswith(f"lab.yaml:{line}: ")
    assert problem in error.problem
    assert error.remedy
    assert remedy in error.remedy


def test_the_first_mistake_in_the_file_is_the_one_that_is_named():
    text = GOOD.replace("metric: 20", "metric: x").replace("{pe: se}", "{}")
    assert complaint(text).location.line == 11


@pytest.mark.parametrize("sites", ["{}", ""])
def test_a_vpn_without_sites_is_refused(sites):
    provider = "provider: {nodes: {a: {role: pe}}}"
    text = f"name: x\n{provider}\nvpns:\n  v: {{type: l3vpn, sites: {sites}}}\n"
    error = complaint(text)
    assert str(error).startswith("lab.yaml:4: vpn v: sites")
    assert "write sites: {aarhus: {pe: dk, subnet: 192.168.1.0/24}}" in error.remedy


def test_a_link_that_can_be_read_in_two_ways_is_refused():
    text = "name: x\nprovider:\n  nodes: {a: , a-b: , b-c: , c: }\n  links: [a-b-c]\n"
    error = complaint(text)
    assert "lab.yaml:4: link a-b-c can join a and b-c or a-b and c" in str(error)
    assert error.remedy == "write for example {ends: [a, b-c]}"


def test_two_links_with_the_same_name_between_different_nodes_are_refused():
    text = """
name: x
provider:
  nodes: {a: , a-b: , b-c: , c: }
  links:
    - {ends: [a, b-c]}
    - {ends: [a-b, c]}
"""
    error = complaint(text)
    assert str(error).startswith("lab.yaml:7: link between a-b and c")
    assert "is called 'a-b-c' too" in error.problem


def test_what_two_vpns_export_into_a_third_may_not_be_equal():
    text = """
name: x
provider: {nodes: {n: {role: pe}}}
vpns:
  shared:
    type: l3vpn
    import: [64512:1, 64512:2, 64512:3]
    sites: {s: {pe: n, subnet: 10.9.0.0/24}}
  red: {type: l3vpn, sites: {r: {pe: n, subnet: 10.1.0.0/16}}}
  blue: {type: l3vpn, sites: {b: {pe: n, subnet: 10.1.0.0/16}}}
"""
    error = complaint(text)
    assert str(error).startswith(
        "lab.yaml:7: vpn shared imports equal prefixes: "
        "10.1.0.0/16 of vpn red (site red/r, route target 64512:2) and "
        "10.1.0.0/16 of vpn blue (site blue/b, route target 64512:3)"
    )


def test_a_vpn_with_ce_routers_may_not_import_their_links_addresses():
    text = """
name: x
provider: {nodes: {n: {role: pe}}}
vpns:
  a:
    type: l3vpn
    import: [64512:1, 64512:2]
    sites: {s: {pe: n, subnet: 10.9.0.0/24, ce: router}}
  b: {type: l3vpn, sites: {s: {pe: n, subnet: 100.65.0.0/24}}}
"""
    error = complaint(text)
    assert str(error).startswith("lab.yaml:7: vpn a imports 100.65.0.0/24 of vpn b (site b/s")
    assert "100.64.0.0/10" in error.problem


def test_a_long_wrong_value_does_not_make_a_long_message():
    long = "x" * 10_000
    for old in ("dk-p1", "192.168.1.0/24", "router", "vpls", "a/oslo/h1"):
        assert len(str(complaint(GOOD.replace(old, long, 1)))) < 400
