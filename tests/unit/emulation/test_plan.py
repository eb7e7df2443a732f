from dataclasses import replace
from ipaddress import ip_interface

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.emulation.batch_commands import (
    LINK_GROUP,
    OWN_QDISCS,
    bridge_arguments,
    ce_lines,
    host_lines,
    link_lines,
    removal_lines,
)
from mplsemu.emulation.plan import make_plan
from mplsemu.lab.loader import loads
from mplsemu.model.limits import ACCESS_MTU, CORE_MTU
from tests.builders import MacAddresses, provider, vpls
from tests.builders import network as network_of
from tests.networks import dual_homed, homed, load_sharing
from tests.programs import changed_node

LAB = """
name: small
provider:
  nodes:
    dk: {role: pe}
    copenhagen-central-office: {role: pe}
  links: [dk-copenhagen-central-office]
vpns:
  a:
    type: l3vpn
    sites:
      one: {pe: dk, subnet: [192.168.1.0/24, "2001:db8:1::/64"], hosts: 2}
      two: {pe: copenhagen-central-office, subnet: 192.168.2.0/24, rate: 10 Mbit/s}
      three: {pe: dk, subnet: [192.168.3.0/24, "2001:db8:3::/64"], ce: router}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {x: {pe: dk}, y: {pe: copenhagen-central-office}}
"""


@pytest.fixture(scope="module")
def network():
    return loads(LAB, "small.yaml").network


@pytest.fixture(scope="module")
def plan(network):
    return make_plan(network, compile_program(network))


@pytest.fixture(scope="module")
def namespaces(network):
    """The plan of a lab whose LSRs have namespaces."""
    return make_plan(network, compile_program(network), lsr_namespaces=True)


def pair(plan, name):
    return next(pair for pair in plan.veth_pairs if pair.name == name)


def test_a_plan_is_the_same_every_time(network, plan):
    assert make_plan(network, compile_program(network)) == plan


def test_ports_and_mac_addresses_are_those_of_the_program(network, plan):
    for node in compile_program(network).nodes:
        ends = {end.port: end for _, end in plan.ports() if end.node == node.name}
        numbers = [line.port for line in (*node.adjacencies, *node.circuits)]
        assert sorted(ends) == sorted(numbers)
        for adjacency in node.adjacencies:
            assert ends[adjacency.port].mac == adjacency.mac


def test_a_router_with_a_long_name_has_a_short_bridge(plan):
    assert [lsr.bridge for lsr in plan.lsrs] == ["dk", "n2"]
    assert [end.interface for end in pair(plan, "dk-copenhagen-central-office").ends] == [
        "dk-eth1",
        "n2-eth1",
    ]


def test_interface_names_are_unique_in_every_namespace(plan):
    lab = [end.interface for _, end in plan.ports() if not end.own_namespace]
    lab += [lsr.bridge for lsr in plan.lsrs] + [lan.bridge for lan in plan.lans]
    assert len(set(lab)) == len(lab)
    hosts = [(end.node, end.interface) for _, end in plan.ports() if end.own_namespace]
    assert len(set(hosts)) == len(hosts)


def test_only_a_site_with_several_hosts_has_a_bridge(plan):
    assert [lan.full_name for lan in plan.lans] == ["a/one/lan"]


def test_a_dual_homed_site_has_a_bridge_with_both_lines_even_for_one_host():
    plan = make_plan(dual_homed(), compile_program(dual_homed()))
    (lan,) = [lan for lan in plan.lans if lan.full_name == "v/hq/lan"]
    for name, pe in (("v/hq", "x"), ("v/hq@y", "y")):
        near, far = pair(plan, name).ends
        assert (near.node, far.node) == (pe, lan.name)
    hosts = [end.node for wire in plan.veth_pairs for end in wire.ends if end.is_customers]
    assert hosts.count("v-hq-h1") == hosts.count("v-hq-h2") == 1
    ports = [end.port for _, end in plan.ports() if end.node == lan.name]
    assert sorted(ports) == [0, 1, 2, 3]
    single = homed(
        network_of(provider(("x-y",)), vpls("w", {"a": "x", "b": "y"}, macs=MacAddresses())),
        {"w/a": ("x", "y")},
    )
    assert [lan.full_name for lan in make_plan(single, compile_program(single)).lans] == ["w/a/lan"]


