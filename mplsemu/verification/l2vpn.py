"""VPLS and VPWS: every frame from every circuit arrives where it should, exactly once.

How a frame is forwarded depends on its VSI and on its destination: a group, an unknown address, or
a host, and then on the host's circuit. So the circuits of a VSI are equivalent as sources and as
destinations, and so are the hosts of a circuit: one frame of each class is followed. If it fails,
the frames of the class are followed one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mplsemu.model.limits import Limits
from mplsemu.model.network import Network
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpls_topology import MULTIPOINT
from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.bridging import NOBODY
from mplsemu.program.path import Delivered, Dropped, End, TtlExpired, Unresolved, Walk
from mplsemu.program.program import Program
from mplsemu.program.walk import Walker
from mplsemu.program.walk_state import LookupCache
from mplsemu.verification.l2vpn_frames import (
    NO_PARTNERS,
    Frame,
    Partners,
    flooded_frames,
    frame_to,
    frames_for_nobody,
    group_frames,
    group_members,
    is_leaf,
)
from mplsemu.verification.l3vpn import cut_off, is_attached
from mplsemu.verification.problems import Problem, describe_end, loop_problem, stack_problems
from mplsemu.verification.routed_lans import route_violations
from mplsemu.verification.tunnel_sizes import TunnelSizes
from mplsemu.verification.verdict import Findings, Invariant, Progress, Violation, tables_of
from mplsemu.verification.vpls_policy import exchange_frames


@dataclass(slots=True)
class _Group:
    """Frames from one site that fail in the same way."""

    violation: Violation
    kinds: list[str] = field(default_factory=list)


class L2vpnChecker:
    """Verifies the VPLS and VPWS of one program.

    Args:
        walker: of the program.
        network: what it is for.
        limits: of the data plane.
        whole: with sites that are exempt: nothing depends on those in bridged VPNs.
    """

    def __init__(
        self,
        walker: Walker,
        network: Network,
        limits: Limits,
        whole: Network | None = None,  # noqa: ARG002
    ) -> None:
        self._program = walker.program
        self._limits = limits
        self._walker = walker
        self._sizes = TunnelSizes(walker.program, walker.down)
        self._vpn_of = {site.circuit: vpn.name for vpn, site in network.sites()}

    def check(self, vpn: Vpls | Vpws, progress: Progress | None = None) -> Findings:
        """Verify one VPN.

        Args:
            vpn: of the network.
            progress: receives how many of its sites are done.
        """
        run = _Run(alike=_Alike.of(self._program, vpn), members=group_members(self._program, vpn))
        found: dict[str, tuple[Violation, ...]] = {}
        like: dict[str, list[str]] = {}
        firsts: dict[tuple[str, bool], Site] = {}
        for done, site in enumerate(vpn.sites):
            if progress is not None:
                progress(f"sites of {vpn.name}", done, len(vpn.sites))
            place = site.pe if site.circuit in run.alike.circuits else site.circuit
            first = firsts.setdefault((place, is_leaf(vpn, site)), site)
            is_second = first is not site and first.circuit not in run.near
            if is_second and self._is_as(run, vpn, site, first):
                like[first.circuit].append(site.circuit)
                continue
            like[site.circuit] = [site.circuit]
            found[site.circuit] = self._check_site(run, vpn, site)
        violations = [
            replace(each, sources=tuple(like[name]))
            for name, mine in found.items()
            for each in mine
        ]
        violations += route_violations(self._program, vpn)
        return Findings(tuple(violations), run.kinds, run.walks, frozenset(run.tables))

    def _check_site(self, run: _Run, vpn: Vpls | Vpws, site: Site) -> tuple[Violation, ...]:
        """Send frames of every class from a site; return the violations."""
        partners = Partners.of(vpn, site)
        if not is_attached(self._program, site):
            detail = f"{site.circuit} is down or not at {site.pe}: its hosts are cut off"
            run.near.add(site.circuit)
            return (cut_off(site, detail, tuple(each.circuit for each in partners.sites)),)
        groups: dict[tuple[object, ...], _Group] = {}
        for frame in flooded_frames(vpn, site, partners):
            self._send(run, groups, vpn, site, frame)
        for frame in group_frames(run.members, site, partners):
            self._send(run, groups, vpn, site, frame)
        served: set[tuple[str, bool]] = set()
        from_leaf = is_leaf(vpn, site)
        for other in (each for each in vpn.sites if each.name != site.name):
            is_alike = other.pe != site.pe and other.circuit in run.alike.circuits
            place = other.pe, is_leaf(vpn, other)
            if is_alike and place in served and (other.circuit, from_leaf) in run.served:
                run.kinds += len(other.hosts)
                continue
            is_well = self._send_to(run, groups, vpn, site, other, partners)
            if is_well and is_alike and other.hosts:
                served.add(place)
                run.served.add((other.circuit, from_leaf))
        for frame in frames_for_nobody(vpn, site):
            self._send(run, groups, vpn, site, frame)
        here = {each.circuit for each in vpn.sites if each.pe == site.pe}
        if any(_is_near(cause, group, here) for cause, group in groups.items()):
            run.near.add(site.circuit)
        return tuple(_whole(group) for group in groups.values())

    def _is_as(self, run: _Run, vpn: Vpls | Vpws, site: Site, first: Site) -> bool:
        """Whether a site's frames fare like those of an equivalent site with remote failures only.

        Only frames to that site remain to be checked: it did not send any to itself.
        """
        before = run.kinds
        groups: dict[tuple[object, ...], _Group] = {}
        are_apart = not exchange_frames(vpn, site, first)
        partners = Partners.of(vpn, site) if are_apart else NO_PARTNERS
        self._send_to(run, groups, vpn, site, first, partners)
        if groups:
            return False
        run.kinds = before + sum(1 for _ in flooded_frames(vpn, site, partners))
        run.kinds += len(run.members)
        run.kinds += sum(len(each.hosts) for each in vpn.sites if each.name != site.name)
        run.kinds += sum(1 for _ in frames_for_nobody(vpn, site))
        return True

    def _send_to(
        self,
        run: _Run,
        groups: dict[tuple[object, ...], _Group],
        vpn: Vpls | Vpws,
        site: Site,
        other: Site,
        partners: Partners,
    ) -> bool:
        """Send to every host at another site, but only to one of equivalent hosts if that succeeds.

        Returns:
            Whether all frames arrive, or none do where the sites are apart.
        """
        is_like_one, are_all = False, True
        for host in other.hosts:
            is_alike = (other.circuit, host.name) in run.alike.hosts
            if is_alike and is_like_one:
                run.kinds += 1
                continue
            frame = frame_to(vpn, site, other, host, partners)
            is_well = self._send(run, groups, vpn, site, frame)
            is_like_one, are_all = is_like_one or (is_alike and is_well), are_all and is_well
        return are_all

    def _send(
        self,
        run: _Run,
        groups: dict[tuple[object, ...], _Group],
        vpn: Vpls | Vpws,
        site: Site,
        frame: Frame,
    ) -> bool:
        """Follow and judge a frame; return whether it fares as it should."""
        run.kinds += 1
        run.walks += 1
        walk = self._walker.walk(site.circuit, frame.packet, learned=frame.learned)
        run.tables.update(tables_of(walk))
        verdicts = [self._judge(groups, vpn, site, frame, each) for each in walk.variants()]
        return all(verdicts)

    def _judge(
        self,
        groups: dict[tuple[object, ...], _Group],
        vpn: Vpls | Vpws,
        site: Site,
        frame: Frame,
        walk: Walk,
    ) -> bool:
        """Add a frame's problems to the groups of equal ones; return whether it has none."""
        problem = self._problem(vpn, walk, frame)
        problems = [problem] if problem else [
            *stack_problems(walk, self._limits), *self._sizes.problems(walk)
        ]  # fmt: skip
        is_well = True
        for each in problems:
            is_well = False
            key = (each.invariant, *each.cause)
            if key not in groups:
                missing = frame.wanted - Counter(end.circuit for end in walk.deliveries)
                groups[key] = _Group(
                    Violation(
                        invariant=each.invariant,
                        subject=vpn.name,
                        detail=f"from {site.circuit} to {frame.to}: {each.detail}",
                        circuit=site.circuit,
                        packet=frame.packet,
                        walk=walk,
                        branch=each.branch,
                        sources=(site.circuit,),
                        targets=tuple(sorted(missing or frame.wanted)),
                    )
                )
            groups[key].kinds.append(frame.kind)
        return is_well

    def _problem(self, vpn: Vpls | Vpws, walk: Walk, frame: Frame) -> Problem | None:
        """Return how a frame's ends are not those that it should have."""
        for number, end in enumerate(walk.ends):
            if not isinstance(end, Delivered | Unresolved):
                continue
            if self._vpn_of.get(end.circuit) != vpn.name or end.circuit in frame.apart:
                said = f"leaks: {describe_end(end)}"
                return Problem(Invariant.ISOLATE, said, ("leak", end.circuit), number)
        loop = loop_problem(walk)
        if loop is not None:
            return loop
        arrived = Counter(end.circuit for end in walk.deliveries)
        lost = [n for n, end in enumerate(walk.ends) if not self._is_settled(vpn, end)]
        if frame.flooded is not None and arrived <= frame.flooded:
            return None
        is_there = arrived == frame.wanted and not (lost and frame.wanted)
        if is_there and (frame.exactly is None or walk.ends == (frame.exactly,)):
            return None
        return self._misplaced(walk, frame, arrived, lost)

    def _is_settled(self, vpn: Vpls | Vpws, end: End) -> bool:
        """Whether a copy arrived, or went to a PE that has nobody for it.

        That is where no line of the VPN is active, or a hub PE of a VPLS (RFC 4762 section 10).
        """
        if isinstance(end, Dropped) and end.reason == NOBODY:
            if isinstance(vpn, Vpls) and vpn.topology != MULTIPOINT:
                return True
            circuits = self._program.node(end.node).circuits
            here = [each for each in circuits if each.vpn == vpn.name]
            is_spare = any(each.name not in self._vpn_of for each in here)
            return is_spare and not any(each.up for each in here)
        return isinstance(end, Delivered)

    def _misplaced(
        self, walk: Walk, frame: Frame, arrived: Counter[str], lost: list[int]
    ) -> Problem:
        """Describe where a frame is missing, or arrives too often."""
        missing, surplus = frame.wanted - arrived, arrived - frame.wanted
        shown = lost[0] if lost else _surplus_branch(walk, surplus)
        invariant = Invariant.FLOOD
        if frame.exactly is not None and (missing or not surplus):
            end = walk.ends[shown]
            invariant = Invariant.TTL if isinstance(end, TtlExpired) else Invariant.REACH
            (target,) = frame.wanted
            return Problem(invariant, describe_end(end), (target, type(end).__name__), shown)
        if any(isinstance(walk.ends[number], TtlExpired) for number in lost):
            invariant = Invariant.TTL
        cause = (tuple(sorted(missing)), tuple(sorted(surplus)))
        return Problem(invariant, _flooded(missing, surplus), cause, shown)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Circuits and hosts that the program cannot distinguish from each other.

    Attributes:
        circuits: up, once in the VPN's VSI at their site's PE, and with such hosts only.
        hosts: circuit and name of hosts whose MAC address is theirs alone.
    """

    circuits: frozenset[str]
    hosts: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, program: Program, vpn: Vpls | Vpws) -> _Alike:
        circuit_by_mac = LookupCache(program).circuit_by_mac(vpn.name)
        circuits, hosts = set(), set()
        for site in vpn.sites:
            if not is_attached(program, site):
                continue
            node = program.node(site.pe)
            vsi, circuit = node.vsi_by_name.get(vpn.name), node.circuit_by_name[site.circuit]
            first = {host.mac: host.name for host in reversed(circuit.hosts)}
            known = {
                host.name
                for host in site.hosts
                if circuit_by_mac.get(host.mac) == site.circuit and first.get(host.mac) == host.name
            }
            hosts |= {(site.circuit, name) for name in known}
            is_bridged = vsi is not None and vsi.circuits.count(circuit.name) == 1
            is_routed = circuit.vpn != vpn.name or circuit.name in node.vrf_of_circuit
            is_alike = is_bridged and not is_routed and circuit.leaf == is_leaf(vpn, site)
            if is_alike and len(known) == len(site.hosts):
                circuits.add(circuit.name)
        return cls(frozenset(circuits), frozenset(hosts))


@dataclass(slots=True)
class _Run:
    """The state of the verification of one VPN.

    Attributes:
        alike: the equivalent circuits and hosts.
        served: equivalent circuits at which frames from another PE arrived as they should, or did
            not; and whether the frames were of leaves.
        near: circuits whose frames fail at their own PE; those of equivalent ones may not.
        kinds: number of classes judged.
        walks: number of frames followed.
        tables: as in `Findings`.
        members: the circuits that want each multicast group.
    """

    alike: _Alike
    served: set[tuple[str, bool]] = field(default_factory=set)
    near: set[str] = field(default_factory=set)
    kinds: int = 0
    walks: int = 0
    tables: set[tuple[str, str]] = field(default_factory=set)
    members: Mapping[IPAddress, frozenset[str]] = field(default_factory=dict)


def _is_near(cause: tuple[object, ...], group: _Group, here: set[str]) -> bool:
    """Whether the cause is at the frames' own site, or at another one of the same PE."""
    concerned = set(group.violation.targets)
    for part in cause:
        concerned.update(map(str, part) if isinstance(part, tuple) else [str(part)])
    is_own = any(kind.rpartition("/")[0] in here for kind in group.kinds)
    return is_own or not group.violation.targets or bool(concerned & here)


def _whole(group: _Group) -> Violation:
    """Return a group's violation, with all classes that it stands for."""
    found = group.violation
    return Violation(
        found.invariant, found.subject, found.detail, found.circuit, found.packet, found.walk,
        found.branch, tuple(group.kinds), found.sources, found.targets,
    )  # fmt: skip


def _surplus_branch(walk: Walk, surplus: Counter[str]) -> int:
    """Return the number of a surplus copy."""
    seen: Counter[str] = Counter()
    numbers = list(enumerate(walk.ends))
    for number, end in reversed(numbers):
        if isinstance(end, Delivered) and seen[end.circuit] < surplus[end.circuit]:
            return number
    return 0


def _flooded(missing: Counter[str], surplus: Counter[str]) -> str:
    """Say at which sites a flooded frame is missing or arrives too often."""
    parts = []
    if missing:
        parts.append(f"missing at {', '.join(sorted(missing))}")
    if surplus:
        parts.append(f"too often at {', '.join(sorted(surplus))}")
    return "; ".join(parts) or "a copy is lost on the way"
