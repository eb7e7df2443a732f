"""Check of a lab: the invariants, its own checks (``validate``), and what failures do."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

from mplsemu.analysis.survey import FailureSurvey, ProgressBar, Survey
from mplsemu.model.network import Network
from mplsemu.program.path import Delivered
from mplsemu.program.program import Program
from mplsemu.program.trace import Trace
from mplsemu.verification.link_load import Demand
from mplsemu.verification.matrix import verify
from mplsemu.verification.validate import Proof, prove
from mplsemu.verification.verdict import Invariant, Verdict, Violation


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Result of a check.

    Attributes:
        program: the program that was verified.
        verdict: whether its invariants hold.
        proofs: of the lab file's ``validate``.
        survey: what failures do; None where none was asked for.
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


def check_program(program: Program, network: Network, bar: ProgressBar) -> CheckReport:
    """Verify a program, whatever made it."""
    with bar() as progress:
        verdict = verify(program, network, progress=progress)
    return CheckReport(program, verdict, _proofs(program, network, verdict))


def check_failures(
    network: Network,
    down: frozenset[str],
    max_down: int,
    bar: ProgressBar,
    executor: Executor | None = None,
    *,
    of_nodes: bool = False,
    demands: tuple[Demand, ...] = (),
) -> CheckReport:
    """Compile and verify a lab: once, and for every set of failures.

    Args:
        network: the lab.
        down: what is down to begin with.
        max_down: how many further links or LSRs fail together, at most.
        bar: shows progress, of one thing after the other.
        executor: tries the failures; None: this thread.
        of_nodes: whether LSRs fail, not links.
        demands: traffic to lay on the links.

    Raises:
        LabError: there are too many cases to wait for.
    """
    with bar() as progress:
        survey = FailureSurvey(
            network, down, max_down, of_nodes=of_nodes, demands=demands, progress=progress
        )
    found = survey.run(executor, bar)
    proofs = _proofs(survey.program, network, survey.verdict)
    return CheckReport(survey.program, survey.verdict, proofs, found)


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
