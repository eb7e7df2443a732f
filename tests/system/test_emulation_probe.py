import time
from ipaddress import ip_address

import pytest

from mplsemu.emulation.probe import FrameProbe, Probe, Prober
from mplsemu.errors import EmulationError
from tests.system.emulated import add_flow, circuit_port, emulated, endpoints, patch

pytestmark = [  # flows made by hand do what no network should
    pytest.mark.system,
    pytest.mark.dataplane("openflow"),
    pytest.mark.usefixtures("dataplane"),
]

TWINS = """
name: twins
provider: {nodes: {dk: {role: pe}}}
vpns:
  a:
    type: vpls
    subnet: [10.0.0.0/24, "2001:db8::/64"]
    sites: {x: {pe: dk}, y: {pe: dk}}
  b:
    type: vpls
    subnet: [10.0.0.0/24, "2001:db8::/64"]
    sites: {x: {pe: dk}, y: {pe: dk}}
"""
SLOW = TWINS.replace("x: {pe: dk}", "x: {pe: dk, rate: 512 kbit/s}")


def join(net, *pairs):
    for first, second in pairs:
        patch(net, "dk", first, second)


def test_a_probe_names_the_right_one_of_two_hosts_with_the_same_address(tmp_path):
    with emulated(TWINS, tmp_path) as net:
        join(net, ("a/x", "a/y"), ("b/x", "b/y"))
        with Prober(endpoints(net)) as prober:
            results = prober.run(
                [
                    Probe(f"{vpn}/x/h1", address.ip, f"{vpn}/y/h1")
                    for vpn in "ab"
                    for address in net.plan.hosts[1].addresses
                ]
            )
    assert all(result.reached for result in results)
    assert [set(result.delivered_to) for result in results] == [
        {"a/y/h1"}, {"a/y/h1"}, {"b/y/h1"}, {"b/y/h1"},
    ]  # fmt: skip
    assert all(0 < result.rtt_ms < 1000 for result in results)


def test_an_answered_ping_to_the_wrong_twin_is_found_out(tmp_path):
    with emulated(TWINS, tmp_path) as net:
        join(net, ("a/x", "b/y"), ("b/x", "a/y"))
        for host in ("a/x/h1", "b/x/h1"):  # as if it had been resolved over the wrong wire
            net.get(host).cmd("ping -c1 -W1 10.0.0.2")
        with Prober(endpoints(net)) as prober:
            [result] = prober.run([Probe("a/x/h1", ip_address("10.0.0.2"), "a/y/h1")], 0.5)
    assert result.replied
    assert result.delivered_to == {"b/y/h1"}
    assert not result.reached


def test_a_leak_to_a_host_that_drops_it_is_overheard(tmp_path):
    with emulated(TWINS, tmp_path) as net:
        join(net, ("a/x", "a/y"))
        one, leak = circuit_port(net, "dk", "a/x"), circuit_port(net, "dk", "b/x")
        good = circuit_port(net, "dk", "a/y")
        add_flow(net, "dk", f"in_port={one},actions=output:{good},output:{leak}")
        with Prober(endpoints(net)) as prober:
            [result] = prober.run([Probe("a/x/h1", ip_address("10.0.0.2"), "a/y/h1")])
    assert result.reached
    assert result.overheard_by == {"b/x/h1"}


def test_a_probe_without_a_route_says_so(tmp_path):
    with emulated(TWINS, tmp_path) as net, Prober(endpoints(net)) as prober:
        [result] = prober.run([Probe("a/x/h1", ip_address("192.168.7.1"))])
        with pytest.raises(EmulationError, match="'nobody'"):
            prober.run([Probe("nobody", ip_address("10.0.0.1"))])
    assert result.error == "Network is unreachable"
    assert not result.replied
    assert not result.delivered_to


def test_probes_are_repeated_until_the_network_is_there(tmp_path):
    with emulated(TWINS, tmp_path) as net, Prober(endpoints(net)) as prober:
        joined = []

        def join_after_a_while(_open, _total):
            if time.monotonic() > begun + 0.5 and not joined:
                join(net, ("a/x", "a/y"))
                joined.append(True)

        begun = time.monotonic()
        target = ip_address("10.0.0.2")
        [result] = prober.run([Probe("a/x/h1", target, "a/y/h1")], 10, join_after_a_while)
        assert result.reached
        assert time.monotonic() - begun > 0.5


def test_many_probes_over_the_slowest_line_all_arrive(tmp_path):
    with emulated(SLOW, tmp_path) as net:
        join(net, ("a/x", "a/y"), ("b/x", "b/y"))
        target = ip_address("10.0.0.2")
        probes = [Probe("a/x/h1", target, "a/y/h1", payload_bytes=24 + n) for n in range(100)]
        with Prober(endpoints(net)) as prober:
            results = prober.run(probes, 10)
    assert all(result.reached for result in results)


def test_a_full_size_frame_passes_plain_and_tagged(tmp_path):
    with emulated(TWINS, tmp_path) as net:
        add_flow(net, "dk", f"in_port={circuit_port(net, 'dk', 'a/x')},actions=flood")
        probes = [
            FrameProbe("a/x/h1", vlan=vlan, payload_bytes=size)
            for vlan in (None, 7)
            for size in (24, 1500)
        ]
        with Prober(endpoints(net)) as prober:
            results = prober.run_frames(probes)
    for result in results:
        assert result.received == {"a/y/h1": 1, "b/x/h1": 1, "b/y/h1": 1}, result.probe


def test_copies_of_a_frame_are_counted(tmp_path):
    with emulated(TWINS, tmp_path) as net:
        port = {site: circuit_port(net, "dk", site) for site in ("a/x", "a/y", "b/x")}
        twice = f"output:{port['a/y']},output:{port['b/x']},output:{port['a/y']}"
        add_flow(net, "dk", f"in_port={port['a/x']},actions={twice}")
        with Prober(endpoints(net)) as prober:
            [result] = prober.run_frames([FrameProbe("a/x/h1")])
            mac = net.plan.hosts[1].mac
            [unicast] = prober.run_frames([FrameProbe("a/x/h1", mac)])
    assert result.received == {"a/y/h1": 2, "b/x/h1": 1}
    assert unicast.received == result.received
