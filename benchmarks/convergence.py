"""A core link of nordic goes down and comes back under a steady ping: how long nothing arrives."""

from __future__ import annotations

import re
import subprocess
import time

from benchmarks.figure import Figure, figure
from benchmarks.labs import NORDIC
from mplsemu import Lab

_INTERVAL_MS = 2
_COUNT = 1000
_SOURCE, _TARGET = "b/aarhus/h1", "b/oslo/h1"


def measure(runs: int) -> list[Figure]:
    """Cut the first link of the path, then one further on."""
    figures = []
    with Lab(NORDIC) as lab:
        links = [hop.link for hop in lab.trace(_SOURCE, _TARGET).hops if hop.link]
        for link, where in ((links[0], "at the ingress PE"), (links[1], "at the P router")):
            assert lab.reaches(_SOURCE, _TARGET)
            down, up = [], []
            for _ in range(runs):
                down.append(_outage_ms(lab, link, up=False))
                up.append(_outage_ms(lab, link, up=True))
            title = f"nordic: {link} ({where})"
            note = f"ping every {_INTERVAL_MS} ms, lost packets x interval"
            figures.append(figure(f"{title} down", down, "ms", at_most=300.0, note=note))
            figures.append(figure(f"{title} up again", up, "ms", at_most=300.0, note=note))
    return figures


def _outage_ms(lab: Lab, link: str, *, up: bool) -> float:
    address = lab.session.address_of(_SOURCE, _TARGET)
    command = ["ping", "-q", "-i", str(_INTERVAL_MS / 1000), "-c", str(_COUNT), "-W", "1", address]
    ping = lab.session.popen(_SOURCE, command, stdout=subprocess.PIPE, text=True)
    time.sleep(0.7)  # so that the cut comes in the midst of the pings
    lab.session.set_link(link, up=up)
    output, _ = ping.communicate()
    found = re.search(r"(\d+) packets transmitted, (\d+) received", output)
    assert found is not None, output
    return (int(found[1]) - int(found[2])) * _INTERVAL_MS
