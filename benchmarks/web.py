"""The live page: how soon a cut link shows, what watching costs, and what traffic notices."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.figure import Figure, figure
from benchmarks.labs import NORDIC
from mplsemu import Lab
from mplsemu.emulation.throughput import Transfer, measure_throughput

_CPU_SECONDS = 20
_TCP_SECONDS = 2
_LARGE = "topohub:topozoo/TataNld"


@dataclass
class Page:
    """A server by hand and its provider's page."""

    address: str
    headers: dict[str, str]
    pid: int

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Ask for a change, and wait until it is done."""
        url = f"{self.address}/api/{path}"
        httpx.post(url, json=body, headers=self.headers, timeout=30).raise_for_status()

    @contextmanager
    def open(self, hear: Callable[[str, Any], None] = lambda _event, _data: None) -> Iterator[None]:
        """Have the page open, with its stream read, while the block runs."""
        is_open = threading.Event()
        url = f"{self.address}/api/stream"
        with httpx.stream("GET", url, headers=self.headers, timeout=60) as answer:

            def read() -> None:
                event = ""
                try:
                    for line in answer.iter_lines():
                        if line.startswith("event: "):
                            event = line[7:]
                        elif line.startswith("data: "):
                            hear(event, json.loads(line[6:]))
                            is_open.set()
                except httpx.HTTPError:
                    pass

            reader = threading.Thread(target=read)
            reader.start()
            assert is_open.wait(20)
            yield
            answer.extensions["network_stream"].get_extra_info("socket").shutdown(2)
            reader.join()


@contextmanager
def _served(lab: Lab) -> Iterator[Page]:
    command = [sys.executable, "-m", "mplsemu", "web", "--lab", lab.session.record.name]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            found = re.search(r"(http\S+)/#token=(\S+)", server.stdout.readline())
            assert found is not None
            yield Page(found[1], {"Authorization": f"Bearer {found[2]}"}, server.pid)
        finally:
            server.terminate()


def measure(runs: int) -> list[Figure]:
    """Measure on nordic; a cut link also on a network of 143 LSRs."""
    figures = []
    with Lab(NORDIC) as lab, _served(lab) as page:
        figures.append(_cut_to_seen(page, "nordic", "dk-p1", runs))
        figures += _cpu(lab, page, max(1, runs // 3))
        figures += _traffic(lab, page, 4 * runs)
    with tempfile.TemporaryDirectory() as directory:
        lab_file = Path(directory) / "large.yaml"
        words = ["new", "large", "--from", _LARGE, "--l3vpns", "5", "--vpls", "2", "--sites", "6"]
        command = [sys.executable, "-m", "mplsemu", *words, "--seed", "1", "-o", str(lab_file)]
        subprocess.run(command, check=True, capture_output=True)
        with Lab(lab_file) as lab, _served(lab) as page:
            link = lab.network.provider.links[0].name
            figures.append(
                _cut_to_seen(page, f"{len(lab.network.provider.nodes)} LSRs", link, runs)
            )
    return figures


def _cut_to_seen(page: Page, name: str, link: str, runs: int) -> Figure:
    """From the request to the word of it, at moments that have nothing to do with the server's."""
    seen, state = threading.Condition(), {"down": ["?"]}

    def hear(event: str, data: Any) -> None:
        if event == "state":
            with seen:
                state["down"] = data["down"]
                seen.notify_all()

    took_ms = []
    with page.open(hear):
        for run in range(2 * runs):
            time.sleep(0.3 + 0.037 * (run % 7))
            for is_up in (False, True):
                began = time.monotonic()
                asked = threading.Thread(
                    target=page.post, args=("links", {"link": link, "up": is_up})
                )
                asked.start()
                with seen:
                    wanted = [] if is_up else [link]
                    assert seen.wait_for(lambda wanted=wanted: state["down"] == wanted, 20)
                if not is_up:
                    took_ms.append((time.monotonic() - began) * 1000)
                asked.join()
    note = "from the request to cut to the state that the page gets"
    return figure(f"{name}: a cut link shows", took_ms, "ms", at_most=500.0, note=note)


def _cpu(lab: Lab, page: Page, runs: int) -> list[Figure]:
    """Measure what the server and the controller need while nothing happens."""
    controller = lab.session.controller.call("status")["pid"]
    shares: dict[tuple[str, bool], list[float]] = {}
    for _ in range(runs):
        for is_open in (False, True):
            with page.open() if is_open else _nothing():
                time.sleep(2)  # what it takes to begin
                before = [_cpu_s(page.pid), _cpu_s(controller)]
                time.sleep(_CPU_SECONDS)
                after = [_cpu_s(page.pid), _cpu_s(controller)]
            for who, x, y in zip(("server", "controller"), before, after, strict=True):
                shares.setdefault((who, is_open), []).append((y - x) / _CPU_SECONDS * 100)
    note = f"of one core, over {_CPU_SECONDS} s in which nothing happens"
    found = [
        figure(
            f"nordic: CPU of the {'web ' if who == 'server' else ''}{who}, "
            f"{'one page open' if is_open else 'no page, or a hidden one'}",
            share,
            "%",
            at_most=0.5 if who == "server" and not is_open else None,
            note=note,
        )
        for (who, is_open), share in sorted(shares.items())
    ]
    cores = os.cpu_count() or 1
    added = [
        (sum(opened) - sum(closed)) / cores
        for opened, closed in zip(
            zip(shares["server", True], shares["controller", True], strict=True),
            zip(shares["server", False], shares["controller", False], strict=True),
            strict=True,
        )
    ]
    title = "nordic: CPU that an open page takes from the data plane"
    note = f"server and controller, of all {cores} cores"
    return [*found, figure(title, added, "%", at_most=2.0, note=note)]


def _traffic(lab: Lab, page: Page, runs: int) -> list[Figure]:
    """Send over TCP with and without an open page, in turn."""
    record = lab.session.record
    pids = [record.hosts[name].pid for name in ("b/aarhus/h1", "b/oslo/h1")]
    address = lab.session.address_of("b/aarhus/h1", "b/oslo/h1")
    rates: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(runs):
        for is_open in (False, True) if turn % 2 else (True, False):
            with page.open() if is_open else _nothing():
                time.sleep(1)  # what it takes to open a page is not what it takes to have it open
                done = measure_throughput(*pids, address, Transfer(seconds=_TCP_SECONDS))
            rates[is_open].append(done.received_bps / 1e6)
    note = f"iperf3, one stream, {_TCP_SECONDS} s, in turn"
    ratios = [a / b for a, b in zip(rates[True], rates[False], strict=True)]
    spread = f"{note}; one pair differs from the next by {statistics.pstdev(ratios):.0%}"
    return [
        figure("nordic: TCP without a page", rates[False], "Mbit/s", note=note),
        figure("nordic: TCP with a page open", rates[True], "Mbit/s", note=note),
        figure("nordic: TCP with a page / without", ratios, "ratio", at_least=0.98, note=spread),
    ]


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
