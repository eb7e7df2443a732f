"""Where packets say that they are from: nothing goes on from an address that nobody sends from.

What becomes of a packet depends on its source only at the VRF that it comes into, so a destination
of each kind is enough for each class of sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.cuts import prefix_span
from mplsemu.program.martians import LINK_LOCAL, NEVER_ROUTED, is_no_source
from mplsemu.program.packet import Packet
from mplsemu.program.way import Dropped, Walk
from mplsemu.verification.classes import AddressClass, cuts_of, ranges
from mplsemu.verification.intended import Intended
from mplsemu.verification.judgement import words
from mplsemu.verification.verdict import Check, Violation

Kinds = Mapping[tuple[int, type[Intended], bool], IPAddress]
"""By IP version, what is meant for it and whether the site's own PE answers, a destination."""
Send = Callable[[Site, IPAddress | None, IPAddress], tuple[Packet, Walk]]
"""Follows a packet from a site, from an address or, where that is None, from one of its own."""

_CLASSES: Final = tuple(ranges(cuts_of(map(prefix_span, NEVER_ROUTED))))


def check_origins(site: Site, kinds: Kinds, send: Send) -> Iterator[tuple[int, list[Violation]]]:
    """Yield, for every class of sources, how many packets were followed and what is wrong.

    Args:
        site: packets come from it.
        kinds: destinations to try.
        send: follows one.
    """
    usual = {address: _ends(send(site, None, address)[1]) for address in kinds.values()}
    for sources in _CLASSES:
        found: list[Violation] = []
        count = 0
        for (version, _, is_near), address in kinds.items():
            if version != sources.version:
                continue
            count += 1
            packet, walk = send(site, sources.representative, address)
            problem = _problem(sources.representative, is_near, walk, usual[address])
            if problem is not None and not found:
                found.append(_violation(site, sources, packet, walk, problem))
        yield count, found


def _problem(
    source: IPAddress, is_near: bool, walk: Walk, usual: tuple[type, ...]
) -> tuple[Check, str, int] | None:
    if is_no_source(source) or (source in LINK_LOCAL and not is_near):
        for number, end in enumerate(walk.ends):
            if not isinstance(end, Dropped):
                return Check.ISOLATE, f"should get nowhere: {words(end)}", number
        return None
    if _ends(walk) == usual:
        return None
    return Check.REACH, f"do not go the usual way: {words(walk.ends[0])}", 0


def _ends(walk: Walk) -> tuple[type, ...]:
    return tuple(map(type, walk.ends))


def _violation(
    site: Site, sources: AddressClass, packet: Packet, walk: Walk, problem: tuple[Check, str, int]
) -> Violation:
    check, said, branch = problem
    return Violation(
        check=check,
        subject=site.vpn,
        detail=f"from {site.pe}, packets from {sources} {said}",
        circuit=site.circuit,
        packet=packet,
        walk=walk,
        branch=branch,
        stands_for=(f"from {sources}",),
        sources=(site.circuit,),
    )
