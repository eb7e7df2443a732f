"""What ``mplsemu check`` proves: the lab as it is, its own pings, and with links down."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.model.network import Network, PingCheck
from mplsemu.program.program import Program
from mplsemu.program.trace import trace
from mplsemu.program.way import Delivered, Punted
from mplsemu.verification.matrix import verify
from mplsemu.verification.verdict import Verdict, Violation
from mplsemu.views.customer import customer_view
from mplsemu.views.model import BridgeView, L3vpnView

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class PingResult:
    """A ``validate`` entry and whether it is as it should be; `expect` as in ``test --json``."""

    src: str
    dst: str
    expect: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """Links that are down together, and what that breaks.

    Attributes:
        down: the links.
        violations: what no longer holds.
        parts: the VPNs that fall apart, each with the sites of its parts.
    """

    down: tuple[str, ...]
    violations: tuple[Violation, ...]
    parts: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes:
        program: as compiled.
        verdict: on it.
        pings: the lab file's ``validate``.
        failures: how many links were let fail together, at most.
        tried: sets of links that were.
        outages: those that break something.
    """

    program: Program
    verdict: Verdict
    pings: tuple[PingResult, ...]
    failures: int
    tried: int
    outages: tuple[Outage, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is as it should be."""
        return self.verdict.holds and all(p.ok for p in self.pings) and not self.outages


def check_network(
    network: Network, down: frozenset[str], failures: int, progress: Progress
) -> Report:
    """Compile and verify: once, and for every set of up to `failures` further links down."""
    program = compile_program(network, down=down)
    pings = tuple(_ping(program, check) for check in network.validate)
    verdict = verify(program, network)
    links = [link.name for link in network.provider.links if link.name not in down]
    failures = min(failures, len(links))
    total = sum(math.comb(len(links), size) for size in range(1, failures + 1))
    outages = []
    for done, failed in enumerate(_sets(links, failures)):
        progress("failures", done, total)
        after = compile_program(network, down=down | set(failed))
        found = verify(after, network)
        if not found.holds:
            outages.append(Outage(failed, found.violations, tuple(_parts(after))))
    return Report(program, verdict, pings, failures, total, tuple(outages))


def _sets(links: list[str], most: int) -> itertools.chain[tuple[str, ...]]:
    """Return all sets of 1 to `most` links, small ones first."""
    return itertools.chain.from_iterable(
        itertools.combinations(links, size) for size in range(1, most + 1)
    )


def _parts(program: Program) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """Yield the VPNs that are in more than one part, with the sites of each part."""
    for vpn in program.vpns:
        view = customer_view(program, vpn.name)
        if len(view.islands) < 2:
            continue
        match view:
            case L3vpnView():
                parts = [[s.name for router in i for s in router.sites] for i in view.islands]
            case BridgeView():
                parts = [[site.name for site in island] for island in view.islands]
        yield vpn.name, tuple(tuple(part) for part in parts)


def _ping(program: Program, check: PingCheck) -> PingResult:
    source, target = str(check.source), str(check.target)
    expect = "reach" if check.expect_reply else "isolate"
    ok = _is_answered(program, source, target) is check.expect_reply
    return PingResult(source, target, expect, ok)


def _is_answered(program: Program, source: str, target: str) -> bool:
    """Whether a ping arrives where it is meant to, and its answer finds the way back."""
    try:
        there = trace(program, source, target)
        if not there.delivered:
            return False
        match there.end:
            case Delivered(host=host) if host is not None:
                return trace(program, str(host), source).delivered
            case Delivered() | Punted():  # a gateway or a CE router: it answers on the spot
                return True
    except LabError:  # no IP version in common
        pass
    return False


def evidence(violation: Violation) -> dict[str, Any] | None:
    """Return the way of the packet that shows a violation, in the shape of ``trace --json``."""
    if violation.walk is None or violation.packet is None or not violation.walk.branches:
        return None
    packet = violation.packet
    return {
        "src": violation.circuit,
        "dst": str(packet.ip.destination if packet.ip else packet.destination_mac),
        "delivered": False,
        "hops": [
            {
                "node": hop.node,
                "vrf": hop.vrf,
                "vsi": hop.vsi,
                "in_labels": [int(entry.label) for entry in hop.in_stack],
                "action": hop.action,
                "out_labels": [int(entry.label) for entry in hop.out_stack],
                "link": hop.link,
            }
            for hop in violation.walk.branches[0].hops
        ],
    }
