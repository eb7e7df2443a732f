"""The checks under ``validate`` of a lab file, on the real network: pings, paths, throughput."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from mplsemu.emulation.interrupts import sleep
from mplsemu.emulation.probe import Probe, Prober, ProbeResult
from mplsemu.emulation.throughput import Transfer, measure_throughput
from mplsemu.errors import MplsEmuError
from mplsemu.model.network import (
    HostRef,
    Network,
    PathCheck,
    PingCheck,
    ThroughputCheck,
    Validation,
    must_fail,
)
from mplsemu.model.vpn import IPAddress
from mplsemu.program.observation import LiveTrace
from mplsemu.running.checks import CheckResult, Progress, endpoints, trouble_of
from mplsemu.running.live_trace import follow
from mplsemu.running.session import Session
from mplsemu.verification.validate import path_problem

USUAL_WAIT_S: Final = 10.0
_PATH_TRIES: Final = 3
"""One packet may be lost by chance, three in a row are not."""
_TRANSFER_S: Final = 2.0
_PAUSE_S: Final = 0.2


def run_validations(
    session: Session, progress: Progress, more: tuple[Validation, ...] = ()
) -> tuple[CheckResult, ...]:
    """Check everything under ``validate``; return the results in the lab file's order.

    Args:
        session: with the lab.
        progress: called with the number of checks done, and their total.
        more: further checks, after those of the lab file.

    Raises:
        EmulationError: a host is gone.
    """
    wanted = session.network.validate + more
    done: dict[int, CheckResult] = {}
    pings = {n: each for n, each in enumerate(wanted) if isinstance(each, PingCheck)}
    progress(0, len(wanted))
    for wait_s in sorted({each.wait_s or USUAL_WAIT_S for each in pings.values()}):
        group = {n: each for n, each in pings.items() if (each.wait_s or USUAL_WAIT_S) == wait_s}
        done |= _pings(session, group, wait_s)
        progress(len(done), len(wanted))
    for number, each in enumerate(wanted):
        match each:
            case PingCheck():
                continue
            case PathCheck():
                done[number] = _timed(each, partial(_path, session, each))
            case ThroughputCheck():
                done[number] = _timed(each, partial(_throughput, session, each))
        progress(len(done), len(wanted))
    return tuple(done[number] for number in range(len(wanted)))


def _timed(check: Validation, tried: Callable[[], tuple[bool, str]]) -> CheckResult:
    """Run a check; an error is its failure, and the others still run."""
    began = time.monotonic()
    try:
        ok, detail = tried()
    except MplsEmuError as error:
        ok, detail = False, str(error)
    return _check(check, ok, None, detail, time.monotonic() - began)


def _check(
    check: Validation, ok: bool, rtt_ms: float | None, detail: str, took_s: float
) -> CheckResult:
    return CheckResult(
        f"validate: {check}",
        check.source.vpn,
        str(check.source),
        str(check.target),
        "isolate" if must_fail(check) else "reach",
        ok,
        rtt_ms,
        detail,
        took_s,
    )


# --- ping ----------------------------------------------------------------------------------


def _pings(
    session: Session, checks: Mapping[int, PingCheck], wait_s: float
) -> dict[int, CheckResult]:
    """Run pings together; return the results by number."""
    hosts = endpoints(session.record)
    probes = [_probe(session.network, each) for each in checks.values()]
    with Prober(hosts, session.network.provider.longest_delay_ms / 1000) as prober:
        results = prober.run(probes, wait_s)
        return {
            number: _ping_check(each, result, prober.troubles)
            for (number, each), result in zip(checks.items(), results, strict=True)
        }


def _probe(network: Network, each: PingCheck) -> Probe:
    if not isinstance(each.target, HostRef):
        return Probe(str(each.source), each.target, by_anybody=each.expect_reply)
    addresses: dict[str, list[IPAddress]] = {
        str(ref): [interface.ip for interface in host.addresses] for ref, _, host in network.hosts()
    }
    versions = {address.version for address in addresses[str(each.source)]}
    theirs = addresses[str(each.target)]
    address = next((a for a in theirs if a.version in versions), theirs[0])
    expected = str(each.target) if each.expect_reply else None
    return Probe(str(each.source), address, expected)


def _ping_check(each: PingCheck, result: ProbeResult, troubles: Mapping[str, str]) -> CheckResult:
    answered = result.replied
    if isinstance(each.target, HostRef):
        answered = answered and str(each.target) in result.delivered_to
    because = f" ({result.error})" if result.error else ""
    detail = "" if answered else f"no answer{because}"
    if answered and not each.expect_reply:
        detail = "it was answered"
    ok = answered is each.expect_reply
    trouble = trouble_of((str(each.source), str(each.target)), troubles)
    if trouble is not None and not answered:
        ok, detail = False, f"not to be tried: {trouble}"
    rtt_ms = result.rtt_ms if answered else None
    done = _check(each, ok, rtt_ms, detail, (rtt_ms or 0) / 1000)
    return replace(done, address=str(result.probe.target))


# --- path ----------------------------------------------------------------------------------


def _path(session: Session, check: PathCheck) -> tuple[bool, str]:
    """Send packets, and observe which path they take."""
    problem = ""
    for _ in range(_PATH_TRIES):
        found = follow(session, str(check.source), str(check.target))
        problem = _lost(found) or path_problem(check, found.way, found.labels)
        if not problem:
            return True, f"seen on the wire: {', '.join(found.way)}" if found.way else ""
    return False, problem


def _lost(found: LiveTrace) -> str:
    """Return how a packet was lost; empty if it arrived."""
    if not found.predicted.delivered:
        return f"it does not arrive: {found.predicted.end}"
    if any(step.verdict == "not seen" for step in found.steps):
        seen = [step for step in found.steps if step.seen is not None]
        where = f"behind {seen[-1].receiver}" if seen else "at once"
        return f"it was lost {where}"
    return ""


# --- throughput ----------------------------------------------------------------------------


def _throughput(session: Session, check: ThroughputCheck) -> tuple[bool, str]:
    """Measure until the throughput suffices, or the time is over."""
    source, target = str(check.source), str(check.target)
    sender, receiver = session.host(source), session.host(target)
    address = session.address_of(source, target)
    deadline = time.monotonic() + (check.wait_s or 0)
    while True:
        problem: str | None = None
        try:
            transfer = Transfer(_TRANSFER_S)
            measured = measure_throughput(sender.pid, receiver.pid, address, transfer).received_bps
        except MplsEmuError as error:
            measured, problem = 0.0, str(error)
        outcome = problem or f"{measured / 1_000_000:.3g} Mbit/s"
        if measured >= check.least_bps:
            return True, outcome
        if time.monotonic() > deadline:
            wanted = f"{check.least_bps / 1_000_000:g} Mbit/s"
            return False, problem or f"{outcome} of at least {wanted}"
        sleep(_PAUSE_S)
