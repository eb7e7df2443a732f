"""Keys of the hosts at a site: how many, or by name with addresses of their own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from mplsemu.lab.address_scalar import Addresses, HostName, HostNames, Mac
from mplsemu.lab.scalar import HostCount, SiteMtu
from mplsemu.lab.schema.mapping import StrictMapping


class RawHost(StrictMapping, title="Host"):
    """A host with addresses of its own."""

    address: Addresses | None = Field(
        default=None,
        description="All that it has, one or several; automatic unless said.",
        examples=["192.168.1.10"],
    )
    mac: Mac | None = Field(
        default=None, description="Automatic unless said.", examples=["02:00:00:00:aa:01"]
    )
    mtu: SiteMtu | None = Field(
        default=None,
        description="Octets of the largest packet that its interface sends; its site's unless "
        "said.",
        examples=[1400],
    )


# tags are in the paths of errors: they must not look like keys
_NOTHING, _SHORT, _LONG = "a host without keys", "a host by its address", "a host with keys"
_COUNT, _LIST, _BY_NAME = "number of hosts", "list of hosts", "hosts by name"


def _form_of_host(value: object) -> str:
    if value is None:
        return _NOTHING
    return _LONG if isinstance(value, dict) else _SHORT


def _form_of_hosts(value: object) -> str:
    match value:
        case dict():
            return _BY_NAME
        case list():
            return _LIST
        case _:
            return _COUNT


AnyHost = Annotated[
    Annotated[None, Tag(_NOTHING)]
    | Annotated[Addresses, Tag(_SHORT)]
    | Annotated[RawHost, Tag(_LONG)],
    Discriminator(_form_of_host),
]
AnyHosts = Annotated[
    Annotated[HostCount, Tag(_COUNT)]
    | Annotated[HostNames, Tag(_LIST)]
    | Annotated[dict[HostName, AnyHost], Tag(_BY_NAME)],
    Discriminator(_form_of_hosts),
]
