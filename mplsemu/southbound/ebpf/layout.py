"""What the data plane's maps hold, declared once: records, and the maps that hold them.

`header` writes src/layout.h from it, which scripts/build-ebpf keeps up to date. All LSRs of a lab
share the maps; `lsr` is an LSR's index in the lab. Numbers are in the machine's byte order, IP
addresses in the network's.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Final, Self

from mplsemu.errors import CapabilityError
from mplsemu.southbound.ebpf.cstruct import (
    U8,
    U16,
    U32,
    U64,
    CField,
    CMember,
    CStruct,
    CType,
    Mac,
    Record,
    octets,
    u8,
    u16,
    u32,
)
from mplsemu.southbound.ebpf.kinds import (
    LARGE_PUNT_OCTETS,
    MAX_MEMBERS,
    MAX_PUSH,
    PUNT_OCTETS,
    BridgeKind,
    CounterKind,
    FdbKind,
    IlmAction,
    IlmFlag,
    NhlfeFlag,
    NhlfesOf,
    Operation,
    PortFlag,
    PwFlag,
    Role,
    RouteKind,
    VsiFlag,
)
from mplsemu.southbound.punt.event import PuntReason

ANY_MTU: Final = 0xFFFF
"""No limit; an IPv4 packet cannot be larger."""
FIB_SCOPE_BITS: Final = 64
"""Of the LSR and the VRF, which count as the first bits of a prefix."""
_IPV4_MAPPED: Final = bytes(10) + b"\xff\xff"
"""Begins an IPv4 address that stands for itself in an IPv6 address (RFC 4291 section 2.5.5.2)."""

# --- fields that are not one number ---------------------------------------------------------


_NO_LABELS: Final = (0,) * MAX_PUSH


def _labels(labels: tuple[int, ...]) -> tuple[int, ...]:
    depth = len(labels)
    if depth > MAX_PUSH:
        raise CapabilityError(
            f"{depth} labels to push at once; the eBPF data plane pushes at most {MAX_PUSH}"
        )
    return (depth, *labels, *_NO_LABELS[depth:])


LABELS: Final = CType(
    (CMember("__u8 depth", "B", 1), CMember("__u32 {}[MAX_PUSH]", f"{MAX_PUSH}I", 4)),
    _labels,
    lambda depth, *labels: labels[:depth],
)
"""A number of labels and the labels."""


def _nested(record: type[Record]) -> CType:
    """Return the type of a record in another; None is all zeros."""
    nothing = bytes(record.c.size)
    return CType(
        (CMember(f"struct {record.c.name} {{}}", f"{record.c.size}s", 4),),
        lambda value: (nothing if value is None else value.pack(),),
        lambda data: None if data == nothing else record.unpack(data),
    )


def _mapped(address: IPv4Address | IPv6Address) -> tuple[bytes]:
    return ((_IPV4_MAPPED if address.version == 4 else b"") + address.packed,)


def _unmapped(data: bytes) -> IPv4Address | IPv6Address:
    found = IPv6Address(data)
    return found.ipv4_mapped or found


ADDRESS: Final = CType(octets(16).members, _mapped, _unmapped)

# --- interfaces -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Port(Record, c_name="port"):
    """What kind of port an interface is; without one everything is dropped."""

    lsr: U32
    number: Annotated[U32, "the LSR's port number"]
    role: Annotated[Role, u32]
    service: Annotated[U32, "index of the VRF or VSI, 0 of a core port"] = 0
    flags: Annotated[PortFlag, u32] = PortFlag.NONE


@dataclass(frozen=True, slots=True)
class TaggedKey(Record, c_name="tagged_key"):
    """An interface and the tags of a frame there; 0 where there is none."""

    ifindex: U32
    type: Annotated[U16, "of the outer tag"]
    outer: U16
    inner: Annotated[U16, "the type of an inner tag is 0x8100"] = 0


@dataclass(frozen=True, slots=True)
class TaggedCircuit(Record, c_name="tagged_circuit"):
    """How frames leave by a delimited circuit: out of which interface, with which tags."""

    ifindex: U32
    mtu: Annotated[U32, "of the circuit's frames, without its tags"]
    type: U16 = 0
    outer: U16 = 0
    inner: U16 = 0
    flags: Annotated[PortFlag, u16] = PortFlag.NONE


# --- where labelled packets go --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NhlfeRecord(Record, c_name="nhlfe"):
    """Next hop label forwarding entry (RFC 3031 section 3.10).

    Raises:
        CapabilityError: of `pack`, that it has more labels than the program pushes.
    """

    oif: U32
    destination: Mac
    source: Mac
    operation: Annotated[Operation, u8]
    flags: Annotated[NhlfeFlag, u8] = NhlfeFlag.NONE
    labels: Annotated[tuple[int, ...], LABELS, "outermost first"] = ()


@dataclass(frozen=True, slots=True)
class IlmKey(Record, c_name="ilm_key"):
    """Of the incoming label map (RFC 3031 section 3.11)."""

    lsr: U32
    label: U32


@dataclass(frozen=True, slots=True)
class IlmRecord(Record, c_name="ilm"):
    """What is done with a label; of FORWARD, `nhlfe` is the first NHLFE, `ecmp_nhlfes` has more."""

    action: Annotated[IlmAction, u8]
    nhlfe_count: Annotated[U8, "of FORWARD"] = 0
    ip_version: Annotated[U8, "of TO_VRF: 4 or 6"] = 0
    flags: Annotated[IlmFlag, u8] = IlmFlag.NONE
    service: Annotated[U32, "of TO_VRF, TO_PSEUDOWIRE; of FORWARD a label put in first"] = 0
    pw: Annotated[U32, "of TO_PSEUDOWIRE: its index in its VSI; of FORWARD a border port"] = 0
    nhlfe: Annotated[NhlfeRecord | None, _nested(NhlfeRecord)] = None


@dataclass(frozen=True, slots=True)
class TunnelKey(Record, c_name="tunnel_key"):
    """A FEC: the PE at the end of the tunnel, by its index."""

    lsr: U32
    egress: U32


@dataclass(frozen=True, slots=True)
class TunnelRecord(Record, c_name="tunnel"):
    """FEC to NHLFE (RFC 3031 section 3.12); `nhlfe` is the first one, `ecmp_nhlfes` has more."""

    nhlfe_count: U32
    nhlfe: Annotated[NhlfeRecord, _nested(NhlfeRecord)]
    mtu: Annotated[U32, "octets of a packet with a service's label alone (RFC 3032 3.6)"] = ANY_MTU


@dataclass(frozen=True, slots=True)
class NhlfeKey(Record, c_name="nhlfe_key"):
    """An NHLFE of a label or FEC beyond the first."""

    lsr: U32
    of: Annotated[NhlfesOf, u32]
    id: Annotated[U32, "label or egress"]
    index: Annotated[U32, "1 .. MAX_NHLFES - 1"]


# --- VRFs -----------------------------------------------------------------------------------


def _fib_key(version: int) -> CStruct:
    return CStruct(
        f"fib{version}_key",
        f"Longest prefix match of an IPv{version} destination",
        (
            CField("prefix_length", u32, "in bits, FIB_SCOPE_BITS included"),
            CField("lsr", u32),
            CField("vrf", u32),
            CField("address", octets({4: 4, 6: 16}[version])),
        ),
    )


FIB_KEYS: Final[Mapping[int, CStruct]] = {version: _fib_key(version) for version in (4, 6)}


@dataclass(frozen=True, slots=True)
class FibKey:
    """A key of `fib4` or `fib6`, by the version of its prefix."""

    lsr: int
    vrf: int
    prefix: IPv4Network | IPv6Network

    def pack(self) -> bytes:
        """Return it as bytes."""
        length = FIB_SCOPE_BITS + self.prefix.prefixlen
        packed = self.prefix.network_address.packed
        return FIB_KEYS[self.prefix.version].format.pack(length, self.lsr, self.vrf, packed)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        if len(data) == FIB_KEYS[4].size:
            length, lsr, vrf, address = FIB_KEYS[4].format.unpack(data)
            return cls(lsr, vrf, IPv4Network((address, length - FIB_SCOPE_BITS)))
        length, lsr, vrf, address = FIB_KEYS[6].format.unpack(data)
        return cls(lsr, vrf, IPv6Network((address, length - FIB_SCOPE_BITS)))


@dataclass(frozen=True, slots=True)
class RouteRecord(Record, c_name="route"):
    """What a VRF does with a prefix."""

    kind: Annotated[RouteKind, u32]
    target: U32 = 0
    label: U32 = 0
    mac: Mac = bytes(6)
    mtu: Annotated[U16, "of DELIVER: octets of the largest packet"] = ANY_MTU


@dataclass(frozen=True, slots=True)
class GatewayKey(Record, c_name="gateway_key"):
    """An address of the PE's own on a circuit, for which it answers ARP or neighbour discovery."""

    circuit: Annotated[U32, "its id: an ifindex, or CIRCUIT_DELIMITED and so on"]
    address: Annotated[IPv4Address | IPv6Address, ADDRESS, "IPv4's as ::ffff:192.0.2.1"]


