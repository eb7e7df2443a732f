r"""The lab of nordic.yaml for Mininet's own command.

What it teaches
  - the same routers, hosts and addresses can be built by plain Mininet and controlled by a
    controller that was started by hand, as with any other topology script.

What to try
  mplsemu controller topologies/nordic.yaml                    (in another terminal)
  sudo mn --custom topologies/nordic.py --topo nordic --controller remote \
      --switch ovs,protocols=OpenFlow13,datapath=user --mac
  mininet> a-aarhus-h1 ping -c3 192.168.2.2

It runs on the machine's own Open vSwitch and in its own namespace, as Mininet always does; add
``--link tc`` for the access rates. ``sudo mplsemu up`` needs neither.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mininet.cli import CLI
from mininet.node import Host, OVSBridge
from mininet.topo import Topo

# mn runs this file by exec(), which sets no __file__
TOPOLOGIES = Path(inspect.getfile(inspect.currentframe())).resolve().parent


def find_mplsemu() -> None:
    """Let mn's Python, which is the system's, see the virtual environment of mplsemu.

    Raises:
        SystemExit: there is none, or it is another Python's; says what to do.
    """
    root = TOPOLOGIES.parent
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = root / ".venv" / "lib" / version / "site-packages"
    sys.path[:0] = [str(root), str(packages)]
    try:
        import mplsemu.control.compile  # noqa: PLC0415
        import mplsemu.lab.loader  # noqa: F401, PLC0415
    except ImportError as error:
        hint = f"there is no {packages}" if not packages.is_dir() else str(error)
        sys.exit(f"cannot import mplsemu: {hint}; type: make -C {root} setup")


find_mplsemu()

from mplsemu.control.compile import compile_program  # noqa: E402
from mplsemu.emulation import batch_commands  # noqa: E402
from mplsemu.emulation.plan import make_plan  # noqa: E402
from mplsemu.lab.loader import load  # noqa: E402

if TYPE_CHECKING:
    from mplsemu.emulation.plan import VethPair
    from mplsemu.model.vpn import IPInterface


class CustomerHost(Host):
    """A host with all its addresses and routes: lines for ip(8), as ``mplsemu up`` uses them."""

    def config(
        self,
        lines: tuple[str, ...] = (),
        first: IPInterface | None = None,
        *,
        forward: bool = False,
        **params: Any,
    ) -> Any:
        """Configure the node; Mininet calls it with what addHost() got."""
        result = super().config(**params)
        self.cmd(f"sysctl -qw net.ipv4.ip_forward={int(forward)}")
        self.cmd(f"sysctl -qw net.ipv6.conf.all.forwarding={int(forward)}")
        for line in lines:
            self.cmd(f"ip {line}")
        for interface in self.intfNames():
            self.cmd(f"ethtool -K {interface} tx off")
        if first is not None:
            interface = self.defaultIntf()
            interface.ip, interface.prefixLen = str(first.ip), first.network.prefixlen
        return result


class NordicTopo(Topo):
    """nordic.yaml's routers, sites, hosts and CE routers."""

    def build(self, lab: str = str(TOPOLOGIES / "nordic.yaml")) -> None:
        """Add everything; ``--topo nordic,lab=FILE`` takes another lab file."""
        network = load(lab).network
        plan = make_plan(network, compile_program(network))
        for lsr in plan.lsrs:
            if lsr.bridge != lsr.name:
                sys.exit(f"{lsr.name} is too long a name for Mininet; use: mplsemu up {lab}")
            self.addSwitch(lsr.name, dpid=f"{lsr.dpid:016x}")
        for index, lan in enumerate(plan.lans, 1):
            # far from the routers' datapath ids; it has no controller
            dpid = f"{0xFFFF_0000 + index:016x}"
            self.addSwitch(lan.name, cls=OVSBridge, dpid=dpid, datapath="user")
        for host in plan.hosts:
            first = next((each for each in host.addresses if each.version == 4), None)
            lines = tuple(batch_commands.host_lines(host))
            # the MAC address here too: mn --mac would give it another
            options = {"ip": None, "mac": host.mac, "lines": lines, "first": first}
            self.addHost(host.name, cls=CustomerHost, **options)
        for ce in plan.ces:
            lines = tuple(batch_commands.ce_lines(ce))
            first = next((each for each in ce.router.wan if each.version == 4), None)
            options = {"ip": None, "mac": ce.router.mac, "lines": lines, "first": first}
            self.addHost(ce.name, cls=CustomerHost, forward=True, **options)
        for pair in plan.veth_pairs:
            self.add_veth_pair(pair)

    def add_veth_pair(self, pair: VethPair) -> None:
        """Add a link with the ports, interface names and MAC addresses of the lab."""
        options = {} if pair.rate_bps is None else {"bw": pair.rate_bps / 1e6}
        for number, end in enumerate(pair.ends, 1):
            # ports of a LAN's bridge count from 0 in the lab, from 1 in Open vSwitch
            is_lan = end.node in self.switches() and self.nodeInfo(end.node).get("cls") is OVSBridge
            options[f"port{number}"] = end.port + is_lan
            options[f"intfName{number}"] = end.interface
            options[f"params{number}"] = {"ifconfig": f"mtu {end.mtu}"}
            if end.mac is not None:
                options[f"addr{number}"] = end.mac
        first, second = pair.ends
        self.addLink(first.node, second.node, **options)


# Mininet's prompt would end a node's name at the hyphen
CLI.identchars = "".join(sorted({*CLI.identchars, *"-."}))

topos = {"nordic": NordicTopo}
