"""Keys of a site's CE router."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from mplsemu.lab.address_scalar import LinkNetworks, StationAddresses
from mplsemu.lab.schema.mapping import StrictMapping


class RawCe(StrictMapping, title="CE router"):
    """A CE router, with a PE-CE link as it is."""

    router: Literal["linux"] = Field(
        default="linux", description="What it is made of.", examples=["linux"]
    )
    wan: LinkNetworks | None = Field(
        default=None,
        description="Its link to the PE: a network, or one of each IP version, of which the PE has "
        "the first usable address and the CE the second; or 'unnumbered': the CE answers by its "
        "LAN's address (RFC 5309). Automatic unless said.",
        examples=["10.99.0.0/30"],
    )
    nat: Literal["masquerade"] | None = Field(
        default=None,
        description="At an Internet site: 'masquerade': what leaves for its LAN from a private "
        "IPv4 address has the CE's own there as source, and nobody there opens a connection to a "
        "private one. The LAN's IPv4 prefixes are public.",
        examples=["masquerade"],
    )


# tags are in the paths of errors: they must not look like keys
_SHORT, _LONG = "CE router", "CE router with keys"


def _form(value: object) -> str:
    return _LONG if isinstance(value, dict) else _SHORT


class RawStationCe(StrictMapping, title="CE router on a VPLS"):
    """A CE router that is a station of a VPLS."""

    router: Literal["linux"] = Field(
        default="linux", description="What it is made of.", examples=["linux"]
    )
    wan: StationAddresses | None = Field(
        default=None,
        description="Its address on the VPLS, with or without prefix length, or one of each of the "
        "VPLS's subnets; automatic unless said.",
        examples=["10.99.0.1/24"],
    )


AnyCe = Annotated[
    Annotated[Literal["router"], Tag(_SHORT)] | Annotated[RawCe, Tag(_LONG)],
    Discriminator(_form),
]
AnyStationCe = Annotated[
    Annotated[Literal["router"], Tag(_SHORT)] | Annotated[RawStationCe, Tag(_LONG)],
    Discriminator(_form),
]
