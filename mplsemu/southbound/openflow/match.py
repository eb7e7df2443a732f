"""What a flow matches: OXM fields (OpenFlow 1.3.5 section 7.2.3) and some of Nicira's."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final, Self

OPENFLOW_BASIC: Final = 0x8000
NXM_0: Final = 0x0000
NXM_1: Final = 0x0001
ERICSSON: Final = 0x1000


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of a packet or of its journey through the pipeline; compared by identity.

    Attributes:
        name: as ovs-ofctl matches it.
        oxm_name: as ovs-ofctl moves it.
        oxm_class: 16 bits, ``OPENFLOW_BASIC`` or one of Nicira's.
        number: within the class, 7 bits.
        bits: width of a value.
        maskable: whether a match may leave bits of it out.
    """

    name: str
    oxm_name: str
    oxm_class: int
    number: int
    bits: int
    maskable: bool = False

    @property
    def size(self) -> int:
        """Octets of a value on the wire."""
        return (self.bits + 7) // 8

    @property
    def full_mask(self) -> int:
        """The mask that means an exact match."""
        return (1 << self.bits) - 1

    def __repr__(self) -> str:
        return self.oxm_name


IN_PORT: Final = Field("in_port", "OXM_OF_IN_PORT", OPENFLOW_BASIC, 0, 32)
METADATA: Final = Field("metadata", "OXM_OF_METADATA", OPENFLOW_BASIC, 2, 64, maskable=True)
ETH_DST: Final = Field("dl_dst", "OXM_OF_ETH_DST", OPENFLOW_BASIC, 3, 48, maskable=True)
ETH_SRC: Final = Field("dl_src", "OXM_OF_ETH_SRC", OPENFLOW_BASIC, 4, 48, maskable=True)
ETH_TYPE: Final = Field("dl_type", "OXM_OF_ETH_TYPE", OPENFLOW_BASIC, 5, 16)
VLAN_VID: Final = Field("vlan_vid", "OXM_OF_VLAN_VID", OPENFLOW_BASIC, 6, 13, maskable=True)
IP_PROTO: Final = Field("nw_proto", "OXM_OF_IP_PROTO", OPENFLOW_BASIC, 10, 8)
IPV4_SRC: Final = Field("nw_src", "OXM_OF_IPV4_SRC", OPENFLOW_BASIC, 11, 32, maskable=True)
IPV4_DST: Final = Field("nw_dst", "OXM_OF_IPV4_DST", OPENFLOW_BASIC, 12, 32, maskable=True)
UDP_DST: Final = Field("udp_dst", "OXM_OF_UDP_DST", OPENFLOW_BASIC, 16, 16)
ICMPV4_TYPE: Final = Field("icmp_type", "OXM_OF_ICMPV4_TYPE", OPENFLOW_BASIC, 19, 8)
ICMPV4_CODE: Final = Field("icmp_code", "OXM_OF_ICMPV4_CODE", OPENFLOW_BASIC, 20, 8)
ARP_OP: Final = Field("arp_op", "OXM_OF_ARP_OP", OPENFLOW_BASIC, 21, 16)
ARP_SPA: Final = Field("arp_spa", "OXM_OF_ARP_SPA", OPENFLOW_BASIC, 22, 32, maskable=True)
ARP_TPA: Final = Field("arp_tpa", "OXM_OF_ARP_TPA", OPENFLOW_BASIC, 23, 32, maskable=True)
ARP_SHA: Final = Field("arp_sha", "OXM_OF_ARP_SHA", OPENFLOW_BASIC, 24, 48, maskable=True)
ARP_THA: Final = Field("arp_tha", "OXM_OF_ARP_THA", OPENFLOW_BASIC, 25, 48, maskable=True)
IPV6_SRC: Final = Field("ipv6_src", "OXM_OF_IPV6_SRC", OPENFLOW_BASIC, 26, 128, maskable=True)
IPV6_DST: Final = Field("ipv6_dst", "OXM_OF_IPV6_DST", OPENFLOW_BASIC, 27, 128, maskable=True)
ICMPV6_TYPE: Final = Field("icmpv6_type", "OXM_OF_ICMPV6_TYPE", OPENFLOW_BASIC, 29, 8)
ND_TARGET: Final = Field("nd_target", "OXM_OF_IPV6_ND_TARGET", OPENFLOW_BASIC, 31, 128)
ND_SLL: Final = Field("nd_sll", "OXM_OF_IPV6_ND_SLL", OPENFLOW_BASIC, 32, 48)
ND_TLL: Final = Field("nd_tll", "OXM_OF_IPV6_ND_TLL", OPENFLOW_BASIC, 33, 48)
ND_FLAGS: Final = Field("nd_reserved", "ERICOXM_OF_ICMPV6_ND_RESERVED", ERICSSON, 1, 32)
ND_OPTION: Final = Field("nd_options_type", "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE", ERICSSON, 2, 8)
MPLS_LABEL: Final = Field("mpls_label", "OXM_OF_MPLS_LABEL", OPENFLOW_BASIC, 34, 20)
MPLS_TC: Final = Field("mpls_tc", "OXM_OF_MPLS_TC", OPENFLOW_BASIC, 35, 3)
MPLS_BOS: Final = Field("mpls_bos", "OXM_OF_MPLS_BOS", OPENFLOW_BASIC, 36, 1)
IP_TOS: Final = Field("nw_tos", "NXM_OF_IP_TOS", NXM_0, 5, 8)
IP_FRAGMENT: Final = Field("ip_frag", "NXM_NX_IP_FRAG", NXM_1, 26, 8, maskable=True)
IP_TTL: Final = Field("nw_ttl", "NXM_NX_IP_TTL", NXM_1, 29, 8)
MPLS_TTL: Final = Field("mpls_ttl", "NXM_NX_MPLS_TTL", NXM_1, 30, 8)
REGISTERS: Final = tuple(
    Field(f"reg{number}", f"NXM_NX_REG{number}", NXM_1, number, 32, maskable=True)
    for number in range(14)
)
FIELDS: Final = (
    *(IN_PORT, METADATA, ETH_DST, ETH_SRC, ETH_TYPE, VLAN_VID, IP_PROTO, IPV4_SRC, IPV4_DST),
    *(ICMPV4_TYPE, ICMPV4_CODE, ARP_OP, ARP_SPA, ARP_TPA, ARP_SHA, ARP_THA, IPV6_SRC, IPV6_DST),
    *(UDP_DST, ND_TARGET, ND_SLL, ND_TLL, ND_FLAGS, ND_OPTION),
    *(ICMPV6_TYPE, MPLS_LABEL, MPLS_TC, MPLS_BOS, IP_TOS, IP_FRAGMENT, IP_TTL, MPLS_TTL),
    *REGISTERS,
)
"""All of them."""


