"""BGP/MPLS IP VPNs: route distinguishers, route targets and the VPN itself (RFC 4364)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import ClassVar, Final, Literal, Self

from mplsemu.model.inter_as import VpnBorder
from mplsemu.model.names import inward_vrf, vpn_of_vrf
from mplsemu.model.vpn import Site, VpnKind

_NUMBER: Final = re.compile(r"\d{1,10}\Z", re.ASCII)
_ASDOT: Final = re.compile(r"(\d{1,5})\.(\d{1,5})\Z", re.ASCII)
MAX_2_BYTES: Final = 0xFFFF
_MAX_4_BYTES: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, order=True)
class _AdministratorNumber:
    """Who assigned it, and his number, in six bytes (RFC 4364 section 4.2).

    Type 0 is an AS number of two octets and a number of four, type 1 an IPv4 address and a number
    of two, type 2 an AS number of four octets and a number of two.

    Attributes:
        administrator: the AS number, or the address as a number.
        number: assigned by him.
        is_address: whether the administrator is an IPv4 address.
    """

    administrator: int
    number: int
    is_address: bool = False

    def __post_init__(self) -> None:
        is_short = self.administrator <= MAX_2_BYTES and not self.is_address
        largest = _MAX_4_BYTES if is_short else MAX_2_BYTES
        if not (0 <= self.administrator <= _MAX_4_BYTES and 0 <= self.number <= largest):
            raise ValueError(
                f"{self} does not fit; write a number of at most {largest}: with what stands "
                "before it, it has six bytes"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``64512:1``, ``192.0.2.1:7``, ``4200000000:7`` or, in asdot (RFC 5396), ``1.10:7``.

        Raises:
            ValueError: it is none of these, or does not fit.
        """
        before, _, behind = text.partition(":")
        is_address = before.count(".") == 3
        administrator = _address(before) if is_address else read_asn(before)
        if administrator is None or not _NUMBER.match(behind):
            raise ValueError(
                f"{text!r} is not ASN:NUMBER or IPv4:NUMBER; "
                "write for example 64512:1 or 192.0.2.1:7"
            )
        return cls(administrator, int(behind), is_address)

    def __str__(self) -> str:
        who = IPv4Address(self.administrator) if self.is_address else self.administrator
        return f"{who}:{self.number}"


def _address(text: str) -> int | None:
    try:
        return int(IPv4Address(text))
    except ValueError:
        return None


def read_asn(text: str) -> int | None:
    """Return the AS number that a text is, in asplain or asdot (RFC 5396); None: it is none."""
    if _NUMBER.match(text):
        asn = int(text)
        return asn if asn <= _MAX_4_BYTES else None
    match = _ASDOT.match(text)
    if match is None:
        return None
    high, low = int(match[1]), int(match[2])
    return (high << 16) + low if max(high, low) <= MAX_2_BYTES else None


class RouteDistinguisher(_AdministratorNumber):
    """Keeps equal prefixes of different VPNs apart as VPN-IPv4 routes (RFC 4364 section 4.2)."""

    __slots__ = ()


