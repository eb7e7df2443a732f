"""NAT at the CE routers of a lab file's sites: whether it can be (RFC 3022)."""

from __future__ import annotations

from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawCe, RawRoutedSite
from mplsemu.program.nat import PRIVATE


def masquerades(document: Document, path: Path, raw: RawRoutedSite) -> bool:
    """Return whether a site's CE router hides private addresses behind its own on the LAN.

    Args:
        document: the lab file, for its lines.
        path: of the site.
        raw: what the file says of it.

    Raises:
        LabError: the LAN has no public IPv4 prefix, or a private one beside it.
    """
    if not isinstance(raw.ce, RawCe) or raw.ce.nat is None:
        return False
    who = f"site {path[1]}/{path[3]}"
    if all(subnet.version == 6 for subnet in raw.subnet):
        raise document.error(
            (*path, "ce", "nat"),
            f"{who}: its CE router has no IPv4 address on its LAN to masquerade with, and IPv6 "
            "addresses are not translated",
            "add a public IPv4 prefix to its subnet, or leave nat out",
        )
    for index, subnet in enumerate(raw.subnet):
        for private in PRIVATE:
            if subnet.version == 4 and subnet.overlaps(private):
                raise document.error(
                    (*path, "subnet", index),
                    f"{who}: {subnet} is within {private}, so its CE router has a private address "
                    "there, and masquerades private ones",
                    "write a public prefix such as 203.0.113.0/29, and a site of its own for "
                    "private ones; or leave nat out",
                )
    return True
