"""A lab without a controller: nodes and links, and LSRs that do what a test tells them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mplsemu.control.compile import compile_program
from mplsemu.emulation.fabric_ebpf import EbpfFabric
from mplsemu.emulation.fabric_openvswitch import OpenVswitchFabric
from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.net import LabNet
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.emulation.options import LabOptions
from mplsemu.emulation.probe_sockets import HostEndpoint
from mplsemu.lab.loader import loads
from mplsemu.running.choice import DATAPLANE_VARIABLE
from mplsemu.southbound.ebpf.installer import Installer
from mplsemu.southbound.ebpf.layout import SETTINGS_KEY
from mplsemu.southbound.ebpf.translate import entries, settings
from mplsemu.southbound.plane.events import PlaneEvent


@contextmanager
def emulated(text: str, run_dir: Path, options: LabOptions | None = None) -> Iterator[LabNet]:
    """Start a lab in a namespace of its own; afterwards nothing may be left in that.

    Its LSRs are those of the data plane that the fixture `dataplane` says, else Open vSwitch's.
    """
    network = loads(text, "lab.yaml").network
    with enter_private_namespace() as namespace:
        net = LabNet(network, compile_program(network), namespace, fabric_of(run_dir), options)
        try:
            net.start()
            yield net
        finally:
            net.stop()
        assert interfaces() == ["lo"]


def fabric_of(run_dir: Path) -> OpenVswitchFabric | EbpfFabric:
    """Return what LSRs are to be made of."""
    if os.environ.get(DATAPLANE_VARIABLE) == "ebpf":
        return EbpfFabric()
    return OpenVswitchFabric(PrivateOpenVswitch(run_dir / "ovs"))


def carry(net: LabNet) -> None:
    """Have the LSRs carry packets: as the lab's program says, or as plain bridges."""
    if isinstance(net.fabric, OpenVswitchFabric):
        for lsr in net.switches:
            add_flow(net, lsr.name, "actions=normal")
        return
    attached, maps = net.fabric.attached, net.fabric.maps
    refused: list[PlaneEvent] = []
    installer = Installer(
        maps,
        attached.ports,
        lambda program, node: entries(program, node, attached),
        refused.append,
    )
    maps["settings"].set(SETTINGS_KEY, settings(net.program).pack())
    installer.install(net.program, [lsr.name for lsr in net.switches])
    assert refused == []


def namespace_of(pid: int) -> int:
    """Return the inode number of a process's network namespace."""
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


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
