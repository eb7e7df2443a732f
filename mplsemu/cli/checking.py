"""What ``mplsemu check`` proves: the lab as it is, its own checks, and with links down."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mplsemu.control.compile import compile_program
from mplsemu.model.network import Network
from mplsemu.program.program import Program
from mplsemu.program.trace import hops_as_json
from mplsemu.verification.matrix import verify
from mplsemu.verification.validate import Proof, prove
from mplsemu.verification.verdict import Verdict, Violation
from mplsemu.views.customer import customer_view
from mplsemu.views.model import BridgeView, L3vpnView

Progress = Callable[[str, int, int], None]


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
        proofs: of the lab file's ``validate``.
        failures: how many links were let fail together, at most.
        tried: sets of links that were.
        outages: those that break something.
    """

    program: Program
    verdict: Verdict
    proofs: tuple[Proof, ...]
    failures: int
    tried: int
    outages: tuple[Outage, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is as it should be."""
        return (
            self.verdict.holds
            and all(proof.ok is not False for proof in self.proofs)
            and not self.outages
        )


def check_network(
    network: Network, down: frozenset[str], failures: int, progress: Progress
) -> Report:
    """Compile and verify: once, and for every set of up to `failures` further links down."""
    program = compile_program(network, down=down)
    proofs = tuple(prove(program, network, check) for check in network.validate)
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
    return Report(program, verdict, proofs, failures, total, tuple(outages))


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


def evidence(violation: Violation) -> dict[str, Any] | None:
    """Return the way of the packet that shows a violation, in the shape of ``trace --json``."""
    if violation.walk is None or violation.packet is None or not violation.walk.branches:
        return None
    packet = violation.packet
    return {
        "src": violation.circuit,
        "dst": str(packet.ip.destination if packet.ip else packet.destination_mac),
        "delivered": False,
        "hops": hops_as_json(violation.walk.branches[0].hops),
    }
