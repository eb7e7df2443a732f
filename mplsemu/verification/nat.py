"""Whom packets come from behind a CE router that masquerades, by the lab alone (RFC 3022)."""

from __future__ import annotations

from collections.abc import Mapping

from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.nat import is_private
from mplsemu.program.packet import IpHeader
from mplsemu.program.path import Delivered, Walk
from mplsemu.verification.intended_routes import offers
from mplsemu.verification.problems import Problem
from mplsemu.verification.verdict import Invariant


def nat_problem(sites: Mapping[str, Site], walk: Walk, ip: IpHeader) -> Problem | None:
    """Return how a packet arrives from another address than it should.

    Args:
        sites: of all circuits.
        walk: of the packet.
        ip: its header, as it is sent.
    """
    for number, end in enumerate(walk.ends):
        if not isinstance(end, Delivered) or end.host is None or end.circuit not in sites:
            continue
        wanted = _source(sites[end.circuit], ip)
        if end.source != wanted:
            told = f"reaches {end.host} from {end.source or ip.source}, should come from "
            told += str(wanted or ip.source)
            return Problem(Invariant.ISOLATE, told, ("source", end.circuit), number)
    return None


def _source(site: Site, ip: IpHeader) -> IPAddress | None:
    """Return the address that the CE router of a site gives a packet as source; None: none."""
    if site.ce is None or not site.ce.masquerades or not is_private(ip.source):
        return None
    holding = [offer for offer in offers(site) if ip.destination in offer.prefix]
    best = max(holding, key=lambda offer: offer.prefix.prefixlen, default=None)
    station = best.via if best is not None and best.via is not None else ip.destination
    return next((each.ip for each in site.gateways if station in each.network), None)