class RouteTarget(_AdministratorNumber):
    """Decides which VRFs a route is imported into (RFC 4364 section 4.3.1)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class VrfPolicy:
    """The routing policy of a VRF: what it imports and exports (RFC 4364 section 4.3).

    At each PE of its sites there is a VRF of its name.

    Attributes:
        name: unique in the lab: of the VPN, unless the VPN has several VRFs at a PE.
        rd: of its routes; None: they are no VPN's, but of the PEs' global IPv6 tables (6PE), which
            have no route targets either and exchange all their routes.
        import_targets: it imports routes that carry any of these.
        export_targets: carried by the routes it exports.
        sites: names of those that are attached to it.
        inward_rd: of a VRF beside it, `inward`, if not this one but that one exports its sites'
            routes and takes packets to them; None: there is one VRF.
    """

    name: str
    rd: RouteDistinguisher | None
    import_targets: frozenset[RouteTarget]
    export_targets: frozenset[RouteTarget]
    sites: tuple[str, ...]
    inward_rd: RouteDistinguisher | None = None

    @property
    def inward(self) -> str | None:
        """Name of the VRF to which packets for its sites come, if that is another one."""
        return inward_vrf(self.name) if self.inward_rd is not None else None

    def halves(self) -> tuple[VrfPolicy, ...]:
        """Return the policies of the two VRFs that it is of; if there is one, its own."""
        if self.inward_rd is None:
            return (self,)
        nothing: frozenset[RouteTarget] = frozenset()
        inward = replace(
            self,
            name=inward_vrf(self.name),
            rd=self.inward_rd,
            import_targets=nothing,
            inward_rd=None,
        )
        return replace(self, export_targets=nothing, inward_rd=None), inward

    @property
    def vpn(self) -> str:
        """Name of its VPN."""
        return vpn_of_vrf(self.name)

    def imports(self, source: VrfPolicy) -> bool:
        """Whether its VRFs take the routes that those of another policy, or of its own, have."""
        if self.rd is None or source.rd is None:
            return self.name == source.name
        return bool(self.import_targets & source.export_targets)

    @property
    def owner(self) -> str:
        """Whose it is, for messages: ``vpn a``, ``site a/aarhus``."""
        return f"{'site' if '/' in self.name else 'vpn'} {self.name}"


@dataclass(frozen=True, slots=True)
class HubAndSpoke:
    """Which sites of a VPN are hubs: they reach all, the others hubs alone (RFC 4364 4.3.5).

    Attributes:
        hubs: names of sites, in the lab file's order.
        via_ce: whether spokes reach each other through a hub's CE router: the first hub's that is
            up and reached.
    """

    hubs: tuple[str, ...]
    via_ce: bool = False

    def joins(self, source: str, target: str) -> bool:
        """Whether packets from one site should arrive at another."""
        return self.via_ce or source in self.hubs or target in self.hubs


@dataclass(frozen=True, slots=True)
class L3vpn:
    """A VPN in which the provider routes.

    Attributes:
        name: unique among the lab's VPNs.
        customer: the customer's name, free text.
        sites: in the lab file's order.
        rd: of its VRFs, where these have none of their own; None in 6PE alone.
        import_targets: its VRFs import routes that carry any of these, where `vrfs` is empty.
        export_targets: carried by the routes it exports, likewise.
        vrfs: the policies of its VRFs, where its sites have different ones; each site is in one.
        hub_and_spoke: its hubs; None: each site reaches every other, as far as `vrfs` say.
        borders: the border links that carry it, if its sites are in the networks of several
            providers: then it has VRFs of another name in each.
    """

    kind: ClassVar[Literal[VpnKind.L3VPN, VpnKind.SIX_PE]] = VpnKind.L3VPN
    name: str
    customer: str
    sites: tuple[Site, ...]
    rd: RouteDistinguisher | None
    import_targets: frozenset[RouteTarget]
    export_targets: frozenset[RouteTarget]
    vrfs: tuple[VrfPolicy, ...] = ()
    hub_and_spoke: HubAndSpoke | None = None
    borders: tuple[VpnBorder, ...] = ()
    _policies: Mapping[str, VrfPolicy] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {site: policy for policy in self.policies for site in policy.sites}
        object.__setattr__(self, "_policies", found)

    @property
    def policies(self) -> tuple[VrfPolicy, ...]:
        """The policies of its VRFs: one named as the VPN, unless `vrfs` says otherwise."""
        if self.vrfs:
            return self.vrfs
        names = tuple(site.name for site in self.sites)
        return (VrfPolicy(self.name, self.rd, self.import_targets, self.export_targets, names),)

    def policy(self, site: str) -> VrfPolicy:
        """Return the policy of the VRF to which a site is attached."""
        return self._policies[site]

    def attached(self, policy: VrfPolicy) -> Iterator[Site]:
        """Yield the sites that are attached to VRFs of a policy, in the lab file's order."""
        return (site for site in self.sites if self._policies[site.name].name == policy.name)


def import_sources(vpns: Iterable[L3vpn]) -> dict[str, tuple[VrfPolicy, ...]]:
    """Return what each VRF imports: export targets meet import targets (RFC 4364 4.3.1).

    Returns:
        by name of a VRF, the policies of VRFs that export a target which it imports: its own
        first, if it is one of them, then the others of its VPN, then those of others in the lab
        file's order.
    """
    policies = [policy for vpn in vpns for policy in vpn.policies]
    order = {policy.name: number for number, policy in enumerate(policies)}
    exporters: dict[RouteTarget, list[VrfPolicy]] = {}
    for policy in policies:
        for target in policy.export_targets:
            exporters.setdefault(target, []).append(policy)

    def ranked(policy: VrfPolicy) -> Iterator[VrfPolicy]:
        found = {policy.name: policy} if policy.imports(policy) else {}
        found |= {
            source.name: source
            for target in policy.import_targets
            for source in exporters.get(target, ())
        }
        ranks = sorted(
            (name != policy.name, source.vpn != policy.vpn, order[name])
            for name, source in found.items()
        )
        return (policies[number] for _, _, number in ranks)

    return {policy.name: tuple(ranked(policy)) for policy in policies}
