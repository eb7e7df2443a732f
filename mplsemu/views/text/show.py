"""The tables of ``mplsemu show`` as text, in the manner of a router's show commands."""

from __future__ import annotations

from collections.abc import Container, Sequence

from rich.text import Text

from mplsemu.model.labels import Label
from mplsemu.program.multicast import MulticastGroup
from mplsemu.views.model import POPPED
from mplsemu.views.phrases import count
from mplsemu.views.tables.counters import CounterRow, CounterTable
from mplsemu.views.tables.label_space import LabelRow
from mplsemu.views.tables.lfib import LfibRow
from mplsemu.views.tables.lsp import Lsp, LspHop
from mplsemu.views.tables.vrf import CircuitRow, RouteRow, Tunnel, VrfTable
from mplsemu.views.tables.vsi import PseudowireRow, VsiTable
from mplsemu.views.text import palette
from mplsemu.views.text.columns import Cell, Column, columns, wrapped
from mplsemu.views.units import delay, part

_CODES = " Codes: C connected, S static via a CE, V VPN route, I imported from another VPN"
_ASBR_CODE = "        A to another provider's ASBR"


def _labels(labels: Sequence[int]) -> str:
    return " ".join(str(Label(label)) for label in labels)


def draw_lfib(node: str, rows: Sequence[LfibRow]) -> list[Text]:
    """Draw one LSR's label forwarding table."""
    heads = [
        Column("in", right=True, style=palette.TRANSPORT_LABEL),
        Column("out", right=True, style=palette.TRANSPORT_LABEL),
        Column("action"),
        Column("port", right=True),
        Column("next hop"),
        Column("link"),
        Column("for"),
    ]
    body: list[list[Cell]] = [
        [
            "-" if row.in_label is None else str(Label(row.in_label)),
            _labels(row.out_labels) or "-",
            row.action,
            "-" if row.port is None else str(row.port),
            row.next_hop or "-",
            row.link or "-",
            _purpose(row),
        ]
        for row in rows
    ]
    title = f"LFIB of {node}: {count(len(rows), 'entry', 'entries')}"
    return [Text(title, palette.TITLE), *(columns(heads, body, indent=1) if body else [])]


def _purpose(row: LfibRow) -> str:
    match row.action:
        case "vrf":
            return f"VRF {row.service}, IPv{row.ip_version}"
        case "pseudowire":
            return f"VSI {row.service}, from {row.peer}"
        case "lookup":
            return "next label"
        case _:
            return f"to {row.egress}"


def draw_vrfs(node: str, tables: Sequence[VrfTable]) -> list[Text]:
    """Draw all VRFs of one PE."""
    if not tables:
        return [Text(f"VRFs of {node}: none", palette.TITLE)]
    lines = []
    for table in tables:
        lines += [*_draw_vrf(node, table), Text()]
    return lines[:-1]


def _policy(table: VrfTable) -> list[Text]:
    """Return what is said of a VRF's RD, labels and route targets; the global table has few."""
    if table.rd is None:
        label = f"label {table.label6}" if table.label6 is not None else "no label"
        return [Text(f" the global IPv6 table (6PE), {label}")]
    label6 = f", for IPv6 {table.label6}" if table.label6 is not None else ""
    imported, exported = map(str, table.import_targets), map(str, table.export_targets)
    return [
        Text(f" RD {table.rd}, VPN label {table.label}{label6}"),
        *wrapped([*imported] or ["none"], width=79, indent="   ", first=" import "),
        *wrapped([*exported] or ["none"], width=79, indent="   ", first=" export "),
    ]


def _draw_vrf(node: str, table: VrfTable) -> list[Text]:
    lines = [
        Text(f"VRF {table.vrf} at {node}", palette.TITLE),
        *_policy(table),
        *_circuits(table.circuits),
        Text(_CODES, palette.FAINT),
    ]
    if any(route.code == "A" for route in table.routes):
        lines.append(Text(_ASBR_CODE, palette.FAINT))
    lines += columns(
        [Column(""), Column("", style=palette.TITLE), Column("")],
        [[_code(route), str(route.prefix), _next_hop(route)] for route in table.routes],
        indent=1,
    )
    if table.neighbours:
        lines.append(Text(" Neighbours", palette.FAINT))
        lines += columns(
            [Column(""), Column(""), Column("")],
            [[str(n.address), n.mac, n.circuit] for n in table.neighbours],
            indent=3,
        )
    return lines


