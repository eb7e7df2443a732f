"""The pipeline as data: tables, registers, priorities, meters; docs/pipeline.md explains it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from mplsemu.program.services import Pseudowire
from mplsemu.southbound.openflow import actions as act
from mplsemu.southbound.openflow.match import (
    ARP_OP,
    ARP_SHA,
    ARP_SPA,
    ARP_THA,
    ARP_TPA,
    ETH_DST,
    ETH_SRC,
    ETH_TYPE,
    ICMPV4_TYPE,
    ICMPV6_TYPE,
    IN_PORT,
    IP_FRAGMENT,
    IP_PROTO,
    IP_TOS,
    IP_TTL,
    IPV4_DST,
    IPV4_SRC,
    IPV6_DST,
    IPV6_SRC,
    METADATA,
    MPLS_BOS,
    MPLS_LABEL,
    MPLS_TC,
    MPLS_TTL,
    ND_FLAGS,
    ND_OPTION,
    ND_SLL,
    ND_TARGET,
    ND_TLL,
    REGISTERS,
    UDP_DST,
    VLAN_VID,
    Field,
)
from mplsemu.southbound.plane.stage import Stage


class Table(enum.IntEnum):
    """The flow tables' numbers; a packet moves to higher ones, only a resubmit goes back."""

    PORTS = 0
    LFIB = 1
    SERVICE_LABELS = 2
    INNER_TAGS = 3
    VRF_SOURCE = 9
    VRF_INPUT = 10
    VRF_FIB = 11
    VRF_LOCAL = 12
    VRF_SIZE = 13
    VRF_DELIVER = 14
    VRF_IMPOSE = 15
    VRF_ADVERTISE = 16
    PUNT = 17
    VSI_TAGS = 18
    VSI_MOVES = 19
    VSI_LEARN = 20
    VSI_FDB = 21
    VSI_FORWARD = 22
    VSI_FLOOD = 23
    VRF_SPREAD = 27
    VRF_CHOICE = 28
    WAYS = 29
    TUNNEL_L3 = 30
    TUNNEL_L2 = 31


REG_PUNT: Final = REGISTERS[0]
"""Why the packet is punted: a `PuntReason`, and from `PUNT_CLASS_SHIFT` on its `PuntClass`. It is 0
where a label's TTL expired."""
PUNT_CLASS_SHIFT: Final = 8
PUNT_CLASS_MASK: Final = 0xFF00
PUNT_REASON_MASK: Final = 0xFF
REG_TC: Final = REGISTERS[1]
"""The TC for labels to be pushed (program/diffserv.py)."""
REG_SERVICE_LABEL: Final = REGISTERS[2]
"""The VPN label to be pushed."""
REG_TUNNEL: Final = REGISTERS[3]
"""The tunnel to take: index of the PE at its end."""
REG_SOURCE: Final = REGISTERS[4]
"""The attachment of a VSI that a frame came from: a port, or `FROM_PSEUDOWIRE` and an index."""
REG_TARGET: Final = REGISTERS[5]
"""The attachment a frame goes to, written like `REG_SOURCE`; 0 if it is unknown."""
REG_PORT: Final = REGISTERS[6]
"""The port to send a routed packet out of."""
REG_TTL: Final = REGISTERS[7]
"""A TTL while its label is popped, in the uniform model."""
REG_SCRATCH: Final = REGISTERS[8]
"""An address while two are swapped; the outer of two tags once it is popped; and bits that are read
to be part of the datapath's flow."""
REG_WAY: Final = REGISTERS[9]
"""Which of a tunnel's NHLFEs (ECMP) the packet's flow takes, from 0."""

REG_SIZE: Final = REGISTERS[10]
"""1 if a routed packet is larger than the MTU of its next hop."""
REG_GROUPS: Final = REGISTERS[11]
"""The split horizon groups that a frame came by (program/split_horizon.py), but for the mesh of
pseudowires, of which `REG_SOURCE` tells; 0 where a VSI has no other."""
REG_CHOICE: Final = REGISTERS[12]
"""The set of PEs from which a route chooses (anycast): a number of `RouteWays`."""

