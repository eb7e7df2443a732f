"""DHCP relay agents of a lab file: gateways that send clients' requests to servers elsewhere."""

from __future__ import annotations

from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawRoutedSite
from mplsemu.model.vpn import IPAddress, IPInterface


def dhcp_servers_of(
    document: Document, path: Path, raw: RawRoutedSite, gateways: tuple[IPInterface, ...]
) -> tuple[IPAddress, ...]:
    """Return the servers of a site.

    Args:
        document: the lab file, for its lines.
        path: of the site.
        raw: what the file says of it.
        gateways: of its LAN.

    Raises:
        LabError: a server's address is not of another site or of no IP version that the gateway
            has, or the PE is not the LAN's only gateway.
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
    versions = {gateway.version for gateway in gateways}
    servers: list[IPAddress] = []
    for number, address in enumerate(raw.dhcp_relay):
        problem = remedy = None
        if address.version not in versions:
            kind = "DHCP" if address.version == 4 else "DHCPv6"
            problem = (
                f"a {kind} relay agent asks the server {address} in the name of an "
                f"IPv{address.version} address, and its gateway has none"
            )
            remedy = f"add an IPv{address.version} subnet, or write another server"
        elif any(address in subnet for subnet in raw.subnet):
            problem = f"{address} is on its own LAN, where the server hears clients itself"
            remedy = "write the address of a server at another site, or leave dhcp_relay out"
        elif address in servers:
            problem, remedy = f"{address} is there twice", "write each server once"
        if problem is not None:
            raise document.error((*where, number), f"{name}: {problem}", remedy)
        servers.append(address)
    return tuple(servers)
