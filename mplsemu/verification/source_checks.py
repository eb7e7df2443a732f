"""Source address validation: packets from invalid sources are dropped at their VRF.

A packet's source matters only to the VRF that it enters, so one destination of each kind is enough
for each class of sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork, Site
from mplsemu.program.class_boundaries import Span, address_span, prefix_span
from mplsemu.program.gateway import broadcast_addresses
from mplsemu.program.martians import LINK_LOCAL, NEVER_ROUTED, is_martian_source
from mplsemu.program.own_addresses import router_addresses
from mplsemu.program.packet import Packet
from mplsemu.program.path import Dropped, Punted, Walk
from mplsemu.verification.address_classes import AddressClass, boundaries_of, ranges
from mplsemu.verification.address_plan import ExpectedEnd
from mplsemu.verification.problems import describe_end
from mplsemu.verification.verdict import Invariant, Violation

Kinds = Mapping[tuple[int, type[ExpectedEnd], bool], IPAddress]
"""A destination for each IP version, expected end, and whether the site's own PE answers."""
Send = Callable[[Site, IPAddress | None, IPAddress], tuple[Packet, Walk]]
"""Follows a packet from a site, from a source address; None: one of the site's own."""

_SPANS: Final = tuple(map(prefix_span, NEVER_ROUTED))


def check_sources(
    site: Site, kinds: Kinds, send: Send, spans: Iterable[Span] = ()
) -> Iterator[tuple[int, list[Violation]]]:
    """Yield for every class of sources how many packets were followed, and the violations.

    Args:
        site: from which packets are sent.
        kinds: destinations to try.
        send: follows one.
        spans: sources that the VRF distinguishes, if it validates this site's sources.
    """
    told = (*_SPANS, *spans, *(_own_spans(site) if site.strict_urpf else ()))
    usual = {address: _ends(send(site, None, address)[1]) for address in kinds.values()}
    for sources in ranges(boundaries_of(told)):
        found: list[Violation] = []
        count = 0
        for (version, _, is_near), address in kinds.items():
            if version != sources.version:
                continue
            count += 1
            packet, walk = send(site, sources.representative, address)
            problem = _problem(site, sources.representative, is_near, walk, usual[address])
            if problem is not None and not found:
                found.append(_violation(site, sources, packet, walk, problem))
        yield count, found


def own_source(site: Site, version: int) -> IPAddress | None:
    """Return a valid source address of a site; None if it has none of this IP version."""
    for host in site.hosts:
        for interface in host.addresses:
            if interface.version == version:
                return interface.ip
    for gateway in site.gateways:
        if gateway.version == version:
            usable = (each for each in gateway.network.hosts() if each != gateway.ip)
            return next(usable, gateway.ip)
    of_ce = site.ce.wan if site.ce is not None else ()
    return next((interface.ip for interface in of_ce if interface.version == version), None)


def _is_own(site: Site, source: IPAddress) -> bool:
    """Whether a site's PE would send to an address on the site's circuit, not to a gateway."""
    if any(source in _taken(gateway) for gateway in _gateways(site)):
        return False
    return any(source in network for network in _networks(site))


def _networks(site: Site) -> tuple[IPNetwork, ...]:
    links = site.ce.wan if site.ce is not None else ()
    return (*site.subnets, *(interface.network for interface in links))


def _gateways(site: Site) -> tuple[IPInterface, ...]:
    return site.gateways if site.ce is None else site.ce.pe_wan


def _taken(gateway: IPInterface) -> tuple[IPAddress, ...]:
    """Return the addresses of a gateway's network that are its own or unusable."""
    return (*router_addresses([gateway]), *broadcast_addresses(gateway.network))


def _own_spans(site: Site) -> Iterator[Span]:
    yield from map(prefix_span, _networks(site))
    for gateway in _gateways(site):
        yield from map(address_span, _taken(gateway))


def _problem(
    site: Site, source: IPAddress, is_near: bool, walk: Walk, usual: tuple[type, ...]
) -> tuple[Invariant, str, int] | None:
    is_on_link = source in LINK_LOCAL
    is_refused = site.strict_urpf and not is_on_link and not _is_own(site, source)
    if is_martian_source(source) or is_refused or (is_on_link and not is_near):
        for number, end in enumerate(walk.ends):
            if not isinstance(end, Dropped):
                return Invariant.ISOLATE, f"should get nowhere: {describe_end(end)}", number
        return None
    if _ends(walk) == ((Punted,) if is_on_link else usual):
        return None
    return Invariant.REACH, f"do not go the usual way: {describe_end(walk.ends[0])}", 0


def _ends(walk: Walk) -> tuple[type, ...]:
    return tuple(map(type, walk.ends))


def _violation(
    site: Site,
    sources: AddressClass,
    packet: Packet,
    walk: Walk,
    problem: tuple[Invariant, str, int],
) -> Violation:
    invariant, said, branch = problem
    return Violation(
        invariant=invariant,
        subject=site.vpn,
        detail=f"from {site.pe}, packets from {sources} {said}",
        circuit=site.circuit,
        packet=packet,
        walk=walk,
        branch=branch,
        stands_for=(f"from {sources}",),
        sources=(site.circuit,),
    )
