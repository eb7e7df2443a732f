"""VLAN tags and shared ports in lab files."""

from __future__ import annotations

import pytest

from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.tags import TagType, VlanTags

LAB = """\
name: t
provider:
  nodes: {dk: {role: pe}, se: {role: pe}}
  links: [dk-se]
vpns:
  a:
    type: l3vpn
    sites:
      one: {pe: dk, subnet: 10.1.0.0/24%s}
      two: {pe: dk, subnet: 10.2.0.0/24%s}
      far: {pe: se, subnet: 10.3.0.0/24}
  lan:
    type: vpls
    subnet: 10.9.0.0/24
    sites:
      one: {pe: dk%s}
"""


def sites(*keys: str):
    text = LAB % (*keys, *[""] * (3 - len(keys)))
    network = loads(text, "t.yaml").network
    return {site.circuit: site for _, site in network.sites()}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("100", VlanTags(100)),
        ("'100'", VlanTags(100)),
        ("[200, 100]", VlanTags(200, 100, TagType.SERVICE)),
        ("{outer: 200, inner: 100}", VlanTags(200, 100, TagType.SERVICE)),
        ("{outer: 200, inner: 100, tpid: 0x8100}", VlanTags(200, 100)),
        ("{outer: 200, inner: 100, tpid: 0x9100}", VlanTags(200, 100, TagType.OLD_SERVICE)),
        ("{outer: 200}", VlanTags(200)),
        ("{outer: 200, tpid: 0x88A8}", VlanTags(200, None, TagType.SERVICE)),
    ],
)
def test_a_tag_is_read(written: str, read: VlanTags):
    assert sites(f", vlan: {written}")["a/one"].vlan == read


def test_a_site_without_the_keys_has_neither():
    site = sites()["a/one"]
    assert (site.vlan, site.port, site.shared_line) == (None, None, None)


def test_a_port_is_one_of_its_pe():
    site = sites(", port: uplink7, vlan: 5")["a/one"]
    assert (site.port, site.shared_line) == ("uplink7", "dk:uplink7")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0", "t.yaml:9: site a/one: vlan: VLAN 0 is out of range; write 1 to 4094"),
        ("4095", "t.yaml:9: site a/one: vlan: VLAN 4095 is out of range; write 1 to 4094"),
        ("ten", "t.yaml:9: site a/one: vlan: 'ten' is not the number of a VLAN; write 1 to 4094"),
        ("[1, 2, 3]", "t.yaml:9: site a/one: vlan: a list is not a VLAN tag; write vlan: 100, of"),
        ("[1]", "t.yaml:9: site a/one: vlan: a list is not a VLAN tag; write vlan: 100, of"),
        ("[1, [2]]", "t.yaml:9: site a/one: vlan: a list is not the number of a VLAN; write 1 to"),
        ("{inner: 5}", "t.yaml:9: site a/one: vlan: it has no 'outer'; write vlan: 100"),
        ("{outer: 5, tag: 6}", "t.yaml:9: site a/one: vlan: unknown key 'tag'; known keys: outer,"),
        (
            "{outer: 5, tpid: 0x800}",
            "'0x800' is not the type of an outer tag; write 0x8100, 0x88a8",
        ),
    ],
)
def test_what_is_no_tag_is_refused_with_what_to_write(written: str, said: str):
    with pytest.raises(LabError) as error:
        sites(f", vlan: {written}")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("one", "two", "lan", "problem"),
    [
        (
            ", port: u, vlan: 7",
            ", port: u, vlan: 7",
            "",
            (
                "t.yaml:10: site a/two shares port dk:u with site a/one (line 9): "
                "both have vlan 7; "
                "write another vlan, or another port, for one of the two"
            ),
        ),
        (
            ", port: u",
            "",
            ", port: u",
            (
                "t.yaml:16: site lan/one shares port dk:u with site a/one (line 9): "
                "both are untagged; "
                "write another vlan, or another port, for one of the two"
            ),
        ),
        (
            ", port: u, vlan: [7, 8]",
            "",
            ", port: u, vlan: 7",
            (
                "t.yaml:16: site lan/one shares port dk:u with site a/one (line 9): "
                "a frame with the tags 7.8 could be of either: "
                "lan/one bridges whatever is behind VLAN 7; "
                "write another vlan, or another port, for one of the two"
            ),
        ),
    ],
)
def test_sites_of_a_port_that_cannot_be_told_apart_are_refused(one, two, lan, problem):
    with pytest.raises(LabError) as error:
        sites(one, two, lan)
    assert str(error.value) == problem


@pytest.mark.parametrize(
    ("one", "two", "lan"),
    [
        (", port: u, vlan: 7", ", port: u, vlan: 8", ", port: u"),
        (", port: u, vlan: 7", ", port: v, vlan: 7", ""),
        (", vlan: 7", ", vlan: 7", ", vlan: 7"),
        # a VRF takes no tag behind its circuit's, so two tags are not its own
        (", port: u, vlan: 7", ", port: u, vlan: [7, 8]", ", port: u, vlan: [9, 7]"),
    ],
)
def test_sites_of_a_port_that_tags_tell_apart_are_taken(one, two, lan):
    assert len(sites(one, two, lan)) == 4


def test_a_site_with_two_lines_has_no_tag_and_no_port():
    text = LAB % (", vlan: 5", "", "")
    with pytest.raises(LabError) as error:
        loads(text.replace("one: {pe: dk, subnet", "one: {pe: [dk, se], subnet"), "t.yaml")
    assert str(error.value) == (
        "t.yaml:9: site a/one has two lines, and 'vlan' is about one; "
        "leave vlan out, or write one PE"
    )
