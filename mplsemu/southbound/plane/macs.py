"""MAC addresses that VSIs have learned, and orders to remove them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OnCircuit:
    """At an attachment circuit of this PE, by the circuit's name."""

    circuit: str


@dataclass(frozen=True, slots=True)
class BehindPe:
    """At the other end of the pseudowire to a PE."""

    peer: str


LearnedAt = OnCircuit | BehindPe


@dataclass(frozen=True, slots=True)
class MacFlush:
    """An order to remove MAC addresses, as a MAC withdraw (RFC 4762 section 6).

    Attributes:
        node: the PE.
        vsi: name of the VPN.
        place: where they were learned, None for all.
    """

    node: str
    vsi: str
    place: LearnedAt | None = None


@dataclass(frozen=True, slots=True)
class LearnedMac:
    """A MAC address that a PE has learned.

    Attributes:
        place: where, None if the program has no such place.
    """

    node: str
    vsi: str
    mac: str
    place: LearnedAt | None
