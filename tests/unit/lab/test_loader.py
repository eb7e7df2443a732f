import json
from ipaddress import IPv4Address, IPv6Address, ip_interface, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import LabError
from mplsemu.lab.addressing import capacity, interface
from mplsemu.lab.dataplane import DataPlaneChoice
from mplsemu.lab.loader import load, loads
from mplsemu.lab.schema import SCHEMA_FILE, json_schema
from mplsemu.model.l3vpn import L3vpn, RouteDistinguisher, RouteTarget
from mplsemu.model.labels import Label, LabelRange
from mplsemu.model.network import HostRef, PingCheck
from mplsemu.model.topology import Link, Node, NullLabel, Role, TtlMode
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import CeRouter, Host, Site
from tests.places import TOPOLOGIES

SHIPPED = sorted(TOPOLOGIES.glob("*.yaml"))

S = "s: {pe: n, subnet: 10.0.0.0/16}"
LAB = """
name: small
provider:
  defaults: {bandwidth: 100 Mbit/s, delay: 1 ms, metric: 7}
  ttl: uniform
  php: explicit-null
  labels: 100-199
  nodes:
    no: {role: pe, position: [10.75, 59.91]}
    on-1:
  links:
    - no-on-1
    - {ends: [on-1, no], bandwidth: 1 Gbit/s, delay: 250 us, metric: 20}
vpns:
  a:
    type: l3vpn
    customer: Customer A
    import: 64512:1
    export: [64512:1, 65000:7]
    sites:
      x: {pe: no, subnet: [192.168.1.0/24, "2001:db8:1::/64"], hosts: 2, rate: 10 Mbit/s}
      y: {pe: no, subnet: 192.168.2.0/24, ce: router}
      z: {pe: no, subnet: 192.168.3.0/24, ce: router, hosts: 0}
  b:
    type: vpls
    subnet: 10.0.0.0/24
    aging: 60 s
    sites:
      x: {pe: no, hosts: 2}
      y: {pe: no, rate: 512 kbit/s}
  c:
    type: vpws
    subnet: "2001:db8:c::/64"
    sites: {x: {pe: no}, y: {pe: no}}
validate:
  - {ping: [a/x/h1, a/y/h1]}
  - {ping: [a/x/h2, "2001:db8:1::2"], expect: reply}
  - {ping: [b/x/h1, 192.0.2.1], expect: fail}
"""


@pytest.fixture(scope="module")
def lab():
    return loads(LAB, "small.yaml")


def test_the_provider_is_read_with_its_defaults(lab):
    provider = lab.network.provider
    assert lab.network.name == "small"
    assert provider.ttl_mode is TtlMode.UNIFORM
    assert provider.null_label is NullLabel.EXPLICIT
    assert provider.labels == LabelRange(Label(100), Label(199))
    assert provider.nodes == (
        Node("no", Role.PE, IPv4Address("10.255.0.1"), (10.75, 59.91)),
        Node("on-1", Role.P, IPv4Address("10.255.0.2")),
    )


def test_parallel_links_differ_in_name_whichever_way_round_they_stand(lab):
    assert lab.network.provider.links == (
        Link("no-on-1", ("no", "on-1"), 100_000_000, 1.0, 7),
        Link("no-on-1#2", ("on-1", "no"), 1_000_000_000, 0.25, 20),
    )


def test_a_link_has_one_metric_or_one_for_each_direction():
    text = LAB.replace("metric: 20", "metric: [20, 30]")
    link = loads(text, "small.yaml").network.provider.links[1]
    assert (link.metric, link.metric_back) == (20, 30)
    assert [link.metric_from(end) for end in ("on-1", "no")] == [20, 30]
    alike = loads(LAB.replace("metric: 20", "metric: [20, 20]"), "small.yaml")
    assert alike.network == loads(LAB, "small.yaml").network


def test_mtus_are_of_links_sites_and_hosts_and_what_takes_less_than_its_neighbours_is_noted():
    text = """
name: sizes
provider:
  defaults: {mtu: 9216}
  nodes: {a: {role: pe}, b: {role: pe}}
  links: [a-b, {ends: [a, b], mtu: 1500}]
vpns:
  v: {type: l3vpn, sites: {x: {pe: a, mtu: 9000, subnet: 10.0.1.0/24, hosts: {small: {mtu: 1400}}}}}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {x: {pe: a, mtu: 9000}, y: {pe: b}}
"""
    loaded = loads(text, "sizes.yaml")
    assert [link.mtu for link in loaded.network.provider.links] == [9216, 1500]
    assert [site.mtu for _, site in loaded.network.sites()] == [9000, 9000, 1500]
    assert [host.mtu for _, _, host in loaded.network.hosts()] == [1400, None, None]
    notes = [note for note in loaded.notes if "mtu" in note.lower()]
    of_host, of_vpn = notes
    assert of_host.startswith("host v/x/small has an mtu of 1400 on a LAN of 9000: larger packets")
    assert "packets of more than 1500 octets, which x may send, are lost at the others" in of_vpn


