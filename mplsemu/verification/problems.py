"""What is wrong with a packet's walk: its end, its TTL or its label stack."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from mplsemu.model.limits import Limits
from mplsemu.model.topology import TtlMode
from mplsemu.program.packet import DEFAULT_TTL
from mplsemu.program.path import (
    Branch,
    Delivered,
    Dropped,
    End,
    Punted,
    TtlExpired,
    Unresolved,
    Walk,
)
from mplsemu.verification.address_plan import (
    ExpectedEnd,
    ToAny,
    ToCe,
    ToGateway,
    ToHost,
    ToLan,
    ToNobody,
)
from mplsemu.verification.verdict import Invariant

PROBE_TTL: Final = 255
"""TTL of probes: large enough to tell a long path in the uniform model from a loop."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a packet's walk.

    Attributes:
        invariant: what it breaks.
        detail: what is wrong, for display.
        cause: equal for packets that fail for the same reason.
        branch: number of the copy that shows it.
    """

    invariant: Invariant
    detail: str
    cause: tuple[object, ...]
    branch: int = 0


def end_problem(walk: Walk, expected: ExpectedEnd, visible: Collection[str]) -> Problem | None:
    """Return how a routed packet did not end as it should.

    Args:
        walk: of the packet.
        expected: how it should end.
        visible: the circuits of the sites that its VRF may reach.
    """
    for number, end in enumerate(walk.ends):
        if isinstance(end, Delivered | Unresolved) and end.circuit not in visible:
            return Problem(
                Invariant.ISOLATE, f"leaks: {describe_end(end)}", ("leak", end.circuit), number
            )
    loop = loop_problem(walk)
    if loop is not None:
        return loop
    (end, *more) = walk.ends
    if more:
        return Problem(
            Invariant.ISOLATE, f"is copied: {describe_end(end)}, and {len(more)} more", ("copies",)
        )
    if _is_as_expected(end, expected):
        return None
    return _wrong_end(end, expected)


def _wrong_end(end: End, expected: ExpectedEnd) -> Problem:
    """Describe an end that is not the expected one."""
    if isinstance(expected, ToNobody):
        return Problem(Invariant.ISOLATE, f"should get nowhere: {describe_end(end)}", _cause(end))
    if (
        isinstance(expected, ToLan)
        and isinstance(end, Delivered)
        and end.circuit == expected.circuit
    ):
        return Problem(
            Invariant.ISOLATE, f"{end.host} does not have it: {describe_end(end)}", _cause(end)
        )
    who = _receiver(expected)
    invariant = Invariant.TTL if isinstance(end, TtlExpired) else Invariant.REACH
    return Problem(
        invariant,
        f"{who} does not get it: {describe_end(end)}",
        (intended_circuit(expected), *_cause(end)),
    )


def share_problems(ends: Collection[End], expected: ExpectedEnd) -> Iterator[Problem]:
    """Yield which of several sites gets none of the flows that should be spread over them.

    Args:
        ends: of all paths that packets may take.
        expected: how they should end.
    """
    for wanted in expected.ends if isinstance(expected, ToAny) else ():
        if not any(_is_as_expected(end, wanted) for end in ends):
            said = f"{_receiver(wanted)} gets no share of it"
            yield Problem(Invariant.REACH, said, ("share", intended_circuit(wanted)))


def _receiver(expected: ExpectedEnd) -> str:
    match expected:
        case ToHost(_, host, _):
            return str(host)
        case ToAny(ends):
            return " or ".join(map(_receiver, ends))
        case ToNobody():
            return "nobody"
        case ToLan(circuit) | ToCe(circuit):
            return circuit
        case ToGateway(circuit, pe):
            return circuit or pe
    assert_never(expected)


def intended_circuit(expected: ExpectedEnd) -> str | None:
    """Return the circuit of the site that a packet should reach; None if it should not arrive.

    Of several sites it is the first.
    """
    match expected:
        case ToNobody():
            return None
        case ToAny(ends):
            return intended_circuit(ends[0])
        case _:
            return expected.circuit


def _cause(end: End) -> tuple[object, ...]:
    where = getattr(end, "circuit", None) or getattr(end, "node", None)
    return type(end).__name__, where


def _is_as_expected(end: End, expected: ExpectedEnd) -> bool:
    match expected:
        case ToAny(ends):
            return any(_is_as_expected(end, each) for each in ends)
        case ToHost(circuit, host, mac):
            return isinstance(end, Delivered) and (
                (end.circuit, end.host, end.mac) == (circuit, host, mac)
            )
        case ToCe(circuit, mac, is_own):
            return isinstance(end, Delivered) and (
                (end.circuit, end.host, end.mac, end.is_ce) == (circuit, None, mac, is_own)
            )
        case ToLan(circuit, pe):
            return _is_on_lan(end, circuit, pe)
        case ToGateway(_, pe):
            return isinstance(end, Punted) and end.node == pe
        case ToNobody():
            return isinstance(end, Dropped | TtlExpired)
    assert_never(expected)


def _is_on_lan(end: End, circuit: str, pe: str) -> bool:
    if isinstance(end, Delivered):  # somebody whom the running network has found there
        return end.circuit == circuit and end.host is None
    return isinstance(end, Unresolved) and (end.circuit, end.node) == (circuit, pe)


def loop_problem(walk: Walk) -> Problem | None:
    """Return the loop that a packet or one of its copies entered."""
    for number, end in enumerate(walk.ends):
        if isinstance(end, Dropped) and end.reason == "loop":
            return Problem(
                Invariant.LOOP, f"goes round in a loop, by way of {end.node}", ("loop",), number
            )
    return None


def describe_end(end: End) -> str:
    """Say how a packet ended."""
    match end:
        case Delivered():
            return f"delivered to {end.host or end.mac} on {end.circuit}"
        case Unresolved():
            return f"nobody on {end.circuit} is known to have {end.address}"
        case Punted():
            return f"{end.node} has {end.address} itself"
        case TtlExpired():
            return f"lost at {end.node}: TTL expired"
        case Dropped():
            return f"lost at {end.node}: {end.reason}"
        case _:
            assert_never(end)


def ttl_problem(mode: TtlMode, branch: Branch, extra: int) -> Problem | None:
    """Return what is wrong with the TTL of a packet that arrived, sent with `PROBE_TTL`.

    Exactly the routers that the customer should see decrement it (RFC 3443): VRFs and CE routers
    in the pipe model, every LSR too in the uniform model.

    Args:
        mode: of the lab.
        branch: its path.
        extra: how often CE routers decremented it before its PE.
    """
    left = branch.hops[-1].ip_ttl
    if left is None:
        return None
    taken = PROBE_TTL - left
    if isinstance(branch.end, Delivered):
        counted = [
            hop
            for hop in branch.hops
            if mode is TtlMode.UNIFORM or hop.vrf is not None or hop.is_ce
        ]
        if taken != len(counted):
            said = f"its TTL went down by {taken}, where {mode.value} takes {len(counted)}"
            return Problem(Invariant.TTL, said, ("count",))
    else:  # the router that owns the address, or resolves it, has not decremented the TTL yet
        taken += 1
    if taken + extra >= DEFAULT_TTL:
        said = f"needs {taken + extra} routers, more than a TTL of {DEFAULT_TTL} lasts for"
        return Problem(Invariant.TTL, said, ("length",))
    return None


def stack_problems(walk: Walk, limits: Limits) -> Iterator[Problem]:
    """Yield where a packet has more labels than the data plane takes.

    Args:
        walk: of the packet.
        limits: of the network.
    """
    paths = [(number, branch.hops) for number, branch in enumerate(walk.branches)]
    paths += [(0, hops) for hops in walk.joined]
    for number, hops in paths:
        deep = next((hop for hop in hops if len(hop.out_stack) > limits.labels), None)
        if deep is not None:
            said = f"has {len(deep.out_stack)} labels on {deep.link}, the data plane takes "
            yield Problem(Invariant.STACK, f"{said}{limits.labels}", ("labels", deep.node), number)
