"""A chain of three LSRs with the fewest flows a person would write: what ours are held against.

Builds the nodes and links of `labs.chain(3)` without a controller, installs the flows below,
prints the hosts' process ids as JSON, and ends when its standard input does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.labs import chain
from mplsemu.control.compile import compile_program
from mplsemu.emulation.fabric_openvswitch import OpenVswitchFabric
from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.net import LabNet
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.lab.loader import loads
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.program import Program
from mplsemu.southbound.network_namespace import inside


def flow_lines(program: Program) -> dict[str, list[str]]:
    """Return the flows of every LSR: one path each way for two L3VPN sites and two VPLS sites."""
    macs = {
        (node.name, end.peer): (end.mac, end.peer_mac)
        for node in program.nodes
        for end in node.adjacencies
    }
    hosts = {circuit.name: circuit.hosts[0] for node in program.nodes for circuit in node.circuits}

    def ethernet(node: str, peer: str) -> str:
        mine, theirs = macs[node, peer]
        return f"set_field:{mine}->eth_src,set_field:{theirs}->eth_dst"

    lines: dict[str, list[str]] = {"a": [], "p1": [], "z": []}
    for pe, site, transport in (("a", "west", 17), ("z", "east", 18)):
        host = hosts[f"routed/{site}"]
        bridged = hosts[f"bridged/{site}"]
        to_core = ethernet(pe, "p1")
        deliver = f"set_field:{GATEWAY_MAC}->eth_src,set_field:{host.mac}->eth_dst"
        label = "set_field:{}->mpls_label,set_field:255->mpls_ttl"
        lines[pe] = [
            f"table=0,priority=9,in_port=2,ip actions=dec_ttl,push_mpls:0x8847,{label.format(16)},"
            f"push_mpls:0x8847,{label.format(transport)},{to_core},output:1",
            "table=0,priority=9,in_port=1,mpls,mpls_label=16,mpls_bos=1 actions=pop_mpls:0x0800,"
            "goto_table:1",
            f"table=1,priority=9,ip,nw_dst={host.addresses[0].ip} actions=dec_ttl,{deliver},"
            "output:2",
            f"table=0,priority=5,in_port=3 actions=encap(mpls),{label.format(20)},encap(mpls),"
            f"{label.format(transport)},encap(ethernet),{to_core},output:1",
            "table=0,priority=9,in_port=1,mpls,mpls_label=20,mpls_bos=1 actions="
            "decap(packet_type(ns=0,type=0xfffe)),decap(packet_type(ns=0,type=0)),goto_table:2",
            f"table=2,priority=9,dl_dst={bridged.mac} actions=output:3",
            "table=2,priority=1 actions=output:3",
        ]
    for transport, in_port, out_port, peer in ((17, 1, 2, "z"), (18, 2, 1, "a")):
        lines["p1"].append(
            f"table=0,priority=9,in_port={in_port},mpls,mpls_label={transport} "
            f"actions=dec_mpls_ttl,pop_mpls:0x8847,{ethernet('p1', peer)},output:{out_port}"
        )
    return lines


def main() -> None:
    """Build it, and hold it until standard input ends."""
    network = loads(chain(3, "byhand"), "byhand.yaml").network
    program = compile_program(network)
    with tempfile.TemporaryDirectory() as directory, enter_private_namespace() as namespace:
        openvswitch = PrivateOpenVswitch(Path(directory) / "ovs")
        net = LabNet(network, program, namespace, OpenVswitchFabric(openvswitch))
        net.build()
        net.start()
        for lsr, lines in flow_lines(program).items():
            subprocess.run(
                ["ovs-ofctl", "-O", "OpenFlow13", "add-flows", lsr, "-"],
                input="\n".join(lines),
                text=True,
                check=True,
            )
        for _, site, _ in network.hosts():
            if site.gateways:
                host, gateway = f"{site.circuit}/h1", str(site.gateways[0].ip)
                interface = net.node(host).intfNames()[0]
                command = ["ip", "neigh", "replace", gateway, "lladdr", GATEWAY_MAC]
                with inside(net.pid(host)):
                    subprocess.run([*command, "dev", interface], check=True)
        pids = {str(ref): net.pid(str(ref)) for ref, _, _ in network.hosts()}
        print(json.dumps(pids), flush=True)
        sys.stdin.read()
        net.stop()


if __name__ == "__main__":
    main()