@pytest.mark.parametrize("how", ["", "ce"])
def test_lines_that_share_the_load_end_at_a_bundle_that_is_one_link_to_the_site(how):
    network = load_sharing(how)
    plan = make_plan(network, compile_program(network))
    (bundle,) = plan.bundles
    assert (bundle.name, bundle.full_name) == ("v-hq-bundle", "v/hq:lines/bundle")
    for number, (name, pe) in enumerate((("v/hq", "x"), ("v/hq@y", "y"))):
        near, far = pair(plan, name).ends
        assert (near.node, far.node) == (pe, bundle.name)
        assert far.interface == bundle.lines[number]
    (inner,) = [wire for wire in plan.veth_pairs if wire.ends[0].interface == bundle.site]
    assert inner.ends[1].node == ("v-hq-ce" if how else "v-hq-lan")
    assert not any("bundle" in lan.name for lan in plan.lans)


def test_a_customer_has_1500_bytes_and_the_core_and_the_pe_side_more(plan):
    for _, end in plan.ports():
        if end.is_customers:
            assert end.mtu == ACCESS_MTU
        elif end.node != "a-one-lan":
            assert end.mtu == CORE_MTU
    assert pair(plan, "a/two").ends[0].mtu == CORE_MTU
    assert pair(plan, "a/two").ends[1].mtu == ACCESS_MTU


def test_only_the_access_line_of_a_site_is_shaped(plan):
    assert pair(plan, "a/two").rate_bps == 10_000_000
    assert pair(plan, "a/one").rate_bps is None


def test_rates_and_delays_are_the_programs(network):
    program = compile_program(network)
    (link, *others), pe = program.links, program.node("copenhagen-central-office")
    slower = replace(link, bandwidth_bps=7_000_000, delay_ms=9.0)
    circuits = tuple(replace(circuit, rate_bps=5_000_000) for circuit in pe.circuits)
    changed = changed_node(program, pe.name, circuits=circuits)
    made = make_plan(network, replace(changed, links=(slower, *others)))
    assert (pair(made, link.name).rate_bps, pair(made, link.name).delay_ms) == (7_000_000, 9.0)
    assert {pair(made, circuit.name).rate_bps for circuit in circuits} == {5_000_000}


LAB_PID = 3999


def lines_of(plan):
    nodes = (*plan.hosts, *plan.ces, *plan.lsrs)
    pids = {node.name: 4000 + index for index, node in enumerate(nodes)}
    return pids, list(link_lines(plan, pids, LAB_PID))


def test_one_line_makes_a_veth_pair_with_its_far_end_in_the_hosts_namespace(plan):
    pids, lines = lines_of(plan)
    veths = [line for line in lines if " type veth " in line]
    assert len(veths) == len(plan.veth_pairs)
    two = next(line for line in veths if f"netns {pids['a-two-h1']} " in line)
    near, far = two.split(" type veth peer ")
    assert f"netns {LAB_PID} " in near
    assert near.startswith("link add n2-eth2 ")
    assert far.startswith("eth0 address 02:00:")
    assert lines[-1] == f"link set group {LINK_GROUP} up"


def test_a_wire_from_ce_to_host_lies_between_their_two_namespaces(plan):
    pids, lines = lines_of(plan)
    line = next(line for line in lines if f"netns {pids['a-three-h1']} " in line)
    assert f"netns {pids['a-three-ce']} " in line


def test_an_lsr_with_a_namespace_has_its_ports_there_and_each_a_number_of_its_own(namespaces):
    ports = [end for ends in namespaces.lsr_ports().values() for end in ends]
    assert sorted(end.ifindex for end in ports) == [*range(10_001, 10_001 + len(ports))]
    assert all(end.own_namespace and not end.is_customers for end in ports)
    others = [end for _, end in namespaces.ports() if end not in ports]
    assert {end.ifindex for end in others} == {None}


def test_a_pair_begins_with_the_end_that_has_a_number(namespaces):
    """Else the kernel would not look at the number of the other one."""
    pids, lines = lines_of(namespaces)
    for line in (line for line in lines if " index " in line):
        near, far = line.split(" type veth peer ")
        assert " index " in near
        assert " netns 4" in near
        assert (" index " in far) is (f" netns {pids['copenhagen-central-office']} " in far)
    lan = next(line for line in lines if f" netns {LAB_PID} " in line)
    assert lan.startswith("link add dk-eth")
    assert not any(line.startswith("link set dk-eth") for line in lines)


