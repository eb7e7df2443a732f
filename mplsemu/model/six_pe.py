"""6PE: IPv6 sites of the provider's own global table, over his IPv4 MPLS core (RFC 4798)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.vpn import VpnKind


@dataclass(frozen=True, slots=True)
class SixPe(L3vpn):
    """The IPv6 islands of the PEs' global tables (RFC 4798 section 2).

    PEs do with them what they do with an L3VPN, in their global IPv6 table: its routes have
    neither a route distinguisher nor route targets, each PE has all of them, and a lab has one such
    table. Sites have IPv6 addresses alone.
    """

    kind: ClassVar[Literal[VpnKind.SIX_PE]] = VpnKind.SIX_PE
