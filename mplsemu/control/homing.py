"""Dual-homed sites: which of a site's lines carries its traffic.

A line that is down carries none, nor one whose PE is cut off from the VPN's other PEs while another
line's is not: the carrier of an access line says nothing about the core. Of the others the first in
the lab file is active, and the rest stand by, blocked; or, where a site shares its load, all are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, assert_never

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network, Vpn
from mplsemu.model.topology import Provider
from mplsemu.model.vpn import Homing, Site, VpnKind
from mplsemu.program.services import AttachmentCircuit


@dataclass(frozen=True, slots=True)
class Moving:
    """Dual-homed sites that are being switched over from one working line to another.

    An L3VPN's goes by way of two states: the new line takes packets, while the old one leads to the
    site as before; then the new one does, and the old one takes packets until the site's LAN has
    learned of it. So nothing is lost. Sources are not validated on a line that does not lead to the
    site: the way back is by the other one. Where lines share the load, one that joins the others
    goes by way of the first state. In a VPLS two lines at a time would be a loop: neither takes or
    sends frames.

    Attributes:
        joining: circuits, new lines, in the first state.
        leaving: circuits, old lines, in the second; or of a VPLS.
        rising: hubs that come back, by VPN: sites of an L3VPN, hub PEs of a VPLS. All leads to them
            and on from there, and nobody is sent there yet who has another hub.
    """

    joining: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    rising: frozenset[tuple[str, str]] = frozenset()


SETTLED: Final = Moving()
"""No site is being switched over."""


@dataclass(frozen=True, slots=True)
class LineStates:
    """What the lines of all dual-homed sites do.

    Attributes:
        active: by ``VPN/SITE``: the lines that lead to the site; of a site all of whose lines are
            down, the first.
        open: the circuits that take and send packets, while they are up.
        rising: as in `Moving`.
    """

    active: Mapping[str, tuple[Site, ...]] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    rising: frozenset[tuple[str, str]] = frozenset()

    def attached(self, sites: Iterable[Site]) -> Iterator[Site]:
        """Yield sites by the lines that lead to them."""
        for site in sites:
            yield from self.active[site.full_name] if site.homes else (site,)

    def on(
        self, circuit: AttachmentCircuit, line: Site, down: Collection[str]
    ) -> AttachmentCircuit:
        """Return a circuit as it is while these lines are active.

        Args:
            circuit: of the site, as if its line were up and alone.
            line: the site by this circuit.
            down: what is down.
        """
        is_up = circuit.name not in down
        if not line.homes:
            return circuit if is_up else replace(circuit, up=False)
        leads_there = any(each.pe == line.pe for each in self.active[line.full_name])
        is_open = circuit.name in self.open
        return replace(
            circuit,
            up=circuit.up and is_up and is_open,
            standby=is_up and not is_open,
            hosts=line.hosts if leads_there else (),
            strict_urpf=circuit.strict_urpf and (leads_there or not is_open),
        )


NO_LINES: Final = LineStates()
"""Of a lab without dual-homed sites."""


def line_states(network: Network, down: Collection[str], moving: Moving = SETTLED) -> LineStates:
    """Return what the lines of dual-homed sites do.

    Args:
        network: the lab.
        down: links and circuits that are down.
        moving: the sites that are being switched over.
    """
    homed = [(vpn, site) for vpn, site in network.sites() if site.homes]
    if not homed:
        return LineStates(rising=moving.rising) if moving.rising else NO_LINES
    parts = _Parts(network, down)
    active: dict[str, tuple[Site, ...]] = {}
    opened: set[str] = set()
    for vpn, site in homed:
        best = parts.best(vpn, site, active)
        match site.homing:
            case Homing.STANDBY:
                best = best[:1]
            case Homing.LOAD_SHARING:
                pass
            case _:
                assert_never(site.homing)
        carrying = {line.circuit for line in best}
        others = [line for line in site.lines if line.circuit not in carrying]
        left = {line.circuit for line in others if line.circuit in moving.leaving}
        if not (vpn.kind.is_layer2 and left):
            opened |= carrying | left
        elif vpn.kind is VpnKind.VPWS:  # its pseudowire is used until the line is blocked
            best = tuple(line for line in others if line.circuit in left)
        if carrying & moving.joining:
            staying = tuple(line for line in best if line.circuit not in moving.joining)
            best = staying or tuple(line for line in others if line.circuit not in down) or best
            opened.update(line.circuit for line in best)
        active[site.full_name] = best
    return LineStates(active, frozenset(opened), moving.rising)


class _Parts:
    """The parts into which links that are down divide the provider's network."""

    def __init__(self, network: Network, down: Collection[str]) -> None:
        self._network = network
        self._down = down

    def best(
        self, vpn: Vpn, site: Site, active: Mapping[str, tuple[Site, ...]]
    ) -> tuple[Site, ...]:
        """Return the lines that reach most of the site's partners; the first if all are down.

        Args:
            vpn: of the site.
            site: dual-homed.
            active: the lines that have been chosen for other sites.
        """
        up = [line for line in site.lines if line.circuit not in self._down]
        if len(up) < 2:
            return tuple(up) or site.lines[:1]
        others = _partners(self._network, vpn, site)
        if vpn.kind is VpnKind.VPWS:  # one pseudowire has to join both ends
            partners = [self._pes_of(each, active) for each in others]
        else:
            partners = [each.homes or (each.pe,) for each in others]
        worth = {line.circuit: self._worth(line.pe, partners) for line in up}
        most = max(worth.values())
        return tuple(line for line in up if worth[line.circuit] == most)

    def _pes_of(self, site: Site, active: Mapping[str, tuple[Site, ...]]) -> tuple[str, ...]:
        """Return the PEs of the lines by which a site may be reached."""
        lines = active.get(site.full_name, site.lines)
        working = tuple(line.pe for line in lines if line.circuit not in self._down)
        return working or (lines[0].pe,)

    def _worth(self, pe: str, partners: list[tuple[str, ...]]) -> tuple[bool, int]:
        """Return whether a PE has a way to others, if partners are there; and to how many sites."""
        part = self._part_of[pe]
        elsewhere = [homes for homes in partners if pe not in homes]
        is_joined = not elsewhere or any(self._is_in(part, homes) for homes in elsewhere)
        return is_joined, sum(self._is_in(part, homes) for homes in partners)

    def _is_in(self, part: int, homes: tuple[str, ...]) -> bool:
        return any(self._part_of[pe] == part for pe in homes)

    @cached_property
    def _part_of(self) -> dict[str, int]:
        return _components(self._network.provider, self._down)


def _partners(network: Network, vpn: Vpn, site: Site) -> Iterator[Site]:
    """Yield the other sites with which a site exchanges packets, in one direction at least."""
    for other, each in network.sites():
        if each.full_name != site.full_name and _are_joined(vpn, site, other, each):
            yield each


def _are_joined(first: Vpn, site: Site, second: Vpn, other: Site) -> bool:
    if not isinstance(first, L3vpn) or not isinstance(second, L3vpn):
        return first.name == second.name
    here, there = first.policy(site.name), second.policy(other.name)
    return here.name == there.name or here.imports(there) or there.imports(here)


def _components(provider: Provider, down: Collection[str]) -> dict[str, int]:
    """Return for each LSR the number of the part that it is in."""
    neighbours: dict[str, list[str]] = {node.name: [] for node in provider.nodes}
    for link in provider.core_links:
        if link.name not in down:
            first, second = link.ends
            neighbours[first].append(second)
            neighbours[second].append(first)
    found: dict[str, int] = {}
    for number, start in enumerate(neighbours):
        pending = [start] if start not in found else []
        while pending:
            node = pending.pop()
            if node not in found:
                found[node] = number
                pending += neighbours[node]
    return found