def test_only_wires_between_lsrs_are_of_the_core(plan, namespaces):
    for each in (plan, namespaces):
        assert [pair.name for pair in each.core_pairs()] == ["dk-copenhagen-central-office"]


def test_a_host_has_a_default_route_of_each_ip_version(plan):
    host = next(host for host in plan.hosts if str(host.ref) == "a/one/h1")
    lines = list(host_lines(host))
    assert "address add 192.168.1.2/24 dev eth0" in lines
    assert "address add 2001:db8:1::2/64 dev eth0 nodad" in lines
    assert "route add default via 192.168.1.1 dev eth0" in lines
    assert "route add default via 2001:db8:1::1 dev eth0" in lines


def test_several_prefixes_on_a_lan_make_one_default_route_of_each_ip_version():
    lan = '[192.168.1.0/24, "2001:db8:1::/64", 192.168.9.0/24, "2001:db8:9::/64"]'
    text = LAB.replace('[192.168.1.0/24, "2001:db8:1::/64"]', lan)
    crowded = loads(text, "small.yaml").network
    host = make_plan(crowded, compile_program(crowded)).hosts[0]
    assert [line for line in host_lines(host) if "default" in line] == [
        "route add default via 192.168.1.1 dev eth0",
        "route add default via 2001:db8:1::1 dev eth0",
    ]


def test_a_vpls_host_has_no_default_route(plan):
    host = next(host for host in plan.hosts if host.ref.vpn == "c")
    assert not [line for line in host_lines(host) if "route" in line]


def test_a_ce_router_sends_from_its_lan_addresses(plan):
    [ce] = plan.ces
    lines = list(ce_lines(ce))
    assert ce.lan == (ip_interface("192.168.3.1/24"), ip_interface("2001:db8:3::1/64"))
    wan = ce.router.pe_wan[0].ip
    assert f"route add default via {wan} dev eth0 src 192.168.3.1" in lines
    assert "route add default via fe80::1 dev eth0 src 2001:db8:3::1" in lines


def test_a_ce_router_on_a_vpls_routes_to_the_others_and_has_no_default_route():
    text = """
name: routed
provider: {nodes: {x: {role: pe}, y: {role: pe}}, links: [x-y]}
vpns:
  lan:
    type: vpls
    subnet: 10.99.0.0/24
    sites:
      a: {pe: x, ce: router, subnet: 192.168.1.0/24}
      b: {pe: y, ce: router, subnet: 192.168.2.0/24, hosts: 2}
"""
    network = loads(text, "routed.yaml").network
    plan = make_plan(network, compile_program(network))
    first, second = plan.ces
    assert [host.ref.host for host in plan.hosts] == ["h1", "h1", "h2"]
    assert [str(gateway) for host in plan.hosts for gateway in host.gateways] == [
        "192.168.1.1",
        "192.168.2.1",
        "192.168.2.1",
    ]
    assert [lan.full_name for lan in plan.lans] == ["lan/b/lan"]
    assert [line for line in ce_lines(first) if "route" in line] == [
        "route add 192.168.2.0/24 via 10.99.0.2 dev eth0"
    ]
    assert "address add 10.99.0.2/24 dev eth0" in ce_lines(second)
    assert "address add 192.168.2.1/24 dev eth1" in ce_lines(second)


def test_the_controller_is_set_before_the_ports_are_added(plan):
    ports = [end for _, end in plan.ports() if end.node == "dk"]
    arguments = list(bridge_arguments(plan.lsrs[0], ports, "netdev", ("unix:/run/of.sock",)))
    assert arguments.index("set-controller") < arguments.index("add-port")
    assert "other_config:datapath-id=0000000000000001" in arguments
    assert "fail_mode=secure" in arguments
    assert arguments.count("qos=@noop") == len(ports)
    assert "--id=@noop" in OWN_QDISCS


def test_removal_takes_the_devices_of_the_userspace_datapath_too(plan):
    lines = list(removal_lines(plan, "netdev"))
    assert f"link set dev n2 group {LINK_GROUP}" in lines
    assert f"link set dev ovs-netdev group {LINK_GROUP}" in lines
    assert lines[-1] == f"link delete group {LINK_GROUP}"


def test_removal_leaves_the_devices_of_the_kernel_datapath_to_it(plan):
    # one device that ip(8) cannot delete would keep the whole group alive
    assert list(removal_lines(plan, "system")) == [f"link delete group {LINK_GROUP}"]
