"""Build an AttMpls of plain Mininet nodes and links, then end: what a lab's boot is held against.

Same switches, hosts and links as topologies/attmpls.yaml, no controller, no rates; inside a
namespace and an Open vSwitch of its own like a lab. Prints the seconds until it was started.
"""

from __future__ import annotations

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

STARTED = time.perf_counter()

from mplsemu.compat.distutils import stdlib_distutils  # noqa: E402  # imports count, too

with stdlib_distutils():  # what setuptools costs is saved on both sides
    from mininet.net import Mininet
    from mininet.node import OVSSwitch
    from mininet.topo import Topo

from mplsemu.emulation.namespace import enter_private_namespace  # noqa: E402
from mplsemu.emulation.openvswitch import PrivateOpenVswitch  # noqa: E402
from mplsemu.lab.loader import load  # noqa: E402


def main() -> None:
    """Build it once."""
    network = load(sys.argv[1]).network
    topo = Topo()
    names = {node.name: f"s{index}" for index, node in enumerate(network.provider.nodes, 1)}
    for name in names.values():
        topo.addSwitch(name)
    for link in network.provider.links:
        topo.addLink(*(names[end] for end in link.ends))
    for index, (_, site, _) in enumerate(network.hosts(), 1):
        topo.addHost(f"h{index}")
        topo.addLink(f"h{index}", names[site.pe])
    Mininet.inited = True
    with (
        tempfile.TemporaryDirectory() as directory,
        enter_private_namespace(),
    ):
        openvswitch = PrivateOpenVswitch(Path(directory) / "ovs")
        openvswitch.start()
        switch = partial(OVSSwitch, datapath="user", batch=True)
        net = Mininet(topo, switch=switch, controller=None)
        net.start()
        print(time.perf_counter() - STARTED, flush=True)
        for host in net.hosts:
            host.terminate()
        openvswitch.stop()


main()
