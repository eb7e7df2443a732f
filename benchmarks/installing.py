"""How many flows a second the controller computes, encodes and has installed, all LSRs at once.

AttMpls with 100 VPNs x 10 sites, on real bridges of Open vSwitch with no ports: every port is
said to be up.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.figure import Figure, figure
from mplsemu.program.program import Program


def measure(runs: int) -> list[Figure]:
    """Install everything on empty switches, several times, in processes of their own."""
    rates, note = [], ""
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.installing"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        flows, seconds, switches = done.stdout.split()[-3:]
        rates.append(int(flows) / float(seconds))
        note = f"{flows} flows on {switches} LSRs; translate, encode, send, barrier"
    return [figure("controller installs", rates, "flows/s", at_least=20_000.0, note=note)]


def _bridges(program: Program) -> list[str]:
    """Return the arguments of ovs-vsctl that make a bridge of every LSR."""
    words: list[str] = []
    for node in program.nodes:
        bridge = f"b{node.index}"
        words += f"-- add-br {bridge} -- set-controller {bridge} tcp:127.0.0.1:6653".split()
        words += f"-- set bridge {bridge} datapath_type=netdev fail_mode=secure".split()
        words += ["protocols=OpenFlow13", f"other-config:datapath-id={node.index:016x}"]
    return words[1:]


def _once() -> None:
    from mplsemu.southbound.openflow.threads import patch_standard_library

    patch_standard_library()
    from mplsemu.controller.controller import Controller
    from mplsemu.emulation.namespace import enter_private_namespace
    from mplsemu.emulation.openvswitch import PrivateOpenVswitch
    from mplsemu.lab.importers.new_lab import new_lab
    from mplsemu.lab.loader import loads
    from mplsemu.southbound.openflow import framework
    from mplsemu.southbound.openflow.plane import OpenFlowPlane
    from mplsemu.southbound.plane.events import LsrConnected, PlaneEvent, PortChanged

    generated = new_lab("bench", "topohub:topozoo/AttMpls", l3vpns=50, vpls=50, sites=10, seed=1)
    plane = OpenFlowPlane("127.0.0.1", 6653)
    controller = Controller(loads(generated.text, "bench.yaml").network, plane)
    entered = []

    def deliver(event: PlaneEvent) -> None:
        """Pass events on; switches wait until all are there, and all their ports are up."""
        if isinstance(event, LsrConnected):
            entered.append(replace(event, live_ports=frozenset(range(1, 0xFEFF))))
            if len(entered) == len(controller.program.nodes):
                for each in entered:
                    controller.deliver(each)
        elif not isinstance(event, PortChanged):
            controller.deliver(event)

    with tempfile.TemporaryDirectory() as directory, enter_private_namespace():
        openvswitch = PrivateOpenVswitch(Path(directory) / "ovs")
        openvswitch.start()
        plane.start(controller.program, deliver)
        plane.threads.spawn(controller.run)
        framework.hub.sleep(0.3)
        subprocess.Popen(["ovs-vsctl", *_bridges(controller.program)]).wait()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            framework.hub.sleep(0.05)
            nodes = controller.program.nodes
            if all(controller.lsrs[node.name].node is node for node in nodes):
                break
        installs = [e for e in controller.events.since(0) if "flows changed" in e["text"]]
        total = sum(int(e["text"].split()[0]) for e in installs)
        seconds = sum(e["took_ms"] for e in installs) / 1000
        print(total, seconds, len(controller.program.nodes), flush=True)
        openvswitch.stop()
    os._exit(0)


if __name__ == "__main__":
    _once()
