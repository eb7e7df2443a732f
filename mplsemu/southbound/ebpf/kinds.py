"""The kinds and limits that the data plane's maps speak of: enumerations of src/layout.h."""

from __future__ import annotations

import enum
from typing import Final

MAX_PUSH: Final = 8
"""Labels that one NHLFE can push."""
MAX_NHLFES: Final = 16
"""NHLFEs of one FEC or one label."""
MAX_MEMBERS: Final = 1024
"""Circuits, or pseudowires, of one VSI at one PE."""
FEW_MEMBERS: Final = 6
"""Of them, where the kernel interprets programs."""
PUNT_OCTETS: Final = 2048
"""Of a punted packet; what is longer is cut."""


class Role(enum.IntEnum):
    """What kind of port an interface is."""

    CORE = 1
    VRF = 2
    VSI = 3


class PortFlag(enum.IntFlag):
    """STRICT_URPF: only from where the VRF would send back by it (RFC 3704 section 2.2)."""

    NONE = 0
    STRICT_URPF = 1


class Operation(enum.IntEnum):
    """What an NHLFE does to the label stack."""

    SWAP = 1
    POP = 2
    PUSH = 3


class NhlfeFlag(enum.IntFlag):
    """DIRECT: there is no queue and no tap at the port."""

    NONE = 0
    DIRECT = 1


class IlmAction(enum.IntEnum):
    """What is done with a packet that has a certain label on top."""

    FORWARD = 1
    POP_AND_LOOK_UP = 2
    TO_VRF = 3
    TO_PSEUDOWIRE = 4


class IlmFlag(enum.IntFlag):
    """CONTROL_WORD: the pseudowire has one (RFC 4448 section 4.6)."""

    NONE = 0
    CONTROL_WORD = 1


class NhlfesOf(enum.IntEnum):
    """Whose NHLFEs an entry of `ecmp_nhlfes` belongs to."""

    LABEL = 1
    EGRESS = 2


class RouteKind(enum.IntEnum):
    """What a route of a VRF leads to."""

    TO_PE = 1
    DELIVER = 2
    CONNECTED = 3
    TO_VRF = 4
    LOCAL = 5
    BLACKHOLE = 6


class BridgeKind(enum.IntEnum):
    """Whether a VSI learns and floods, or joins its two ends."""

    VPLS = 1
    VPWS = 2


class PwFlag(enum.IntFlag):
    """CONTROL_WORD: put one before every frame (RFC 4448 section 4.6)."""

    NONE = 0
    CONTROL_WORD = 1


class FdbKind(enum.IntEnum):
    """Behind what an address was learned."""

    AT_CIRCUIT = 1
    AT_PW = 2


class CounterKind(enum.IntEnum):
    """What a counter counts."""

    LSP = 1
    TUNNEL = 2
    VRF_IN = 3
    VRF_OUT = 4
    PW_IN = 5
    PW_OUT = 6
    DROP = 7


class Drop(enum.IntEnum):
    """Why a packet ended."""

    PORT = 1
    MALFORMED = 2
    NO_LABEL = 3
    NO_ROUTE = 4
    NEVER_ROUTED = 5
    NO_TUNNEL = 6
    NOT_FOR_US = 7
    TTL = 8
    NOBODY = 9
    GROUP_SOURCE = 10
    PUNTED = 11
    PUNT_RATE = 12
    INTERNAL = 13
    MARTIAN = 14
    ONE_LINK = 15
    TOO_BIG = 16
    SOURCE = 17