# --- VSIs -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VsiKey(Record, c_name="vsi_key"):
    """A VSI of an LSR."""

    lsr: U32
    vsi: U32


@dataclass(frozen=True, slots=True)
class VsiRecord(Record, c_name="vsi"):
    """A VSI: what it is, how far its members are numbered, how it learns.

    Raises:
        CapabilityError: it has more members than the program floods to.
    """

    kind: Annotated[BridgeKind, u32]
    circuits: Annotated[U32, "highest position in the map circuits"]
    pws: Annotated[U32, "highest index in the map pws"]
    mac_limit: Annotated[U32, "addresses it learns at most, and then none; 0: a share (settings)"]
    aging_ns: U64
    filtered: Annotated[
        U32, "the N of 01-80-C2-00-00-0N for which no frame comes in, a bit each"
    ] = 0
    flags: Annotated[VsiFlag, u32] = VsiFlag.NONE
    storm_kbps: Annotated[U32, "that each circuit may have flooded; 0: no limit"] = 0

    def __post_init__(self) -> None:
        most = max(self.circuits, self.pws)
        if most > MAX_MEMBERS:
            raise CapabilityError(
                f"VSI {self.kind.name}: {most} circuits or pseudowires at one PE; "
                f"the eBPF data plane floods to at most {MAX_MEMBERS}"
            )


