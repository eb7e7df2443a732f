"""The translator of the eBPF data plane: routes, neighbours, gateways."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_interface

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.program.services import Neighbour
from mplsemu.southbound.ebpf import layout
from mplsemu.southbound.ebpf.kinds import (
    Role,
    RouteKind,
)
from mplsemu.southbound.ebpf.layout import (
    FibKey,
    GatewayKey,
    Port,
    RouteRecord,
)
from mplsemu.southbound.ebpf.translate import entries
from tests import builders
from tests.ebpf_entries import everything, of_map
from tests.oracles.fakebpfnet import attach
from tests.programs import changed_node


def routes_of(found, router, vrf):
    keys = {}
    for name in ("fib4", "fib6"):
        for key, value in of_map(found, name).items():
            fib_key = FibKey.unpack(key)
            if (fib_key.lsr, fib_key.vrf) == (router, vrf):
                keys[str(fib_key.prefix)] = RouteRecord.unpack(value)
    return keys


def one_pe(*sites, imports=None):
    """Return a PE's program: VPN `v` with sites of `subnets[, ce]`, and what x has of its VRF."""
    macs = builders.MacAddresses()
    made = {f"s{number}": ("x", *site) for number, site in enumerate(sites)}
    program = compile_program(
        builders.network(
            builders.provider(("x-y",)),
            builders.l3vpn("v", {**made, "far": ("y", "10.9.0.0/24 2001:db8:9::/64")}, macs=macs),
        )
    )
    return program, attach(program)


def test_a_lan_has_gateway_hosts_network_and_broadcast_addresses():
    program, attached = one_pe(("10.1.0.0/29 2001:db8:1::/64",))
    x = program.node("x")
    (circuit,) = x.circuits
    port = attached.ports["x"][circuit.port]
    found = entries(program, "x", attached)
    mac = layout_mac(circuit.hosts[0].mac)
    host = RouteRecord(RouteKind.DELIVER, port, mac=mac, mtu=1500)
    to_y = RouteRecord(RouteKind.TO_PE, program.node("y").index)
    vrf = x.vrfs[0]
    far, far6 = (route for route in vrf.routes if str(route.prefix) in FAR)
    assert routes_of(found, x.index, vrf.index) == {
        "10.1.0.0/29": RouteRecord(RouteKind.CONNECTED, port),
        "10.1.0.0/32": RouteRecord(RouteKind.BLACKHOLE),
        "10.1.0.1/32": RouteRecord(RouteKind.LOCAL),
        "10.1.0.2/32": host,
        "10.1.0.7/32": RouteRecord(RouteKind.BLACKHOLE),
        "10.9.0.0/24": replace(to_y, label=int(far.next_hop.label)),
        "2001:db8:1::/64": RouteRecord(RouteKind.CONNECTED, port),
        "2001:db8:1::/128": RouteRecord(RouteKind.LOCAL),
        "2001:db8:1::1/128": RouteRecord(RouteKind.LOCAL),
        "2001:db8:1::2/128": host,
        "2001:db8:9::/64": replace(to_y, label=int(far6.next_hop.label)),
    }
    assert far.next_hop.label != far6.next_hop.label
    assert of_map(found, "gateways") == {
        GatewayKey(port, ip_address(each)).pack(): layout.GATEWAY_VALUE
        for each in ("10.1.0.1", "2001:db8:1::1")
    }


FAR = ("10.9.0.0/24", "2001:db8:9::/64")


def layout_mac(text):
    return bytes.fromhex(text.replace(":", ""))


def test_what_is_behind_a_ce_is_delivered_to_it():
    program, attached = one_pe(("10.1.0.0/24", "ce"))
    x = program.node("x")
    (circuit,) = x.circuits
    found = routes_of(entries(program, "x", attached), x.index, x.vrfs[0].index)
    port = attached.ports["x"][circuit.port]
    to_ce = RouteRecord(RouteKind.DELIVER, port, mac=layout_mac(circuit.ce.mac), mtu=1500)
    assert found["10.1.0.0/24"] == to_ce
    assert found[f"{circuit.ce.address}/32"] == to_ce
    assert "10.1.0.1/32" not in found


