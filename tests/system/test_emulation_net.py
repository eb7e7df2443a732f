import json
import logging
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.emulation.fabric_openvswitch import OpenVswitchFabric
from mplsemu.emulation.mininet_classes import CLI, lg
from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.net import LabNet
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.emulation.options import LabOptions
from mplsemu.emulation.reaper import processes_in
from mplsemu.errors import EmulationError, LabError
from mplsemu.lab.loader import loads
from mplsemu.southbound.network_namespace import inside
from tests.system.emulated import (
    add_flow,
    carry,
    emulated,
    interfaces,
    namespace_of,
    patch,
)
from tests.waiting import eventually

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("dataplane")]
OPENFLOW = pytest.mark.dataplane("openflow")

ONE_PE = """
name: one-pe
provider: {nodes: {dk: {role: pe}}}
vpns:
  c:
    type: vpls
    subnet: [10.0.0.0/24, "2001:db8::/64"]
    sites: {x: {pe: dk}, y: {pe: dk}}
"""
LONG = """
name: long
provider:
  nodes:
    copenhagen-central-office-first-floor: {role: pe}
    copenhagen-central-office-second-floor: {role: pe}
    n2: {role: pe}
  links:
    - {ends: [copenhagen-central-office-first-floor, copenhagen-central-office-second-floor]}
    - {ends: [copenhagen-central-office-first-floor, copenhagen-central-office-second-floor]}
    - {ends: [copenhagen-central-office-second-floor, n2]}
vpns:
  the-largest-customer-of-all:
    type: vpls
    subnet: 10.0.0.0/24
    sites:
      the-main-building: {pe: copenhagen-central-office-first-floor, hosts: 2}
      a-branch-office: {pe: n2, hosts: 3}
"""
CE = """
name: ce
provider: {nodes: {dk: {role: pe}}}
vpns:
  a:
    type: l3vpn
    sites:
      near: {pe: dk, subnet: [192.168.1.0/24, "2001:db8:1::/64"]}
      far: {pe: dk, subnet: [192.168.3.0/24, "2001:db8:3::/64"], ce: router, hosts: 2}
"""


def ping(net, source, target, *options):
    return net.get(source).cmd("ping", "-c1", "-W2", *options, target)


