"""Source address validation: packets from invalid sources are dropped at their VRF.

A packet's source matters only to the VRF that it enters, so one destination of each kind is enough
for each class of sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.class_boundaries import Span, prefix_span
from mplsemu.program.martians import LINK_LOCAL, NEVER_ROUTED, is_martian_source
from mplsemu.program.packet import Packet
from mplsemu.program.path import Dropped, Punted, Walk
from mplsemu.verification.address_classes import AddressClass, boundaries_of, ranges
from mplsemu.verification.address_plan import AddressPlan, ExpectedEnd
from mplsemu.verification.intended_routes import link_offers, offers
from mplsemu.verification.problems import describe_end
from mplsemu.verification.verdict import Invariant, Violation

Kinds = Mapping[tuple[int, type[ExpectedEnd], bool], IPAddress]
"""A destination for each IP version, expected end, and whether the site's own PE answers."""
Send = Callable[[Site, IPAddress | None, IPAddress], tuple[Packet, Walk]]
"""Follows a packet from a site, from a source address; None: one of the site's own."""

_SPANS: Final = tuple(map(prefix_span, NEVER_ROUTED))


def check_sources(
    site: Site, plan: AddressPlan, kinds: Kinds, send: Send, spans: Iterable[Span] = ()
) -> Iterator[tuple[int, list[Violation]]]:
    """Yield for every class of sources how many packets were followed, and the violations.

    Args:
        site: from which packets are sent.
        plan: for packets from there.
        kinds: destinations to try.
        send: follows one.
        spans: sources that the VRF distinguishes, if it validates this site's sources.
    """
    told = (*_SPANS, *spans, *(_own_spans(site, plan) if site.strict_urpf else ()))
    usual = {address: _ends(send(site, None, address)[1]) for address in kinds.values()}
    for sources in ranges(boundaries_of(told)):
        found: list[Violation] = []
        count = 0
        for (version, _, is_near), address in kinds.items():
            if version != sources.version:
                continue
            count += 1
            packet, walk = send(site, sources.representative, address)
            source = sources.representative
            is_own = not site.strict_urpf or plan.is_behind(site.circuit, source)
            problem = _problem(source, walk, usual[address], is_near=is_near, is_own=is_own)
            if problem is not None and not found:
                found.append(_violation(site, sources, packet, walk, problem))
        yield count, found


def own_source(site: Site, version: int, plan: AddressPlan) -> IPAddress | None:
    """Return a valid source address of a site; None if it has none of this IP version.

    Where sources are validated, the plan for packets from the site says what is valid.
    """
    if site.strict_urpf:
        return plan.valid_source(site, version)
    return plan.first_address(site, version)


def _own_spans(site: Site, plan: AddressPlan) -> Iterator[Span]:
    """Yield the ranges of sources of which some are a site's own, and what is cut out of them."""
    mine = [prefix_span(offer.prefix) for of in (offers, link_offers) for offer in of(site)]
    for version, first, last in plan.spans():
        if any(version == each and first <= end and last >= start for each, start, end in mine):
            yield version, first, last


def _problem(
    source: IPAddress, walk: Walk, usual: tuple[type, ...], *, is_near: bool, is_own: bool
) -> tuple[Invariant, str, int] | None:
    is_on_link = source in LINK_LOCAL
    is_refused = not is_on_link and not is_own
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