@dataclass(frozen=True, slots=True)
class MemberKey(Record, c_name="member_key"):
    """A circuit of a VSI, by its position from 1 (there may be holes), or a pseudowire."""

    lsr: U32
    vsi: U32
    position: U32


@dataclass(frozen=True, slots=True)
class PwRecord(Record, c_name="pw"):
    """A pseudowire as its near end sends on it."""

    egress: Annotated[U32, "index of the PE at the other end"]
    label: Annotated[U32, "that it told us"]
    flags: Annotated[PwFlag, u32] = PwFlag.NONE
    leaf_label: Annotated[U32, "likewise for frames of leaves of an E-Tree, 0: the same"] = 0


@dataclass(frozen=True, slots=True)
class FdbKey(Record, c_name="fdb_key"):
    """A learned address."""

    lsr: U32
    vsi: U32
    mac: Mac


@dataclass(frozen=True, slots=True)
class FdbRecord(Record, c_name="fdb_entry"):
    """Where an address was learned, and when it was last seen."""

    kind: Annotated[FdbKind, u32]
    id: Annotated[U32, "id of the circuit, or index of the pseudowire"]
    seen_ns: Annotated[U64, "CLOCK_MONOTONIC, to within a second"]
    slot: Annotated[U32, "in the VSI's ring (eviction.h)"] = 0
    moves: Annotated[U32, "within a window: second of its beginning << 16, and how many"] = 0


# --- the controller, settings, counters -----------------------------------------------------

PUNT: Final = CStruct(
    "punt",
    "A packet for the controller",
    (
        CField("lsr", u32),
        CField("port", u32, "number of the port the packet came by, 0 if from the controller"),
        CField("reason", u32, kind=PuntReason),
        CField("service", u32, "index of the VRF that looked at it, 0 if it still had labels"),
        CField("length", u32, "octets in frame"),
        CField("frame", octets(PUNT_OCTETS, "PUNT_OCTETS")),
    ),
)
LARGE_PUNT: Final = CStruct(
    "large_punt",
    "Likewise, of a jumbo frame",
    (
        *PUNT.fields[:-1],
        CField("frame", octets(LARGE_PUNT_OCTETS, "LARGE_PUNT_OCTETS")),
    ),
)


@dataclass(frozen=True, slots=True)
class Settings(Record, c_name="settings"):
    """What is the same for all LSRs."""

    uniform_ttl: Annotated[bool, u32, "RFC 3443: 0 pipe, 1 uniform"]
    gateway_mac: Mac
    share: Annotated[U32, "addresses that a VSI without mac_limit learns; 0: no limit"] = 0


@dataclass(frozen=True, slots=True)
class CounterKey(Record, c_name="counter_key"):
    """What is counted."""

    lsr: U32
    kind: Annotated[CounterKind, u32]
    id: U32


@dataclass(frozen=True, slots=True)
class CounterRecord(Record, c_name="counter"):
    """Packets as they would be on a wire, so segments; octets of frames, of GSO one header."""

    packets: U64
    octets: U64


def pw_counter_id(vsi: int, pw: int) -> int:
    """Return the id of a pseudowire's counters."""
    return vsi << 16 | pw


# --- keys and values that are one number ----------------------------------------------------

_WORD: Final = struct.Struct("=I")
_LONG: Final = struct.Struct("=Q")
_SEEN_AT: Final = FdbRecord.c.offset("seen_ns")


def word(number: int) -> bytes:
    """Return a key of `ports` or `tagged_circuits` or a value of `circuits`."""
    return _WORD.pack(number)


def unpack_word(data: bytes) -> int:
    """Return the number that `word` packed."""
    return int(_WORD.unpack(data)[0])


def long(number: int) -> bytes:
    """Return a value of `fdb_added` or `fdb_removed`."""
    return _LONG.pack(number)


def unpack_long(data: bytes) -> int:
    """Return the number that `long` packed."""
    return int(_LONG.unpack(data)[0])


def seen_ns(record: bytes) -> int:
    """Return `FdbRecord.seen_ns` without unpacking the rest: there may be a million."""
    return int(_LONG.unpack_from(record, _SEEN_AT)[0])


SETTINGS_KEY: Final = word(0)
GATEWAY_VALUE: Final = word(1)
