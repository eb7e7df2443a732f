"""A live page without a lab: ``python -m tests.fakeweb topologies/nordic.yaml --port 8123``.

The real server on a lab that is only computed. Links can be cut, loads wiggle, pings are answered
by the interpreter of the forwarding program. Needs no root. Also the lab of the server's tests.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn

from mplsemu.control.compile import compile_program
from mplsemu.emulation.counters import Counters
from mplsemu.errors import EmulationError, LabNotRunningError
from mplsemu.lab.loader import load
from mplsemu.model.network import Network
from mplsemu.program.diff import diff_programs
from mplsemu.program.trace import trace
from mplsemu.running.session import PingResult
from mplsemu.views.tables.counters import CounterTable, counter_table
from mplsemu.views.tables.macs import MacRow, mac_rows
from mplsemu.web.access import Access
from mplsemu.web.app import create_app
from mplsemu.web.source import InstalledProgram, LabFacts, parts_of

_DAMPING_BPS = 40_000_000


class FakeLab:
    """A lab that runs nowhere; a `LabSource`.

    Attributes:
        answers: whether its controller does.
        runs: whether it does.
        asked: how often each thing was asked for.
        ping_s: how long a ping takes.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.facts = LabFacts(
            network.name,
            "openflow",
            "userspace",
            compile_program(network).vpns,
            parts_of(compile_program(network)),
        )
        self.answers = True
        self.runs = True
        self.asked: dict[str, int] = {}
        self.pid = 4711
        self.generation = 1
        self.switch_faults: dict[str, dict[str, Any]] = {}
        self.learned: list[dict[str, Any]] = []
        self.packets: list[dict[str, Any]] = []
        self.ping_s = 0.0
        self._down: frozenset[str] = frozenset()
        self._program = compile_program(network)
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        for node in self._program.nodes:
            self.tell("switch", f"{node.name} connected")

    # --- what a LabSource has ---------------------------------------------------------------

    def is_running(self) -> bool:
        return self.runs

    def status(self) -> dict[str, Any]:
        self._ask("status")
        well = {"connected": True, "in_sync": True, "flows": 20, "errors": 0}
        switches = {
            node.name: {**well, **self.switch_faults.get(node.name, {})}
            for node in self._program.nodes
        }
        return {
            "lab": self.network.name,
            "framework": "none",
            "pid": self.pid,
            "generation": self.generation,
            "in_sync": all(each["in_sync"] for each in switches.values()),
            "down": sorted(self._down),
            "neighbours": 0,
            "switches": switches,
        }

    def events(self, since: int) -> list[dict[str, Any]]:
        self._ask("events")
        return [each for each in self._events if each["number"] > since]

    def installed(self) -> InstalledProgram:
        self._ask("installed")
        with self._lock:
            return InstalledProgram(f"{self.pid}.{self.generation}", self.generation, self._program)

    def macs(self) -> list[MacRow]:
        self._ask("macs")
        return list(mac_rows(self.learned))

    def counted(self) -> CounterTable:
        self._ask("counted")
        return counter_table({"dataplane": "ebpf", "counted": True, "counters": self.packets})

    def counters(self) -> Counters:
        """Return counters whose rate swings slowly, each link's in its own time."""
        self.asked["counters"] = self.asked.get("counters", 0) + 1
        now = time.monotonic()
        sent = {}
        for index, link in enumerate(self._program.links):
            share = min(1.0, _DAMPING_BPS / link.bandwidth_bps + 0.3)
            ends = [
                link.bandwidth_bps / 8 * share * (now - 7 * math.cos(now / 7 + index + end)) / 2
                for end in (0, 1)
            ]
            is_dead = link.name in self._down
            sent[link.name] = (0, 0) if is_dead else (round(ends[0]), round(ends[1]))
        return Counters(now, sent)

    def set_link(self, link: str, *, up: bool) -> None:
        self._ask("set_link")
        with self._lock:
            self._down = self._down - {link} if up else self._down | {link}
            self.tell("port", f"{link} is {'up again' if up else 'down'}")
            before = self._program
            self._program = compile_program(self.network, self._down, (), before)
            changed = diff_programs(before, self._program)
            if not changed.is_empty:
                self.generation += 1
                text = f"generation {self.generation}: {'; '.join(changed.summary())}"
                self.tell("program", text, 2.5)

    def ping(self, source: str, target: str, count: int) -> PingResult:
        self._ask("ping")
        time.sleep(self.ping_s)
        there = trace(self._program, source, target).delivered
        lines = [f"PING {target} 56(84) bytes of data."]
        if there:
            lines += [
                f"64 bytes from {target}: icmp_seq={n + 1} ttl=62 time=0.{31 + 7 * n % 20} ms"
                for n in range(count)
            ]
        received = count if there else 0
        lines += ["", f"--- {target} ping statistics ---"]
        loss = 0 if there else 100
        lines += [f"{count} packets transmitted, {received} received, {loss}% packet loss"]
        return PingResult(count, received, "\n".join(lines) + "\n")

    # --- what a test does to it -------------------------------------------------------------

    def tell(self, kind: str, text: str, took_ms: float | None = None) -> None:
        """Have something happen."""
        number = next(self._numbers)
        self._events.append(
            {
                "number": number,
                "time_s": time.time(),
                "kind": kind,
                "text": text,
                "took_ms": took_ms,
            }
        )

    def restart_controller(self) -> None:
        """Be a controller that was started again."""
        self.pid += 1
        self.generation = 1
        self._numbers = itertools.count(1)
        self._events = []
        for node in self._program.nodes:
            self.tell("switch", f"{node.name} connected")

    def _ask(self, what: str) -> None:
        self.asked[what] = self.asked.get(what, 0) + 1
        if not self.answers:
            raise LabNotRunningError("no controller listens on /run/mplsemu/x/controller.sock")
        if not self.runs:
            raise EmulationError("the controller did not answer 'status' within 10 s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lab", type=Path)
    parser.add_argument("--port", type=int, default=8123)
    args = parser.parse_args()
    lab = FakeLab(load(args.lab).network)
    vpls = [vpn.name for vpn in lab.facts.vpns if vpn.kind == "vpls"]
    lab.learned = [
        {"node": pe, "vsi": vpn, "mac": host.mac, "circuit": site.circuit, "peer": None}
        for vpn in vpls
        for of, site in lab.network.sites()
        if of.name == vpn
        for pe, host in [(site.pe, site.hosts[0])]
    ]
    access = Access.new(lab.facts.customers, lab.facts.parts)
    with socket.create_server(("127.0.0.1", args.port)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        links = access.links(address)
        for reader, link in links.by_reader():
            print(f"{reader:<14} {link}")
        print(f"process {os.getpid()}; Ctrl-C ends it", flush=True)
        config = uvicorn.Config(
            create_app(lab, access),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
