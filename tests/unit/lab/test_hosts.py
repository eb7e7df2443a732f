"""Hosts and gateways of a lab file: by number, by name, with addresses of their own."""

from ipaddress import ip_address, ip_interface

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.numbers import NO_NUMBERS
from mplsemu.verification.matrix import verify

LAB = """
name: x
provider: {{nodes: {{n: {{role: pe}}}}}}
vpns:
  a:
    type: l3vpn
    sites:
      s: {site}
      t: {{pe: n, subnet: 10.9.0.0/24}}
"""
TWO = '[10.0.0.0/24, "2001:db8::/64"]'


def load(site, before=NO_NUMBERS):
    return loads(LAB.format(site=site), "x.yaml", before)


def site_of(site):
    return load(site).network.vpns[0].sites[0]


def addresses(lab):
    return {
        host.name: [str(each.ip) for each in host.addresses]
        for host in lab.network.vpns[0].sites[0].hosts
    }


def test_hosts_may_have_names_and_automatic_addresses():
    lab = load(f"{{pe: n, subnet: {TWO}, hosts: [pbx, phone-1]}}")
    assert addresses(lab) == {
        "pbx": ["10.0.0.2", "2001:db8::2"],
        "phone-1": ["10.0.0.3", "2001:db8::3"],
    }
    assert [str(ref) for ref, _, _ in lab.network.hosts()][:2] == ["a/s/pbx", "a/s/phone-1"]


def test_a_host_has_the_addresses_that_are_given_and_no_others():
    hosts = '{one: 10.0.0.2, two: {address: ["2001:db8::5", 10.0.0.7]}, three: }'
    lab = load(f"{{pe: n, subnet: {TWO}, hosts: {hosts}}}")
    assert addresses(lab) == {
        "one": ["10.0.0.2"],
        "two": ["2001:db8::5", "10.0.0.7"],
        "three": ["10.0.0.3", "2001:db8::3"],  # what is free in both prefixes
    }
    two = lab.network.vpns[0].sites[0].hosts[1]
    assert two.addresses == (ip_interface("2001:db8::5/64"), ip_interface("10.0.0.7/24"))
    assert verify(compile_program(lab.network), lab.network).holds


def test_a_host_may_have_several_addresses_and_some_outside_of_the_lan():
    lab = load("{pe: n, subnet: 10.0.0.0/24, hosts: {one: [10.0.0.9, 10.0.0.8, 10.8.0.1]}}")
    (host,) = lab.network.vpns[0].sites[0].hosts
    assert host.addresses == (ip_interface("10.0.0.9/24"), ip_interface("10.0.0.8/24"))
    assert host.loopbacks == (ip_address("10.8.0.1"),)
    assert "host a/s/one has 10.8.0.1, in no subnet of its LAN: nobody else reaches it" in lab.notes
    assert verify(compile_program(lab.network), lab.network).holds


def test_the_gateway_may_be_any_address_of_the_prefix():
    site = site_of(f"{{pe: n, subnet: {TWO}, gateway: 10.0.0.254, hosts: 1}}")
    assert site.gateways == (ip_interface("10.0.0.254/24"), ip_interface("2001:db8::1/64"))
    assert site_of("{pe: n, subnet: 10.0.0.0/24, gateway: 10.0.0.254}").hosts[0].addresses == (
        ip_interface("10.0.0.1/24"),
    )
    both = site_of(f'{{pe: n, subnet: {TWO}, gateway: ["2001:db8::fe", 10.0.0.254]}}')
    assert both.gateways == (ip_interface("10.0.0.254/24"), ip_interface("2001:db8::fe/64"))


@pytest.mark.parametrize("text", ["02:00:00:00:AA:01", "02-00-00-00-aa-01", "0200.0000.aa01"])
def test_a_mac_address_may_be_written_as_one_finds_it(text):
    site = site_of(f"{{pe: n, subnet: 10.0.0.0/24, hosts: {{one: {{mac: {text}}}}}}}")
    assert site.hosts[0].mac == "02:00:00:00:aa:01"


def test_automatic_mac_addresses_avoid_those_that_are_given():
    hosts = "{one: , two: {mac: 02:00:00:00:00:01}, three: {mac: 02:00:02:00:00:01}}"
    lab = load(f"{{pe: n, subnet: 10.0.0.0/24, ce: router, hosts: {hosts}}}")
    macs = [host.mac for _, _, host in lab.network.hosts()]
    ce = lab.network.vpns[0].sites[0].ce
    macs += [ce.mac, ce.lan_mac]
    assert len(set(macs)) == len(macs)
    assert macs[0] == "02:00:00:00:00:02"
    assert ce.lan_mac == "02:00:02:00:00:02"


def test_hosts_of_a_bridged_vpn_have_addresses_of_their_own_across_sites():
    text = """
name: x
provider: {nodes: {n: {role: pe}}}
vpns:
  lan:
    type: vpls
    subnet: 10.0.0.0/29
    sites:
      s: {pe: n, hosts: {a: 10.0.0.2, b: }}
      t: {pe: n, hosts: [c]}
"""
    network = loads(text, "x.yaml").network
    found = {str(ref): str(host.addresses[0]) for ref, _, host in network.hosts()}
    assert found == {"lan/s/a": "10.0.0.2/29", "lan/s/b": "10.0.0.1/29", "lan/t/c": "10.0.0.3/29"}
    with pytest.raises(
        LabError, match=r"x\.yaml:10: host lan/t/c has 10\.0\.0\.2, .* lan/s/a \(line 9\)"
    ):
        loads(text.replace("[c]", "{c: 10.0.0.2}"), "x.yaml")


def test_what_stays_keeps_its_addresses_when_hosts_come_and_go():
    first = load("{pe: n, subnet: 10.0.0.0/24, hosts: 3}")
    second = load("{pe: n, subnet: 10.0.0.0/24, hosts: [new, h3]}", first.numbers)
    assert addresses(second) == {"new": ["10.0.0.5"], "h3": ["10.0.0.4"]}
    third = load("{pe: n, subnet: 10.0.0.0/24, hosts: {x: 10.0.0.5, new: , h3: }}", second.numbers)
    assert addresses(third) == {"x": ["10.0.0.5"], "new": ["10.0.0.6"], "h3": ["10.0.0.4"]}
    fourth = load("{pe: n, subnet: 10.0.0.0/24, gateway: 10.0.0.9, hosts: 3}", third.numbers)
    assert addresses(fourth) == {"h1": ["10.0.0.2"], "h2": ["10.0.0.3"], "h3": ["10.0.0.4"]}


def test_a_host_that_a_longer_prefix_hides_is_noted():
    hosts = '{one: [10.9.0.7, "2001:db8::7"], two: 10.8.0.7}'
    lab = load(f'{{pe: n, subnet: [10.0.0.0/8, "2001:db8::/64"], hosts: {hosts}}}')
    (note,) = lab.notes
    assert note == (
        "host a/s/one has 10.9.0.7, and 10.9.0.0/24 of site a/t is longer than its own prefix: "
        "packets for it go there"
    )
    assert verify(compile_program(lab.network), lab.network).holds


def test_a_host_may_not_hide_an_address_that_it_could_reach():
    hosts = "{pe: n, subnet: 10.0.0.0/24, hosts: {one: [10.0.0.9, 10.9.0.7]}}"
    with pytest.raises(
        LabError, match=r"x\.yaml:8: host a/s/one has 10\.9\.0\.7, which is in 10\.9"
    ):
        load(hosts)
