"""Hosts and routers in a row, each with a namespace of its own: packets that real kernels send.

    host a - PE - P ... P - PE - host b

The L3VPN has 10.0.1.0/24 and 10.0.2.0/24, and fd00:1::/64 and fd00:2::/64; the VPLS has
10.0.9.0/24 and fd00:9::/64, with a tag on its frames where the hosts are asked for one.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network

from mplsemu.emulation.operational import await_operational
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    IlmAction,
    IlmFlag,
    NhlfeFlag,
    Operation,
    PwFlag,
    Role,
    RouteKind,
)
from mplsemu.southbound.ebpf.layout import (
    SETTINGS_KEY,
    FibKey,
    IlmKey,
    IlmRecord,
    MemberKey,
    NhlfeRecord,
    Port,
    PwRecord,
    RouteRecord,
    Settings,
    TunnelKey,
    TunnelRecord,
    VsiKey,
    VsiRecord,
    word,
)
from mplsemu.southbound.ebpf.loader import LoadedProgram
from tests.ebpf.elsewhere import opened_inside
from tests.ebpf.tagging import tag

VRF, VSI = 7, 3
TRANSPORT, OVER, VPN4, VPN6, PW = 100, 200, 504, 506, 509
ROUTED, BRIDGED = "eth0", "eth1"
CORE_MTU, ACCESS_MTU = 1600, 1500
GATEWAYS = {1: ("10.0.1.254", "fd00:1::fe"), 2: ("10.0.2.254", "fd00:2::fe")}


def address(host: int, service: str, version: int) -> str:
    """Return a host's address: of host 1 or 2, in the "l3vpn" or the "vpls"."""
    net = host if service == "l3vpn" else 9
    return f"10.0.{net}.{host}" if version == 4 else f"fd00:{net}::{host}"


def _mac(ifindex: int) -> bytes:
    return bytes((2, 0xBF)) + ifindex.to_bytes(4, "big")


def _mac_text(ifindex: int) -> str:
    return _mac(ifindex).hex(":")


@dataclass(frozen=True)
class End:
    """One end of a veth pair."""

    node: str
    name: str
    ifindex: int


