"""Demands: traffic between sites, or between PEs, as lines of ``SRC,DST,MBIT/S``."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator

from mplsemu.errors import LabError, Location
from mplsemu.model.network import Network, Vpn
from mplsemu.model.topology import Role
from mplsemu.model.vpn import Site
from mplsemu.suggest import did_you_mean
from mplsemu.verification.link_load import Demand
from mplsemu.verification.site_policy import reaches
from mplsemu.verification.tunnels import Tunnel

_COLUMNS = ("SRC", "DST", "MBIT/S")


def parse_demands(text: str, path: str, network: Network) -> tuple[Demand, ...]:
    """Read demands from text.

    SRC and DST are two sites (``a/aarhus``) that may send to each other, or two PEs with a VPN in
    common. A first line of headings, empty lines and lines that begin with ``#`` are skipped.

    Args:
        text: the lines.
        path: the file that they come from, for messages.
        network: the lab.

    Raises:
        LabError: a line is wrong; the message says which.
    """
    endpoints = _Endpoints(network)
    return tuple(
        _demand(endpoints, words, Location(path, number)) for number, words in _rows(text, path)
    )


def _rows(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that have a demand, with their numbers."""
    reader = csv.reader(io.StringIO(text), skipinitialspace=True, strict=True)
    is_first = True
    try:
        for words in reader:
            row = [word.strip() for word in words]
            if not any(row) or row[0].startswith("#"):
                continue
            if not (is_first and len(row) == len(_COLUMNS) and _number(row[2]) is None):
                yield reader.line_num, row
            is_first = False
    except csv.Error as error:
        raise LabError(
            f"it is not CSV: {error}", location=Location(path, reader.line_num)
        ) from None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _demand(endpoints: _Endpoints, words: list[str], where: Location) -> Demand:
    if len(words) != len(_COLUMNS):
        remedy = f"write {','.join(_COLUMNS)}, say a/aarhus,a/oslo,100"
        raise LabError(f"{len(words)} columns where 3 should be", location=where, remedy=remedy)
    source, target, amount = words
    number = _number(amount)
    if number is None or not math.isfinite(number) or number <= 0:
        remedy = "write Mbit/s as a number greater than 0"
        raise LabError(f"{amount!r} is not a rate", location=where, remedy=remedy)
    return Demand(source, target, endpoints.tunnel(source, target, where), number * 1_000_000)


class _Endpoints:
    """The sites and PEs that demands may name."""

    def __init__(self, network: Network) -> None:
        self._sites: dict[str, tuple[Vpn, Site]] = {
            site.circuit: (vpn, site) for vpn, site in network.sites()
        }
        self._pes = {node.name for node in network.provider.nodes if node.role is Role.PE}
        self._providers = network.provider.provider_of
        self._lab = network.name
        self._joined = {
            (source.pe, target.pe)
            for vpn in network.vpns
            for site in vpn.sites
            for source in site.lines
            for other in vpn.sites
            for target in other.lines
        }
        for border in network.borders():  # an ASBR has a tunnel to every PE of its VRF's sites
            for end in border.ends:
                pes = {
                    line.pe
                    for vpn, line in network.lines()
                    if vpn.name == border.vpn
                    and self._providers[line.pe] == self._providers[end.asbr]
                }
                self._joined |= {pair for pe in pes for pair in ((pe, end.asbr), (end.asbr, pe))}

    def tunnel(self, source: str, target: str, where: Location) -> Tunnel:
        """Return the ingress and the egress PE."""
        for name in (source, target):
            if name not in self._sites and name not in self._pes:
                names = [*self._sites, *self._pes]
                remedy = did_you_mean(name, names) or "write a site as VPN/SITE, or a PE"
                raise LabError(f"no site and no PE {name!r} in lab {self._lab!r}",
                               location=where, remedy=remedy)  # fmt: skip
        if source in self._sites and target in self._sites:
            vpn, site = self._sites[source]
            other, far = self._sites[target]
            if not reaches(vpn, site, other, far):
                raise LabError(f"{source} does not send to {target}: no VPN or import joins them",
                               location=where)  # fmt: skip
            if self._providers[site.pe] != self._providers[far.pe]:
                raise LabError(f"{source} and {target} are in different providers' networks",
                               location=where,
                               remedy="write a demand to the ASBR in each network")  # fmt: skip
            return site.pe, far.pe
        if source in self._sites or target in self._sites:
            remedy = "write two sites, or two PEs"
            raise LabError(f"{source} and {target} are a site and a PE", location=where,
                           remedy=remedy)  # fmt: skip
        if source != target and (source, target) not in self._joined:
            raise LabError(f"there is no LSP from {source} to {target}: no VPN is at both",
                           location=where)  # fmt: skip
        return source, target
