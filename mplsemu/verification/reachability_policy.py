"""The reachability policy: which hosts should reach each other, by the VPNs, with everything up."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import HostRef, Network, Vpn
from mplsemu.model.vpn import Host, IPAddress, Site
from mplsemu.program.nat import is_private
from mplsemu.verification.address_plan import (
    AddressPlans,
    ExpectedEnd,
    ToAny,
    ToCe,
    ToGateway,
    ToHost,
)
from mplsemu.verification.site_policy import reaches


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
        shared: the hosts of which any may receive it, each for its share of the flows: several
            sites have the prefix (anycast); empty where one host does.
    """

    source: HostRef
    target: HostRef
    vpn: str
    expect: Expect
    address: IPAddress
    two_way: bool
    answered_by: HostRef | None
    answered: bool
    shared: tuple[HostRef, ...] = ()

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
        for host in site.end_hosts
    ]
    answers = _Answers(network, placed)
    for source in placed:
        for target in placed:
            if source.ref != target.ref:
                for address in _addresses(source.host, target.host):
                    yield _expect(source, target, address, answers)


class _Answers:
    """Which hosts or gateways answer for an address, for each source."""

    def __init__(self, network: Network, placed: Iterable[_Placed]) -> None:
        self._plans = AddressPlans(network)
        self._by_ref: dict[HostRef, _Placed] = {}
        self._owners: dict[tuple[str, IPAddress], list[_Placed]] = {}
        for each in placed:
            self._by_ref[each.ref] = each
            for interface in each.host.addresses:
                self._owners.setdefault((_lan(each), interface.ip), []).append(each)

    def hosts(self, source: _Placed, address: IPAddress) -> tuple[_Placed, ...]:
        """Return the hosts of which one receives what `source` sends to `address`."""
        owners = self._owners.get((_lan(source), address), ())
        on_lan = [each for each in owners if _hears(source, each)]
        if any(each.ref == source.ref for each in on_lan):
            return (source,)
        if on_lan:
            return (on_lan[0],)
        if _is_on_link(source, address) or not _may_send(self._plans, source, address.version):
            return ()
        if source.site.behind is not None:
            return self._across_vpls(source, address)
        end = self._plans.at(source.site).sent_by(source.site, address)
        ends = end.ends if isinstance(end, ToAny) else (end,)
        return tuple(self._by_ref[each.host] for each in ends if isinstance(each, ToHost))

    def _across_vpls(self, source: _Placed, address: IPAddress) -> tuple[_Placed, ...]:
        """Return who has an address on the LAN behind another CE router on the VPLS."""
        for site in _partners(source):
            owners = self._owners.get((site.full_name, address))
            if site.name != source.site.name and owners:
                return (owners[0],)
        return ()

    def returns(self, getter: _Placed, source: _Placed, version: int) -> bool:
        """Whether what a host answers reaches the source, and nobody else."""
        own = _own_address(source, version)
        if own is None:
            return False
        if _is_masked(getter, source, own):  # its CE router knows whom the answer is for
            end = self._plans.at(getter.site).of(version, int(own))
            return isinstance(end, ToHost) and end.host == source.ref
        return self.hosts(getter, own) == (source,)

    def gateway(self, source: _Placed, address: IPAddress) -> bool:
        """Whether a gateway or CE router with this address answers the source."""
        own = _own_address(source, address.version)
        if own is not None and source.site.behind is not None:
            return any(_is_of_router(site, address) for site in _partners(source))
        if own is None or not isinstance(source.vpn, L3vpn):
            return False
        if any(address == gateway.ip for gateway in source.site.gateways):
            return True
        if not _may_send(self._plans, source, address.version):
            return False
        circuit = _answering(self._plans.at(source.site).sent_by(source.site, address))
        if circuit is None:
            return False
        back = self._plans.at_circuit(circuit).of(own.version, int(own))
        return isinstance(back, ToHost) and back.host == source.ref


