"""VLAN tags that delimit a service on a port (IEEE 802.1Q, IEEE 802.1ad, RFC 4448 section 4.1)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

MIN_VLAN: Final = 1
MAX_VLAN: Final = 4094
"""0 is a priority tag's, 4095 reserved (IEEE 802.1Q table 9-2)."""
TAG_OCTETS: Final = 4


class TagType(enum.IntEnum):
    """Tag protocol identifier (TPID): the EtherType of a tag."""

    CUSTOMER = 0x8100
    """IEEE 802.1Q."""
    SERVICE = 0x88A8
    """IEEE 802.1ad."""
    OLD_SERVICE = 0x9100
    """What switches put on outer tags before there was IEEE 802.1ad."""


@dataclass(frozen=True, slots=True)
class VlanTags:
    """The tags of an attachment circuit's frames; its service's frames have them removed.

    Attributes:
        outer: VLAN identifier of the outermost tag: of the only one, if there is no `inner`.
        inner: of the tag behind it, whose type is always a customer's (QinQ, IEEE 802.1ad).
        outer_type: of the outermost tag.
    """

    outer: int
    inner: int | None = None
    outer_type: TagType = TagType.CUSTOMER

    def __post_init__(self) -> None:
        for vlan in self.identifiers:
            if not MIN_VLAN <= vlan <= MAX_VLAN:
                raise ValueError(f"VLAN {vlan} is not in {MIN_VLAN}..{MAX_VLAN}")

    @property
    def identifiers(self) -> tuple[int, ...]:
        """Its VLAN identifiers, outermost first."""
        return (self.outer,) if self.inner is None else (self.outer, self.inner)

    @property
    def types(self) -> tuple[TagType, ...]:
        """The types of its tags, outermost first."""
        return (self.outer_type, TagType.CUSTOMER)[: len(self.identifiers)]

    @property
    def octets(self) -> int:
        """What they add to a frame."""
        return TAG_OCTETS * len(self.identifiers)

    def to_bytes(self) -> bytes:
        """Return them as they stand between a frame's MAC addresses and its EtherType."""
        pairs = zip(self.types, self.identifiers, strict=True)
        return b"".join(kind.to_bytes(2) + vlan.to_bytes(2) for kind, vlan in pairs)

    def __str__(self) -> str:
        return ".".join(map(str, self.identifiers))
