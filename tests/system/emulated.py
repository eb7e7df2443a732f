"""A lab with flows made by hand: nodes and links without a controller."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mplsemu.control.compile import compile_program
from mplsemu.emulation.fabric_openvswitch import OpenVswitchFabric
from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.net import LabNet, LabOptions
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.emulation.probe import HostEndpoint
from mplsemu.lab.loader import loads


@contextmanager
def emulated(text: str, run_dir: Path, options: LabOptions | None = None) -> Iterator[LabNet]:
    """Start a lab in a namespace of its own; afterwards nothing may be left in that."""
    network = loads(text, "lab.yaml").network
    with enter_private_namespace() as namespace:
        net = LabNet(
            network,
            compile_program(network),
            namespace,
            OpenVswitchFabric(PrivateOpenVswitch(run_dir / "ovs")),
            options,
        )
        try:
            net.start()
            yield net
        finally:
            net.stop()
        assert interfaces() == ["lo"]


def interfaces() -> list[str]:
    """Return the names of the interfaces in this thread's namespace."""
    shown = subprocess.run(["ip", "-br", "link"], check=True, capture_output=True, text=True)
    return [line.split()[0].split("@")[0] for line in shown.stdout.splitlines()]


def add_flow(net: LabNet, node: str, flow: str) -> None:
    """Add a flow, written as ovs-ofctl takes it."""
    bridge = net.node(node).bridge
    subprocess.run(["ovs-ofctl", "-O", "OpenFlow13", "add-flow", bridge, flow], check=True)


def patch(net: LabNet, node: str, first: str, second: str) -> None:
    """Join two circuits of an LSR as if a cable lay between them."""
    one, other = circuit_port(net, node, first), circuit_port(net, node, second)
    add_flow(net, node, f"in_port={one},actions=output:{other}")
    add_flow(net, node, f"in_port={other},actions=output:{one}")


def circuit_port(net: LabNet, node: str, wire: str) -> int:
    """Return the port with which an LSR is at a circuit or link."""
    [found] = [end.port for each, end in net.plan.ports() if each.name == wire and end.node == node]
    return found


def endpoints(net: LabNet) -> dict[str, HostEndpoint]:
    """Return every host as the prober sees it."""
    return {
        str(host.ref): HostEndpoint(
            net.pid(host.name), "eth0", host.mac, frozenset(a.ip for a in host.addresses)
        )
        for host in net.plan.hosts
    }


def eventually(condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not in {timeout_s} s: {what}"
        time.sleep(0.02)