def _answering(end: ExpectedEnd) -> str | None:
    """Return the circuit of the gateway or CE router that has an address for its own."""
    match end:
        case ToGateway(circuit):
            return circuit
        case ToCe(circuit, is_own=True):
            return circuit
        case _:
            return None


def _lan(placed: _Placed) -> str:
    """Return what identifies the LAN that a host is on: its site's, or its VPN's if it bridges."""
    if placed.site.behind is not None:
        return placed.site.full_name
    return placed.site.circuit if isinstance(placed.vpn, L3vpn) else placed.vpn.name


def _partners(source: _Placed) -> Iterator[Site]:
    """Yield the sites whose CE routers exchange frames with that of a host's site, and its own."""
    for site in source.vpn.sites:
        if reaches(source.vpn, source.site, source.vpn, site):
            yield site


def _is_of_router(site: Site, address: IPAddress) -> bool:
    """Whether a CE router on a VPLS has an address, there or on its LAN."""
    on_lan = site.behind.gateways if site.behind is not None else ()
    on_vpls = [interface for router in site.hosts for interface in router.addresses]
    return any(address == interface.ip for interface in (*on_lan, *on_vpls))


def _hears(source: _Placed, target: _Placed) -> bool:
    """Whether frames pass between two hosts of a LAN, which may span sites."""
    is_one_site = source.site.circuit == target.site.circuit
    return is_one_site or reaches(source.vpn, source.site, target.vpn, target.site)


def _is_on_link(source: _Placed, address: IPAddress) -> bool:
    """Whether a host looks for an address on its own LAN; a bridged VPN has nothing else."""
    if not isinstance(source.vpn, L3vpn) and source.site.behind is None:
        return True
    return any(address in interface.network for interface in source.host.addresses)


def _may_send(plans: AddressPlans, source: _Placed, version: int) -> bool:
    """Whether the PE takes in what a host sends: it may validate sources (RFC 3704)."""
    own = _own_address(source, version)
    if own is None or not source.site.strict_urpf:
        return own is not None
    return plans.at(source.site).is_behind(source.site.circuit, own)


def _is_masked(getter: _Placed, source: _Placed, own: IPAddress) -> bool:
    """Whether a host sees another address than the source's own: its CE router translates it."""
    ce = getter.site.ce
    is_another_site = source.site.circuit != getter.site.circuit
    return ce is not None and ce.masquerades and is_another_site and is_private(own)


def _has(host: Host, address: IPAddress) -> bool:
    """Whether a host answers for an address; packets to others may pass it, as a next hop."""
    return address in host.loopbacks or any(address == each.ip for each in host.addresses)


def _own_address(host: _Placed, version: int) -> IPAddress | None:
    addresses = (interface.ip for interface in host.host.addresses)
    return next((each for each in addresses if each.version == version), None)


def _addresses(source: Host, target: Host) -> Iterator[IPAddress]:
    """Yield the target's first address of each IP version that the source has as well."""
    versions = {interface.version for interface in source.addresses}
    for interface in target.addresses:
        if interface.version in versions:
            versions.remove(interface.version)
            yield interface.ip


def _expect(source: _Placed, target: _Placed, address: IPAddress, answers: _Answers) -> Expectation:
    getters = answers.hosts(source, address)
    arrives = any(each.ref == target.ref for each in getters)
    getter = target if arrives else next(iter(getters), None)
    returns = all(
        _has(each.host, address) and answers.returns(each, source, address.version)
        for each in getters
    )
    return Expectation(
        source=source.ref,
        target=target.ref,
        vpn=source.vpn.name,
        expect=Expect.REACH if arrives else Expect.ISOLATE,
        address=address,
        two_way=arrives and returns,
        answered_by=getter.ref if getter else None,
        answered=returns if getter else answers.gateway(source, address),
        shared=tuple(each.ref for each in getters) if len(getters) > 1 else (),
    )