def test_an_l3vpn_site_has_a_gateway_first_and_then_its_hosts(lab):
    vpn = lab.network.vpns[0]
    assert vpn.sites[0] == Site(
        name="x",
        vpn="a",
        pe="no",
        subnets=(ip_network("192.168.1.0/24"), ip_network("2001:db8:1::/64")),
        gateways=(ip_interface("192.168.1.1/24"), ip_interface("2001:db8:1::1/64")),
        hosts=(
            Host(
                "h1",
                "02:00:00:00:00:01",
                (ip_interface("192.168.1.2/24"), ip_interface("2001:db8:1::2/64")),
            ),
            Host(
                "h2",
                "02:00:00:00:00:02",
                (ip_interface("192.168.1.3/24"), ip_interface("2001:db8:1::3/64")),
            ),
        ),
        rate_bps=10_000_000,
    )


def test_ce_routers_take_one_slash_30_after_the_other(lab):
    _, second, third = lab.network.vpns[0].sites
    assert second.ce == CeRouter(
        mac="02:00:01:00:00:01",
        wan=(ip_interface("100.64.0.2/30"),),
        pe_wan=(ip_interface("100.64.0.1/30"),),
        lan_mac="02:00:02:00:00:01",
    )
    assert third.ce == CeRouter(
        mac="02:00:01:00:00:02",
        wan=(ip_interface("100.64.0.6/30"),),
        pe_wan=(ip_interface("100.64.0.5/30"),),
        lan_mac="02:00:02:00:00:02",
    )
    assert third.hosts == ()


def test_every_vpn_takes_the_same_pe_ce_addresses():
    site = "s: {pe: n, subnet: 10.1.0.0/16, ce: router}"
    text = f"""
name: x
provider: {{nodes: {{n: {{role: pe}}}}}}
vpns:
  a: {{type: l3vpn, sites: {{{site}}}}}
  b: {{type: l3vpn, sites: {{{site}}}}}
"""
    first, second = (vpn.sites[0].ce for vpn in loads(text, "x.yaml").network.vpns)
    assert first.wan == second.wan
    assert first.pe_wan == second.pe_wan
    assert len({first.mac, second.mac, first.lan_mac, second.lan_mac}) == 4


def test_route_targets_are_what_is_written_and_the_rest_is_automatic(lab):
    vpn = lab.network.vpns[0]
    assert isinstance(vpn, L3vpn)
    assert vpn.customer == "Customer A"
    assert vpn.rd == RouteDistinguisher(64512, 1)
    assert vpn.import_targets == {RouteTarget(64512, 1)}
    assert vpn.export_targets == {RouteTarget(64512, 1), RouteTarget(65000, 7)}


def test_an_automatic_route_target_follows_from_the_vpns_place_in_the_file():
    text = """
name: x
provider: {nodes: {n: {role: pe}}}
vpns:
  lan: {type: vpls, subnet: 10.0.0.0/24, sites: {s: {pe: n}}}
  a: {type: l3vpn, sites: {s: {pe: n, subnet: 10.0.0.0/24}}}
"""
    vpn = loads(text, "x.yaml").network.vpns[1]
    assert vpn.customer == "a"
    assert vpn.rd == RouteDistinguisher(64512, 2)
    assert vpn.import_targets == vpn.export_targets == {RouteTarget(64512, 2)}


def test_vpls_hosts_are_numbered_across_sites_and_there_is_no_gateway(lab):
    vpls = lab.network.vpns[1]
    assert isinstance(vpls, Vpls)
    assert vpls.mac_aging_s == 60
    assert vpls.subnets == (ip_network("10.0.0.0/24"),)
    assert [site.gateways for site in vpls.sites] == [(), ()]
    assert [site.rate_bps for site in vpls.sites] == [None, 512_000]
    addresses = [(str(ref), host.addresses) for ref, _, host in lab.network.hosts()][3:6]
    assert addresses == [
        ("b/x/h1", (ip_interface("10.0.0.1/24"),)),
        ("b/x/h2", (ip_interface("10.0.0.2/24"),)),
        ("b/y/h1", (ip_interface("10.0.0.3/24"),)),
    ]


def test_a_vpws_has_two_sites(lab):
    vpws = lab.network.vpns[2]
    assert isinstance(vpws, Vpws)
    hosts = [site.hosts[0] for site in vpws.sites]
    assert [host.addresses for host in hosts] == [
        (ip_interface("2001:db8:c::1/64"),),
        (ip_interface("2001:db8:c::2/64"),),
    ]


