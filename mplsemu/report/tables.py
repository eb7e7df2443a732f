"""What ``show --json`` prints of LSRs: their tables, what they have learned and counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from mplsemu.program.program import NodeProgram, Program
from mplsemu.report import shapes
from mplsemu.views.tables.counters import CounterTable
from mplsemu.views.tables.groups import GroupRow
from mplsemu.views.tables.label_space import LabelRow, label_space
from mplsemu.views.tables.lfib import LfibRow, lfib
from mplsemu.views.tables.lsp import Lsp, lsps
from mplsemu.views.tables.lsrs import lsrs_with
from mplsemu.views.tables.macs import MacRow
from mplsemu.views.tables.vrf import CircuitRow, RouteRow, Tunnel, VrfTable, vrf_tables
from mplsemu.views.tables.vsi import PseudowireRow, VsiTable, vsi_tables

ProgramTableName = Literal["lfib", "vrf", "vsi", "lsp", "labels"]


def table_object(
    program: Program, table: ProgramTableName, node: str | None = None
) -> shapes.ProgramTable:
    """Return a table of all LSRs that have it, or of one.

    Raises:
        ProgramError: there is no such LSR.
    """
    nodes = lsrs_with(program, table, node)
    match table:
        case "lfib":
            return {"lab": program.lab, "table": table, "nodes": [_lfib(each) for each in nodes]}
        case "vrf":
            return {"lab": program.lab, "table": table, "nodes": [_vrfs(each) for each in nodes]}
        case "vsi":
            return {"lab": program.lab, "table": table, "nodes": [_vsis(each) for each in nodes]}
        case "lsp":
            found = [_lsp(each) for each in lsps(program, node)]
            return {"lab": program.lab, "table": table, "lsps": found}
        case "labels":
            return {"lab": program.lab, "table": table, "nodes": [_labels(each) for each in nodes]}


def mac_table_object(lab: str, rows: Iterable[MacRow]) -> shapes.MacTable:
    """Return the MAC addresses that a running lab's VPLS have learned."""
    return {
        "lab": lab,
        "table": "macs",
        "macs": [
            {
                "node": row.node,
                "vsi": row.vsi,
                "mac": row.mac,
                "circuit": row.circuit,
                "peer": row.peer,
            }
            for row in rows
        ],
    }


def group_table_object(lab: str, rows: Iterable[GroupRow]) -> shapes.GroupTable:
    """Return the multicast groups that a running lab's VPLS know."""
    return {
        "lab": lab,
        "table": "groups",
        "groups": [
            {
                "node": row.node,
                "vsi": row.vsi,
                "group": row.group,
                "circuit": row.circuit,
                "peer": row.peer,
            }
            for row in rows
        ],
    }


def counter_table_object(lab: str, table: CounterTable) -> shapes.CounterTable:
    """Return what a running lab's LSRs have counted."""
    return {
        "lab": lab,
        "table": "counters",
        "dataplane": table.dataplane,
        "counted": table.counted,
        "counters": [
            {
                "node": row.node,
                "kind": row.kind,
                "name": row.name,
                "peer": row.peer,
                "packets": row.packets,
                "octets": row.octets,
            }
            for row in table.rows
        ],
    }


# --- label tables --------------------------------------------------------------------------


def _lfib(node: NodeProgram) -> shapes.LfibOfNode:
    return {"node": node.name, "entries": [_lfib_entry(row) for row in lfib(node)]}


def _lfib_entry(row: LfibRow) -> shapes.LfibEntry:
    return {
        "in_label": row.in_label,
        "action": row.action,
        "out_labels": list(row.out_labels),
        "link": row.link,
        "port": row.port,
        "next_hop": row.next_hop,
        "egress": row.egress,
        "service": row.service,
        "peer": row.peer,
        "ip_version": row.ip_version,
    }


def _labels(node: NodeProgram) -> shapes.LabelsOfNode:
    return {"node": node.name, "labels": [_label(row) for row in label_space(node)]}


def _label(row: LabelRow) -> shapes.BoundLabel:
    return {
        "label": row.label,
        "kind": row.kind,
        "bound_to": row.bound_to,
        "peer": row.peer,
        "ip_version": row.ip_version,
    }