def _circuits(circuits: Sequence[CircuitRow]) -> list[Text]:
    rows: list[list[Cell]] = []
    for circuit in circuits:
        state = Text("up", palette.GOOD) if circuit.up else Text("✗ down", palette.DOWN)
        if circuit.standby:
            state = Text("standby", palette.FAINT)
        if circuit.blocked:
            state = Text("✗ blocked", palette.DOWN)
        addresses = ", ".join(str(address) for address in circuit.addresses)
        addresses = "leaf" if circuit.leaf else addresses  # a VSI has no addresses
        port = f"port {circuit.port}" + (f" VLAN {circuit.vlan}" if circuit.vlan else "")
        rows.append([port, circuit.name, state, addresses])
    return columns([Column("")] * 4, rows, indent=1) if rows else []


def _code(route: RouteRow) -> str:
    return f"{route.code} I" if route.imported and route.code != "I" else route.code


def _next_hop(route: RouteRow) -> Text:
    match route.code:
        case "C":
            return Text(f"on {route.circuit}")
        case "S":
            return Text(f"via {route.via} on {route.circuit}")
        case "I":
            return Text(f"in VRF {route.vrf}, {route.circuit}")
        case "A":
            return Text(f"to ASBR {route.asbr}, {route.circuit}")
    text = Text(f"at {route.egress} ")
    text.append_text(_stack(route.tunnel, route.label or 0))
    return text.append(f", {route.circuit}" if route.imported else "")


def _stack(tunnel: Tunnel | None, label: int) -> Text:
    """Return the labels that are pushed, outermost first, with port and link."""
    if tunnel is None:
        return Text("✗ unreachable", palette.DOWN)
    text = Text("[")
    for outer in tunnel.labels:
        text.append(str(Label(outer)), palette.TRANSPORT_LABEL).append(" ")
    text.append(str(label), palette.SERVICE_LABEL)
    text.append(f"] port {tunnel.port}, {tunnel.link}")
    return text.append(f", +{count(len(tunnel.more), 'way')}" if tunnel.more else "")


def draw_vsis(node: str, tables: Sequence[VsiTable]) -> list[Text]:
    """Draw all VSIs of one PE."""
    if not tables:
        return [Text(f"VSIs of {node}: none", palette.TITLE)]
    lines = []
    for table in tables:
        lines.append(Text(f"VSI {table.vsi} at {node} ({_kind(table)})", palette.TITLE))
        lines += _circuits(table.circuits)
        if table.pseudowires:  # else all its sites are at this PE
            lines += _pseudowires(table.pseudowires)
        lines += _groups(table.groups)
        lines.append(Text())
    return lines[:-1]


def _pseudowires(pseudowires: Sequence[PseudowireRow]) -> list[Text]:
    return columns(
        [
            Column("pseudowire to"),
            Column("in", right=True, style=palette.SERVICE_LABEL),
            Column("out", right=True, style=palette.SERVICE_LABEL),
            Column("pushed, and sent on"),
        ],
        [
            [
                _peer(pw),
                _two_labels(pw.in_label, pw.leaf_in_label),
                _two_labels(pw.out_label, pw.leaf_out_label),
                _stack(pw.tunnel, pw.out_label),
            ]
            for pw in pseudowires
        ],
        indent=1,
    )


def _groups(groups: Sequence[MulticastGroup]) -> list[Text]:
    """Return the groups, each with the circuits and PEs to which it goes."""
    width = max((len(str(group.address)) for group in groups), default=0)
    lines = []
    for group in groups:
        places = [*group.circuits, *(f"PE {peer}" for peer in group.peers)] or ["nobody"]
        head = f" group {group.address!s:<{width}}  "
        lines += wrapped(places, width=79, indent=" " * len(head), first=head)
    return lines


def _peer(pw: PseudowireRow) -> str:
    """Return the PE at the other end, and what is special about the pseudowire."""
    return ", ".join((pw.peer, *pw.roles))


def _two_labels(label: int, of_leaves: int | None) -> str:
    return str(label) if of_leaves is None else f"{label}, leaves {of_leaves}"