def test_validate_entries_become_checks(lab):
    assert lab.network.validate == (
        PingCheck(HostRef("a", "x", "h1"), HostRef("a", "y", "h1")),
        PingCheck(HostRef("a", "x", "h2"), IPv6Address("2001:db8:1::2")),
        PingCheck(HostRef("b", "x", "h1"), IPv4Address("192.0.2.1"), expect_reply=False),
    )


def test_a_good_lab_has_no_notes(lab):
    assert lab.notes == ()


@pytest.mark.parametrize("of", ["spoke", "hub"])
def test_a_hub_and_a_part_of_an_extranet_may_have_one_site(of):
    hub = (
        "hub: {type: l3vpn, export: '1:1', import: '1:2', sites: {s: {pe: n, subnet: 10.0.0.0/8}}}"
    )
    spokes = (
        "spoke: {type: l3vpn, export: '1:2', import: '1:1', "
        "sites: {t: {pe: m, subnet: 11.0.0.0/8}}}"
    )
    nodes = "{nodes: {n: {role: pe}, m: {role: pe}}, links: [n-m]}"
    notes = loads(f"name: x\nprovider: {nodes}\nvpns:\n  {hub}\n  {spokes}\n", "x.yaml").notes
    assert not [note for note in notes if of in note]


@pytest.mark.parametrize(
    ("vpns", "note"),
    [
        ("", "there are no VPNs"),
        ("a: {type: l3vpn, sites: {s: {pe: n, subnet: 10.0.0.0/8}}}", "vpn a has one site only, s"),
        (
            "a: {type: l3vpn, import: 1:1, sites: {s: {pe: n, subnet: 10.0.0.0/8}}}",
            "vpn a imports route target 1:1, which no VPN exports",
        ),
        (
            f"a: {{type: l3vpn, import: [], sites: {{{S}, t: {{pe: m, subnet: 10.1.0.0/16}}}}}}",
            "vpn a imports none of the route targets it exports",
        ),
        (
            f'a: {{type: l3vpn, sites: {{{S}, t: {{pe: m, subnet: "fd00::/8"}}}}}}',
            "vpn a: no address family, IPv4 or IPv6, is at all its sites",
        ),
        ("a: {type: vpls, subnet: 10.0.0.0/8, sites: {s: {pe: n, hosts: 0}}}", "a has no hosts"),
    ],
)
def test_what_may_not_be_meant_is_noted(vpns, note):
    nodes = "{nodes: {n: {role: pe}, m: {role: pe}}, links: [n-m]}"
    notes = loads(f"name: x\nprovider: {nodes}\nvpns: {{{vpns}}}\n", "x.yaml").notes
    assert any(note in one for one in notes)


ONE_WAY = """
name: x
provider: {nodes: {n: {role: pe}}}
vpns:
  a: {type: l3vpn, import: ["64512:1", "64512:3"], sites: {s: {pe: n, subnet: 10.0.0.0/16}}}
  b: {type: l3vpn, import: "64512:3", export: [], sites: {s: {pe: n, subnet: 10.1.0.0/16}}}
  c: {type: l3vpn, sites: {s: {pe: n, subnet: 10.2.0.0/16}}}
"""


def one_way_notes(text):
    return [note for note in loads(text, "x.yaml").notes if "answer" in note]


def test_an_import_in_one_direction_is_noted_with_the_line_that_is_missing():
    two = "\n".join(line for line in ONE_WAY.splitlines() if not line.startswith("  b:"))
    two = two.replace("64512:3", "64512:2")  # vpn c is the second now
    (note,) = one_way_notes(two)
    assert note == (
        "vpn a imports the routes of vpn c, which does not import its routes: packets arrive "
        "there, and no answer comes back; for both directions write at vpn c: "
        'import: ["64512:1", "64512:2"]'
    )
    missing = note.rpartition("vpn c: ")[2]
    assert not one_way_notes(two.replace("c: {type: l3vpn,", f"c: {{type: l3vpn, {missing},"))


def test_imports_in_one_direction_from_the_same_vpn_are_one_note():
    (note,) = one_way_notes(ONE_WAY)
    assert note.startswith("vpns a and b import the routes of vpn c, which does not import their")
    assert note.endswith(
        'for both directions write at vpn c: import: ["64512:1", "64512:3"]; '
        "first have vpn b export a route target, and vpn c import it"
    )


def test_names_may_be_long_and_hyphens_in_them_do_not_confuse_links():
    long = "-".join(["core"] * 50)
    text = f"name: x\nprovider: {{nodes: {{{long}: , a-b: , a: }}, links: [{long}-a-b, a-b-a]}}\n"
    links = loads(text, "x.yaml").network.provider.links
    assert [link.ends for link in links] == [(long, "a-b"), ("a-b", "a")]


