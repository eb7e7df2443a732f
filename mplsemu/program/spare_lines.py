"""The lines of dual-homed sites: which carry their traffic, and which are spare."""

from __future__ import annotations

from mplsemu.model.names import is_further_line, site_of
from mplsemu.program.program import Program


def active_lines(program: Program) -> dict[str, list[str]]:
    """Return the circuits that carry the traffic of each dual-homed site, by ``VPN/SITE``."""
    circuits = program.node_of_circuit
    return {
        site: [name for name in lines if circuits[name].circuit_by_name[name].up]
        for site, lines in _lines(program).items()
    }


def leading_line(program: Program, circuit: str) -> str:
    """Return the circuit that carries the traffic of a circuit's site: itself, if none does."""
    lines = active_lines(program).get(site_of(circuit), [])
    return next(iter(lines), circuit)


def spare_lines(program: Program) -> frozenset[str]:
    """Return the circuits of dual-homed sites other than the one that stands for each.

    That is the first that carries its traffic or, if none is up, the first.
    """
    every = _lines(program)
    chosen = {
        name for site, lines in active_lines(program).items() for name in (lines or every[site])[:1]
    }
    return frozenset(name for lines in every.values() for name in lines if name not in chosen)


def bundled_lines(program: Program, circuit: str) -> tuple[str, ...]:
    """Return the circuits over which a circuit's site spreads what it sends, the first one first.

    The circuit alone, if it does not share the load with another that is up.
    """
    home = program.node_of_circuit.get(circuit)
    if home is None or not home.circuit_by_name[circuit].shares_load:
        return (circuit,)
    lines = active_lines(program)[site_of(circuit)]
    return tuple(lines) if len(lines) > 1 and circuit in lines else (circuit,)


def _lines(program: Program) -> dict[str, list[str]]:
    """Return the circuits of each dual-homed site, the first one first."""
    found: dict[str, list[str]] = {}
    further = sorted(name for name in program.node_of_circuit if is_further_line(name))
    for name in further:
        found.setdefault(site_of(name), [site_of(name)]).append(name)
    return found
