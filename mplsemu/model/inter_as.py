"""Several providers, and how a VPN crosses the border between two of them (RFC 4364 section 10)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mplsemu.model.tags import VlanTags


class InterAs(enum.StrEnum):
    """How VPNs cross a border link; the value is its name in lab files."""

    A = "a"
    """A VRF for each VPN at both ASBRs, and a circuit between the two (section 10 (a))."""
    B = "b"
    """VPN labels are swapped at the ASBRs, which need no VRF (section 10 (b))."""


@dataclass(frozen=True, slots=True)
class AutonomousSystem:
    """One of several providers.

    Attributes:
        name: unique in the lab.
        asn: of its automatic route distinguishers and route targets; no other's.
    """

    name: str
    asn: int


@dataclass(frozen=True, slots=True)
class BorderEnd:
    """One provider's side of a border that a VPN crosses.

    Attributes:
        asbr: the autonomous system boundary router: its LSR at that end of the border link.
        vrf: name of the VPN's VRFs in that provider's network.
    """

    asbr: str
    vrf: str


@dataclass(frozen=True, slots=True)
class VpnBorder:
    """A border link that carries a VPN.

    Attributes:
        vpn: name of the VPN.
        link: name of the link.
        option: how the VPN crosses it.
        ends: its two sides, as the link has them.
        mtu: octets of the largest IP packet on it.
        vlan: with option A, the tags of the VPN's frames; None: untagged.
    """

    vpn: str
    link: str
    option: InterAs
    ends: tuple[BorderEnd, BorderEnd]
    mtu: int
    vlan: VlanTags | None = None

    def far_end(self, asbr: str) -> BorderEnd:
        """Return the other provider's side."""
        first, second = self.ends
        return second if asbr == first.asbr else first

    def side_of(self, vrf: str) -> BorderEnd | None:
        """Return the side of the provider whose VRFs have a name; None if it is neither's."""
        return next((end for end in self.ends if end.vrf == vrf), None)

    @property
    def circuits(self) -> tuple[str, ...]:
        """The names of its attachment circuits at both ASBRs (option A)."""
        return tuple(self.circuit(end.asbr) for end in self.ends)

    def circuit(self, asbr: str) -> str:
        """Return the name of its attachment circuit at one of the ASBRs (option A)."""
        return border_circuit(self.vpn, asbr, self.far_end(asbr).asbr, self.link)


def border_circuit(vpn: str, asbr: str, peer: str, link: str) -> str:
    """Return the name of a VPN's circuit to the ASBR of another provider: ``a/n1>s1``.

    Over the second of parallel links it is ``a/n1>s1#2``; no site's name has such a sign.
    """
    _, mark, number = link.rpartition("#")
    return f"{vpn}/{asbr}>{peer}{mark}{number if mark else ''}"
