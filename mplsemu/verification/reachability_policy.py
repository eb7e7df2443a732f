"""The reachability policy: which hosts should reach each other, by the VPNs, with everything up."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import HostRef, Network, Vpn
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpn import Host, IPAddress, Site
from mplsemu.verification.vpls_policy import exchange_frames


class Expect(enum.StrEnum):
    """What a packet from one host to another must do."""

    REACH = "reach"
    ISOLATE = "isolate"


@dataclass(frozen=True, slots=True)
class Expectation:
    """Whether a packet from one host to another host's address must arrive.

    Attributes:
        source: the sending host.
        target: the host that owns `address`.
        vpn: of the source.
        expect: whether the packet must arrive at `target` or must not.
        address: the destination.
        two_way: whether a reply gets back, too; not with an import in one direction only, nor
            if the packet must not arrive.
        answered_by: the host that receives the packet: `target` if it should; else the source
            itself or a host that it may reach, if that has the same address; else None.
        answered: whether a ping is answered, by `answered_by` or by a gateway with the address.
            If `target` must not be reached, an answer proves nothing about it.
    """

    source: HostRef
    target: HostRef
    vpn: str
    expect: Expect
    address: IPAddress
    two_way: bool
    answered_by: HostRef | None
    answered: bool

    @property
    def family(self) -> int:
        """The IP version, 4 or 6."""
        return self.address.version


@dataclass(frozen=True, slots=True)
class _Placed:
    """A host with its site and its VPN."""

    ref: HostRef
    host: Host
    site: Site
    vpn: Vpn


def expectations(network: Network) -> tuple[Expectation, ...]:
    """Return the expectation for every ordered pair of hosts, in the lab file's order.

    There is one for each IP version that both have, to the target's first address.
    """
    return tuple(iter_expectations(network))


def iter_expectations(network: Network) -> Iterator[Expectation]:
    """Yield what `expectations` returns, which may be millions."""
    placed = [
        _Placed(HostRef(vpn.name, site.name, host.name), host, site, vpn)
        for vpn, site in network.sites()
        for host in site.hosts
    ]
    answers = _Answers(network, placed)
    for source in placed:
        for target in placed:
            if source.ref != target.ref:
                for address in _addresses(source.host, target.host):
                    yield _expect(source, target, address, answers)


def reaches(source: Vpn, source_site: Site, target: Vpn, target_site: Site) -> bool:
    """Whether packets from one site should arrive at another.

    Within a bridged VPN they should, but for leaves of an E-Tree. L3VPNs have VRFs: sites that
    share one reach each other, and else they should if the source's VRF imports the routes of the
    target's, be they of one VPN or of two (RFC 4364 section 4.3.1). In an L3VPN with hubs and
    spokes their roles decide.
    """
    if isinstance(source, Vpls) and source.name == target.name:
        return exchange_frames(source, source_site, target_site)
    if not isinstance(source, L3vpn) or not isinstance(target, L3vpn):
        return source.name == target.name
    if source.name == target.name and source.hub_and_spoke is not None:
        is_same = source_site.name == target_site.name
        return is_same or source.hub_and_spoke.joins(source_site.name, target_site.name)
    here, there = source.policy(source_site.name), target.policy(target_site.name)
    if here.name == there.name and source_site.pe == target_site.pe:
        return True
    return bool(here.import_targets & there.export_targets)


class _Answers:
    """Which host or gateway answers for an address, for each source."""

    def __init__(self, network: Network, placed: Iterable[_Placed]) -> None:
        self._owners: dict[IPAddress, list[_Placed]] = {}
        for each in placed:
            for interface in each.host.addresses:
                self._owners.setdefault(interface.ip, []).append(each)
        self._gateways: dict[IPAddress, list[tuple[Vpn, Site]]] = {}
        for vpn, site in network.sites():
            for interface in site.gateways:
                self._gateways.setdefault(interface.ip, []).append((vpn, site))

    def host(self, source: _Placed, address: IPAddress) -> _Placed | None:
        """Return the host that receives what `source` sends to `address`."""
        owners = self._owners.get(address, ())
        if any(each.ref == source.ref for each in owners):
            return source
        return next(
            (each for each in owners if reaches(source.vpn, source.site, each.vpn, each.site)),
            None,
        )

    def gateway(self, source: _Placed, address: IPAddress) -> bool:
        """Whether a gateway with this address answers the source."""
        return any(
            reaches(source.vpn, source.site, vpn, site)
            and reaches(vpn, site, source.vpn, source.site)
            for vpn, site in self._gateways.get(address, ())
        )


def _addresses(source: Host, target: Host) -> Iterator[IPAddress]:
    """Yield the target's first address of each IP version that the source has as well."""
    versions = {interface.version for interface in source.addresses}
    for interface in target.addresses:
        if interface.version in versions:
            versions.remove(interface.version)
            yield interface.ip


def _expect(source: _Placed, target: _Placed, address: IPAddress, answers: _Answers) -> Expectation:
    arrives = reaches(source.vpn, source.site, target.vpn, target.site)
    getter = target if arrives else answers.host(source, address)
    returns = getter is not None and reaches(getter.vpn, getter.site, source.vpn, source.site)
    return Expectation(
        source=source.ref,
        target=target.ref,
        vpn=source.vpn.name,
        expect=Expect.REACH if arrives else Expect.ISOLATE,
        address=address,
        two_way=arrives and returns,
        answered_by=getter.ref if getter else None,
        answered=returns if getter else answers.gateway(source, address),
    )
