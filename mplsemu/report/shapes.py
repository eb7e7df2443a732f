"""Shapes of the objects that the live page gets too: docs/openapi.json is made from them.

Labels are numbers, outermost first. Addresses and prefixes are text. What does not apply is null.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from mplsemu.analysis.alarms import Severity

# --- trace ---------------------------------------------------------------------------------


class StackEntry(TypedDict):
    """One entry of a label stack (RFC 3032 section 2.1)."""

    label: int
    tc: int
    ttl: int


class Hop(TypedDict):
    """What one router does with a packet; a CE router is called VPN/SITE/ce."""

    node: str
    vrf: str | None
    vsi: str | None
    in_labels: list[int]
    action: str
    out_labels: list[int]
    link: str | None
    out_stack: list[StackEntry]
    ip_ttl: int | None


class PacketHeader(TypedDict):
    """A packet as it reaches the PE; a frame without IP has null for all that is IP's."""

    src_mac: str
    dst_mac: str
    vlans: list[int]
    src: str | None
    dst: str | None
    ttl: int | None
    dscp: int | None


class Branch(TypedDict):
    """One path of one copy; of those of the same copy, a packet takes one."""

    copy: int
    share: float
    delivered: bool
    end: str
    hops: list[Hop]


class Trace(TypedDict):
    """The path of one packet; `branches` is empty if there is one copy with one path.

    `handed_over`: one of several providers asked, and another has it now.
    """

    src: str
    dst: str
    delivered: bool
    hops: list[Hop]
    end: str
    packet: PacketHeader | None
    branches: list[Branch]
    handed_over: NotRequired[bool]


Reply = TypedDict(
    "Reply", {"kind": str, "from": str, "delivered": bool, "end": str, "hops": list[Hop]}
)
"""The reply to an echo request."""


class Exchange(Trace):
    """The path of a packet and that of the reply; `answer` is null if nobody replies."""

    answer: Reply | None


# --- alarms --------------------------------------------------------------------------------


class Alarm(TypedDict):
    """Something that is wrong now."""

    severity: Severity
    object: str
    text: str


# --- tables --------------------------------------------------------------------------------


class LfibEntry(TypedDict):
    """An ILM entry, or with `in_label` null an FTN entry; one for each NHLFE."""

    in_label: int | None
    action: str
    out_labels: list[int]
    link: str | None
    port: int | None
    next_hop: str | None
    egress: str | None
    service: str | None
    peer: str | None
    ip_version: int | None


class LfibOfNode(TypedDict):
    """One LSR's label forwarding table."""

    node: str
    entries: list[LfibEntry]


class LfibTable(TypedDict):
    """What `show lfib` prints."""

    lab: str
    table: Literal["lfib"]
    nodes: list[LfibOfNode]


class Tunnel(TypedDict):
    """How packets get to another PE; `more` has the further NHLFEs of equal cost."""

    labels: list[int]
    link: str
    port: int
    next_hop: str
    more: list[Tunnel]


class Circuit(TypedDict):
    """An attachment circuit, and the PE's addresses on it.

    `leaf` is there in an E-Tree's leaf, `standby` where another line carries the site's traffic,
    `blocked` where MAC addresses moved to it too often, `vlan` where tags tell it from others at
    its port: 100, of two tags 200.100.
    """

    name: str
    port: int
    up: bool
    addresses: list[str]
    leaf: NotRequired[bool]
    standby: NotRequired[bool]
    blocked: NotRequired[bool]
    vlan: NotRequired[str]


class Route(TypedDict):
    """A route of a VRF.

    `code` is C (connected), S (static), V (VPN), I (imported here) or A (to another provider's ASBR
    `asbr`, which is there then).
    """

    code: str
    imported: bool
    prefix: str
    rd: str | None
    circuit: str
    via: str | None
    vrf: str | None
    egress: str | None
    label: int | None
    tunnel: Tunnel | None
    asbr: NotRequired[str]


class Neighbour(TypedDict):
    """An address on an attachment circuit, and the MAC address that has it."""

    address: str
    mac: str
    circuit: str


class Vrf(TypedDict):
    """One VRF, or with `rd` null the global IPv6 table (6PE)."""

    vrf: str
    rd: str | None
    import_targets: list[str]
    export_targets: list[str]
    label: int | None
    label6: int | None
    circuits: list[Circuit]
    routes: list[Route]
    neighbours: list[Neighbour]


