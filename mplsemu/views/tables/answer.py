"""Tables as plain data: what ``show --json`` prints and the live page gets (docs/json.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mplsemu.model.natural_order import natural
from mplsemu.model.topology import Role
from mplsemu.program.program import NodeProgram, Program
from mplsemu.views.tables.label_space import label_space
from mplsemu.views.tables.lfib import lfib
from mplsemu.views.tables.lsp import lsps
from mplsemu.views.tables.vrf import vrf_tables
from mplsemu.views.tables.vsi import vsi_tables
from mplsemu.views.view_json import json_value


@dataclass(frozen=True, slots=True)
class _PerNode:
    """A table that LSRs have: its rows, their key, and whether a P can have one, too."""

    rows: Callable[[NodeProgram], Sequence[Any]]
    key: str
    of_p: bool


_PER_NODE: Final[Mapping[str, _PerNode]] = {
    "lfib": _PerNode(lfib, "entries", of_p=True),
    "vrf": _PerNode(vrf_tables, "vrfs", of_p=False),
    "vsi": _PerNode(vsi_tables, "vsis", of_p=False),
    "labels": _PerNode(label_space, "labels", of_p=True),
}
PROGRAM_TABLES: Final = ("lfib", "vrf", "vsi", "lsp", "labels")
"""Tables that can be read from a program; what is learned is not in it."""


def table_json(program: Program, table: str, node: str | None = None) -> dict[str, Any]:
    """Return one of `PROGRAM_TABLES`, of all LSRs that have it or of one.

    Raises:
        ProgramError: there is no such LSR.
    """
    head = {"lab": program.lab, "table": table}
    shown = lsrs_with(program, table, node)
    if table == "lsp":
        return {**head, "lsps": json_value(lsps(program, node))}
    kind = _PER_NODE[table]
    found = [{"node": each.name, kind.key: json_value(kind.rows(each))} for each in shown]
    return {**head, "nodes": found}


def lsrs_with(program: Program, table: str, node: str | None = None) -> list[NodeProgram]:
    """Return the LSRs that have a table, by name, or the one that is asked for.

    Raises:
        ProgramError: there is no such LSR.
    """
    if node is not None:
        return [program.node(node)]
    of_p = table not in _PER_NODE or _PER_NODE[table].of_p
    found = [each for each in program.nodes if of_p or each.role is Role.PE]
    return sorted(found, key=lambda each: natural(each.name))


def macs_json(
    lab: str, rows: Sequence[Mapping[str, Any]], node: str | None = None
) -> dict[str, Any]:
    """Return the addresses that a running lab's VPLS have learned, everywhere or at one LSR."""
    shown = [dict(row) for row in rows if node in {None, row["node"]}]
    return {"lab": lab, "table": "macs", "macs": shown}


_KINDS: Final = (
    "lsp",
    "tunnel",
    "vrf-in",
    "vrf-out",
    "pseudowire-in",
    "pseudowire-out",
    "drop",
)


def _in_order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what sorts counters: by LSR, kind, name and peer, numbers by their size."""
    kind = row["kind"]
    rank = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    return natural(row["node"]), rank, natural(str(row["name"])), natural(row["peer"] or "")


def counters_json(lab: str, answer: Mapping[str, Any], node: str | None = None) -> dict[str, Any]:
    """Return what a running lab's LSRs have counted, everywhere or at one of them.

    Args:
        lab: its name.
        answer: of the controller's call ``counters``.
        node: the one.
    """
    rows = [dict(row) for row in answer["counters"] if node in {None, row["node"]}]
    rows.sort(key=_in_order)
    return {
        "lab": lab,
        "table": "counters",
        "dataplane": answer["dataplane"],
        "counted": answer["counted"],
        "counters": rows,
    }
