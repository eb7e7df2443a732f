"""What ``iperf --json`` prints: how fast one host sent to another."""

from __future__ import annotations

from typing import Any

from mplsemu.emulation.throughput import Throughput, Transfer


def iperf_object(
    source: str, target: str, transfer: Transfer, measured: Throughput
) -> dict[str, Any]:
    """Return what was asked for and what was measured, in bits per second of payload."""
    return {
        "src": source,
        "dst": target,
        "protocol": "tcp" if transfer.udp_bps is None else "udp",
        "asked_bps": transfer.udp_bps,
        "sent_bps": round(measured.sent_bps),
        "received_bps": round(measured.received_bps),
    }
