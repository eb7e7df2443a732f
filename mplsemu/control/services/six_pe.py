"""The compiler of 6PE: the PEs' global IPv6 tables, joined over the IPv4 core (RFC 4798)."""

from __future__ import annotations

from typing import ClassVar

from mplsemu.control.services.l3vpn import L3vpnCompiler
from mplsemu.model.vpn import VpnKind


class SixPeCompiler(L3vpnCompiler):
    """Compiles 6PE as L3VPNs are compiled; see `ServiceCompiler`.

    RFC 4798 section 2 leaves the choice of the label below the transport label: IPv6 explicit null,
    or one that says at which of its tables the egress PE looks. It is the second here, as in an
    L3VPN: a label is then all that says whose a packet is, in a capture too, and a table that came
    or went would never be taken for another.
    """

    kind: ClassVar[VpnKind] = VpnKind.SIX_PE
