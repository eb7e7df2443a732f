"""Hosts at both ends of a chain of namespaces that forward IP: what a lab's LSRs are held against.

``python -m benchmarks.plain_linux N`` builds N routers in a row, each in a namespace of its own,
joined by veth pairs as a lab's are, with static routes; prints ``[[pid, address], [pid, address]]``
of the two hosts, and ends when its standard input does. No rates, no filters.
"""

from __future__ import annotations

import json
import subprocess
import sys

from mplsemu.emulation.namespace import enter_private_namespace, start_daemon
from mplsemu.emulation.operational import await_operational_at
from mplsemu.southbound.network_namespace import inside


def main() -> None:
    """Build it, and hold it until standard input ends."""
    routers = int(sys.argv[1])
    with enter_private_namespace():
        nodes = [
            start_daemon(["unshare", "--net", "sleep", "infinity"]) for _ in range(routers + 2)
        ]
        try:
            for node in nodes:
                _await_own_namespace(node.pid)
            for index in range(routers + 1):
                _join(index, nodes[index].pid, nodes[index + 1].pid)
            for index, node in enumerate(nodes):
                with inside(node.pid):
                    _set_up(index, routers)
            await_operational_at(
                {
                    node.pid: [f"r{index}"] * (index <= routers) + [f"l{index - 1}"] * (index > 0)
                    for index, node in enumerate(nodes)
                }
            )
            ends = [[nodes[0].pid, "10.255.0.1"], [nodes[-1].pid, f"10.255.{routers}.2"]]
            print(json.dumps(ends), flush=True)
            sys.stdin.read()
        finally:
            for node in nodes:
                node.kill()
                node.wait()


def _await_own_namespace(pid: int) -> None:
    """Wait until a process has left ours: its name is then that of what it holds it with."""
    while True:
        with open(f"/proc/{pid}/comm") as name:  # noqa: PTH123
            if name.read().strip() == "sleep":
                return


def _join(index: int, left: int, right: int) -> None:
    """Join two nodes: ``rN`` is the interface of the left one, ``lN`` that of the right one."""
    _ip("link", "add", f"r{index}", "netns", str(left), "mtu", "1600", "type", "veth",
        "peer", "name", f"l{index}", "netns", str(right), "mtu", "1600")  # fmt: skip


def _set_up(index: int, routers: int) -> None:
    """Give a node its addresses, and routes to both ends."""
    _ip("link", "set", "lo", "up")
    if index <= routers:
        _ip("address", "add", f"10.255.{index}.1/24", "dev", f"r{index}")
        _ip("link", "set", f"r{index}", "up")
    if index > 0:
        _ip("address", "add", f"10.255.{index - 1}.2/24", "dev", f"l{index - 1}")
        _ip("link", "set", f"l{index - 1}", "up")
    if 0 < index <= routers:
        subprocess.run(["sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)
    if index > 1:
        _ip("route", "add", "10.255.0.0/24", "via", f"10.255.{index - 1}.1")
    if index < routers:
        _ip("route", "add", f"10.255.{routers}.0/24", "via", f"10.255.{index}.2")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


if __name__ == "__main__":
    main()