def test_two_circuits_with_the_same_gateway_have_one_route_and_answer_arp_each():
    program, attached = one_pe(("10.1.0.0/24", "ce"), ("10.2.0.0/24", "ce"))
    x = program.node("x")
    first, second = x.circuits
    same = changed_node(program, "x", circuits=(first, replace(second, gateways=first.gateways)))
    found = entries(same, "x", attached)
    answered = {GatewayKey.unpack(key) for key in of_map(found, "gateways")}
    (gateway,) = first.gateways
    assert answered == {
        GatewayKey(attached.ports["x"][circuit.port], gateway.ip) for circuit in (first, second)
    }
    local = routes_of(found, x.index, x.vrfs[0].index)[f"{gateway.ip}/32"]
    assert local.kind is RouteKind.LOCAL


@pytest.mark.parametrize("prefix", ["10.1.0.2/31", "10.1.0.2/32"])
def test_a_point_to_point_line_has_no_broadcast_address(prefix):
    program, attached = one_pe(("10.1.0.0/24",))
    (circuit,) = program.node("x").circuits
    narrow = replace(circuit, gateways=(ip_interface(prefix),))
    program = changed_node(program, "x", circuits=(narrow,))
    x = program.node("x")
    found = routes_of(entries(program, "x", attached), x.index, x.vrfs[0].index)
    assert RouteKind.BLACKHOLE not in {route.kind for route in found.values()}
    assert found["10.1.0.2/32"].kind is RouteKind.LOCAL


def test_gateways_come_before_broadcast_addresses_and_those_before_neighbours():
    program, attached = one_pe(("10.1.0.0/24",))
    x = program.node("x")
    (circuit,) = x.circuits
    twice = replace(circuit, gateways=(*circuit.gateways, ip_interface("10.1.0.255/23")))
    neighbours = tuple(
        Neighbour(ip_address(address), circuit.name, "02:00:00:00:00:77")
        for address in ("10.1.0.1", "10.1.0.0", "10.1.0.9")
    )
    vrf = replace(x.vrfs[0], neighbours=neighbours)
    program = changed_node(program, "x", circuits=(twice,), vrfs=(vrf,))
    found = routes_of(entries(program, "x", attached), x.index, vrf.index)
    assert found["10.1.0.255/32"].kind is RouteKind.LOCAL
    assert found["10.1.0.1/32"].kind is RouteKind.LOCAL
    assert found["10.1.0.0/32"].kind is RouteKind.BLACKHOLE
    assert found["10.1.0.9/32"].kind is RouteKind.DELIVER


def test_what_is_imported_at_the_same_pe_is_looked_up_there():
    macs = builders.MacAddresses()
    program = compile_program(
        builders.network(
            builders.provider(("x-y",)),
            builders.l3vpn("v", {"a": ("x", "10.1.0.0/24")}, imports=(1, 2), macs=macs),
            builders.l3vpn("w", {"b": ("x", "10.2.0.0/24")}, number=2, imports=(1, 2), macs=macs),
        )
    )
    x = program.node("x")
    v, w = x.vrfs
    found = everything(program)["x"]
    assert routes_of(found, x.index, v.index)["10.2.0.0/24"] == RouteRecord(
        RouteKind.TO_VRF, w.index
    )


def test_a_circuit_that_is_down_has_no_port_no_gateway_no_neighbours_and_no_ce():
    program, attached = one_pe(("10.1.0.0/24",), ("10.2.0.0/24", "ce"))
    x = program.node("x")
    up = entries(program, "x", attached)
    circuits = tuple(replace(circuit, up=False) for circuit in x.circuits)
    down = entries(changed_node(program, "x", circuits=circuits), "x", attached)
    assert len(of_map(up, "ports")) == 3
    assert {Port.unpack(value).role for value in of_map(down, "ports").values()} == {Role.CORE}
    assert not of_map(down, "gateways")
    kinds = {
        prefix: route.kind for prefix, route in routes_of(down, x.index, x.vrfs[0].index).items()
    }
    assert kinds["10.1.0.0/24"] is RouteKind.CONNECTED
    assert kinds["10.2.0.0/24"] is RouteKind.BLACKHOLE
    assert not any(prefix.endswith("/32") for prefix in kinds)
