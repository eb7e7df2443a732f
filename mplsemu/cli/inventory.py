"""``mplsemu show LAB hosts|links|vpns``: the inventory of a lab, as a table, JSON or CSV."""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any, Final

from mplsemu.cli.arguments import checked_node, read_lab

if TYPE_CHECKING:
    from rich.text import Text

    from mplsemu.emulation.plan import LabPlan
    from mplsemu.model.network import Network
    from mplsemu.program.program import Program
    from mplsemu.report.inventory import Row
    from mplsemu.views.tables.inventory import LinkRow

INVENTORY: Final = {
    "hosts": "hosts and CE routers: names, PE, addresses, gateway, MAC address",
    "links": "core links and sites' lines: ends, interfaces, rate, delay, metric, MTU, state",
    "vpns": "VPNs: type, customer, RD, RTs, subnets, sites, PEs",
}
_MOST: Final = 6
"""Names in a cell of the table; JSON and CSV have all of them."""
_TITLES: Final = {"hosts": "Hosts and CE routers", "links": "Links and lines", "vpns": "VPNs"}
_HEADS: Final = {
    "hosts": ("host", "short", "pe", "addresses", "gateways", "mac"),
    "links": ("link", "ends", "interfaces", "rate", "delay", "metric", "mtu", "state"),
    "vpns": ("vpn", "type", "customer", "rd", "subnets", "sites", "pes", "hosts"),
}
_LESS: Final = {
    "hosts": ("short", "gateways"),
    "links": ("interfaces", "delay"),
    "vpns": ("customer", "hosts"),
}
"""Columns that are left out first where a terminal is too narrow."""


def print_inventory(args: argparse.Namespace) -> None:
    """Print one table of a lab."""
    from mplsemu.report.inventory import inventory_object, row_object

    lab, program = read_lab(args)
    if args.node is not None:
        checked_node(program, args.node)
    rows = inventory(lab.network, program, args.table, args.node)
    if args.json:
        from mplsemu.cli.output import print_json

        print_json(inventory_object(program.lab, args.table, rows))
    elif args.csv:
        shown = [row_object(row) for row in rows]
        # some keys are there only where they are set
        keys = [k for k in _keys(args.table) if not shown or any(k in each for each in shown)]
        print_csv(keys, shown)
    else:
        _print_table(args.table, rows)


def inventory(network: Network, program: Program, table: str, node: str | None) -> list[Row]:
    """Return the rows of a table."""
    from mplsemu.emulation.plan import make_plan
    from mplsemu.views.tables.inventory import host_rows, link_rows, vpn_rows

    plan = make_plan(network, program)
    match table:
        case "hosts":
            return list(host_rows(network, _shorts(plan), node))
        case "links":
            return list(link_rows(network, _interfaces(plan), program, node))
        case _:
            return list(vpn_rows(network, node))


def _keys(table: str) -> list[str]:
    """Return the keys of a table's rows."""
    from mplsemu.report.inventory import row_keys
    from mplsemu.views.tables.inventory import HostRow, LinkRow, VpnRow

    rows: dict[str, type[Row]] = {"hosts": HostRow, "links": LinkRow, "vpns": VpnRow}
    return row_keys(rows[table])


def _shorts(plan: LabPlan) -> dict[str, str]:
    """Return the short names of hosts and CE routers, by their full names."""
    return {
        **{str(host.ref): host.name for host in plan.hosts},
        **{str(ce.ref): ce.name for ce in plan.ces},
    }


def _interfaces(plan: LabPlan) -> dict[str, tuple[str, ...]]:
    """Return the LSRs' interfaces, by core link and attachment circuit."""
    lsrs = {lsr.name for lsr in plan.lsrs}
    return {
        name: tuple(end.interface for end in ends if end.node in lsrs)
        for name, ends in plan.cables()
    }


def print_csv(keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as CSV (RFC 4180), with headings; spaces separate several values in a field."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(keys)
    for row in rows:
        writer.writerow([_field(row.get(key)) for key in keys])


def _field(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return " ".join(map(str, value))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _print_table(table: str, rows: Sequence[Row]) -> None:
    from rich.text import Text

    from mplsemu.cli.output import print_lines
    from mplsemu.views.text import palette

    title = Text(f"{_TITLES[table]}: {len(rows)}", palette.TITLE)
    print_lines([title, *(_lines(table, rows, _width()) if rows else [])])


def _width() -> float:
    """Return how wide a table may be: as the terminal is; for other readers it has no bounds."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size().columns
    return inf


def _lines(table: str, rows: Sequence[Row], width: float) -> list[Text]:
    """Return a table's lines; a too wide one has lists down, not across, and fewer columns."""
    from rich.text import Text

    from mplsemu.views.text import palette

    heads = _heads(table, rows)
    lines = _columns(heads, rows, is_stacked=False)
    left_out: list[str] = []
    for more in ("", *_LESS[table]):
        if max(line.cell_len for line in lines) <= width:
            break
        left_out += [more] if more else []
        shown = [name for name in heads if name not in left_out]
        lines = _columns(shown, rows, is_stacked=True)
    if left_out:
        said = f" too narrow for: {', '.join(left_out)}; --csv and --json have all"
        lines.append(Text(said, palette.FAINT))
    return lines


def _heads(table: str, rows: Sequence[Row]) -> list[str]:
    """Return the columns of a table; some are there only where they are set."""
    tags = ("vlan", "port") if table in {"hosts", "links"} else ()
    return [*_HEADS[table], *(name for name in tags if any(getattr(row, name) for row in rows))]


def _columns(heads: Sequence[str], rows: Sequence[Row], *, is_stacked: bool) -> list[Text]:
    from mplsemu.views.text.columns import Column, columns

    body = [line for row in rows for line in _drawn(row, heads, is_stacked=is_stacked)]
    return columns([Column(name) for name in heads], body, indent=1)


def _drawn(row: Row, names: Sequence[str], *, is_stacked: bool) -> list[list[str]]:
    """Return a row's cells, of each of its lines."""
    cells = [_items(row, name) for name in names]
    if not is_stacked:
        return [[", ".join(items) for items in cells]]
    height = max(map(len, cells))
    return [[items[at] if at < len(items) else "" for items in cells] for at in range(height)]


def _items(row: Row, column: str) -> list[str]:
    """Return what a cell lists; what does not apply is a dash."""
    from mplsemu.views.tables.inventory import LinkRow

    value = _of_link(row, column) if isinstance(row, LinkRow) else getattr(row, column)
    match value:
        case tuple() as names:
            more = len(names) - _MOST
            shown = [str(name) for name in names[:_MOST]] or ["-"]
            return [*shown[:-1], f"{shown[-1]} and {more} more"] if more > 0 else shown
        case None:
            return ["-"]
        case _:
            return [str(value)]


def _of_link(row: LinkRow, column: str) -> object:
    from mplsemu.views.units import delay, impairment, metric, rate

    match column:
        case "rate":
            return rate(row.bandwidth_bps) if row.bandwidth_bps else None
        case "delay":
            return delay(row.delay_ms) if row.delay_ms is not None else None
        case "metric":
            return metric(row.metric) if row.metric is not None else None
        case "state":
            state = "standby" if row.standby else "up" if row.up else "DOWN"
            return ", ".join(filter(None, [state, impairment(row.loss_percent, row.jitter_ms)]))
        case "ends":
            return " -- ".join(row.ends)
        case _:
            return getattr(row, column)
