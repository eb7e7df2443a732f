"""Proofs of a lab's ``validate`` section, on the program alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from mplsemu.errors import LabError
from mplsemu.model.names import is_core
from mplsemu.model.network import Network, PathCheck, PingCheck, ThroughputCheck, Validation
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.program import Program
from mplsemu.program.trace import Trace, trace


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of one check.

    Attributes:
        check: the check.
        ok: whether it holds; None if only a running network can tell.
        detail: why it does not hold, or cannot be told; empty if it holds.
        trace: the packet that shows it, if there is one.
    """

    check: Validation
    ok: bool | None
    detail: str = ""
    trace: Trace | None = None


def prove(program: Program, network: Network, check: Validation) -> Proof:
    """Prove or refute one check.

    Args:
        program: what every LSR does.
        network: for the rates of access lines.
        check: of the same lab.
    """
    try:
        there = trace(program, str(check.source), str(check.target))
    except LabError as error:  # no IP version in common
        return Proof(check, isinstance(check, PingCheck) and not check.expect_reply, error.problem)
    match check:
        case PingCheck():
            return _prove_ping(program, check, there)
        case PathCheck():
            return _prove_path(check, there)
        case ThroughputCheck():
            return _prove_throughput(network, check, there)
        case _:
            assert_never(check)


def _prove_path(check: PathCheck, there: Trace) -> Proof:
    """Prove it for every path that the packet may take."""
    if not there.delivered:
        return Proof(check, False, f"it does not arrive: {there.end}", there)
    for variant in there.variants():
        problem = path_problem(check, variant.way, variant.labels)
        if problem:
            return Proof(check, False, problem, variant)
    return Proof(check, True, trace=there)


def _prove_ping(program: Program, check: PingCheck, there: Trace) -> Proof:
    back = answer(program, there) if there.delivered else None
    answered = is_answered(there, back)
    if answered is check.expect_reply:
        return Proof(check, True, trace=there)
    if answered:
        return Proof(check, False, "it is answered", there)
    if back is None:
        return Proof(check, False, f"it is not answered: {there.end}", there)
    return Proof(check, False, f"its answer does not come back: {back.trace.end}", back.trace)


def path_problem(check: PathCheck, passed: Sequence[str], labels: Sequence[Sequence[int]]) -> str:
    """Return what is wrong with the path of a packet that arrived; empty if nothing is.

    Args:
        check: what the path must be.
        passed: the LSRs and core links on it, in order.
        labels: its label stack on each core link.
    """
    shown = ", ".join(passed) or "within one LAN"
    for name in check.avoid:
        if name in passed:
            return f"it passes {name}: {shown}"
    rest = iter(passed)
    for name in check.via:
        if name not in rest:  # `in` consumes the iterator: the next name has to come later
            if name in passed:
                return f"it goes in another order by way of {name}: {shown}"
            return f"it does not go by way of {name}: {shown}"
    depth = max(map(len, labels), default=0)
    if check.depth is not None and depth > check.depth:
        return f"it carries {depth} labels: {shown}"
    return ""


def _prove_throughput(network: Network, check: ThroughputCheck, there: Trace) -> Proof:
    """Refute rates that a line on the path cannot carry; the rest takes a running network."""
    if not there.delivered:
        return Proof(check, False, f"it does not arrive: {there.end}", there)
    name, rate = _best_rate(network, there)
    if rate < check.least_bps:
        detail = f"{name} carries {rate / 1_000_000:g} Mbit/s only"
        return Proof(check, False, detail, there)
    return Proof(check, None, "only the running network can tell", there)


def _best_rate(network: Network, there: Trace) -> tuple[str, float]:
    """Return the bottleneck of the fastest path that the packets may take."""
    slowest = (
        min(_rates(network, variant), key=lambda line: line[1], default=("", math.inf))
        for variant in there.variants()
    )
    return max(slowest, key=lambda line: line[1])


def _rates(network: Network, trace: Trace) -> Iterator[tuple[str, float]]:
    """Yield the links and lines on a packet's path that have a rate, with their rates."""
    links = {link.name: link.bandwidth_bps for link in network.provider.links}
    sites = {line.circuit: line.rate_bps for _, line in network.lines()}
    passed = [hop.link for hop in trace.hops if hop.link is not None]
    if passed:
        passed.append(trace.circuit)
    for name in passed:
        rate = links[name] if is_core(name) else sites[name]
        if rate is not None:
            yield name, rate
