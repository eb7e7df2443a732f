"""Enumerations and limits of the data plane; `header` writes them into src/layout.h."""

from __future__ import annotations

import enum
from typing import Final

MAX_PUSH: Final = 8
"""Labels that one NHLFE can push."""
MAX_MEMBERS: Final = 1024
"""Circuits, or pseudowires, of one VSI at one PE."""
FEW_MEMBERS: Final = 6
"""Of them, where the kernel interprets programs."""
PUNT_OCTETS: Final = 2048
"""Of a punted packet, usually. A power of two."""
LARGE_PUNT_OCTETS: Final = 16_384
"""Of one that is longer; more than any MTU, a power of two."""
CIRCUIT_DELIMITED: Final = 1 << 31
"""Set in the id of a circuit that tags delimit: `circuit_id`. No ifindex has it."""
PUNT_LSPS: Final = 64
"""LSPs whose packets have a share of their own of an LSR's punts."""


class Role(enum.IntEnum):
    """What kind of port an interface is."""

    CORE = 1
    VRF = 2
    VSI = 3
    LINE = 4
    """Several circuits, or one with tags: `tagged_ports` says which a frame is of."""
    BORDER = 5
    """To another provider: of labels only those are taken that he was given."""


class PortFlag(enum.IntFlag):
    """How packets of a port are treated."""

    NONE = 0
    STRICT_URPF = 1
    """On a VRF's circuit: only from where the VRF would send back by it (RFC 3704 2.2)."""
    LEAF = 2
    """On a VSI's circuit: a leaf of an E-Tree (RFC 7796)."""
    DELIMITED = 4
    """Its interface alone does not say which circuit it is: tags do, or their lack."""
    DHCP_RELAY = 8
    """On a VRF's circuit: its gateway relays what DHCP clients broadcast."""
    DHCPV6_RELAY = 16
    """Likewise what DHCPv6 clients send to the group of relay agents."""


class Operation(enum.IntEnum):
    """What an NHLFE does to the label stack."""

    SWAP = 1
    POP = 2
    PUSH = 3


class NhlfeFlag(enum.IntFlag):
    """How an NHLFE's packets leave."""

    NONE = 0
    DIRECT = 1
    """There is no queue and no tap at the port: a packet is handed to the peer at once."""


class IlmAction(enum.IntEnum):
    """What is done with a packet that has a certain label on top."""

    FORWARD = 1
    POP_AND_LOOK_UP = 2
    TO_VRF = 3
    TO_PSEUDOWIRE = 4
    STAND_BY = 5
    """Drop: a pseudowire that stands by (RFC 4762 section 10.2)."""


class IlmFlag(enum.IntFlag):
    """What is below the label."""

    NONE = 0
    CONTROL_WORD = 1
    """The pseudowire has one (RFC 4448 section 4.6)."""
    LEAF = 2
    """The frame is from a leaf of an E-Tree (RFC 7796)."""
    SPOKE = 4
    """The pseudowire leads to a spoke PE (RFC 4762 section 10)."""
    TAGGED = 8
    """The frame has a service-delimiting tag (RFC 4448 section 4.4.1)."""


class NhlfesOf(enum.IntEnum):
    """Whose NHLFEs an entry of `ecmp_nhlfes` belongs to."""

    LABEL = 1
    EGRESS = 2


class RouteKind(enum.IntEnum):
    """What a route of a VRF leads to."""

    TO_PE = 1
    """Push `label`, then the tunnel to `target`, a PE's index."""
    DELIVER = 2
    """To `mac` out of `target`, a circuit's id."""
    CONNECTED = 3
    """The address has to be resolved on `target`, a circuit's id: punt."""
    TO_VRF = 4
    """Look up in VRF `target` of this PE."""
    LOCAL = 5
    """A gateway's own address."""
    BLACKHOLE = 6
    """Never routed, as a LAN's broadcast address."""
    TO_WAYS = 7
    """To one of `label` PEs, as the flow decides: those of set `target` in `route_ways`."""


class BridgeKind(enum.IntEnum):
    """Whether a VSI learns and floods, or joins its two ends."""

    VPLS = 1
    VPWS = 2


class PwFlag(enum.IntFlag):
    """What is put before frames of a pseudowire."""

    NONE = 0
    CONTROL_WORD = 1
    """Before every frame (RFC 4448 section 4.6)."""
    LEAF = 2
    """Only leaves of an E-Tree are beyond it (RFC 7796)."""
    SPOKE = 4
    """It leads to a spoke PE, and is not of the mesh (RFC 4762 section 10)."""
    TAGGED = 8
    """Every frame gets a service-delimiting tag (RFC 4448 section 4.4.1)."""


class VsiFlag(enum.IntFlag):
    """How a VSI treats frames."""

    NONE = 0
    DROP_UNKNOWN = 1
    """Frames for an address that is not learned are dropped."""
    MAC_MOVES = 2
    """The controller is told of addresses that move."""
    SPOKES = 4
    """It has pseudowires to spoke PEs: what comes over one may leave over another."""
    SNOOPS = 8
    """IGMP and MLD from circuits go to the controller; what is for a known group to its members."""
    TAGGED = 16
    """Its pseudowires are of tagged mode."""


class FdbKind(enum.IntEnum):
    """Behind what an address was learned."""

    AT_CIRCUIT = 1
    AT_PW = 2


class CounterKind(enum.IntEnum):
    """What a counter counts, and what its id is."""

    LSP = 1
    """The label of a transit or egress LSR's ILM entry."""
    TUNNEL = 2
    """The egress PE, at the ingress."""
    VRF_IN = 3
    """The VRF; from its circuits."""
    VRF_OUT = 4
    """To its circuits."""
    PW_IN = 5
    """`pw_counter_id`; from the peer."""
    PW_OUT = 6
    """To the peer."""
    DROP = 7
    """The reason, a `Drop`."""
    STORM = 8
    """The port of a VSI's circuit; what storm control dropped, which `Drop.STORM` counts too."""


class Drop(enum.IntEnum):
    """Why a packet ended."""

    PORT = 1
    """An interface that is no port."""
    MALFORMED = 2
    """Too short, or not what its label or type says."""
    NO_LABEL = 3
    """No ILM entry."""
    NO_ROUTE = 4
    NEVER_ROUTED = 5
    NO_TUNNEL = 6
    NOT_FOR_US = 7
    """Not for the gateway's MAC address, or tagged on a routed circuit."""
    TTL = 8
    NOBODY = 9
    """Split horizon, or no member to flood to."""
    GROUP_SOURCE = 10
    PUNTED = 11
    """Given to the controller; not a loss."""
    PUNT_RATE = 12
    INTERNAL = 13
    MARTIAN = 14
    """From a martian address."""
    ONE_LINK = 15
    """For the nearest bridge, or MAC control, as PAUSE."""
    TOO_BIG = 16
    """A frame or labelled packet that exceeds an MTU; routed packets are punted instead."""
    SOURCE = 17
    """From an address that is not behind its circuit (uRPF)."""
    UNKNOWN = 18
    """For an address that a VSI has not learned, and that it does not flood."""
    STORM = 19
    """More broadcast, multicast or unknown unicast than its circuit may send."""
    TAG = 20
    """With VLAN tags, or without, as no circuit of its port."""
