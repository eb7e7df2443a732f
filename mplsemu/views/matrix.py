"""The reachability matrix: results of checks, in one table per VPN and one across VPNs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.model.names import is_host, site_within_vpn, vpn_of
from mplsemu.model.natural_order import natural

_WISHES: Final = ("validate: path ", "validate: throughput ")
"""How the names of checks begin that are not about reachability."""

ONE_WAY: Final = "one way"
"""How the detail of a check begins if packets arrive and no answer comes back."""


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check of a running lab.

    Attributes:
        name: of the check.
        src: the host that sent.
        dst: a host, an address, or ``broadcast``.
        reach: whether a packet must arrive; else it must not.
        ok: whether it was so.
        rtt_ms: of the answer, if there was one.
        detail: what happened, if it was not so.
        address: that was sent to, if known.
    """

    name: str
    src: str
    dst: str
    reach: bool
    ok: bool
    rtt_ms: float | None
    detail: str
    address: str | None = None

    @property
    def is_of_reachability(self) -> bool:
        """Whether it checks reachability, not the path or the rate."""
        return not self.name.startswith(_WISHES)

    @property
    def is_one_way(self) -> bool:
        """Whether it arrived at a host that has no route back."""
        return self.ok and self.detail.startswith(ONE_WAY)

    @property
    def src_vpn(self) -> str:
        """The VPN of the sender."""
        return vpn_of(self.src)

    @property
    def dst_vpn(self) -> str | None:
        """The VPN of the destination; None if that is not a host."""
        return vpn_of(self.dst) if is_host(self.dst) else None


@dataclass(frozen=True, slots=True)
class Count:
    """How many pairs were tried, and how many of them were as they should be."""

    tried: int
    ok: int


@dataclass(frozen=True, slots=True)
class VpnMatrix:
    """Within one VPN: `cells` maps row and column, as indices of `names`, to what was found."""

    vpn: str
    names: tuple[str, ...]
    cells: Mapping[tuple[int, int], tuple[bool, bool]]
    count: Count

    def by_site(self) -> VpnMatrix:
        """Return it by site: a site reached another if all its hosts did."""
        sites = tuple(dict.fromkeys(map(site_within_vpn, self.names)))
        at = [sites.index(site_within_vpn(name)) for name in self.names]
        cells: dict[tuple[int, int], tuple[bool, bool]] = {}
        for (row, column), (reach, ok) in self.cells.items():
            key = at[row], at[column]
            before = cells.get(key, (reach, True))
            cells[key] = (before[0] and reach, before[1] and ok)
        return VpnMatrix(self.vpn, sites, cells, self.count)


@dataclass(frozen=True, slots=True)
class MatrixView:
    """All results.

    Attributes:
        vpns: one matrix per VPN, in the order of the checks.
        across: by source and destination VPN: pairs that must stay apart.
        permitted: likewise: pairs that an import lets reach each other.
        others: checks whose destination is no host: an address, or everyone (a broadcast); and
            those of the way that packets take, or of the rate.
        faults: all checks that are not as they should be.
        several: pairs of ends that more than one address was tried between.
        rtts_ms: of all answers, sorted.
        one_way: of `permitted` those in which no answer comes back.
    """

    vpns: tuple[VpnMatrix, ...]
    across: Mapping[tuple[str, str], Count]
    permitted: Mapping[tuple[str, str], Count]
    others: Count
    faults: tuple[CheckView, ...]
    several: frozenset[tuple[str, str]]
    rtts_ms: tuple[float, ...]
    one_way: frozenset[tuple[str, str]] = frozenset()


def matrix_view(checks: Iterable[CheckView]) -> MatrixView:
    """Sort the checks of a lab."""
    every = list(checks)
    within: dict[str, list[CheckView]] = {}
    across: dict[tuple[str, str], list[CheckView]] = {}
    permitted: dict[tuple[str, str], list[CheckView]] = {}
    others = []
    for check in every:
        within.setdefault(check.src_vpn, [])
        if check.dst_vpn is None or not check.is_of_reachability:
            others.append(check)
        elif check.dst_vpn == check.src_vpn:
            within[check.src_vpn].append(check)
        else:
            kind = permitted if check.reach else across
            kind.setdefault((check.src_vpn, check.dst_vpn), []).append(check)
    return MatrixView(
        vpns=tuple(_vpn_matrix(vpn, mine) for vpn, mine in within.items() if mine),
        across={pair: _count(mine) for pair, mine in across.items()},
        permitted={pair: _count(mine) for pair, mine in permitted.items()},
        others=_count(others),
        faults=tuple(check for check in every if not check.ok),
        several=_several(check for check in every if check.is_of_reachability),
        rtts_ms=tuple(sorted(check.rtt_ms for check in every if check.rtt_ms is not None)),
        one_way=frozenset(
            pair for pair, mine in permitted.items() if any(each.is_one_way for each in mine)
        ),
    )


def _several(checks: Iterable[CheckView]) -> frozenset[tuple[str, str]]:
    addresses: dict[tuple[str, str], set[str | None]] = {}
    for check in checks:
        addresses.setdefault((check.src, check.dst), set()).add(check.address)
    return frozenset(pair for pair, tried in addresses.items() if len(tried) > 1)


def _count(checks: list[CheckView]) -> Count:
    return Count(len(checks), sum(check.ok for check in checks))


def _vpn_matrix(vpn: str, checks: list[CheckView]) -> VpnMatrix:
    hosts = sorted({end for check in checks for end in (check.src, check.dst)}, key=natural)
    index = {host: number for number, host in enumerate(hosts)}
    cells: dict[tuple[int, int], tuple[bool, bool]] = {}
    for check in checks:
        key = index[check.src], index[check.dst]
        _, ok_before = cells.get(key, (check.reach, True))  # one pair may be checked twice
        cells[key] = (check.reach, check.ok and ok_before)
    names = tuple(host.removeprefix(f"{vpn}/") for host in hosts)
    return VpnMatrix(vpn, names, cells, _count(checks))
