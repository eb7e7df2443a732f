"""Switching dual-homed sites over to another of their lines.

An L3VPN's site has one virtual gateway, with the same addresses at both PEs: the new line takes
packets before anything leads to it, and the old one as long as anything does, so that nothing is
lost. Where lines share the load, one that joins the others takes packets before the site is told
to use it. A VPLS is a bridge: two lines at a time would be a loop, so the old one is blocked before
the new one is not, and MAC addresses that were learned by way of it are withdrawn (RFC 4762 section
6.2). Then the site's LAN is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.control.homing import Moving
from mplsemu.controller.flush import moved_flushes
from mplsemu.controller.hub_moves import HubMoves, hub_moves
from mplsemu.model.names import is_further_line, site_of
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.plane.macs import BehindPe, MacFlush, OnCircuit
from mplsemu.southbound.plane.protocol import DataPlane
from mplsemu.southbound.plane.readback import InstallResult
from mplsemu.southbound.punt.announce import announcements, bundle_state

ON_THE_WAY_S: Final = 0.02
"""After an announcement: packets that the LAN had sent to the old line have arrived."""


@dataclass(frozen=True, slots=True)
class LineMove:
    """A site that is switched over between two programs.

    Attributes:
        circuit: the line that becomes active.
        left: the line that was; None if it was none, or the others stay.
        is_alive: whether that line still works, and its PE is joined to the new one's; or whether
            others stay.
        is_bridged: whether it is a VPLS or VPWS.
        shares_load: whether the line is one of a bundle.
    """

    circuit: str
    left: str | None
    is_alive: bool
    is_bridged: bool
    shares_load: bool = False


def line_moves(before: Program, after: Program) -> tuple[LineMove, ...]:
    """Return which sites other lines lead to than before."""
    homed = {site_of(name) for name in after.node_of_circuit if is_further_line(name)}
    return tuple(_moves(before, after, homed)) if homed else ()


class SwitchOver:
    """Installs programs, with those in between where sites are switched over.

    Args:
        plane: of the lab.
        settled: the program that is installed, as far as is known.
    """

    def __init__(self, plane: DataPlane, settled: Program) -> None:
        self._plane = plane
        self._settled = settled
        self._untold: set[str] = set()

    def install(
        self,
        program: Program,
        nodes: Collection[str],
        down: frozenset[str],
        compiled: Callable[[frozenset[str], Program, Moving], Program],
    ) -> InstallResult:
        """Bring LSRs to what a program says.

        Args:
            program: to be installed.
            nodes: LSRs that do not have it.
            down: what is down in it.
            compiled: compiles the lab by what is down, the program before and which sites are
                being switched over.
        """
        before, self._settled = self._settled, program
        moves = line_moves(before, program)
        lost = [move for move in moves if not move.is_alive]
        smooth = [move for move in moves if move.is_alive]
        # what its LAN sends to a line whose PE is cut off is lost: the sooner it is told the better
        self._tell(program, _closed_in_bundles(before, program))
        self._announce(program, [move for move in lost if not move.shares_load])
        if dead := frozenset(move.left for move in lost if move.is_bridged and move.left):
            # a line that has just failed may be back before it is blocked
            blocked = compiled(_down_in(before, program) | dead, before, Moving(leaving=dead))
            self._plane.install(blocked, self._pes_of(program, dead, nodes), at_once=True)
        if dead_ends := _dead_ends(before, program):
            # what a PE knows of hosts on a line hides the way round it, until that is forgotten
            dead_ends |= {program.node_of_circuit[move.circuit].name for move in lost}
            self._plane.install(program, sorted(dead_ends.intersection(nodes)), at_once=True)
            self._plane.hasten()
        hubs = hub_moves(before, program)
        for moving in _steps(smooth, hubs.rising):
            self._plane.install(compiled(down, program, moving), nodes)
            self._plane.settle()
            self._flush(before, program, moves)
        if any(not move.is_bridged for move in smooth):
            self._announce(program, moves)
            self._plane.threads.sleep(ON_THE_WAY_S)
        done = self._finish(before, program, nodes, hubs)
        if moves:
            # frames that a blocked line brought are dropped from a cache; and one that the old
            # line's PE still sends calls the LAN's switch back to that line
            self._plane.settle()
        self._announce(program, moves)
        self._flush(before, program, moves)
        self.tell_bundles(program)
        return done

    def _finish(
        self, before: Program, program: Program, nodes: Collection[str], hubs: HubMoves
    ) -> InstallResult:
        """Install the program itself; what was learned behind old hub PEs is void at once."""
        # while a spoke PE takes frames of the old hub PE and of the new one, some come twice
        done = self._plane.install(program, nodes, at_once=bool(hubs.spoke_pes))
        if hubs.spoke_pes:
            self._plane.flush_macs(before, moved_flushes(before, program))
        return done

    def came_up(self, program: Program, node: str, ports: Collection[int]) -> None:
        """Note ports that have a carrier again: their lines' bundles may not use them yet."""
        lsr = program.node(node)
        found = (each for each in lsr.circuits if each.shares_load and each.port in ports)
        self._untold.update(circuit.name for circuit in found)

    def tell_bundles(self, program: Program) -> None:
        """Tell bundles which of the lines that came up they may use: `program` is installed."""
        untold, self._untold = self._untold, set()
        self._tell(program, sorted(untold & program.node_of_circuit.keys()))

    def _tell(self, program: Program, circuits: Iterable[str]) -> None:
        for name in circuits:
            node = program.node_of_circuit[name]
            self._plane.send(node.name, [bundle_state(node.circuit_by_name[name])])

    @staticmethod
    def _pes_of(program: Program, circuits: Iterable[str], nodes: Collection[str]) -> list[str]:
        pes = {program.node_of_circuit[name].name for name in circuits}
        return sorted(pes.intersection(nodes))

    def _announce(self, program: Program, moves: Iterable[LineMove]) -> None:
        for move in moves:
            node = program.node_of_circuit[move.circuit]
            circuit = node.circuit_by_name[move.circuit]
            self._plane.send(node.name, announcements(program, node.name, circuit))

    def _flush(self, before: Program, after: Program, moves: Collection[LineMove]) -> None:
        """Withdraw what was learned by way of the old lines: also while they were blocked."""
        for program in (before, after):  # a PE that is cut off has no pseudowires afterwards
            orders = [order for move in moves for order in _withdrawals(program, move)]
            if orders:
                self._plane.flush_macs(program, orders)


