"""What ``mplsemu check`` proves: the lab as it is, its own checks, and with links or LSRs down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from mplsemu.cli.failures import Failures, Survey
from mplsemu.control.compile import compile_program
from mplsemu.model.network import Network
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.trace import Trace
from mplsemu.verification.link_load import Demand
from mplsemu.verification.matrix import verify
from mplsemu.verification.validate import Proof, prove
from mplsemu.verification.verdict import Invariant, Progress, Verdict, Violation

Bar = Callable[[], AbstractContextManager[Progress]]
"""Shows progress; one at a time."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Attributes:
        program: that was verified.
        verdict: on it.
        proofs: of the lab file's ``validate``.
        survey: of what failures do; None where nothing was to fail.
    """

    program: Program
    verdict: Verdict
    proofs: tuple[Proof, ...]
    survey: Survey | None = None

    @property
    def holds(self) -> bool:
        """Whether everything is as it should be."""
        return (
            self.verdict.holds
            and all(proof.ok is not False for proof in self.proofs)
            and (self.survey is None or not self.survey.outages)
        )


def check_program(program: Program, network: Network, bar: Bar) -> Report:
    """Verify a program, whoever made it."""
    with bar() as progress:
        verdict = verify(program, network, progress=progress)
    return Report(program, verdict, _proofs(program, network, verdict))


def check_network(network: Network, down: frozenset[str], bar: Bar) -> Report:
    """Compile and verify."""
    return check_program(compile_program(network, down=down), network, bar)


def check_failures(
    network: Network,
    down: frozenset[str],
    most: int,
    bar: Bar,
    *,
    of_nodes: bool = False,
    demands: tuple[Demand, ...] = (),
) -> Report:
    """Compile and verify: once, and for every set of up to `most` further links or LSRs down."""
    with bar() as progress:
        failures = Failures(
            network, down, most, of_nodes=of_nodes, demands=demands, progress=progress
        )
    verdict = failures.verifier.verdict
    survey = failures.survey(bar)
    program = failures.program
    return Report(program, verdict, _proofs(program, network, verdict), survey)


def _proofs(program: Program, network: Network, verdict: Verdict) -> tuple[Proof, ...]:
    if not verdict.walks:  # it names what is not there, so no packet can be followed
        return tuple(Proof(check, False, "no packet can be followed") for check in network.validate)
    return tuple(prove(program, network, check) for check in network.validate)


def evidence(violation: Violation) -> Trace | None:
    """Return the path of the packet that shows a violation; None where no packet does."""
    if violation.walk is None or violation.packet is None or not violation.walk.branches:
        return None
    packet = violation.packet
    branch = violation.walk.branches[violation.branch]
    arrives = isinstance(branch.end, Delivered)
    return Trace(
        source=violation.circuit or "",
        target=str(packet.ip.destination if packet.ip else packet.destination_mac),
        delivered=arrives and violation.invariant not in {Invariant.REACH, Invariant.ISOLATE},
        hops=branch.hops,
        end=branch.end,
        branches=violation.walk.branches,
        packet=packet,
    )