REG_DELIMITER: Final = REGISTERS[13]
"""Of a frame in a VSI whose pseudowires are of tagged mode: the VLAN of its circuit's tag, or of
the pseudowire's that it came over; 0, a dummy's, if its circuit has none."""
REG_BEFORE: Final = REGISTERS[6]
"""In a VSI: the attachment behind which a frame's source was learned before; 0 if it was not."""
REG_MAC: Final = REGISTERS[12]
"""The high bits of a MAC address while another is looked up."""
MAC_MOVED: Final = PUNT_REASON_MASK
"""In `REG_PUNT`: the source of a frame was learned elsewhere before. No packet is punted for it."""

NO_PORT: Final = 0xFFFF_FFFF
"""In place of the port that a packet came by: OpenFlow does not output to that one."""
LABEL_BITS: Final = 20
FROM_PSEUDOWIRE: Final = 0x1_0000
"""Set in `REG_SOURCE` and `REG_TARGET` for a pseudowire; port numbers are below it."""
FROM_SPOKE: Final = 0x2_0000
"""Set instead for a pseudowire of a hub PE to a spoke PE, which is treated as a circuit."""


def attachment(wire: Pseudowire) -> int:
    """Return what stands for a pseudowire in `REG_SOURCE` and `REG_TARGET`."""
    return (FROM_SPOKE if wire.spoke else FROM_PSEUDOWIRE) | wire.index


class Priority(enum.IntEnum):
    """Flow priorities; a route's is ``ROUTE`` plus its prefix length."""

    DEFAULT = 1
    BROAD = 10
    NORMAL = 100
    OF_GROUP = 150
    SPECIFIC = 200
    SPECIFIC_OF_GROUP = 250
    REFUSED = 300
    ROUTE = 1000
    NEIGHBOUR = 1200
    NEVER_ROUTED = 1300
    NEVER_ROUTED_FROM = 1301
    GATEWAY = 1400


