"""Gateways of a lab file's sites: one address in each prefix of a LAN."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mplsemu.lab.addressing import interface, ordinal
from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawRoutedSite
from mplsemu.lab.schema_error import enumerated
from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork
from mplsemu.program.gateway import reserved_addresses


def gateways_of(document: Document, path: Path, raw: RawRoutedSite) -> tuple[IPInterface, ...]:
    """Return the gateway's addresses of a site of an L3VPN; see `gateways_in`."""
    return gateways_in(document, path, raw.subnet, raw.gateway or ())


def gateways_in(
    document: Document, path: Path, subnets: Sequence[IPNetwork], addresses: Iterable[IPAddress]
) -> tuple[IPInterface, ...]:
    """Return the gateway's address in each prefix: the first usable one where none is given.

    Args:
        document: the lab file, for its lines.
        path: of the site.
        subnets: of its LAN.
        addresses: that the file gives.

    Raises:
        LabError: a given address is in no prefix, in one that has another already, or cannot be an
            interface's.
    """
    given: dict[IPNetwork, IPAddress] = {}
    for index, address in enumerate(addresses):
        subnet = next((each for each in subnets if address in each), None)
        problem = None
        if subnet is None:
            listed = enumerated(map(str, subnets), " and ")
            problem = f"is in no prefix of the site, which has {listed}"
        elif subnet in given:
            problem = f"is a second one in {subnet}, beside {given[subnet]}"
        elif address in reserved_addresses(subnet):
            problem = f"is the first or the last of {subnet}, which is nobody's"
        if subnet is None or problem is not None:
            example = interface(subnet or subnets[0], 1).ip
            raise document.error(
                (*path, "gateway", index),
                f"site {path[1]}/{path[3]}: gateway {address} {problem}",
                f"write one address of each prefix, for example {example}",
            )
        given[subnet] = address
    return tuple(
        interface(subnet, ordinal(subnet, given[subnet]) if subnet in given else 1)
        for subnet in subnets
    )
