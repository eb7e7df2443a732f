"""CE routers on a VPLS in a lab file: what becomes of them, and what is refused."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.vpls import Vpls
from mplsemu.program.codec import dump_program, load_program

LAB = """
name: routed
provider: {nodes: {x: {role: pe}, y: {role: pe}}, links: [x-y]}
vpns:
  lan:
    type: vpls
    subnet: [10.99.0.0/24, "2001:db8:99::/64"]
    sites:
      a: {pe: x, ce: router, subnet: [192.168.1.0/24, "2001:db8:1::/64"], hosts: 2}
      b:
        pe: y
        ce: {wan: [10.99.0.1/24, "2001:db8:99::1"]}
        subnet: 192.168.2.0/24
        gateway: 192.168.2.254
      c: {pe: y, ce: {router: linux}, subnet: 192.168.3.0/24, hosts: {pbx: 192.168.3.9}}
"""


def lan(text: str = LAB) -> Vpls:
    (vpn,) = loads(text, "routed.yaml").network.vpns
    assert isinstance(vpn, Vpls)
    return vpn


def test_the_provider_knows_the_ce_routers_alone():
    a, b, c = lan().sites
    for site in (a, b, c):
        (router,) = site.hosts
        assert router.name == "ce"
        assert site.behind is not None
        assert router.mac != site.behind.mac
    assert [str(each) for each in a.hosts[0].addresses] == ["10.99.0.2/24", "2001:db8:99::2/64"]
    assert [str(each) for each in b.hosts[0].addresses] == ["10.99.0.1/24", "2001:db8:99::1/64"]
    assert [str(each) for each in c.hosts[0].addresses] == ["10.99.0.3/24", "2001:db8:99::3/64"]
    assert len({host.mac for site in (a, b, c) for host in (*site.hosts, *site.end_hosts)}) == 7


def test_behind_a_ce_router_is_a_lan_with_routes_to_the_others():
    a, b, _ = lan().sites
    assert a.behind is not None
    assert b.behind is not None
    assert a.behind.gateways == (ip_interface("192.168.1.1/24"), ip_interface("2001:db8:1::1/64"))
    assert [str(host.addresses[0]) for host in a.end_hosts] == ["192.168.1.2/24", "192.168.1.3/24"]
    assert [str(route) for route in a.behind.routes] == [
        "192.168.2.0/24 via 10.99.0.1",
        "192.168.3.0/24 via 10.99.0.3",
    ]
    assert b.behind.gateways == (ip_interface("192.168.2.254/24"),)
    assert [str(route) for route in b.behind.routes] == [
        "192.168.1.0/24 via 10.99.0.2",
        "2001:db8:1::/64 via 2001:db8:99::2",
        "192.168.3.0/24 via 10.99.0.3",
    ]
    assert a.hosts[0].loopbacks == (ip_address("192.168.1.1"), ip_address("2001:db8:1::1"))


def test_leaves_of_an_e_tree_have_no_routes_to_each_other():
    text = LAB.replace("type: vpls", "type: vpls\n    topology: hub-and-spoke")
    vpn = lan(text.replace("a: {pe: x", "a: {pe: x, role: hub"))
    prefixes = [[str(each.prefix) for each in site.behind.routes] for site in vpn.sites]
    assert prefixes == [
        ["192.168.2.0/24", "192.168.3.0/24"],
        ["192.168.1.0/24", "2001:db8:1::/64"],
        ["192.168.1.0/24", "2001:db8:1::/64"],
    ]


def test_addresses_stay_when_a_site_goes():
    before = loads(LAB, "routed.yaml")
    without = "\n".join(line for line in LAB.splitlines() if not line.startswith("      a:"))
    after = loads(without, "routed.yaml", before.numbers).network
    (vpn,) = after.vpns
    assert [site.hosts[0] for site in vpn.sites] == [site.hosts[0] for site in lan().sites[1:]]


def test_a_program_with_them_is_written_and_read():
    program = compile_program(loads(LAB, "routed.yaml").network)
    assert load_program(dump_program(program)) == program


REFUSED = {
    "a host on the VPLS itself": (
        "c: {pe: y, ce: {router: linux}, subnet: 192.168.3.0/24, hosts: {pbx: 192.168.3.9}}",
        "c: {pe: y}",
        (
            "15: site lan/c has no CE router, and lan/a has one: hosts on the VPLS itself "
            "have no way to the LANs behind CE routers; write ce: router and a subnet at "
            "site lan/c, too, or make it a VPN of its own"
        ),
    ),
    "a LAN without a router": (
        "ce: {router: linux}, subnet",
        "subnet",
        (
            "15: site lan/c: its hosts are on the VPLS, which has the subnets of vpn lan: "
            "'subnet' is about a LAN behind a CE router; write ce: router at site lan/c, or"
            " leave subnet out"
        ),
    ),
    "a router without a LAN": (
        """
        subnet: 192.168.2.0/24
        gateway: 192.168.2.254""",
        "",
        (
            "10: site lan/b has a CE router on the VPLS, and no LAN behind it; write a "
            "subnet of its own, for example subnet: 192.168.1.0/24, or leave ce out"
        ),
    ),
    "a LAN that overlaps another": (
        "192.168.3.0/24, hosts: {pbx: 192.168.3.9}",
        "192.168.2.128/25",
        (
            "15: site lan/c: 192.168.2.128/25 overlaps 192.168.2.0/24 of site lan/b (line "
            "13), between which CE routers are to route; write prefixes that do not overlap"
        ),
    ),
    "a LAN that overlaps the VPLS": (
        "192.168.3.0/24, hosts: {pbx: 192.168.3.9}",
        "10.99.0.0/28",
        (
            "15: site lan/c: 10.99.0.0/28 overlaps 10.99.0.0/24 of vpn lan (line 7), "
            "between which CE routers are to route; write prefixes that do not overlap"
        ),
    ),
    "a version that the VPLS has not": (
        '[10.99.0.0/24, "2001:db8:99::/64"]',
        "10.99.0.0/24",
        (
            "9: site lan/a: 2001:db8:1::/64, and vpn lan has no IPv6 subnet, by which its "
            "CE routers would reach each other; write an IPv6 prefix at the subnet of vpn "
            "lan, too"
        ),
    ),
    "an address elsewhere": (
        "10.99.0.1/24",
        "10.98.0.1/24",
        (
            "12: site lan/b: its CE router's address 10.98.0.1 is in no subnet of the VPN; "
            "write an address of 10.99.0.0/24 and 2001:db8:99::/64, or leave wan out"
        ),
    ),
    "another prefix length": (
        "10.99.0.1/24",
        "10.99.0.1/25",
        (
            "12: site lan/b: its CE router's address 10.99.0.1 has a prefix length of 25, "
            "and 10.99.0.0/24 another; write an address of 10.99.0.0/24 and "
            "2001:db8:99::/64, or leave wan out"
        ),
    ),
    "a broadcast address": (
        "10.99.0.1/24",
        "10.99.0.255",
        (
            "12: site lan/b: its CE router's address 10.99.0.255 is the first or the last "
            "of 10.99.0.0/24, which is nobody's; write an address of 10.99.0.0/24 and "
            "2001:db8:99::/64, or leave wan out"
        ),
    ),
    "one IP version alone": (
        '[10.99.0.1/24, "2001:db8:99::1"]',
        "10.99.0.1",
        (
            "12: site lan/b: its CE router has no address in 2001:db8:99::/64, a subnet of "
            "vpn lan; write one of each subnet, or leave wan out"
        ),
    ),
    "another's address": (
        "{router: linux}",
        '{wan: [10.99.0.1, "2001:db8:99::3"]}',
        (
            "15: site lan/c: its CE router's address 10.99.0.1 is that of site lan/b, too "
            "(line 12); write another address, or leave wan out"
        ),
    ),
    "a network for an address": (
        "10.99.0.1/24",
        "10.99.0.1/99",
        (
            "12: site lan/b: ce.wan: '10.99.0.1/99' has no prefix length; write for example"
            " 10.99.0.1/24, or 10.99.0.1"
        ),
    ),
    "a host with an mtu": (
        "{pbx: 192.168.3.9}",
        "{pbx: {mtu: 1400}}",
        (
            "15: host lan/c/pbx is behind a CE router on a VPLS, and has an mtu of its own;"
            " write mtu at site lan/c, for all that is there"
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_with_a_remedy(what):
    old, new, said = REFUSED[what]
    assert old in LAB
    with pytest.raises(LabError) as refused:
        loads(LAB.replace(old, new), "routed.yaml")
    assert str(refused.value) == f"routed.yaml:{said}"
