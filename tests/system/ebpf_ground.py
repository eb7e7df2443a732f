"""LSRs and hosts of a lab in namespaces made by hand: what a test of the controller alone needs."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import count
from pathlib import Path

from mplsemu.control.compile import compile_program
from mplsemu.controller.client import ControllerClient
from mplsemu.emulation.operational import await_operational, await_operational_at
from mplsemu.lab.loader import load
from mplsemu.southbound.ebpf.attached import Attached, dump_attached
from mplsemu.southbound.ebpf.loader import LoadedProgram
from mplsemu.southbound.network_namespace import inside
from tests.waiting import eventually

CORE_MTU = 1600
FIRST_IFINDEX = 50_000


class EbpfGround:
    """The namespaces of a lab with one host a site, its program in the kernel, its controller."""

    def __init__(self, lab_file: Path, directory: Path) -> None:
        self.lab_file, self.directory = lab_file, directory
        self.program = compile_program(load(lab_file).network)
        self.client = ControllerClient(directory / "c.sock")
        self._holders: dict[str, subprocess.Popen[bytes]] = {}
        self._controller: subprocess.Popen[bytes] | None = None
        self._loaded: LoadedProgram | None = None

    def __enter__(self):
        try:
            self._make_namespaces()
            self._make_wires()
            self._attach()
            self.start_controller()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        self.kill_controller()
        for holder in self._holders.values():
            holder.kill()
            holder.wait()
        if self._loaded is not None:
            self._loaded.close()

    @property
    def circuits(self):
        return [(node, circuit) for node in self.program.nodes for circuit in node.circuits]

    def _make_namespaces(self):
        own = Path("/proc/self/ns/net").readlink()
        names = [node.name for node in self.program.nodes]
        for name in [*names, *(circuit.name for _, circuit in self.circuits)]:
            self._holders[name] = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        for name, holder in self._holders.items():
            namespace = Path(f"/proc/{holder.pid}/ns/net")
            eventually(lambda at=namespace: at.readlink() != own, f"a namespace for {name}")

    def _make_wires(self):
        numbers = count(FIRST_IFINDEX)
        self.ports = {node.name: {} for node in self.program.nodes}
        for link in self.program.links:
            ends = []
            for name in link.ends:
                adjacency = self.program.node(name).adjacency_by_link[link.name]
                self.ports[name][adjacency.port] = next(numbers)
                ends.append((name, adjacency.port, adjacency.mac))
            self._veth(*(self._end(*end) for end in ends))
        for node, circuit in self.circuits:
            self.ports[node.name][circuit.port] = next(numbers)
            mac = f"02:ee:00:00:{node.index:02x}:{circuit.port:02x}"
            host = circuit.hosts[0]
            there = self._words("eth0", host.mac, 1500, next(numbers), circuit.name)
            self._veth(self._end(node.name, circuit.port, mac), there)
            self._configure(circuit, host)

    def _end(self, name, port, mac):
        return self._words(f"p{port}", mac, CORE_MTU, self.ports[name][port], name)

    def _words(self, interface, mac, mtu, ifindex, name):
        words = f"{interface} address {mac} mtu {mtu} index {ifindex}"
        return f"{words} netns {self._holders[name].pid}"

    @staticmethod
    def _veth(one, other):
        subprocess.run(f"ip link add {one} type veth peer name {other}".split(), check=True)

    def _configure(self, circuit, host):
        lines = ["ip link set lo up", "ethtool -K eth0 tx off >/dev/null"]
        if not circuit.gateways:
            lines.append("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
        lines += ["ip link set eth0 up", *self._lan_neighbours(circuit)]
        for address in host.addresses:
            probe = "nodad" if address.version == 6 else ""
            lines.append(f"ip addr add {address} dev eth0 {probe}")
        lines += [
            f"ip -{each.version} route add default via {each.ip}" for each in circuit.gateways
        ]
        self.sh(circuit.name, "; ".join(lines))

    def _lan_neighbours(self, circuit):
        """Yield what tells a VPLS host of all others, so that it sends nothing by itself.

        A kernel asks a neighbour that it answered five seconds later whether it is still there: an
        address would be learned again after a flush, and would not age.
        """
        for _, other in self.circuits:
            if not circuit.gateways and other.vpn == circuit.vpn and other is not circuit:
                host = other.hosts[0]
                for address in host.addresses:
                    words = f"{address.ip} lladdr {host.mac} nud permanent dev eth0"
                    yield f"ip neighbour add {words}"

    def _attach(self):
        self._loaded = LoadedProgram.load()
        for node in self.program.nodes:
            quiet = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"
            up = "; ".join(f"ip link set p{port} up" for port in self.ports[node.name])
            self.sh(node.name, f"{quiet}; ip link set lo up; {up}")
            with inside(self._holders[node.name].pid):
                self._loaded.attach("lo")
                for ifindex in self.ports[node.name].values():
                    self._loaded.attach(ifindex)
        await_operational_at(self._interfaces())
        attached = Attached(
            maps={name: each.id for name, each in self._loaded.maps.items()},
            ports=self.ports,
            interfaces={
                lsr: {port: f"p{port}" for port in ports} for lsr, ports in self.ports.items()
            },
            direct=frozenset(),
            pids={node.name: self._holders[node.name].pid for node in self.program.nodes},
        )
        (self.directory / "attached.json").write_text(dump_attached(attached))

    def _interfaces(self):
        hosts = {self._holders[circuit.name].pid: ["eth0"] for _, circuit in self.circuits}
        return hosts | {
            self._holders[node].pid: [f"p{port}" for port in ports]
            for node, ports in self.ports.items()
        }

    def map(self, name):
        """Return one of the program's maps."""
        return self._loaded.maps[name]

    def start_controller(self):
        command = [
            sys.executable, "-m", "mplsemu", "controller", str(self.lab_file),
            "--dataplane", "ebpf", "--attached", str(self.directory / "attached.json"),
            "--socket", str(self.client.socket_path), "--state", str(self.directory / "s.json"),
        ]  # fmt: skip
        self._controller = process = subprocess.Popen(command)
        self.wait_until_in_sync(lambda: process.poll() is not None)

    def wait_until_in_sync(self, give_up=lambda: False):
        return self.client.wait_until(
            lambda status: status["in_sync"], 20, "what the program says", give_up
        )

    def kill_controller(self):
        if self._controller is not None:
            self._controller.kill()
            self._controller.wait()
            self._controller = None

    def start(self, name, command):
        """Start a command at a host or an LSR."""
        words = ["nsenter", "-t", str(self._holders[name].pid), "-n", "sh", "-c", command]
        return subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def sh(self, name, command):
        """Run a command at a host or an LSR; return what it said."""
        return self.start(name, command).communicate(timeout=60)[0]

    def link(self, name, link, state):
        """Take an LSR's end of a core link down or up."""
        port = self.program.node(name).adjacency_by_link[link].port
        self.sh(name, f"ip link set p{port} {state}")
        with inside(self._holders[name].pid):
            await_operational([f"p{port}"])

    def answered(self, source, target):
        """Return how many of three pings were answered."""
        return received(self.sh(source, f"ping -n -c 3 -i 0.05 -W 1 {target}"))


def received(said):
    """Return how many answers ping says it got."""
    return int(re.search(r"(\d+) received", said)[1])
