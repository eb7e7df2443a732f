"""What LSRs count."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class CounterKind(enum.StrEnum):
    """What packets are counted by; in and out as the PE sees it."""

    LSP = "lsp"
    TUNNEL = "tunnel"
    VRF_IN = "vrf-in"
    VRF_OUT = "vrf-out"
    PSEUDOWIRE_IN = "pseudowire-in"
    PSEUDOWIRE_OUT = "pseudowire-out"
    STORM = "storm"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Counter:
    """Packets that an LSR has handled.

    Attributes:
        kind: what they are counted by.
        name: an LSP's incoming label, a tunnel's egress PE, a VRF's or VSI's VPN, the circuit of
            which storm control dropped frames, or the reason of a drop.
        peer: of a pseudowire, the PE at its other end.
        octets: from the Ethernet header on.
    """

    node: str
    kind: CounterKind
    name: str
    packets: int
    octets: int
    peer: str | None = None
