"""Throughput between two hosts, measured with iperf3(1)."""

from __future__ import annotations

import json
import math
import subprocess
import time
from dataclasses import dataclass
from typing import Any, Final

from mplsemu.emulation.interrupts import communicate, sleep
from mplsemu.emulation.namespace import die_with_parent
from mplsemu.emulation.openvswitch import find_tool
from mplsemu.errors import EmulationError
from mplsemu.southbound.network_namespace import inside

_CONNECT_TIMEOUT_S: Final = 5.0
_GRACE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """What to send.

    Attributes:
        seconds: how long, rounded up: iperf3 takes whole seconds.
        udp_bps: UDP at this rate; None is TCP, as fast as possible.
        port: the server's.
    """

    seconds: float = 5.0
    udp_bps: int | None = None
    port: int = 5201


@dataclass(frozen=True, slots=True)
class Throughput:
    """The result, in bits per second of TCP or UDP payload."""

    sent_bps: float
    received_bps: float


def measure_throughput(
    client_pid: int, server_pid: int, server_address: str, transfer: Transfer
) -> Throughput:
    """Send from one namespace to another, and measure the throughput.

    Args:
        client_pid: a process in the sender's namespace.
        server_pid: a process in the receiver's.
        server_address: an address of the receiver.
        transfer: what to send.

    Raises:
        MissingToolError: iperf3 is not installed.
        EmulationError: there is no connection, or it was lost.
    """
    iperf3 = find_tool("iperf3", "iperf3")
    with inside(server_pid):
        server = subprocess.Popen(
            [iperf3, "--server", "--one-off", "--port", str(transfer.port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent(),  # noqa: PLW1509  # there is no other way to ask for it
        )
    command = [iperf3, "--json", "--client", server_address, "--port", str(transfer.port)]
    # iperf3 truncates, and takes 0 as forever
    command += ["--time", str(max(1, math.ceil(transfer.seconds))), "--connect-timeout", "3000"]
    if transfer.udp_bps is not None:
        command += ["--udp", "--bitrate", str(transfer.udp_bps)]
    try:
        report = _run_client(client_pid, command, transfer.seconds + _GRACE_S)
    finally:
        server.kill()
        server.wait()
    end = report.get("end", {})
    if not {"sum", "sum_received"} & end.keys():
        raise EmulationError("iperf3: it was ended before it was done")
    sent = end["sum_sent"] if "sum_sent" in end else end["sum"]
    received = end["sum_received"] if "sum_received" in end else end["sum"]
    lost = 0.0 if transfer.udp_bps is None else end["sum"].get("lost_percent", 0.0) / 100
    received_bps = received["bits_per_second"]
    if transfer.udp_bps is not None and received is end.get("sum"):
        received_bps *= 1 - lost  # older versions report only what was sent
    return Throughput(sent["bits_per_second"], received_bps)


def _report(output: bytes) -> dict[str, Any]:
    """Return iperf3's report; one that is incomplete, as iperf3 was killed, becomes an error."""
    try:
        report = json.loads(output)
    except ValueError:
        return {"error": "it said nothing of use"}
    return report if isinstance(report, dict) else {"error": "it said something else"}


def parse_rate(text: str) -> int:
    """Return bits per second from a rate as iperf writes it: ``10M``, ``512k``, ``1G``, ``800``.

    Raises:
        ValueError: it is not a number with at most one such letter.
    """
    factor = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}.get(text[-1:].lower())
    return int(float(text)) if factor is None else int(float(text[:-1]) * factor)


def _run_client(pid: int, command: list[str], timeout_s: float) -> dict[str, Any]:
    """Run the client; try again as long as the server does not listen yet."""
    deadline = time.monotonic() + _CONNECT_TIMEOUT_S
    while True:
        with inside(pid):
            client = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        try:
            output, _ = communicate(client, timeout_s)
        except subprocess.TimeoutExpired as error:
            raise EmulationError(f"iperf3 did not end within {timeout_s:g} s") from error
        report = _report(output)
        problem = report.get("error")
        if problem is None:
            return report
        if "refused" not in problem or time.monotonic() > deadline:
            raise EmulationError(f"iperf3: {problem}")
        sleep(0.02)
