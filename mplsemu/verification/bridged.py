"""VPLS and VPWS: every frame from every circuit is where it should be, exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from mplsemu.model.limits import Limits
from mplsemu.model.network import HostRef, Network
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Site
from mplsemu.program.packet import BROADCAST_MAC, Packet
from mplsemu.program.program import Program
from mplsemu.program.reserved import MAC_CONTROL, MAC_CONTROL_ADDRESS, PROVIDER_RESERVED
from mplsemu.program.walk import Walker
from mplsemu.program.way import Delivered, TtlExpired, Unresolved, Walk
from mplsemu.verification.judgement import Problem, looping, size_problems, words
from mplsemu.verification.routed import UNKNOWN_MAC, cut_off, is_attached
from mplsemu.verification.verdict import Check, Findings, Violation, tables_of

_MULTICAST_MAC: Final = "01:00:5e:00:00:fb"
_FLOODED: Final = (
    (BROADCAST_MAC, "broadcast"),
    (_MULTICAST_MAC, "multicast"),
    (UNKNOWN_MAC, "unknown unicast"),
)
_ARTICLES: Final = {
    "broadcast": "a broadcast",
    "multicast": "a multicast",
    "unknown unicast": "an unknown address",
}


@dataclass(slots=True)
class _Group:
    """Frames from one site that go wrong in the same way."""

    violation: Violation
    kinds: list[str] = field(default_factory=list)


class Bridged:
    """Verifies the VPLS and VPWS of one program.

    Args:
        program: what every LSR does.
        network: what it is for.
        limits: of the data plane.
    """

    def __init__(self, program: Program, network: Network, limits: Limits) -> None:
        self._program = program
        self._limits = limits
        self._walker = Walker(program)
        self._vpn_of = {site.circuit: vpn.name for vpn, site in network.sites()}

    def check(self, vpn: Vpls | Vpws) -> Findings:
        """Verify one VPN."""
        violations: list[Violation] = []
        tables: set[tuple[str, str]] = set()
        count = 0
        for site in vpn.sites:
            others = [each for each in vpn.sites if each.name != site.name]
            if not is_attached(self._program, site):
                detail = f"{site.circuit} is down or not at {site.pe}: its hosts are cut off"
                violations.append(cut_off(site, detail, tuple(each.circuit for each in others)))
                continue
            groups: dict[tuple[object, ...], _Group] = {}
            for frame in self._frames(vpn, site, others):
                count += 1
                walk = self._walker.walk(site.circuit, frame.packet, learned=frame.learned)
                tables.update(tables_of(walk))
                for variant in walk.variants():
                    self._judge(groups, vpn, site, frame, variant)
            violations += (_whole(group) for group in groups.values())
        return Findings(tuple(violations), count, count, frozenset(tables))

    def _frames(self, vpn: Vpls | Vpws, site: Site, others: list[Site]) -> Iterator[_Frame]:
        """Yield a frame of every kind: to everyone, to nobody known, to each host; and forged."""
        source = site.hosts[0].mac if site.hosts else UNKNOWN_MAC
        everyone = Counter(each.circuit for each in others)
        for mac, kind in _FLOODED:
            yield _Frame(Packet(source, mac), kind, _ARTICLES[kind], everyone, learned=False)
        for other in others:
            for host in other.hosts:
                ref = HostRef(vpn.name, other.name, host.name)
                exactly = Delivered(other.circuit, ref, None, host.mac)
                one = Counter([other.circuit])
                yield _Frame(Packet(source, host.mac), str(ref), str(ref), one, exactly)
        nobody: Counter[str] = Counter()
        pause = Packet(source, MAC_CONTROL_ADDRESS, ethertype=MAC_CONTROL)
        for frame in (pause, replace(pause, destination_mac=UNKNOWN_MAC)):
            yield _Frame(frame, "MAC control", "the end of its own link", nobody)
        if isinstance(vpn, Vpws):
            return
        for mac in PROVIDER_RESERVED:
            yield _Frame(Packet(source, mac), "for the nearest bridge", mac, nobody)
        # a bridge sends nothing back where it came from, and takes nothing from a group address
        for host in site.hosts:
            kind = f"{site.circuit}/{host.name}"
            yield _Frame(Packet(UNKNOWN_MAC, host.mac), kind, kind, nobody)
        forged = Packet(_MULTICAST_MAC, BROADCAST_MAC)
        yield _Frame(forged, "from a group address", "everyone, from a group address", nobody)

    def _judge(
        self,
        groups: dict[tuple[object, ...], _Group],
        vpn: Vpls | Vpws,
        site: Site,
        frame: _Frame,
        walk: Walk,
    ) -> None:
        """Put what is wrong with a frame's way to what goes wrong alike."""
        problem = self._problem(vpn, walk, frame)
        problems = [problem] if problem else size_problems(
            self._program, walk, self._limits, framed=True
        )  # fmt: skip
        for each in problems:
            key = (each.check, *each.cause)
            if key not in groups:
                missing = frame.wanted - Counter(end.circuit for end in walk.deliveries)
                groups[key] = _Group(
                    Violation(
                        check=each.check,
                        subject=vpn.name,
                        detail=f"from {site.circuit} to {frame.to}: {each.words}",
                        circuit=site.circuit,
                        packet=frame.packet,
                        walk=walk,
                        branch=each.branch,
                        sources=(site.circuit,),
                        targets=tuple(sorted(missing or frame.wanted)),
                    )
                )
            groups[key].kinds.append(frame.kind)

    def _problem(self, vpn: Vpls | Vpws, walk: Walk, frame: _Frame) -> Problem | None:
        """Return what is wrong with where a frame ended."""
        for number, end in enumerate(walk.ends):
            if not isinstance(end, Delivered | Unresolved):
                continue
            if self._vpn_of.get(end.circuit) != vpn.name:
                said = f"leaks: {words(end)}"
                return Problem(Check.ISOLATE, said, ("leak", end.circuit), number)
        loop = looping(walk)
        if loop is not None:
            return loop
        arrived = Counter(end.circuit for end in walk.deliveries)
        lost = [n for n, end in enumerate(walk.ends) if not isinstance(end, Delivered)]
        is_there = arrived == frame.wanted and not (lost and frame.wanted)
        if is_there and (frame.exactly is None or walk.ends == (frame.exactly,)):
            return None
        return self._misplaced(walk, frame, arrived, lost)

    def _misplaced(
        self, walk: Walk, frame: _Frame, arrived: Counter[str], lost: list[int]
    ) -> Problem:
        """Word where a frame is missing, or too often."""
        missing, surplus = frame.wanted - arrived, arrived - frame.wanted
        telling = lost[0] if lost else _surplus_branch(walk, surplus)
        check = Check.FLOOD
        if frame.exactly is not None and (missing or not surplus):
            end = walk.ends[telling]
            check = Check.TTL if isinstance(end, TtlExpired) else Check.REACH
            (target,) = frame.wanted
            return Problem(check, words(end), (target, type(end).__name__), telling)
        if any(isinstance(walk.ends[number], TtlExpired) for number in lost):
            check = Check.TTL
        cause = (tuple(sorted(missing)), tuple(sorted(surplus)))
        return Problem(check, _flooded(missing, surplus), cause, telling)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame to send, and what should become of it.

    Attributes:
        packet: the frame.
        kind: what it stands for.
        to: to whom it goes, for people.
        wanted: the circuits at which it should arrive, each once.
        exactly: how its only copy should end, None where the circuits say it all.
        learned: whether every VSI knows where its hosts are.
    """

    packet: Packet
    kind: str
    to: str
    wanted: Counter[str]
    exactly: Delivered | None = None
    learned: bool = True


def _whole(group: _Group) -> Violation:
    """Return a group's violation, with all that it stands for."""
    found = group.violation
    return Violation(
        found.check, found.subject, found.detail, found.circuit, found.packet, found.walk,
        found.branch, tuple(group.kinds), found.sources, found.targets,
    )  # fmt: skip


def _surplus_branch(walk: Walk, surplus: Counter[str]) -> int:
    """Return the number of a copy that is one too many."""
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
