"""BGP/MPLS IP VPNs: route distinguishers, route targets and the VPN itself (RFC 4364)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Self

from mplsemu.model.vpn import Site, VpnKind

_TWO_NUMBERS: Final = re.compile(r"(\d{1,10}):(\d{1,10})\Z", re.ASCII)
_MAX_2_BYTES: Final = 0xFFFF
_MAX_4_BYTES: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, order=True)
class _AsnNumber:
    """``ASN:NUMBER`` in six bytes: type 0 (2-byte ASN) or type 2 (4-byte ASN) (RFC 4364 4.2)."""

    asn: int
    number: int

    def __post_init__(self) -> None:
        largest = _MAX_4_BYTES if self.asn <= _MAX_2_BYTES else _MAX_2_BYTES
        if not (0 <= self.asn <= _MAX_4_BYTES and 0 <= self.number <= largest):
            raise ValueError(
                f"{self.asn}:{self.number} does not fit; write ASN:NUMBER in six bytes"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``64512:1``.

        Raises:
            ValueError: it is not two numbers with a colon between, or they do not fit.
        """
        match = _TWO_NUMBERS.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not ASN:NUMBER; write for example 64512:1")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.asn}:{self.number}"


class RouteDistinguisher(_AsnNumber):
    """Keeps equal prefixes of different VPNs apart as VPN-IPv4 routes (RFC 4364 section 4.2)."""

    __slots__ = ()


class RouteTarget(_AsnNumber):
    """Decides which VRFs a route is imported into (RFC 4364 section 4.3.1)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class L3vpn:
    """A VPN in which the provider routes.

    Attributes:
        name: unique among the lab's VPNs.
        customer: the customer's name, free text.
        sites: in the lab file's order.
        rd: of all its VRFs.
        import_targets: its VRFs import routes that carry any of these.
        export_targets: carried by the routes it exports.
    """

    kind: ClassVar[Literal[VpnKind.L3VPN]] = VpnKind.L3VPN
    name: str
    customer: str
    sites: tuple[Site, ...]
    rd: RouteDistinguisher
    import_targets: frozenset[RouteTarget]
    export_targets: frozenset[RouteTarget]


def import_sources(vpns: Iterable[L3vpn]) -> dict[str, tuple[L3vpn, ...]]:
    """Return whose routes each VPN imports: export targets meet import targets (RFC 4364 4.3.1).

    Returns:
        for each VPN those that export a target which it imports: itself first, if it is one of
        them, then the others in the lab file's order.
    """
    vpns = tuple(vpns)
    order = {vpn.name: number for number, vpn in enumerate(vpns)}
    exporters: dict[RouteTarget, list[L3vpn]] = {}
    for vpn in vpns:
        for target in vpn.export_targets:
            exporters.setdefault(target, []).append(vpn)
    sources = {}
    for vpn in vpns:
        found = {
            source.name: source
            for target in vpn.import_targets
            for source in exporters.get(target, ())
        }
        ranked = sorted(found, key=lambda name: (name != vpn.name, order[name]))
        sources[vpn.name] = tuple(found[name] for name in ranked)
    return sources
