"""Multicast groups that a VSI knows by snooping (RFC 4541): who gets what is sent to them."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.vpn import IPAddress


@dataclass(frozen=True, slots=True)
class MulticastGroup:
    """A group for which a VSI forwards frames to some of its members only.

    What is sent to a group without an entry is flooded (RFC 4541 section 2.1.2), and so is what has
    a VLAN tag.

    Attributes:
        address: of the group, IPv4 or IPv6.
        circuits: of this PE with a member or a multicast router, in the VSI's order.
        peers: PEs with one of them at a circuit, sorted.
    """

    address: IPAddress
    circuits: tuple[str, ...]
    peers: tuple[str, ...]
