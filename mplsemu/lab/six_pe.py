"""6PE in a lab file: sites of the PEs' global IPv6 table, and what these cannot have (RFC 4798)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from mplsemu.errors import LabError
from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawCe, RawRoutedSite, RawSixPe, RawVpn
from mplsemu.model.vpn import VpnKind

_SELL_L3VPN = "or sell it as an l3vpn (with IPv6: RFC 4659)"


def six_pe_sites(document: Document, name: str, raw: RawSixPe) -> dict[str, RawRoutedSite]:
    """Return the sites of the global IPv6 table, with PE-CE links of IPv6 alone.

    Args:
        document: the lab file, for its lines.
        name: of the table, among VPNs.
        raw: what the file says of it.

    Raises:
        LabError: a site has what only an L3VPN has.
    """
    for site, one in raw.sites.items():
        for error in _problems(document, ("vpns", name, "sites", site), one):
            raise error
    return {site: _without_pool(one) for site, one in raw.sites.items()}


def refuse_second_table(
    document: Document, vpns: Mapping[str, RawVpn], provider_of: Mapping[str, str | None]
) -> None:
    """Refuse a second 6PE of a provider: a PE has one global table.

    Args:
        document: the lab file, for its lines.
        vpns: what the file says of them, by name.
        provider_of: whose each LSR is; None where the lab has one provider.

    Raises:
        LabError: at the later of the two; names both, with the other's line.
    """
    known: dict[str | None, str] = {}
    for name, vpn in vpns.items():
        sites = vpn.sites.values() if isinstance(vpn, RawSixPe) else ()
        for owner in dict.fromkeys(provider_of.get(site.pe[0]) for site in sites):
            first = known.setdefault(owner, name)
            if first != name:
                line = document.location(("vpns", first)).line
                whose = "PEs have" if owner is None else f"PEs of {owner} have"
                raise document.error(
                    ("vpns", name, "type"),
                    f"vpn {name}: {whose} one global IPv6 table, which is vpn {first} (line "
                    f"{line}) already",
                    f"write its sites there, {_SELL_L3VPN}",
                )


def _problems(document: Document, path: Path, raw: RawRoutedSite) -> Iterator[LabError]:
    site = f"site {path[1]}/{path[3]}"
    for index, subnet in enumerate(raw.subnet):
        if isinstance(subnet, IPv4Network):
            yield document.error(
                (*path, "subnet", index),
                f"{site}: {subnet} is of IPv4, and {VpnKind.SIX_PE} carries IPv6 alone (RFC 4798)",
                f"write an IPv6 prefix, {_SELL_L3VPN}",
            )
    for index, network in enumerate((isinstance(raw.ce, RawCe) and raw.ce.wan) or ()):
        if isinstance(network, IPv4Network):
            yield document.error(
                (*path, "ce", "wan", index),
                f"{site}: {network} is of IPv4, and {VpnKind.SIX_PE} carries IPv6 alone (RFC 4798)",
                "write an IPv6 network, or leave wan out: the link then is unnumbered",
            )
    for key, value in (("import", raw.import_), ("export", raw.export)):
        if value is not None:
            yield document.error(
                (*path, key),
                f"{site}: routes of the global table have no route targets (RFC 4798)",
                f"leave {key} out, {_SELL_L3VPN}",
            )
    if raw.role is not None:
        yield document.error(
            (*path, "role"),
            f"{site}: in the global table each site reaches every other",
            f"leave role out, {_SELL_L3VPN}",
        )


def _without_pool(raw: RawRoutedSite) -> RawRoutedSite:
    """Return a site whose PE-CE link has no automatic IPv4 network: it is unnumbered instead."""
    if raw.ce is None or (isinstance(raw.ce, RawCe) and raw.ce.wan is not None):
        return raw
    return raw.model_copy(update={"ce": RawCe.model_validate({"wan": "unnumbered"})})