class Path:
    """The nodes, the program on every router, and entries for both services."""

    def __init__(
        self,
        routers: int,
        *,
        direct: bool,
        word: bool = True,
        tagged: bool = False,
        uniform: bool = False,
        pushed: bool = False,
    ) -> None:
        self.routers = [f"r{number}" for number in range(1, routers + 1)]
        self.hosts = ["h1", "h2"]
        self.program = LoadedProgram.load()
        self._flags = NhlfeFlag.DIRECT if direct else NhlfeFlag.NONE
        self._word = word
        self._pushed = pushed
        self._processes = {name: _holder() for name in (*self.hosts, *self.routers)}
        self._next_ifindex = 70_001
        self._ends: dict[tuple[str, str], End] = {}
        try:
            self._build(tagged=tagged, uniform=uniform)
        except BaseException:
            self.close()
            raise

    def _build(self, *, tagged: bool, uniform: bool) -> None:
        self._wire(tagged=tagged)
        self._set("settings", SETTINGS_KEY, Settings(uniform, _gateway_mac()).pack())
        self._lsps()
        for near, far in ((1, 2), (2, 1)):
            self._services(near, far)
        for end in self._ends.values():
            if end.node in self.routers:
                pid = self._processes[end.node].pid
                opened_inside(pid, lambda name=end.name: self.program.attach(name))

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self.program.close()

    def pid(self, node: str) -> int:
        """Return a process in the node's namespace."""
        return self._processes[node].pid

    def command(self, node: str, *words: str) -> list[str]:
        """Return the words that run a command at a node."""
        return ["nsenter", "-t", str(self._processes[node].pid), "-n", *words]

    def run(self, node: str, *words: str, timeout_s: float = 30) -> str:
        done = subprocess.run(
            self.command(node, *words),
            check=False,
            text=True,
            capture_output=True,
            timeout=timeout_s,
        )
        if done.returncode:
            raise RuntimeError(f"{node}: {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    # --- wires ---

    def _wire(self, *, tagged: bool) -> None:
        lines: list[str] = []
        row = [self.hosts[0], *self.routers, self.hosts[1]]
        for left, right in zip(self.routers, self.routers[1:], strict=False):
            lines.append(self._link(left, "right", right, "left", CORE_MTU))
        for host, router in ((row[0], row[1]), (row[-1], row[-2])):
            side = "left" if host == "h1" else "right"
            for name in (ROUTED, BRIDGED):
                port = f"{'vrf' if name == ROUTED else 'vsi'}-{side}"
                lines.append(self._link(host, name, router, port, ACCESS_MTU))
        subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)
        for node in row:
            mine = [f"link set {end.name} up" for end in self._ends.values() if end.node == node]
            self.batch(node, "link set lo up", *mine)
        for node in row:
            mine = [end.name for end in self._ends.values() if end.node == node]
            opened_inside(self.pid(node), lambda mine=mine: await_operational(mine))
        for number, host in enumerate(self.hosts, start=1):
            self._address(host, number, tagged=tagged)

    def _link(self, a: str, name_a: str, b: str, name_b: str, mtu: int) -> str:
        words = []
        for node, name in ((a, name_a), (b, name_b)):
            end = End(node, name, self._next_ifindex)
            self._next_ifindex += 1
            self._ends[node, name] = end
            pid = self._processes[node].pid
            words.append(
                f"name {name} index {end.ifindex} address {_mac_text(end.ifindex)} "
                f"mtu {mtu} netns {pid}"
            )
        return f"link add {words[0]} type veth peer {words[1]}"

    def batch(self, node: str, *lines: str) -> None:
        subprocess.run(
            self.command(node, "ip", "-batch", "-"), input="\n".join(lines), text=True, check=True
        )

    def _address(self, host: str, number: int, *, tagged: bool) -> None:
        other = 3 - number
        gateway4, gateway6 = GATEWAYS[number]
        if tagged:
            ifindex = self._ends[host, BRIDGED].ifindex
            opened_inside(self.pid(host), lambda: tag(ifindex))
        lines = [
            f"addr add {address(number, 'l3vpn', 4)}/24 dev {ROUTED}",
            f"addr add {address(number, 'l3vpn', 6)}/64 dev {ROUTED} nodad",
            f"addr add {address(number, 'vpls', 4)}/24 dev {BRIDGED}",
            f"addr add {address(number, 'vpls', 6)}/64 dev {BRIDGED} nodad",
            f"neigh add {gateway4} lladdr {GATEWAY_MAC} dev {ROUTED} nud permanent",
            f"neigh add {gateway6} lladdr {GATEWAY_MAC} dev {ROUTED} nud permanent",
            f"route add 10.0.{other}.0/24 via {gateway4}",
            f"-6 route add fd00:{other}::/64 via {gateway6}",
        ]
        for line in lines:
            self.run(host, "ip", *line.split())

    # --- entries ---

    def _set(self, name: str, key: bytes, value: bytes) -> None:
        self.program.maps[name].set(key, value)

    def _index(self, router: str) -> int:
        return self.routers.index(router) + 1

    def _nhlfe(self, end: End, operation: Operation, *labels: int) -> NhlfeRecord:
        peer = end.ifindex + (1 if end.name == "right" else -1)
        return NhlfeRecord(
            end.ifindex, _mac(peer), _mac(end.ifindex), operation, self._flags, labels
        )

    def _lsps(self) -> None:
        """Lay an LSP each way: its label is TRANSPORT and the index of the egress.

        The penultimate router pops it or, as on a protected path, pushes another over it.
        """
        last = len(self.routers)
        for way, egress in (("right", last), ("left", 1)):
            for router in self.routers:
                index = self._index(router)
                end = self._ends.get((router, way))
                if end is not None:
                    self._set(
                        "ports", word(end.ifindex), Port(index, end.ifindex, Role.CORE).pack()
                    )
                if end is None or index in {1, last}:
                    continue
                is_next_last = abs(index - egress) == 1
                nhlfe = (
                    self._penultimate(end)
                    if is_next_last
                    else self._nhlfe(end, Operation.SWAP, TRANSPORT + egress)
                )
                key = IlmKey(index, TRANSPORT + egress)
                self._set("lfib", key.pack(), IlmRecord(IlmAction.FORWARD, 1, nhlfe=nhlfe).pack())
            ingress = self.routers[0 if way == "right" else -1]
            if last > 1:
                out = self._ends[ingress, way]
                labels = (TRANSPORT + egress,) if last > 2 else ()
                tunnel = TunnelRecord(1, self._nhlfe(out, Operation.PUSH, *labels))
                self._set("tunnels", TunnelKey(self._index(ingress), egress).pack(), tunnel.pack())

    def _penultimate(self, end: End) -> NhlfeRecord:
        if not self._pushed:
            return self._nhlfe(end, Operation.POP)
        pop = IlmRecord(IlmAction.POP_AND_LOOK_UP).pack()
        last = len(self.routers) if end.name == "right" else 1
        for label in (OVER, TRANSPORT + last):
            self._set("lfib", IlmKey(last, label).pack(), pop)
        return self._nhlfe(end, Operation.PUSH, OVER)

    def _services(self, near: int, far: int) -> None:
        last = len(self.routers)
        router, side = (self.routers[0], "left") if near == 1 else (self.routers[-1], "right")
        index, other = self._index(router), (last if near == 1 else 1)
        vrf, vsi = self._ends[router, f"vrf-{side}"], self._ends[router, f"vsi-{side}"]
        for end, role, service in ((vrf, Role.VRF, VRF), (vsi, Role.VSI, VSI)):
            self._set("ports", word(end.ifindex), Port(index, end.ifindex, role, service).pack())
        host_mac = _mac(self._ends[f"h{near}", ROUTED].ifindex)
        deliver = RouteRecord(RouteKind.DELIVER, vrf.ifindex, mac=host_mac)
        for version, label in ((4, VPN4), (6, VPN6)):
            here, there = address(near, "l3vpn", version), address(far, "l3vpn", version)
            self._route(index, here, deliver)
            if last > 1:
                self._route(index, there, RouteRecord(RouteKind.TO_PE, other, label))
            else:
                end = self._ends[router, f"vrf-{'right' if side == 'left' else 'left'}"]
                far_mac = _mac(self._ends[f"h{far}", ROUTED].ifindex)
                self._route(index, there, RouteRecord(RouteKind.DELIVER, end.ifindex, mac=far_mac))
            record = IlmRecord(IlmAction.TO_VRF, ip_version=version, service=VRF)
            self._set("lfib", IlmKey(index, label).pack(), record.pack())
        self._bridge(index, other, vsi)

    def _route(self, router: int, host: str, route: RouteRecord) -> None:
        network = ip_network(host)
        self._set(f"fib{network.version}", FibKey(router, VRF, network).pack(), route.pack())

    def _bridge(self, index: int, other: int, circuit: End) -> None:
        ilm_flags = IlmFlag.CONTROL_WORD if self._word else IlmFlag.NONE
        record = IlmRecord(IlmAction.TO_PSEUDOWIRE, flags=ilm_flags, service=VSI, pw=1)
        self._set("lfib", IlmKey(index, PW).pack(), record.pack())
        wire_flags = PwFlag.CONTROL_WORD if self._word else PwFlag.NONE
        self._set("pws", MemberKey(index, VSI, 1).pack(), PwRecord(other, PW, wire_flags).pack())
        self._set("circuits", MemberKey(index, VSI, 1).pack(), word(circuit.ifindex))
        vsi = VsiRecord(BridgeKind.VPLS, 1, 1, 0, 300_000_000_000)
        self._set("vsis", VsiKey(index, VSI).pack(), vsi.pack())


def _gateway_mac() -> bytes:
    return bytes.fromhex(GATEWAY_MAC.replace(":", ""))


def _holder() -> subprocess.Popen[bytes]:
    """Start a process that holds a new network namespace open until it is killed."""
    process = subprocess.Popen(
        ["unshare", "--net", "--kill-child", "sh", "-c", "echo && exec sleep 600"],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


@contextmanager
def path(routers: int, **options: bool) -> Iterator[Path]:
    """Make a path, and take it down."""
    made = Path(routers, **options)
    try:
        yield made
    finally:
        made.close()
