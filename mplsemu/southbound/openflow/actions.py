"""What a flow does with a packet: OpenFlow 1.3 actions and Nicira's extensions of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from mplsemu.southbound.openflow.match import Field
from mplsemu.wire.ethernet import EtherType

WHOLE_PACKET: Final = 0xFFFF


class PacketType(enum.IntEnum):
    """Packet type, namespace in the high 16 bits (OpenFlow 1.5 section 7.2.3.11).

    ``USE_NEXT`` stands only in a `Decap`: what follows the removed header decides.
    """

    ETHERNET = 0x0000_0000
    USE_NEXT = 0x0000_FFFE
    MPLS = 0x0001_8847


class HashFields(enum.IntEnum):
    """What `Multipath` hashes; both directions of a flow give the same.

    The numbers are Nicira's (NX_HASH_FIELDS_*).
    """

    FRAME = 1
    """MAC addresses, VLAN, Ethernet type; IP addresses and protocol, and the ports of TCP."""
    IP_FLOW = 3
    """IP addresses and protocol, and the ports of TCP, SCTP and UDP; for IP packets only."""
    IP_ADDRESSES = 6
    """IP addresses; for IP packets only."""


@dataclass(frozen=True, slots=True)
class SetField:
    """Write a constant into a whole field."""

    field: Field
    value: int


@dataclass(frozen=True, slots=True)
class Move:
    """Copy `bits` bits of one field into another (NXAST_REG_MOVE); offsets from the low end."""

    source: Field
    target: Field
    bits: int
    source_offset: int = 0
    target_offset: int = 0


@dataclass(frozen=True, slots=True)
class PushMpls:
    """Push a label behind the Ethernet header; TTL and TC are those of the entry below it.

    On an IP packet the TTL is IP's (OpenFlow 1.3.5 section 5.13), and the TC must be set: Open
    vSwitch copies the low bits of the DSCP.
    """

    ethertype: int = EtherType.MPLS


@dataclass(frozen=True, slots=True)
class PopMpls:
    """Pop the top label; `ethertype` says what is below it."""

    ethertype: int


@dataclass(frozen=True, slots=True)
class PushVlan:
    """Push a VLAN tag behind the MAC addresses; a `SetField` of the VLAN follows."""

    ethertype: int


@dataclass(frozen=True, slots=True)
class PopVlan:
    """Remove the outermost VLAN tag."""


@dataclass(frozen=True, slots=True)
class DecTtl:
    """Decrement IP's TTL; at 1 the packet goes to the controller instead, reason invalid TTL."""


@dataclass(frozen=True, slots=True)
class DecMplsTtl:
    """Decrement the top label's TTL; at 1 as `DecTtl` does."""


@dataclass(frozen=True, slots=True)
class Output:
    """Send out of a port; nothing happens if the packet came from it."""

    port: int


@dataclass(frozen=True, slots=True)
class OutputRegister:
    """Send out of the port whose number a register's low `bits` bits hold (NXAST_OUTPUT_REG)."""

    register: Field
    bits: int = 16


@dataclass(frozen=True, slots=True)
class InPort:
    """Send back out of the port it came from (OFPP_IN_PORT)."""


@dataclass(frozen=True, slots=True)
class Controller:
    """Send the packet to the controller, reason action; the registers go with it.

    Attributes:
        max_len: octets of it.
        meter: that it passes; None is OFPM_CONTROLLER. Others need NXAST_CONTROLLER2, which Ryu
            cannot parse.
    """

    max_len: int = WHOLE_PACKET
    meter: int | None = None


@dataclass(frozen=True, slots=True)
class Encap:
    """Put a header of `packet_type` before the whole packet (NXAST_ENCAP, 46)."""

    packet_type: PacketType


@dataclass(frozen=True, slots=True)
class Decap:
    """Remove the outermost header (NXAST_DECAP, 47); `packet_type` is the type of the rest."""

    packet_type: PacketType


@dataclass(frozen=True, slots=True)
class Clone:
    """Run actions on a copy of the packet (NXAST_CLONE, 42)."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Resubmit:
    """Look up another table, then go on with the actions (NXAST_RESUBMIT_TABLE)."""

    table: int


@dataclass(frozen=True, slots=True)
class Multipath:
    """Write a number below `ways` into a field, the same for all packets of a flow.

    It is NXAST_MULTIPATH with the hash-threshold algorithm (RFC 2992), which moves few flows when
    the number of NHLFEs changes.

    Attributes:
        fields: what a flow is.
        basis: salt of the hash; choices with different ones are independent.
        ways: how many NHLFEs there are to choose from.
        target: where the choice goes, into the low `bits` bits.
    """

    fields: HashFields
    basis: int
    ways: int
    target: Field
    bits: int = 16


@dataclass(frozen=True, slots=True)
class CheckLarger:
    """Write 1 into bit 0 of `target` if the frame has more than `octets`, else 0.

    It is NXAST_CHECK_PKT_LARGER.
    """

    octets: int
    target: Field


@dataclass(frozen=True, slots=True)
class LearnMatch:
    """The learned flow matches `target` equal to what `source` holds now, the whole of both."""

    target: Field
    source: Field


@dataclass(frozen=True, slots=True)
class LearnLoad:
    """The learned flow copies what `source` holds now into `target`, the whole of both."""

    source: Field
    target: Field


@dataclass(frozen=True, slots=True)
class Learn:
    """Install or refresh a flow made of this packet (NXAST_LEARN, with delete_learned).

    Attributes:
        table: where the learned flow goes.
        idle_timeout_s: seconds without a packet of that source until the flow expires.
        cookie: of every flow it makes.
        matches: what the learned flow matches.
        loads: what the learned flow does.
    """

    table: int
    priority: int
    idle_timeout_s: int
    cookie: int
    matches: tuple[LearnMatch, ...]
    loads: tuple[LearnLoad, ...]


Action = (
    SetField
    | Move
    | PushMpls
    | PopMpls
    | PushVlan
    | PopVlan
    | DecTtl
    | DecMplsTtl
    | Output
    | OutputRegister
    | InPort
    | Controller
    | Encap
    | Decap
    | Clone
    | Resubmit
    | Multipath
    | CheckLarger
    | Learn
)
