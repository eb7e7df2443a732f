"""``mplsemu check --failures``: the lab after every combination of failures, reconverged."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final

from mplsemu.cli.workers import Workers, cpus
from mplsemu.control.compile import compile_program
from mplsemu.control.whatif import WhatIf
from mplsemu.errors import LabelSpaceError, LabError
from mplsemu.model.network import Network
from mplsemu.program.program import Program
from mplsemu.verification.incremental import IncrementalVerifier
from mplsemu.verification.link_load import Demand, Load, Loads
from mplsemu.verification.tunnels import Direction
from mplsemu.verification.verdict import Progress, Violation
from mplsemu.views.customer import customer_view
from mplsemu.views.model import BridgeView, L3vpnView

SitePair = tuple[str, str]
"""The circuits of two sites, in order of their names."""

_MOST_SETS: Final = 1_000_000
"""More would take days."""
_WORTH_FORKING_S: Final = 0.5
_NOISE: Final = 1 + 1e-9
"""Sums of the same demands in another order are not more."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What fails together, and what that breaks.

    Attributes:
        down: the links or LSRs.
        violations: what holds without the failure and not with it; without the packets.
        pairs: sites that no longer reach each other, at least one way.
        parts: the VPNs that fall apart, each with the sites of its parts.
    """

    down: tuple[str, ...]
    violations: tuple[Violation, ...]
    pairs: tuple[SitePair, ...]
    parts: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]


@dataclass(frozen=True, slots=True)
class LinkLoad:
    """What a link carries one way.

    Attributes:
        link: its name.
        sender: the LSR that sends; `receiver` the other.
        bandwidth_bps: what it can carry.
        bps: what it carries with nothing failed.
        worst_bps: the most it has to carry after any of the failures, or without.
        worst_down: the first failure after which it does; empty where none makes it more.
    """

    link: str
    sender: str
    receiver: str
    bandwidth_bps: int
    bps: float
    worst_bps: float
    worst_down: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What becomes of the demands.

    Attributes:
        demands: the traffic.
        links: each direction of each link that ever carries any of it, the fullest first.
        lost_bps: of demands without a way with nothing failed.
        worst_lost_bps: the most that is lost after any of the failures.
        worst_lost_down: the first failure after which it is.
    """

    demands: tuple[Demand, ...]
    links: tuple[LinkLoad, ...]
    lost_bps: float
    worst_lost_bps: float
    worst_lost_down: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """What failures do.

    Attributes:
        max_down: how much was let fail together, at most.
        of_nodes: whether LSRs were, not links.
        tried: combinations.
        outages: those that break something.
        traffic: what becomes of the demands, None where none were given.
    """

    max_down: int
    of_nodes: bool
    tried: int
    outages: tuple[Outage, ...]
    traffic: Traffic | None

    @property
    def single_points(self) -> tuple[Outage, ...]:
        """What breaks something all by itself."""
        return tuple(outage for outage in self.outages if len(outage.down) == 1)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one combination does."""

    outage: Outage | None
    load: Load | None


class Failures:
    """All combinations of failures of one lab.

    Args:
        network: the lab.
        down: what is down to begin with.
        max_down: how many links or LSRs fail together, at most.
        of_nodes: whether LSRs fail, not links.
        demands: traffic to lay on the links.
        progress: told how much is done of the verdict without failures.

    Raises:
        LabError: there are more combinations than anybody wants to wait for.
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
        self.most = min(max_down, len(self._names))
        self.total = sum(math.comb(len(self._names), size) for size in range(1, self.most + 1))
        if self.total > _MOST_SETS:
            what = "LSRs" if of_nodes else "links"
            raise LabError(
                f"up to {self.most} of {len(self._names)} {what} down are {self.total:.3g} cases",
                remedy="write a smaller number",
            )
        self._what_if = WhatIf(network, down)
        self.verifier = IncrementalVerifier(network, self._what_if.base, progress=progress)
        violations = self.verifier.verdict.violations
        self._known = {str(violation) for violation in violations}
        self._unpaired = _pairs(violations)
        self._demands = demands
        self._loads = Loads(demands, self.verifier.tunnels) if demands else None
        self._links_of: dict[str, set[str]] = {}
        for link in network.provider.links:
            for end in link.ends:
                self._links_of.setdefault(end, set()).add(link.name)
        self._circuits_of: dict[str, set[str]] = {}
        for _, site in network.sites():
            self._circuits_of.setdefault(site.pe, set()).add(site.circuit)

    @property
    def program(self) -> Program:
        """The lab's, with no failure."""
        return self._what_if.base

    def survey(self, bar: Callable[[], AbstractContextManager[Progress]]) -> Survey:
        """Try all combinations, on all CPUs if it takes long.

        Args:
            bar: shows how far it is; it is begun when no process is to be forked any more.
        """
        sets = list(_sets(self._names, self.most))
        outages = []
        peaks = _Peaks(self._loads.base) if self._loads else None
        with Workers(self._try, sets, self._processes(sets)) as workers, bar() as progress:
            for done, (failed, found) in enumerate(zip(sets, workers.results(), strict=True)):
                progress("failures", done, self.total)
                if found.outage is not None:
                    outages.append(found.outage)
                if peaks is not None and found.load is not None:
                    peaks.add(failed, found.load)
        traffic = peaks.traffic(self._network, self._demands) if peaks else None
        return Survey(self.most, self._of_nodes, len(sets), tuple(outages), traffic)

    def _processes(self, sets: list[tuple[str, ...]]) -> int:
        """Return how many processes are worth their start, by how long the first set takes."""
        if not sets:
            return 1
        started = time.monotonic()
        self._try(sets[0])
        return cpus() if (time.monotonic() - started) * len(sets) > _WORTH_FORKING_S else 1

    def _try(self, failed: tuple[str, ...]) -> _Found:
        """Let some links or LSRs fail, and see what no longer holds."""
        down, lost = self._of(failed)
        try:
            program = self._what_if.after(down)
        except (
            LabelSpaceError
        ):  # then labels change their meaning in place, as the controller has it
            program = compile_program(self._network, self._down | down)
        verdict, moved = self.verifier.after(program, lost)
        violations = [each for each in verdict.violations if str(each) not in self._known]
        outage = None
        if violations:
            pairs = _pairs(violations) - self._unpaired
            parts = tuple(_parts(program, {each.subject for each in violations}))
            bare = tuple(replace(each, packet=None, walk=None) for each in violations)
            outage = Outage(failed, bare, tuple(sorted(pairs)), parts)
        return _Found(outage, self._loads.after(moved) if self._loads else None)

    def _of(self, failed: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the links and circuits that go down with it, and the circuits that are lost."""
        if not self._of_nodes:
            return frozenset(failed), frozenset()
        links = {link for node in failed for link in self._links_of.get(node, ())}
        circuits = frozenset(name for node in failed for name in self._circuits_of.get(node, ()))
        return (circuits | links) - self._down, circuits


class _Peaks:
    """The most that each link has to carry, and after which failure."""

    def __init__(self, base: Load) -> None:
        self._base = base
        self._links: dict[Direction, tuple[float, tuple[str, ...]]] = {
            direction: (bps, ()) for direction, bps in base.links.items()
        }
        self._lost: tuple[float, tuple[str, ...]] = (base.lost_bps, ())

    def add(self, failed: tuple[str, ...], load: Load) -> None:
        """Take in what one failure does."""
        for direction, bps in load.links.items():
            if bps > self._links.get(direction, (0.0, ()))[0] * _NOISE:
                self._links[direction] = (bps, failed)
        if load.lost_bps > self._lost[0]:
            self._lost = (load.lost_bps, failed)

    def traffic(self, network: Network, demands: tuple[Demand, ...]) -> Traffic:
        """Put it together, the fullest link first."""
        links = {link.name: link for link in network.provider.links}
        rows = [
            LinkLoad(
                link=name,
                sender=sender,
                receiver=links[name].far_end(sender),
                bandwidth_bps=links[name].bandwidth_bps,
                bps=self._base.links.get((name, sender), 0.0),
                worst_bps=bps,
                worst_down=failed,
            )
            for (name, sender), (bps, failed) in self._links.items()
        ]
        rows.sort(key=lambda row: (-row.worst_bps / row.bandwidth_bps, row.link, row.sender))
        return Traffic(demands, tuple(rows), self._base.lost_bps, *self._lost)


def _names(network: Network, down: frozenset[str], *, of_nodes: bool) -> list[str]:
    if of_nodes:
        return [node.name for node in network.provider.nodes]
    return [link.name for link in network.provider.links if link.name not in down]


def _sets(names: list[str], max_down: int) -> Iterator[tuple[str, ...]]:
    """Yield all sets of 1 to `most` names, small ones first."""
    for size in range(1, max_down + 1):
        yield from itertools.combinations(names, size)


def _pairs(violations: Iterable[Violation]) -> set[SitePair]:
    """Return the pairs of sites that do not reach each other, whichever way."""
    return {
        (min(source, target), max(source, target))
        for violation in violations
        for source in violation.sources
        for target in violation.targets
        if source != target
    }


def _parts(
    program: Program, vpns: Collection[str]
) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    """Yield those of some VPNs that are in more than one part, with the sites of each part."""
    for vpn in program.vpns:
        if vpn.name not in vpns:
            continue
        view = customer_view(program, vpn.name)
        if len(view.islands) < 2:
            continue
        match view:
            case L3vpnView():
                parts = [[s.name for router in i for s in router.sites] for i in view.islands]
            case BridgeView():
                parts = [[site.name for site in island] for island in view.islands]
        yield vpn.name, tuple(tuple(part) for part in parts)
