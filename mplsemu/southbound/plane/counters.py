"""What LSRs count."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class CounterKind(enum.StrEnum):
    """What packets are counted by; directions are those of the PE."""

    LSP = "lsp"
    TUNNEL = "tunnel"
    VRF_IN = "vrf-in"
    VRF_OUT = "vrf-out"
    PSEUDOWIRE_IN = "pseudowire-in"
    PSEUDOWIRE_OUT = "pseudowire-out"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Counter:
    """How many packets an LSR has handled.

    Attributes:
        kind: what they have in common.
        name: an LSP's incoming label, a tunnel's egress PE, a VRF's or VSI's VPN, why they were
            dropped.
        peer: of a pseudowire, the PE at its other end.
        octets: from the Ethernet header on.
    """

    node: str
    kind: CounterKind
    name: str
    packets: int
    octets: int
    peer: str | None = None