def _steps(
    moves: Collection[LineMove], rising: frozenset[tuple[str, str]] = frozenset()
) -> Iterator[Moving]:
    """Yield the states between the old program and the new one."""
    bridged = frozenset(move.left for move in moves if move.is_bridged and move.left)
    routed = [move for move in moves if not move.is_bridged]
    joining = frozenset(move.circuit for move in routed)
    leaving = frozenset(move.left for move in routed if move.left)
    if bridged or joining or rising:
        yield Moving(joining, bridged, rising)
    if leaving:
        yield Moving(leaving=leaving)


def _moves(before: Program, after: Program, homed: Collection[str]) -> Iterator[LineMove]:
    was, now = _active(before, homed), _active(after, homed)
    new = ((site, name) for site, names in now.items() for name in names)
    for site, name in new:
        if name in was.get(site, ()):
            continue
        pe, circuit = _place(after, name)
        if circuit.shares_load:
            stays = any(each in now[site] for each in was.get(site, ()))
            yield LineMove(name, None, stays, is_bridged=False, shares_load=True)
            continue
        left = next(iter(was.get(site, ())), None)
        is_alive = False
        if left is not None:
            old_pe, old = _place(after, left)
            is_alive = old.standby and _are_joined(old_pe, pe, after)
        yield LineMove(name, left, is_alive, circuit.vpn in after.node(pe).vsi_by_name)


def _place(program: Program, circuit: str) -> tuple[str, AttachmentCircuit]:
    node = program.node_of_circuit[circuit]
    return node.name, node.circuit_by_name[circuit]


def _active(program: Program, homed: Collection[str]) -> dict[str, list[str]]:
    """Return the active lines of each dual-homed site that has one."""
    found: dict[str, list[str]] = {}
    for node in program.nodes:
        for circuit in node.circuits:
            if circuit.up and (site := site_of(circuit.name)) in homed:
                found.setdefault(site, []).append(circuit.name)
    return found


def _dead_ends(before: Program, after: Program) -> set[str]:
    """Return the PEs of routed lines that have failed, where nothing else has.

    Other LSRs have all that these PEs need to send by the site's other line.
    """
    homed = {site_of(name) for name in after.node_of_circuit if is_further_line(name)}
    if not homed or _have_changed(before, after):
        return set()
    active = _active(after, homed)
    return {
        node.name
        for node in before.nodes
        for circuit in node.circuits
        if circuit.up
        and site_of(circuit.name) in active
        and node.vrf_of_circuit.get(circuit.name) is not None
        and _is_down(after, circuit.name)
    }


def _have_changed(before: Program, after: Program) -> bool:
    """Whether a core link has failed or come back."""
    there = after.link_by_name
    return any(link.up != there[link.name].up for link in before.links if link.name in there)


def _is_down(program: Program, circuit: str) -> bool:
    """Whether a circuit is there and its line has failed."""
    home = program.node_of_circuit.get(circuit)
    found = home.circuit_by_name[circuit] if home is not None else None
    return found is not None and not (found.up or found.standby or found.blocked)


def _closed_in_bundles(before: Program, after: Program) -> Iterator[str]:
    """Yield the lines of bundles that work, and whose PEs take no packets on them any more."""
    for node in after.nodes:
        for circuit in node.circuits:
            home = before.node_of_circuit.get(circuit.name)
            was_up = home is not None and home.circuit_by_name[circuit.name].up
            if circuit.shares_load and circuit.standby and was_up:
                yield circuit.name


def _down_in(before: Program, after: Program) -> frozenset[str]:
    """Return what was down in a program, of what there is still."""
    links = {link.name for link in before.links if not link.up}
    circuits = {
        circuit.name
        for node in before.nodes
        for circuit in node.circuits
        if not (circuit.up or circuit.standby or circuit.blocked)
    }
    return frozenset(links & after.link_by_name.keys() | circuits & after.node_of_circuit.keys())


def _are_joined(first: str, second: str, program: Program) -> bool:
    """Whether packets find a way from one LSR to another."""
    seen, pending = {first}, [first]
    while pending:
        for end in program.node(pending.pop()).adjacencies:
            if program.link_by_name[end.link].up and end.peer not in seen:
                seen.add(end.peer)
                pending.append(end.peer)
    return second in seen


def _withdrawals(program: Program, move: LineMove) -> Iterator[MacFlush]:
    if move.left is None or not move.is_bridged:
        return
    old = program.node_of_circuit[move.left]
    vpn = old.circuit_by_name[move.left].vpn
    if not old.vsi_by_name[vpn].kind.learns_macs:
        return
    yield MacFlush(old.name, vpn, OnCircuit(move.left))
    for node in program.nodes:
        if node.name != old.name and vpn in node.vsi_by_name:
            yield MacFlush(node.name, vpn, BehindPe(old.name))