class VrfsOfNode(TypedDict):
    """One PE's VRFs."""

    node: str
    vrfs: list[Vrf]


class VrfTable(TypedDict):
    """What `show vrf` prints."""

    lab: str
    table: Literal["vrf"]
    nodes: list[VrfsOfNode]


class Pseudowire(TypedDict):
    """A pseudowire to the PE `peer`.

    `leaf` is there if only leaves of an E-Tree are beyond it; the labels of leaves' frames, if
    these have labels of their own; `spoke` if it leads to a spoke PE, `to_hub` if from one to a hub
    PE; `secondary` if that hub is not the spoke PE's first; `standby` if it carries no frames while
    another one does.
    """

    peer: str
    in_label: int
    out_label: int
    control_word: bool
    tunnel: Tunnel | None
    leaf: NotRequired[bool]
    leaf_in_label: NotRequired[int]
    leaf_out_label: NotRequired[int]
    spoke: NotRequired[bool]
    standby: NotRequired[bool]
    to_hub: NotRequired[bool]
    secondary: NotRequired[bool]


class MulticastGroup(TypedDict):
    """A multicast group: the circuits and the PEs to which what is for it goes."""

    group: str
    circuits: list[str]
    peers: list[str]


class Vsi(TypedDict):
    """One VSI; `kind` is vpls or vpws, `mac_limit` null where there is none.

    `settings` are further ones that differ from the default, as a lab file has them; `groups` is
    there where it knows any.
    """

    vsi: str
    kind: str
    mac_aging_s: int
    mac_limit: int | None
    circuits: list[Circuit]
    pseudowires: list[Pseudowire]
    settings: list[str]
    groups: NotRequired[list[MulticastGroup]]


class VsisOfNode(TypedDict):
    """One PE's VSIs."""

    node: str
    vsis: list[Vsi]


class VsiTable(TypedDict):
    """What `show vsi` prints."""

    lab: str
    table: Literal["vsi"]
    nodes: list[VsisOfNode]


class LspHop(TypedDict):
    """A link of an LSP, and the transport labels on it."""

    node: str
    link: str
    labels: list[int]
    next_hop: str


class Lsp(TypedDict):
    """An LSP; of several of equal cost, `way` of `ways`, which `share` of the flows take."""

    ingress: str
    egress: str
    hops: list[LspHop]
    complete: bool
    metric: int
    delay_ms: float
    way: int
    ways: int
    share: float


class LspTable(TypedDict):
    """What `show lsp` prints."""

    lab: str
    table: Literal["lsp"]
    lsps: list[Lsp]


class BoundLabel(TypedDict):
    """A label and what it is bound to."""

    label: int
    kind: str
    bound_to: str | None
    peer: str | None
    ip_version: int | None


class LabelsOfNode(TypedDict):
    """One LSR's label space."""

    node: str
    labels: list[BoundLabel]


class LabelTable(TypedDict):
    """What `show labels` prints."""

    lab: str
    table: Literal["labels"]
    nodes: list[LabelsOfNode]


class LearnedMac(TypedDict):
    """A MAC address that a VPLS learned, on a circuit or from a peer PE; the other is null."""

    node: str
    vsi: str
    mac: str
    circuit: str | None
    peer: str | None


class MacTable(TypedDict):
    """What `show macs` prints."""

    lab: str
    table: Literal["macs"]
    macs: list[LearnedMac]


class GroupPlace(TypedDict):
    """A circuit or a PE to which what is for a multicast group goes; the other is null."""

    node: str
    vsi: str
    group: str
    circuit: str | None
    peer: str | None


class GroupTable(TypedDict):
    """What `show groups` prints."""

    lab: str
    table: Literal["groups"]
    groups: list[GroupPlace]


class Counter(TypedDict):
    """Packets and octets of an LSP, a tunnel, a VRF, a pseudowire, or that were dropped."""

    node: str
    kind: str
    name: str
    peer: str | None
    packets: int
    octets: int


class CounterTable(TypedDict):
    """What `show counters` prints; `counted` is false where the data plane does not count."""

    lab: str
    table: Literal["counters"]
    dataplane: str
    counted: bool
    counters: list[Counter]


ProgramTable = LfibTable | VrfTable | VsiTable | LspTable | LabelTable
"""Tables that are read from a program."""

Table = ProgramTable | MacTable | CounterTable