def _kind(table: VsiTable) -> str:
    """Return the kind of a VSI, and what is special about it."""
    words = [table.kind]
    if table.kind == "vpls":
        words.append(f"MAC aging {table.mac_aging_s} s")
    if table.mac_limit is not None:
        words.append(f"at most {count(table.mac_limit, 'MAC address', 'MAC addresses')}")
    if any(wire.control_word for wire in table.pseudowires):
        words.append("control word")
    if any(circuit.leaf for circuit in table.circuits):
        words.append("E-Tree")
    return ", ".join((*words, *table.settings))


def draw_lsps(lsps: Sequence[Lsp], named: Container[str] = ()) -> list[Text]:
    """Draw each LSP on a line: LSRs, and between them the transport label on the link.

    Args:
        lsps: to draw.
        named: links to name, because there are others between the same LSRs.
    """
    several = any(lsp.paths > 1 for lsp in lsps)
    what = "each way of equal cost on its own" if several else "with the label on each link"
    lines = [Text(f"LSPs: {len(lsps)}, {what}", palette.TITLE)]
    for lsp in lsps:
        facts = f"metric {lsp.metric}" + (f", {delay(lsp.delay_ms)}" if lsp.delay_ms else "")
        facts += _which_way(lsp) if lsp.paths > 1 else ""
        state = "" if lsp.complete else " ✗ does not arrive"
        head = Text(f" {lsp.ingress} → {lsp.egress}", palette.PE)
        head.append(f"  {facts}", palette.FAINT).append(state, palette.DOWN)
        steps = [lsp.ingress]
        steps += [_lsp_step(hop, named) for hop in lsp.hops]
        lines += [head, *wrapped(steps, width=79, indent="   ", joint=" ")]
    return lines


def _which_way(lsp: Lsp) -> str:
    return f", way {lsp.path} of {lsp.paths}, {part(lsp.share)} of the flows"


def _lsp_step(hop: LspHop, named: Container[str]) -> str:
    on = f" on {hop.link}" if hop.link in named else ""
    return f"─[{_labels(hop.labels) or POPPED}]→ {hop.next_hop}{on}"


def draw_label_space(node: str, rows: Sequence[LabelRow]) -> list[Text]:
    """Draw one LSR's label space."""
    title = f"Labels of {node}: {len(rows)} bound"
    heads = [
        Column("label", right=True, style=palette.TRANSPORT_LABEL),
        Column("kind"),
        Column("bound to"),
    ]
    body: list[list[Cell]] = [[str(Label(row.label)), row.kind, _binding(row)] for row in rows]
    return [Text(title, palette.TITLE), *(columns(heads, body, indent=1) if body else [])]


def _binding(row: LabelRow) -> str:
    match row.kind:
        case "lsp":
            return f"LSP to {row.bound_to}"
        case "vrf":
            return f"VRF {row.bound_to}, IPv{row.ip_version}"
        case "pseudowire":
            return f"VSI {row.bound_to}, frames from {row.peer}"
        case "border":
            return f"VPN label at border {row.bound_to}, to {row.peer}"
        case _:
            return "the label below it"


def draw_counters(table: CounterTable) -> list[Text]:
    """Draw the counters of LSRs; of those at 0 only their number."""
    if not table.counted:
        said = f"The data plane {table.dataplane} does not count by LSP, VRF and pseudowire."
        return [Text(said, palette.FAINT)]
    rows = [row for row in table.rows if row.packets]
    idle = len(table.rows) - len(rows)
    heads = [
        Column("LSR"),
        Column("what"),
        Column("packets", right=True),
        Column("octets", right=True),
    ]
    body: list[list[Cell]] = [
        [row.node, _counted(row), f"{row.packets:,}", f"{row.octets:,}"] for row in rows
    ]
    title = Text(f"Counters: {len(rows)}", palette.TITLE)
    title.append(f", {idle} more at 0" if idle else "", palette.FAINT)
    return [title, *(columns(heads, body, indent=1) if body else [])]


def _counted(row: CounterRow) -> str:
    """Return what a counter counts; docs/northbound.md lists the kinds."""
    name, peer = row.name, row.peer
    return {
        "lsp": f"label {name}",
        "tunnel": f"tunnel to {name}",
        "vrf-in": f"VRF {name}, from its sites",
        "vrf-out": f"VRF {name}, to its sites",
        "pseudowire-in": f"VSI {name}, from {peer}",
        "pseudowire-out": f"VSI {name}, to {peer}",
        "storm": f"{name}, dropped by storm control",
        "drop": f"dropped: {name}",
    }[row.kind]