def test_numbers_are_names_too():
    text = "name: 42\nprovider: {nodes: {1: {role: pe}, 02: }, links: [1-02, {ends: [02, 1]}]}\n"
    network = loads(text, "x.yaml").network
    assert network.name == "42"
    assert [link.ends for link in network.provider.links] == [("1", "02"), ("02", "1")]


def test_a_value_may_be_an_alias():
    text = """
name: x
provider: {nodes: {n: {role: pe}}}
vpns:
  a: {type: l3vpn, sites: &sites {s: {pe: n, subnet: 10.0.0.0/24}}}
  b: {type: l3vpn, sites: *sites}
"""
    first, second = loads(text, "x.yaml").network.vpns
    assert first.sites[0].subnets == second.sites[0].subnets


@pytest.mark.parametrize(
    ("prefix", "count", "first"),
    [
        ("10.0.0.0/24", 254, "10.0.0.1/24"),
        ("10.0.0.4/30", 2, "10.0.0.5/30"),
        ("10.0.0.4/31", 2, "10.0.0.4/31"),
        ("10.0.0.4/32", 1, "10.0.0.4/32"),
        ("2001:db8::/64", 2**64 - 1, "2001:db8::1/64"),
        ("2001:db8::/127", 2, "2001:db8::/127"),
        ("2001:db8::1/128", 1, "2001:db8::1/128"),
    ],
)
def test_a_prefix_has_as_many_usable_addresses_as_its_rfc_gives_it(prefix, count, first):
    network = ip_network(prefix)
    assert capacity(network) == count
    assert interface(network, 1) == ip_interface(first)


@given(st.integers(0, 60), st.integers(1, 12))
def test_macs_and_addresses_of_a_lan_are_all_different(hosts, sites):
    listed = ", ".join(f"s{number}: {{pe: n, hosts: {hosts}}}" for number in range(sites))
    text = (
        "name: x\nprovider: {nodes: {n: {role: pe}}}\n"
        f"vpns: {{a: {{type: vpls, subnet: 10.0.0.0/16, sites: {{{listed}}}}}}}\n"
    )
    found = [host for _, _, host in loads(text, "x.yaml").network.hosts()]
    assert len(found) == hosts * sites
    assert len({host.mac for host in found}) == len(found)
    assert len({host.addresses for host in found}) == len(found)
    assert all(host.addresses[0].ip in ip_network("10.0.0.0/16") for host in found)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_lab_in_topologies_loads_without_notes_and_says_what_it_teaches(path):
    loaded = load(path)
    assert loaded.network.name == path.stem
    assert loaded.notes == ()
    header = path.read_text().split("\nname:")[0]
    assert all(line.startswith("#") for line in header.splitlines())
    assert "What it teaches" in header
    assert f"topologies/{path.name}" in header


def test_the_topologies_are_those_that_the_documents_name():
    wanted = {"attmpls", "ecmp", "extranet", "h-vpls", "hub", "mtu", "nordic", "uniform", "vpls"}
    assert wanted <= {path.stem for path in SHIPPED}


def test_nordic_is_the_lab_of_the_documents():
    network = load(next(path for path in SHIPPED if path.stem == "nordic")).network
    assert [node.name for node in network.provider.nodes] == ["dk", "se", "no", "p1", "p2"]
    assert [type(vpn).__name__ for vpn in network.vpns] == ["L3vpn", "L3vpn", "Vpls"]
    assert len(list(network.hosts())) == 10
    first, second = network.vpns[:2]
    assert [site.subnets[0] for site in first.sites] == [site.subnets[0] for site in second.sites]


def test_a_lab_may_say_what_its_lsrs_are_made_of():
    text = "name: x\nprovider: {nodes: {n: {role: pe}}}\n"
    assert loads(text, "x.yaml").dataplane is DataPlaneChoice.AUTO
    assert loads(text + "dataplane: ebpf\n", "x.yaml").dataplane is DataPlaneChoice.EBPF
    with pytest.raises(LabError, match=r"x\.yaml:3: .*'p4'.*openflow"):
        loads(text + "dataplane: p4\n", "x.yaml")


def test_the_json_schema_file_is_current():
    assert SCHEMA_FILE.read_text() == json_schema(), (
        "write mplsemu.lab.schema.json_schema() to lab.schema.json"
    )


def test_the_json_schema_describes_every_key():
    schema = json.loads(json_schema())
    for definition in schema["$defs"].values():
        assert definition["title"]
        assert definition["description"]
        for key, value in definition.get("properties", {}).items():
            assert "description" in value or "$ref" in value or key in {"type", "sites"}
