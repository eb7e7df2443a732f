"""``mplsemu show``: tables like a router's show commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mplsemu.cli.arguments import add_lab, checked_node, read_lab
from mplsemu.cli.inventory import INVENTORY, print_csv, print_inventory

if TYPE_CHECKING:
    from rich.text import Text

    from mplsemu.program.program import NodeProgram, Program
    from mplsemu.running.session import Session

TABLES: Final = {
    **INVENTORY,
    "lfib": "label forwarding: incoming label, what is done, where to",
    "vrf": "L3VPNs at each PE: RD, RTs, routes, neighbours",
    "vsi": "VPLS and VPWS at each PE: circuits and pseudowires",
    "lsp": "label-switched paths between PEs, with the label on each link",
    "labels": "label spaces: what each label is bound to",
    "macs": "MAC addresses that a running lab's VPLS have learned",
    "groups": "multicast groups that a running lab's VPLS know",
    "counters": "packets of a running lab by LSP, tunnel, VRF and pseudowire",
    "program": "the whole forwarding program as JSON",
}


_CSV: Final = (*INVENTORY, "macs", "groups", "counters")


@dataclass(frozen=True, slots=True)
class _PerNode:
    """A table of one LSR: how its rows are made and drawn."""

    rows: Callable[[NodeProgram], Sequence[Any]]
    draw: Callable[[str, Any], list[Text]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Prints what a lab has, and what the forwarding program has for each LSR."
    parser.epilog = "\n".join(f"{name:<8} {what}" for name, what in TABLES.items())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_lab(parser)
    parser.add_argument("table", choices=tuple(TABLES), metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("node", nargs="?", metavar="NODE", help="one LSR; all, unless given")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--csv", action="store_true", help=f"print lines of CSV ({', '.join(_CSV)})")


def run(args: argparse.Namespace) -> int:
    """Print one table."""
    if args.csv and args.table not in _CSV:
        from mplsemu.errors import LabError

        remedy = f"write --json; CSV is for {', '.join(_CSV)}"
        raise LabError(f"{args.table} is not a flat table", remedy=remedy)
    if args.table in INVENTORY:
        print_inventory(args)
        return 0
    if args.table == "macs":
        return _print_macs(args)
    if args.table == "groups":
        return _print_groups(args)
    if args.table == "counters":
        return _print_counters(args)
    _, program = read_lab(args)
    if args.table == "program":
        return _print_program(program, args.node)
    if args.node is not None:
        checked_node(program, args.node)
    if args.table == "lsp":
        _print_lsps(program, args.node, as_json=args.json)
    else:
        _print_nodes(program, args)
    return 0


def _print_program(program: Program, node: str | None) -> int:
    from mplsemu.errors import LabError
    from mplsemu.program.codec import dump_program

    if node is not None:
        raise LabError("the program is the whole network's", remedy="leave out NODE")
    print(dump_program(program))
    return 0


def _print_macs(args: argparse.Namespace) -> int:
    from mplsemu.cli.output import print_json
    from mplsemu.report.tables import mac_table_object
    from mplsemu.views.tables.macs import mac_rows

    answer = _session(args, "learns MAC addresses").controller.call("macs")
    rows = mac_rows(answer, args.node)
    if args.json:
        print_json(mac_table_object(args.lab, rows))
        return 0
    if args.csv:
        table = mac_table_object(args.lab, rows)
        print_csv(("node", "vsi", "mac", "circuit", "peer"), table["macs"])
        return 0
    print(f"MAC addresses learned: {len(rows)}")
    for row in rows:
        where = f"on {row.circuit}" if row.circuit else f"over the pseudowire to {row.peer}"
        print(f" {row.node:<12} {row.vsi:<12} {row.mac}  {where}")
    return 0


def _print_groups(args: argparse.Namespace) -> int:
    from mplsemu.cli.output import print_json
    from mplsemu.report.tables import group_table_object
    from mplsemu.views.tables.groups import group_rows

    rows = group_rows(_session(args, "learns groups").program(), args.node)
    if args.json:
        print_json(group_table_object(args.lab, rows))
        return 0
    if args.csv:
        table = group_table_object(args.lab, rows)
        print_csv(("node", "vsi", "group", "circuit", "peer"), table["groups"])
        return 0
    print(f"multicast groups known: {len({(row.vsi, row.group) for row in rows})}")
    for row in rows:
        where = f"on {row.circuit}" if row.circuit else f"over the pseudowire to {row.peer}"
        print(f" {row.node:<12} {row.vsi:<12} {row.group:<15}  {where}")
    return 0


def _print_counters(args: argparse.Namespace) -> int:
    from mplsemu.cli.output import print_json, print_lines
    from mplsemu.report.tables import counter_table_object
    from mplsemu.views.tables.counters import counter_table
    from mplsemu.views.text.show import draw_counters

    answer = _session(args, "counts packets").controller.call("counters")
    table = counter_table(answer, args.node)
    if args.json:
        print_json(counter_table_object(args.lab, table))
    elif args.csv:
        rows = counter_table_object(args.lab, table)["counters"]
        print_csv(("node", "kind", "name", "peer", "packets", "octets"), rows)
    else:
        print_lines(draw_counters(table))
    return 0


def _session(args: argparse.Namespace, what: str) -> Session:
    """Return a session with the running lab.

    Raises:
        LabError: the lab does not run, or has no such LSR.
    """
    from mplsemu.errors import LabError
    from mplsemu.running.directory import running_labs
    from mplsemu.running.session import Session

    if args.lab not in running_labs():
        raise LabError(
            f"no lab {args.lab!r} is running, and only the network itself {what}",
            remedy="write the name of a running lab",
        )
    session = Session.find(args.lab)
    if args.node is not None:
        checked_node(session.program(), args.node)
    return session


def _print_lsps(program: Program, node: str | None, *, as_json: bool) -> None:
    from mplsemu.cli.output import print_json, print_lines
    from mplsemu.report.tables import table_object
    from mplsemu.views.tables.lsp import lsps, parallel_links
    from mplsemu.views.text.show import draw_lsps

    if as_json:
        print_json(table_object(program, "lsp", node))
    else:
        print_lines(draw_lsps(lsps(program, node), parallel_links(program)))


def _print_nodes(program: Program, args: argparse.Namespace) -> None:
    from mplsemu.cli.output import print_json, print_lines
    from mplsemu.report.tables import table_object
    from mplsemu.views.tables.lsrs import lsrs_with

    if args.json:
        print_json(table_object(program, args.table, args.node))
        return
    table = _per_node(args.table)
    for index, node in enumerate(lsrs_with(program, args.table, args.node)):
        if index:
            print()
        print_lines(table.draw(node.name, table.rows(node)))


def _per_node(name: str) -> _PerNode:
    from mplsemu.views.tables.label_space import label_space
    from mplsemu.views.tables.lfib import lfib
    from mplsemu.views.tables.vrf import vrf_tables
    from mplsemu.views.tables.vsi import vsi_tables
    from mplsemu.views.text import show

    return {
        "lfib": _PerNode(lfib, show.draw_lfib),
        "vrf": _PerNode(vrf_tables, show.draw_vrfs),
        "vsi": _PerNode(vsi_tables, show.draw_vsis),
        "labels": _PerNode(label_space, show.draw_label_space),
    }[name]