@dataclass(frozen=True, slots=True)
class Term:
    """One field's part of a match.

    Attributes:
        value: as an unsigned number, MAC and IP addresses too.
        mask: bits that must be equal; None: all of them.
    """

    field: Field
    value: int
    mask: int | None = None

    def __post_init__(self) -> None:
        allowed = self.field.full_mask if self.mask is None else self.mask
        if self.mask is not None and not (self.field.maskable and self.mask):
            raise ValueError(f"{self.field.name}: mask {self.mask:#x} cannot be matched")
        if self.value & ~allowed or allowed & ~self.field.full_mask or self.value < 0:
            raise ValueError(f"{self.field.name}: {self.value:#x} has bits outside its mask")


@dataclass(frozen=True, slots=True)
class Match:
    """Which packets a flow matches.

    Attributes:
        terms: all of which must hold, each after its prerequisites (an Ethernet type, an IP
            protocol). Build it with `Match.of`, which orders them.
    """

    terms: tuple[Term, ...] = ()

    @classmethod
    def of(cls, *terms: Term) -> Self:
        """Return the match for `terms`, ordered by OXM field as prerequisites demand.

        Raises:
            ValueError: a field occurs twice.
        """
        ordered = sorted(terms, key=_wire_order)
        for before, after in itertools.pairwise(ordered):
            if before.field is after.field:
                raise ValueError(f"{after.field.name} is matched twice")
        return cls(tuple(ordered))

    def value(self, field: Field) -> int | None:
        """Return the value of one field, None if the match does not have it."""
        return next((term.value for term in self.terms if term.field is field), None)


def prefix_terms(field: Field, address: int, length: int) -> tuple[Term, ...]:
    """Return the term for a prefix of `length` bits of an address field; none for length 0."""
    if length == field.bits:
        return (Term(field, address),)
    if length:
        return (Term(field, address, field.full_mask ^ ((1 << (field.bits - length)) - 1)),)
    return ()


def _wire_order(term: Term) -> tuple[bool, int, int]:
    field = term.field
    return field.oxm_class != OPENFLOW_BASIC, field.oxm_class, field.number