class MeterId(enum.IntEnum):
    """Meters with fixed numbers; those of senders count from 1."""

    CONTROLLER = 0xFFFF_FFFE
    """OFPM_CONTROLLER: Open vSwitch applies it to all packet-ins whose action names no other."""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What the flows of one table may do.

    Attributes:
        table: its number.
        purpose: a human-readable description.
        stage: when changes of it are installed.
        matches: fields its flows may match.
        writes: fields its actions may write (set, move into, or have a learned flow load).
        actions: kinds of actions it may use; those in a clone too.
        next: tables its flows may go to or resubmit to.
    """

    table: Table
    purpose: str
    stage: Stage
    matches: frozenset[Field]
    writes: frozenset[Field] = frozenset()
    actions: frozenset[type] = frozenset()
    next: frozenset[Table] = frozenset()


_ALL_SPECS: Final = (
    TableSpec(
        Table.PORTS,
        "what kind of port: core, or an attachment circuit of a VRF or a VSI",
        Stage.PORTS,
        matches=frozenset({IN_PORT, ETH_TYPE, ETH_DST, VLAN_VID, MPLS_LABEL}),
        writes=frozenset(
            {METADATA, REG_TC, REG_SOURCE, REG_GROUPS, IN_PORT, REG_SCRATCH}
            | {VLAN_VID, REG_DELIMITER}
        ),
        actions=frozenset(
            {act.SetField, act.Move, act.PushVlan, act.PopVlan, act.PushMpls, act.PopMpls}
        ),
        next=frozenset(
            {Table.LFIB, Table.VRF_SOURCE, Table.VRF_INPUT, Table.VSI_LEARN, Table.VSI_FORWARD}
            | {Table.INNER_TAGS}
        ),
    ),
    TableSpec(
        Table.INNER_TAGS,
        "of a frame whose outer tag is gone: which attachment circuit its inner tag says",
        Stage.PORTS,
        matches=frozenset({IN_PORT, REG_SCRATCH, ETH_TYPE, ETH_DST, VLAN_VID}),
        writes=frozenset({METADATA, REG_TC, REG_SOURCE, REG_GROUPS, IN_PORT, REG_DELIMITER}),
        actions=frozenset({act.SetField, act.Move, act.PopVlan}),
        next=frozenset({Table.VRF_SOURCE, Table.VRF_INPUT, Table.VSI_LEARN, Table.VSI_FORWARD}),
    ),
    TableSpec(
        Table.LFIB,
        "transport labels: swap, pop at the penultimate hop, explicit null",
        Stage.LABELS,
        matches=frozenset({ETH_TYPE, MPLS_LABEL, MPLS_BOS}),
        writes=frozenset({MPLS_LABEL, MPLS_TTL, REG_TTL, REG_SCRATCH, ETH_SRC, ETH_DST}),
        actions=frozenset(
            {act.SetField, act.Move, act.PushMpls, act.PopMpls, act.DecMplsTtl, act.Output},
        ),
        next=frozenset({Table.SERVICE_LABELS}),
    ),
    TableSpec(
        Table.SERVICE_LABELS,
        "labels of VRFs and pseudowires: what is below them and whose it is",
        Stage.LABELS,
        matches=frozenset({ETH_TYPE, MPLS_LABEL, MPLS_BOS}),
        writes=frozenset({METADATA, IN_PORT, REG_TTL, REG_TC, REG_SOURCE, REG_GROUPS, IP_TTL}),
        actions=frozenset({act.SetField, act.Move, act.PopMpls, act.Decap}),
        next=frozenset({Table.VRF_FIB, Table.VSI_TAGS, Table.VSI_LEARN, Table.VSI_FORWARD}),
    ),
    TableSpec(
        Table.VRF_SOURCE,
        "from circuits whose sources are validated: only what the VRF would send back there",
        Stage.SERVICES,
        matches=frozenset({IN_PORT, ETH_TYPE, IPV4_SRC, IPV6_SRC, ETH_DST, IP_PROTO, UDP_DST}),
        next=frozenset({Table.VRF_INPUT}),
    ),
    TableSpec(
        Table.VRF_INPUT,
        "from a VRF's circuits: ARP and neighbour discovery, and only frames for the gateway",
        Stage.SERVICES,
        matches=frozenset(
            {IN_PORT, ETH_TYPE, ETH_SRC, ETH_DST, ARP_OP, ARP_TPA, IP_PROTO, ICMPV6_TYPE}
            | {IPV4_SRC, IPV6_SRC, IPV6_DST, IP_TTL, ND_TARGET, ND_SLL, UDP_DST}
        ),
        writes=frozenset(
            {REG_PUNT, ETH_SRC, ETH_DST, ARP_OP, ARP_SPA, ARP_TPA, ARP_SHA, ARP_THA}
            | {IPV6_SRC, IPV6_DST, IP_TOS, ICMPV6_TYPE, ND_FLAGS, ND_OPTION}
            | {IN_PORT, VLAN_VID}
        ),
        actions=frozenset(
            {act.SetField, act.Move, act.Controller, act.InPort, act.Resubmit}
            | {act.PushVlan, act.Output}
        ),
        next=frozenset({Table.VRF_FIB, Table.VRF_LOCAL, Table.VRF_ADVERTISE, Table.PUNT}),
    ),
    TableSpec(
        Table.VRF_FIB,
        "a VRF's longest prefix match",
        Stage.SERVICES,
        matches=frozenset({METADATA, ETH_TYPE, IPV4_DST, IPV6_SRC, IPV6_DST}),
        writes=frozenset(
            {METADATA, REG_PUNT, REG_TUNNEL, REG_SERVICE_LABEL, REG_PORT, REG_CHOICE, ETH_DST},
        ),
        actions=frozenset({act.SetField, act.Resubmit}),
        next=frozenset(
            {Table.VRF_FIB, Table.VRF_LOCAL, Table.VRF_SIZE, Table.PUNT}
            | {Table.VRF_SPREAD, Table.VRF_CHOICE}
        ),
    ),
    TableSpec(
        Table.VRF_LOCAL,
        "packets for a gateway's own addresses",
        Stage.SERVICES,
        matches=frozenset({ETH_TYPE, IP_PROTO, IP_FRAGMENT, ICMPV4_TYPE, ICMPV6_TYPE}),
        writes=frozenset({REG_PUNT, REG_SCRATCH, IPV4_SRC, IPV4_DST, ICMPV4_TYPE, IP_TTL}),
        actions=frozenset({act.SetField, act.Move, act.Resubmit}),
        next=frozenset({Table.VRF_FIB, Table.PUNT}),
    ),
    TableSpec(
        Table.VRF_SIZE,
        "whether a routed packet is larger than its circuit or its tunnel takes",
        Stage.TUNNELS,
        matches=frozenset({REG_TUNNEL, REG_PORT}),
        writes=frozenset({REG_SIZE}),
        actions=frozenset({act.CheckLarger}),
        next=frozenset({Table.VRF_DELIVER, Table.VRF_IMPOSE}),
    ),
    TableSpec(
        Table.VRF_DELIVER,
        "out of a VRF's circuit",
        Stage.SERVICES,
        matches=frozenset({ETH_TYPE, IP_TTL, REG_SIZE, REG_PORT}),
        writes=frozenset({ETH_SRC, IN_PORT, REG_PUNT, VLAN_VID}),
        actions=frozenset(
            {act.SetField, act.DecTtl, act.OutputRegister, act.Resubmit, act.PushVlan, act.Output}
        ),
        next=frozenset({Table.PUNT}),
    ),
    TableSpec(
        Table.VRF_IMPOSE,
        "push the VPN label",
        Stage.SERVICES,
        matches=frozenset({ETH_TYPE, IP_TTL, REG_SIZE}),
        writes=frozenset({IN_PORT, REG_PUNT, REG_TC, MPLS_LABEL, MPLS_TC, MPLS_TTL}),
        actions=frozenset({act.SetField, act.Move, act.DecTtl, act.PushMpls, act.Resubmit}),
        next=frozenset({Table.WAYS, Table.TUNNEL_L3, Table.PUNT}),
    ),
    TableSpec(
        Table.VRF_ADVERTISE,
        "the end of an answer to a neighbour solicitation, once it is an advertisement",
        Stage.SERVICES,
        matches=frozenset({ETH_TYPE, IP_PROTO, ICMPV6_TYPE, IN_PORT}),
        writes=frozenset({ND_TLL, IN_PORT, VLAN_VID}),
        actions=frozenset({act.SetField, act.InPort, act.PushVlan, act.Output}),
    ),
    TableSpec(
        Table.PUNT,
        "to the controller, each sender's packets of each class at a rate of their own",
        Stage.TUNNELS,
        matches=frozenset({IN_PORT, METADATA, REG_PUNT}),
        actions=frozenset({act.Controller}),
    ),
    TableSpec(
        Table.VSI_TAGS,
        "from pseudowires: take tagged mode's tag off, have a customer's own one overlooked",
        Stage.LABELS,
        matches=frozenset({METADATA, ETH_TYPE, VLAN_VID}),
        writes=frozenset({VLAN_VID, REG_DELIMITER}),
        actions=frozenset(
            {act.SetField, act.Move, act.PushVlan, act.PopVlan, act.PushMpls, act.PopMpls}
        ),
        next=frozenset({Table.VSI_LEARN, Table.VSI_FORWARD}),
    ),
    TableSpec(
        Table.VRF_SPREAD,
        "which of several PEs that have the same prefix the customer's flow takes",
        Stage.TUNNELS,
        matches=frozenset({METADATA, REG_CHOICE, ETH_TYPE, IP_FRAGMENT}),
        writes=frozenset({REG_WAY}),
        actions=frozenset({act.Multipath}),
    ),
    TableSpec(
        Table.VRF_CHOICE,
        "the tunnel and the VPN label of the PE that was chosen",
        Stage.TUNNELS,
        matches=frozenset({METADATA, REG_CHOICE, REG_WAY}),
        writes=frozenset({REG_TUNNEL, REG_SERVICE_LABEL}),
        actions=frozenset({act.SetField}),
    ),
    TableSpec(
        Table.VSI_MOVES,
        "tell the controller of a source address that was learned elsewhere before",
        Stage.SERVICES,
        matches=frozenset({METADATA, REG_SOURCE, REG_BEFORE}),
        writes=frozenset({REG_PUNT}),
        actions=frozenset({act.SetField, act.Controller}),
    ),
    TableSpec(
        Table.VSI_LEARN,
        "learn the source address of a frame, look up its destination",
        Stage.SERVICES,
        matches=frozenset({METADATA, REG_SOURCE, ETH_SRC, ETH_DST}),
        writes=frozenset({REG_TARGET, REG_BEFORE, REG_MAC, REG_SCRATCH, ETH_DST}),
        actions=frozenset({act.Learn, act.Resubmit, act.Move, act.SetField}),
        next=frozenset({Table.VSI_MOVES, Table.VSI_FDB, Table.VSI_FORWARD}),
    ),
    TableSpec(
        Table.VSI_FDB,
        "learned addresses; the data plane writes it",
        Stage.SERVICES,
        matches=frozenset({METADATA, ETH_DST}),
        writes=frozenset({REG_TARGET}),
    ),
    TableSpec(
        Table.VSI_FORWARD,
        "one circuit, one pseudowire, or flood; never within a split horizon group",
        Stage.SERVICES,
        matches=frozenset(
            {METADATA, REG_SOURCE, REG_TARGET, REG_GROUPS, ETH_DST, ETH_TYPE, VLAN_VID}
            | {IP_PROTO, ICMPV6_TYPE, IPV4_DST, IPV6_DST}
        ),
        writes=frozenset(
            {REG_TUNNEL, REG_PUNT, MPLS_LABEL, MPLS_TC, MPLS_TTL, REG_TARGET, IN_PORT, VLAN_VID}
        ),
        actions=frozenset(
            {
                act.Controller,
                act.SetField,
                act.Move,
                act.PushVlan,
                act.Output,
                act.OutputRegister,
                act.Clone,
                act.Encap,
                act.Resubmit,
            }
        ),
        next=frozenset({Table.VSI_FORWARD, Table.VSI_FLOOD, Table.WAYS, Table.TUNNEL_L2}),
    ),
    TableSpec(
        Table.VSI_FLOOD,
        "flood what storm control lets through",
        Stage.SERVICES,
        matches=frozenset({METADATA, REG_GROUPS, ETH_DST, ETH_TYPE, VLAN_VID, IPV4_DST, IPV6_DST}),
        writes=frozenset({REG_TUNNEL, MPLS_LABEL, MPLS_TC, MPLS_TTL, REG_TARGET, VLAN_VID}),
        actions=frozenset(
            {act.SetField, act.Move, act.PushVlan, act.Output, act.Clone, act.Encap, act.Resubmit}
        ),
        next=frozenset({Table.VSI_FORWARD, Table.WAYS, Table.TUNNEL_L2}),
    ),
    TableSpec(
        Table.WAYS,
        "which of several ways to a PE the customer's flow takes",
        Stage.TUNNELS,
        matches=frozenset({REG_TUNNEL, ETH_TYPE, IP_FRAGMENT}),
        writes=frozenset({REG_WAY}),
        actions=frozenset({act.Multipath}),
    ),
    TableSpec(
        Table.TUNNEL_L3,
        "push the transport labels on a packet that has a VPN label, and send it",
        Stage.TUNNELS,
        matches=frozenset({REG_TUNNEL, REG_WAY, ETH_TYPE}),
        writes=frozenset({MPLS_LABEL, ETH_SRC, ETH_DST}),
        actions=frozenset({act.SetField, act.PushMpls, act.Output}),
    ),
    TableSpec(
        Table.TUNNEL_L2,
        "put the transport labels and an Ethernet header on a pseudowire's packet, and send it",
        Stage.TUNNELS,
        matches=frozenset({REG_TUNNEL, REG_WAY}),
        writes=frozenset({MPLS_LABEL, MPLS_TC, MPLS_TTL, ETH_SRC, ETH_DST}),
        actions=frozenset({act.SetField, act.Move, act.Encap, act.Output}),
    ),
)

PIPELINE: Final = {spec.table: spec for spec in _ALL_SPECS}
"""What each table may do."""


def stage(table: int) -> Stage:
    """Return when a flow of `table` is installed."""
    return PIPELINE[Table(table)].stage