def _lsp(lsp: Lsp) -> shapes.Lsp:
    return {
        "ingress": lsp.ingress,
        "egress": lsp.egress,
        "hops": [
            {
                "node": hop.node,
                "link": hop.link,
                "labels": list(hop.labels),
                "next_hop": hop.next_hop,
            }
            for hop in lsp.hops
        ],
        "complete": lsp.complete,
        "metric": lsp.metric,
        "delay_ms": lsp.delay_ms,
        "way": lsp.path,
        "ways": lsp.paths,
        "share": lsp.share,
    }


# --- VRFs and VSIs -------------------------------------------------------------------------


def _vrfs(node: NodeProgram) -> shapes.VrfsOfNode:
    return {"node": node.name, "vrfs": [_vrf(table) for table in vrf_tables(node)]}


def _vrf(table: VrfTable) -> shapes.Vrf:
    return {
        "vrf": table.vrf,
        "rd": None if table.rd is None else str(table.rd),
        "import_targets": [str(target) for target in table.import_targets],
        "export_targets": [str(target) for target in table.export_targets],
        "label": table.label,
        "label6": table.label6,
        "circuits": _circuits(table.circuits),
        "routes": [_route(route) for route in table.routes],
        "neighbours": [
            {"address": str(each.address), "mac": each.mac, "circuit": each.circuit}
            for each in table.neighbours
        ],
    }


def _route(route: RouteRow) -> shapes.Route:
    found: shapes.Route = {
        "code": route.code,
        "imported": route.imported,
        "prefix": str(route.prefix),
        "rd": None if route.rd is None else str(route.rd),
        "circuit": route.circuit,
        "via": None if route.via is None else str(route.via),
        "vrf": route.vrf,
        "egress": route.egress,
        "label": route.label,
        "tunnel": None if route.tunnel is None else _tunnel(route.tunnel),
    }
    if route.asbr is not None:
        found["asbr"] = route.asbr
    return found


def _tunnel(tunnel: Tunnel) -> shapes.Tunnel:
    return {
        "labels": list(tunnel.labels),
        "link": tunnel.link,
        "port": tunnel.port,
        "next_hop": tunnel.next_hop,
        "more": [_tunnel(each) for each in tunnel.more],
    }


def _circuits(circuits: Sequence[CircuitRow]) -> list[shapes.Circuit]:
    return [_circuit(circuit) for circuit in circuits]


def _circuit(circuit: CircuitRow) -> shapes.Circuit:
    found: shapes.Circuit = {
        "name": circuit.name,
        "port": circuit.port,
        "up": circuit.up,
        "addresses": [str(address) for address in circuit.addresses],
    }
    if circuit.leaf:
        found["leaf"] = True
    if circuit.standby:
        found["standby"] = True
    if circuit.blocked:
        found["blocked"] = True
    if circuit.vlan is not None:
        found["vlan"] = circuit.vlan
    return found


def _vsis(node: NodeProgram) -> shapes.VsisOfNode:
    return {"node": node.name, "vsis": [_vsi(table) for table in vsi_tables(node)]}


def _vsi(table: VsiTable) -> shapes.Vsi:
    found: shapes.Vsi = {
        "vsi": table.vsi,
        "kind": table.kind,
        "mac_aging_s": table.mac_aging_s,
        "mac_limit": table.mac_limit,
        "circuits": _circuits(table.circuits),
        "pseudowires": [_pseudowire(pw) for pw in table.pseudowires],
        "settings": list(table.settings),
    }
    if table.groups:
        found["groups"] = [
            {
                "group": str(group.address),
                "circuits": list(group.circuits),
                "peers": list(group.peers),
            }
            for group in table.groups
        ]
    return found


def _pseudowire(pw: PseudowireRow) -> shapes.Pseudowire:
    found: shapes.Pseudowire = {
        "peer": pw.peer,
        "in_label": pw.in_label,
        "out_label": pw.out_label,
        "control_word": pw.control_word,
        "tunnel": None if pw.tunnel is None else _tunnel(pw.tunnel),
    }
    if pw.leaf:
        found["leaf"] = True
    if pw.leaf_in_label is not None:
        found["leaf_in_label"] = pw.leaf_in_label
    if pw.leaf_out_label is not None:
        found["leaf_out_label"] = pw.leaf_out_label
    if pw.spoke:
        found["spoke"] = True
    if pw.standby:
        found["standby"] = True
    if pw.to_hub:
        found["to_hub"] = True
    if pw.secondary:
        found["secondary"] = True
    return found