def test_hosts_on_one_pe_reach_each_other_with_ipv4_and_ipv6(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        carry(net)
        assert " 0% packet loss" in ping(net, "c-x-h1", "10.0.0.2")
        address = net.plan.hosts[1].addresses[1].ip
        assert " 0% packet loss" in ping(net, "c/x/h1", str(address))


def test_a_full_size_packet_passes_and_a_larger_one_does_not(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        carry(net)
        assert " 0% packet loss" in ping(net, "c-x-h1", "10.0.0.2", "-M", "do", "-s", "1472")
        assert "1500" in ping(net, "c-x-h1", "10.0.0.2", "-M", "do", "-s", "1473")


def test_mininets_own_commands_work(tmp_path, dataplane):
    with emulated(ONE_PE, tmp_path) as net:
        carry(net)
        assert net.pingAll(timeout="2") == 0
        assert all(float(speed.split()[0]) > 1 for speed in net.iperf(seconds=1))
        assert net.iperf(l4Type="UDP", udpBw="1M", seconds=1)[0] == "1M"
        net.configLinkStatus("dk", "c-y-h1", "down")
        assert net.ping(timeout="1") == 100
        shown = {"openflow": "actions=NORMAL", "ebpf": "no OpenFlow here"}[dataplane]
        assert shown in net.get("dk").dpctl("dump-flows")


class Said(logging.Handler):
    def __init__(self):
        super().__init__()
        self.text = ""

    def emit(self, record):
        self.text += record.getMessage()


def test_mininets_prompt_takes_names_with_hyphens(tmp_path):
    said = Said()
    with emulated(ONE_PE, tmp_path) as net:
        carry(net)
        script = tmp_path / "script"
        script.write_text("c-x-h1 ping -c1 -W2 c-y-h1\nc/x/h1 ping -c1 -W2 c/y/h1\ndk echo hej\n")
        silent, keyboard = os.pipe()
        with os.fdopen(silent) as stdin, os.fdopen(keyboard, "w"):
            lg.addHandler(said)
            try:
                CLI(net, script=str(script), stdin=stdin)
            finally:
                lg.removeHandler(said)
    assert said.text.count(" 0% packet loss") == 2
    assert "hej" in said.text
    assert "Unknown command" not in said.text


def test_names_of_any_length_work(tmp_path, dataplane):
    first, second = (f"copenhagen-central-office-{x}-floor" for x in ("first", "second"))
    with emulated(LONG, tmp_path) as net:
        links = [wire.name for wire in net.plan.veth_pairs if wire.name.startswith(first)]
        assert len(links) == 2
        if dataplane == "openflow":  # the two links would be a loop of bridges
            line, far = "the-largest-customer-of-all/the-main-building", f"{second}-n2"
            for node, one, other in ((first, line, links[0]), (second, links[0], far)):
                patch(net, node, one, other)
            add_flow(net, "n2", "actions=normal")
        else:
            carry(net)
        customer = "the-largest-customer-of-all"
        said = ping(net, f"{customer}/the-main-building/h2", "10.0.0.5")
        assert " 0% packet loss" in said
        assert ping(net, f"{customer}-a-branch-office-h1", "10.0.0.5").count("ttl=64") == 1
        interface = net.interface(links[0], first)
        with inside(interface.pid):
            assert interface.name in interfaces()
        assert net.get(first).dpctl("dump-flows") != ""


@OPENFLOW
def test_a_ce_router_forwards_and_pings_from_its_lan_address(tmp_path):
    with emulated(CE, tmp_path) as net:
        patch(net, "dk", "a/near", "a/far")
        [ce] = net.plan.ces
        near = net.get("a/near/h1")
        # there is no PE: its two gateways are played by the other end itself
        for gateway in ("192.168.1.1", "2001:db8:1::1"):
            near.cmd(f"ip neigh replace {gateway} lladdr {ce.router.mac} dev eth0")
        router = net.get("a/far/ce")
        for gateway in (str(ce.router.pe_wan[0].ip), "fe80::1"):
            router.cmd(f"ip neigh replace {gateway} lladdr {near.MAC()} dev eth0")
        for target in ("192.168.3.3", "2001:db8:3::3"):
            said = ping(net, "a/near/h1", target)
            assert " 0% packet loss" in said
            assert "ttl=63" in said
        assert "from 192.168.3.1" in router.cmd("ip route get 192.168.1.2").replace("src", "from")
        assert " 0% packet loss" in ping(net, "a/far/ce", "192.168.1.2")
        assert " 0% packet loss" in ping(net, "a/far/ce", "2001:db8:1::2")
        assert " 0% packet loss" in ping(net, "a/far/h1", "192.168.3.3")


def test_a_link_that_is_cut_has_no_carrier_at_either_end_until_mended(tmp_path):
    with emulated(LONG, tmp_path) as net:
        link = net.plan.veth_pairs[0]
        ends = [net.interface(link.name, end.node) for end in link.ends]

        def carriers():
            return [state(end) for end in ends]

        assert carriers() == ["UP", "UP"]
        net.set_link(link.name, up=False)
        assert "UP" not in carriers()
        net.set_link(link.name, up=True)
        eventually(lambda: carriers() == ["UP", "UP"], "the link is up again")


def state(interface):
    with inside(interface.pid):
        command = ["ip", "-br", "link", "show", interface.name]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return shown.split()[1]


@OPENFLOW
def test_ports_and_their_shaping_return_when_ovs_vswitchd_was_killed(tmp_path):
    lab = ONE_PE.replace("{pe: dk}", "{pe: dk, rate: 10 Mbit/s}")
    with emulated(lab, tmp_path) as net:
        openvswitch = net.fabric.openvswitch
        before = openvswitch.switch_pid
        os.kill(before, signal.SIGKILL)
        eventually(lambda: not openvswitch.alive, "Open vSwitch noticed")
        openvswitch.restart()
        assert openvswitch.alive
        assert openvswitch.switch_pid != before
        carry(net)
        assert " 0% packet loss" in ping(net, "c-x-h1", "10.0.0.2")
        qdiscs = subprocess.run(["tc", "qdisc"], capture_output=True, text=True, check=True).stdout
        assert len(re.findall(r"qdisc htb 1: dev dk-eth\d", qdiscs)) == 2


@OPENFLOW
@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("rate", ["", ", rate: 100 Mbit/s"])
def test_a_burst_waits_until_open_vswitch_has_time_for_it(tmp_path, rate, restarted):
    """A burst fits into what a port holds, and then into a line's queue of 80 ms, which is 1 MB."""
    burst = 400
    with emulated(ONE_PE.replace("y: {pe: dk", f"y: {{pe: dk{rate}"), tmp_path) as net:
        openvswitch = net.fabric.openvswitch
        if restarted:
            openvswitch.restart()
        carry(net)
        sender, receiver = net.get("c-x-h1"), net.get("c-y-h1")
        assert " 0% packet loss" in ping(net, "c-x-h1", "10.0.0.2")
        before = received_frames(receiver)
        frame = bytes.fromhex(f"{receiver.MAC()}{sender.MAC()}88b5".replace(":", "")).ljust(1514)
        os.kill(openvswitch.switch_pid, signal.SIGSTOP)
        try:
            with inside(sender.pid), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
                line.bind(("eth0", 0))
                for _ in range(burst):
                    line.send(frame)
        finally:
            os.kill(openvswitch.switch_pid, signal.SIGCONT)
        eventually(lambda: received_frames(receiver) >= before + burst, "all of the burst")


def received_frames(host):
    """Return how many frames have come in at a host's interface."""
    [interface] = json.loads(host.cmd("ip -j -s link show dev eth0"))
    return interface["stats64"]["rx"]["packets"]


@pytest.mark.dataplane("ebpf")
def test_an_lsr_is_a_node_of_its_own_that_mininet_can_stop_and_start(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        carry(net)
        lsr = net.get("dk")
        assert namespace_of(lsr.pid) not in {
            namespace_of(os.getpid()),
            namespace_of(net.hosts[0].pid),
        }
        assert lsr.cmd("ls /sys/class/net").split() == ["dk-eth1", "dk-eth2", "lo"]
        assert lsr.cmd("ip -o address show dev dk-eth1") == ""
        assert lsr.cmd("cat /proc/sys/net/ipv4/ip_forward").strip() == "0"
        assert " 0% packet loss" in ping(net, "c-x-h1", "10.0.0.2")
        lsr.stop()
        assert " 100% packet loss" in ping(net, "c-x-h1", "10.0.0.2", "-W", "0.3")
        lsr.start(())
        eventually(lambda: " 0% packet loss" in ping(net, "c-x-h1", "10.0.0.2"), "it is back")


@pytest.mark.dataplane("ebpf")
def test_hosts_on_ebpf_hand_over_whole_packets_but_for_a_slow_line(tmp_path):
    def limits(net):
        with inside(net.pid("c-x-h1")):
            command = ["ip", "-d", "link", "show", "eth0"]
            shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return int(re.search(r"gso_max_segs (\d+)", shown)[1])

    with emulated(ONE_PE, tmp_path) as net:
        assert limits(net) > 1
        offload = net.get("c-x-h1").cmd("ethtool -k eth0")
        assert "tx-checksumming: on" in offload
    slow = ONE_PE.replace("y: {pe: dk}", "y: {pe: dk, rate: 2 Mbit/s}")
    with emulated(slow, tmp_path) as net:
        assert limits(net) == 1


def test_stop_ends_what_was_left_running_in_a_host(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        host = net.get("c-x-h1")
        namespace = namespace_of(host.pid)
        host.cmd("setsid nohup sleep 1000 >/dev/null 2>&1 &")
        eventually(lambda: len(list(processes_in({namespace}))) == 2, "sleep runs")
        running = set(processes_in({namespace}))
    assert not running & set(processes_in({namespace}))  # beside others its number is used again


def test_killall_in_a_host_spares_every_other_host(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        one, other = net.get("c-x-h1", "c-y-h1")
        for host in (one, other):
            host.cmd("sleep 1000 &")
        one.cmd("killall -9 sleep")
        spaces = [{namespace_of(host.pid)} for host in (one, other)]
        eventually(lambda: len(list(processes_in(spaces[0]))) == 1, "its own sleep is dead")
        assert len(list(processes_in(spaces[1]))) == 2


@pytest.mark.parametrize("stage", ["nodes", "links", "hosts", "shaping", "switches"])
def test_ctrl_c_while_building_leaves_nothing(tmp_path, stage):
    def interrupt(now, done, _total):
        if now == stage and done > 0:
            os.kill(os.getpid(), signal.SIGINT)

    lab = ONE_PE.replace("{pe: dk}", "{pe: dk, rate: 10 Mbit/s}")
    children = set(children_of(os.getpid()))
    options = LabOptions(progress=interrupt)
    with pytest.raises(KeyboardInterrupt), emulated(lab, tmp_path, options):
        pytest.fail("it was not interrupted")
    assert set(children_of(os.getpid())) == children


@OPENFLOW
def test_a_lab_is_not_built_outside_its_namespace(tmp_path):
    network = loads(ONE_PE, "lab.yaml").network
    with enter_private_namespace() as namespace:
        pass
    openvswitch = PrivateOpenVswitch(tmp_path)
    fabric = OpenVswitchFabric(openvswitch)
    net = LabNet(network, compile_program(network), namespace, fabric)
    with pytest.raises(EmulationError, match="private namespace"):
        net.start()
    assert not openvswitch.alive


def test_an_unknown_node_or_link_is_an_error_that_names_it(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        with pytest.raises(LabError, match="'nobody'"):
            net.node("nobody")
        with pytest.raises(LabError, match="'dk-p1'"):
            net.set_link("dk-p1", up=False)
        with pytest.raises(LabError, match="c-y-h1 is not an end of c/x"):
            net.interface("c/x", "c-y-h1")


def test_a_host_keeps_its_own_sys_and_its_quiet_interfaces(tmp_path):
    with emulated(ONE_PE, tmp_path) as net:
        assert net.get("c-x-h1").cmd("ls /sys/class/net").split() == ["eth0", "lo"]
        with inside(net.pid("c-x-h1")):
            assert Path("/proc/thread-self/net/dev").read_text().count("eth0") == 1


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
