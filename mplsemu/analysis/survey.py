"""Survey of failures: the lab after every set of failed links or LSRs, reconverged."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Final

from mplsemu.analysis.connectivity import connectivity
from mplsemu.analysis.traffic import PeakLoads, Traffic
from mplsemu.control.compile import compile_program
from mplsemu.control.whatif import WhatIf
from mplsemu.errors import LabelSpaceError, LabError
from mplsemu.model.names import site_of
from mplsemu.model.network import Network
from mplsemu.program.program import Program
from mplsemu.verification.incremental import IncrementalVerifier
from mplsemu.verification.link_load import Demand, Load, Loads
from mplsemu.verification.verdict import Progress, Verdict, Violation

ProgressBar = Callable[[], AbstractContextManager[Progress]]
"""Begins to show progress."""

SitePair = tuple[str, str]
"""Two sites, ``VPN/SITE``, in order of their names."""

VpnParts = tuple[str, tuple[tuple[str, ...], ...]]
"""A VPN that falls apart, and the sites of each part."""

_MAX_CASES: Final = 1_000_000
"""More would take days."""
_CHUNK: Final = 64
"""Cases that an executor may hand to a process at once."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A failure that breaks something.

    Attributes:
        down: the links or LSRs that fail together.
        violations: those that the failure causes; without their packets.
        pairs: sites that no longer reach each other, in at least one direction.
        parts: the VPNs that fall apart.
    """

    down: tuple[str, ...]
    violations: tuple[Violation, ...]
    pairs: tuple[SitePair, ...]
    parts: tuple[VpnParts, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """What failures do.

    Attributes:
        max_down: how many links (lines of dual-homed sites among them) or LSRs fail together, at
            most.
        of_nodes: whether LSRs fail, not links.
        tried: number of cases.
        outages: the cases that break something.
        traffic: what becomes of the demands, None where none were given.
    """

    max_down: int
    of_nodes: bool
    tried: int
    outages: tuple[Outage, ...]
    traffic: Traffic | None

    @property
    def single_points(self) -> tuple[Outage, ...]:
        """The single points of failure."""
        return tuple(outage for outage in self.outages if len(outage.down) == 1)

    @property
    def minimal_outages(self) -> tuple[Outage, ...]:
        """The outages that cut off more pairs of sites than the smaller outages they contain."""
        minimal: list[Outage] = []
        for outage in self.outages:
            down = set(outage.down)
            contained = [each for each in minimal if down.issuperset(each.down)]
            known = {pair for each in contained for pair in each.pairs}
            if not contained or not known.issuperset(outage.pairs):
                minimal.append(outage)
        return tuple(minimal)


@dataclass(frozen=True, slots=True)
class _Case:
    """What one set of failures does."""

    outage: Outage | None
    load: Load | None


class FailureSurvey:
    """Tries every set of failures of one lab.

    Args:
        network: the lab.
        down: what is down to begin with.
        max_down: how many links or LSRs fail together, at most.
        of_nodes: whether LSRs fail, not links.
        demands: traffic to lay on the links.
        progress: told how far the verdict without failures is.

    Raises:
        LabError: there are too many cases to wait for.
    """

    def __init__(
        self,
        network: Network,
        down: frozenset[str],
        max_down: int,
        *,
        of_nodes: bool = False,
        demands: tuple[Demand, ...] = (),
        progress: Progress | None = None,
    ) -> None:
        self._network = network
        self._down = down
        self._of_nodes = of_nodes
        self._names = _names(network, down, of_nodes=of_nodes)
        self._max_down = min(max_down, len(self._names))
        self._refuse_too_many()
        self._what_if = WhatIf(network, down)
        self._verifier = IncrementalVerifier(network, self._what_if.base, progress=progress)
        violations = self._verifier.verdict.violations
        self._known = {str(violation) for violation in violations}
        self._known_pairs = _pairs(violations)
        self._demands = demands
        self._loads = Loads(demands, self._verifier.tunnels) if demands else None
        self._links_at: dict[str, set[str]] = {}
        for link in network.provider.links:
            for end in link.ends:
                self._links_at.setdefault(end, set()).add(link.name)
        self._circuits_at: dict[str, set[str]] = {}
        for _, line in network.lines():
            self._circuits_at.setdefault(line.pe, set()).add(line.circuit)

    @property
    def program(self) -> Program:
        """The lab's program with nothing failed."""
        return self._what_if.base

    @property
    def verdict(self) -> Verdict:
        """The verdict on it."""
        return self._verifier.verdict

    def run(self, executor: Executor | None = None, bar: ProgressBar | None = None) -> Survey:
        """Try all cases.

        Args:
            executor: does the work; None: this thread.
            bar: shows progress. It begins when the executor has all its work: one that forks must
                not do so beside the bar's thread.
        """
        cases = list(_sets(self._names, self._max_down))
        results = (
            map(self._try, cases)
            if executor is None
            else executor.map(self._try, cases, chunksize=_CHUNK)
        )
        outages = []
        peaks = PeakLoads(self._loads.base) if self._loads else None
        with (bar or _no_bar)() as progress:
            for done, (failed, case) in enumerate(zip(cases, results, strict=True)):
                progress("failures", done, len(cases))
                if case.outage is not None:
                    outages.append(case.outage)
                if peaks is not None and case.load is not None:
                    peaks.add(failed, case.load)
        traffic = peaks.traffic(self._network, self._demands) if peaks else None
        return Survey(self._max_down, self._of_nodes, len(cases), tuple(outages), traffic)

    def _refuse_too_many(self) -> None:
        sizes = range(1, self._max_down + 1)
        total = sum(math.comb(len(self._names), size) for size in sizes)
        if total > _MAX_CASES:
            what = "LSRs" if self._of_nodes else "links"
            raise LabError(
                f"up to {self._max_down} of {len(self._names)} {what} down are {total:.3g} cases",
                remedy="write a smaller number",
            )

    def _try(self, failed: tuple[str, ...]) -> _Case:
        """Let some links or LSRs fail, and see what no longer holds."""
        down, lost = self._consequences(failed)
        try:
            program = self._what_if.after(down)
        except LabelSpaceError:  # labels then change meaning in place, as in the controller
            program = compile_program(self._network, self._down | down)
        verdict, moved = self._verifier.after(program, lost)
        violations = [each for each in verdict.violations if str(each) not in self._known]
        outage = None
        if violations:
            pairs = _pairs(violations) - self._known_pairs
            parts = tuple(_parts(program, {each.subject for each in violations}))
            bare = tuple(replace(each, packet=None, walk=None) for each in violations)
            outage = Outage(failed, bare, tuple(sorted(pairs)), parts)
        return _Case(outage, self._loads.after(moved) if self._loads else None)

    def _consequences(self, failed: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the links and circuits that go down, and the circuits whose PE is lost."""
        if not self._of_nodes:
            return frozenset(failed), frozenset()
        links = {link for node in failed for link in self._links_at.get(node, ())}
        circuits = frozenset(name for node in failed for name in self._circuits_at.get(node, ()))
        return (circuits | links) - self._down, circuits


def _no_bar() -> AbstractContextManager[Progress]:
    return nullcontext(lambda _stage, _done, _total: None)


def _names(network: Network, down: frozenset[str], *, of_nodes: bool) -> list[str]:
    if of_nodes:
        return [node.name for node in network.provider.nodes]
    names = [link.name for link in network.provider.links]
    # a line that is its site's only one cuts it off, which nobody has to be told
    names += [line.circuit for _, line in network.lines() if line.homes]
    return [name for name in names if name not in down]


def _sets(names: list[str], max_size: int) -> Iterator[tuple[str, ...]]:
    """Yield all sets of 1 to `max_size` names, small ones first."""
    for size in range(1, max_size + 1):
        yield from itertools.combinations(names, size)


def _pairs(violations: Iterable[Violation]) -> set[SitePair]:
    """Return the pairs of sites that do not reach each other, in either direction."""
    ends = (
        (site_of(source), site_of(target))  # whichever of its lines shows it
        for violation in violations
        for source in violation.sources
        for target in violation.targets
    )
    return {(min(pair), max(pair)) for pair in ends if pair[0] != pair[1]}


def _parts(program: Program, vpns: Collection[str]) -> Iterator[VpnParts]:
    """Yield those of some VPNs that are in more than one part."""
    for vpn in program.vpns:
        if vpn.name in vpns and len(islands := connectivity(program, vpn.name).sites) > 1:
            yield vpn.name, tuple(tuple(each.site for each in island) for island in islands)
