"""DHCP relay agents of a lab file: gateways that send clients' requests to servers elsewhere."""

from __future__ import annotations

from ipaddress import IPv4Address

from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawRoutedSite
from mplsemu.model.vpn import IPInterface


def dhcp_servers_of(
    document: Document, path: Path, raw: RawRoutedSite, gateways: tuple[IPInterface, ...]
) -> tuple[IPv4Address, ...]:
    """Return the servers of a site.

    Args:
        document: the lab file, for its lines.
        path: of the site.
        raw: what the file says of it.
        gateways: of its LAN.

    Raises:
        LabError: a server has no IPv4 address of another site, or the PE is not the LAN's only
            gateway.
    """
    if raw.dhcp_relay is None:
        return ()
    name, where = f"site {path[1]}/{path[3]}", (*path, "dhcp_relay")
    if raw.ce is not None:
        raise document.error(
            where,
            f"{name}: its PE hears no broadcast of a LAN that is behind a CE router",
            "leave dhcp_relay out, or the CE router",
        )
    if len(raw.pe) > 1:
        raise document.error(
            where,
            f"{name}: it has two lines, and the gateways of both would relay each request",
            "write one PE, or leave dhcp_relay out",
        )
    if not any(gateway.version == 4 for gateway in gateways):
        raise document.error(
            where,
            f"{name}: a relay agent asks in the name of an IPv4 address, and its gateway has none",
            "add an IPv4 subnet, or leave dhcp_relay out",
        )
    servers: list[IPv4Address] = []
    for number, address in enumerate(raw.dhcp_relay):
        problem = remedy = None
        if not isinstance(address, IPv4Address):
            problem = f"{address} is no IPv4 address, and DHCP (RFC 2131) is of IPv4"
            remedy = "write the server's IPv4 address"
        elif any(address in subnet for subnet in raw.subnet):
            problem = f"{address} is on its own LAN, where the server hears clients itself"
            remedy = "write the address of a server at another site, or leave dhcp_relay out"
        elif address in servers:
            problem, remedy = f"{address} is there twice", "write each server once"
        if problem is not None:
            raise document.error((*where, number), f"{name}: {problem}", remedy)
        assert isinstance(address, IPv4Address)
        servers.append(address)
    return tuple(servers)
