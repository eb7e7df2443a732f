"""What the data plane's maps hold, as bytes: the Python side of src/layout.h, which explains it.

Records have the names and the order of fields that the header has. Numbers are in the machine's
byte order, IP addresses in the network's.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from operator import attrgetter
from typing import Any, ClassVar, Final, Self

from mplsemu.errors import CapabilityError
from mplsemu.southbound.ebpf.kinds import (
    MAX_MEMBERS,
    MAX_PUSH,
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
)

_WORD: Final = struct.Struct("=I")
_LONG: Final = struct.Struct("=Q")
_TWO: Final = struct.Struct("=2I")
_THREE: Final = struct.Struct("=3I")
_FOUR: Final = struct.Struct("=4I")
_FIVE: Final = struct.Struct("=5I")
_NHLFE: Final = struct.Struct(f"=I6s6s4B{MAX_PUSH}I")
_ILM: Final = struct.Struct(f"=4B2I{_NHLFE.size}s")
ANY_MTU: Final = 0xFFFF
"""No limit; an IPv4 packet cannot be larger."""
_TUNNEL: Final = struct.Struct(f"=2I{_NHLFE.size}s")
_GATEWAY: Final = struct.Struct("=I16s")
_IPV4_MAPPED: Final = bytes(10) + b"\xff\xff"
"""Begins an IPv4 address that stands for itself in an IPv6 address (RFC 4291 section 2.5.5.2)."""
_SETTINGS: Final = struct.Struct("=I6s2xI")
_FIB_SCOPE_BITS: Final = 64
_NO_NHLFE: Final = bytes(_NHLFE.size)

SETTINGS_KEY: Final = _WORD.pack(0)
GATEWAY_VALUE: Final = _WORD.pack(1)


def word(number: int) -> bytes:
    """Return a key of `ports` or a value of `circuits`: an ifindex."""
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


class _Record:
    """A record whose fields follow each other in its bytes."""

    __slots__ = ()
    _format: ClassVar[struct.Struct]
    _kinds: ClassVar[tuple[tuple[int, type[int]], ...]] = ()
    """Fields that are enumerations: their positions and types."""
    _values: ClassVar[attrgetter[tuple[Any, ...]]]
    """Gives the fields, of which there are several."""

    def __init_subclass__(cls) -> None:
        """Take the fields' names from the slots, which a dataclass gets last."""
        names: tuple[str, ...] = vars(cls).get("__slots__", ())
        if names:
            cls._values = attrgetter(*names)

    def pack(self) -> bytes:
        """Return it as bytes."""
        return self._format.pack(*self._values(self))

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        values: list[Any] = list(cls._format.unpack(data))
        for position, kind in cls._kinds:
            values[position] = kind(values[position])
        return cls(*values)


@dataclass(frozen=True, slots=True)
class Port(_Record):
    """A value of `ports`; its key is the `word` of the ifindex."""

    lsr: int
    number: int
    role: Role
    service: int = 0
    flags: PortFlag = PortFlag.NONE

    _format = _FIVE
    _kinds = ((2, Role), (4, PortFlag))


@dataclass(frozen=True, slots=True)
class NhlfeRecord:
    """Next hop label forwarding entry: a value of `ecmp_nhlfes`, and part of others."""

    oif: int
    destination: bytes
    source: bytes
    operation: Operation
    labels: tuple[int, ...] = ()
    flags: NhlfeFlag = NhlfeFlag.NONE

    def pack(self) -> bytes:
        """Return it as bytes.

        Raises:
            CapabilityError: it has more labels than the program pushes.
        """
        depth = len(self.labels)
        if depth > MAX_PUSH:
            raise CapabilityError(
                f"{depth} labels to push at once; the eBPF data plane pushes at most {MAX_PUSH}"
            )
        labels = (*self.labels, *(0 for _ in range(MAX_PUSH - depth)))
        return _NHLFE.pack(
            self.oif, self.destination, self.source, self.operation, depth, self.flags, 0, *labels
        )

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        oif, to, source, operation, depth, flags, _, *labels = _NHLFE.unpack(data)
        pushed = tuple(labels[:depth])
        return cls(oif, to, source, Operation(operation), pushed, NhlfeFlag(flags))


@dataclass(frozen=True, slots=True)
class IlmKey(_Record):
    """A key of `lfib`."""

    lsr: int
    label: int

    _format = _TWO


@dataclass(frozen=True, slots=True)
class IlmRecord:
    """A value of `lfib`; `nhlfe` is the first of them if it forwards, else None."""

    action: IlmAction
    nhlfe_count: int = 0
    ip_version: int = 0
    flags: IlmFlag = IlmFlag.NONE
    service: int = 0
    pw: int = 0
    nhlfe: NhlfeRecord | None = None

    def pack(self) -> bytes:
        """Return it as bytes."""
        first = self.nhlfe.pack() if self.nhlfe else _NO_NHLFE
        return _ILM.pack(
            self.action, self.nhlfe_count, self.ip_version, self.flags, self.service, self.pw, first
        )

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        action, nhlfe_count, version, flags, service, pw, first = _ILM.unpack(data)
        nhlfe = NhlfeRecord.unpack(first) if action == IlmAction.FORWARD else None
        return cls(IlmAction(action), nhlfe_count, version, IlmFlag(flags), service, pw, nhlfe)


@dataclass(frozen=True, slots=True)
class TunnelKey(_Record):
    """A key of `tunnels`."""

    lsr: int
    egress: int

    _format = _TWO


@dataclass(frozen=True, slots=True)
class TunnelRecord:
    """A value of `tunnels`; `nhlfe` is the first of them, `mtu` with a service's label."""

    nhlfe_count: int
    nhlfe: NhlfeRecord
    mtu: int = ANY_MTU

    def pack(self) -> bytes:
        """Return it as bytes."""
        return _TUNNEL.pack(self.nhlfe_count, self.mtu, self.nhlfe.pack())

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        nhlfe_count, mtu, first = _TUNNEL.unpack(data)
        return cls(nhlfe_count, NhlfeRecord.unpack(first), mtu)


@dataclass(frozen=True, slots=True)
class NhlfeKey(_Record):
    """A key of `ecmp_nhlfes`; `index` counts from 1, because NHLFE 0 is in the entry itself."""

    lsr: int
    of: NhlfesOf
    id: int
    index: int

    _format = _FOUR
    _kinds = ((1, NhlfesOf),)


@dataclass(frozen=True, slots=True)
class FibKey:
    """A key of `fib4` or `fib6`, by the version of its prefix."""

    lsr: int
    vrf: int
    prefix: IPv4Network | IPv6Network

    def pack(self) -> bytes:
        """Return it as bytes."""
        length = _FIB_SCOPE_BITS + self.prefix.prefixlen
        return _THREE.pack(length, self.lsr, self.vrf) + self.prefix.network_address.packed

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        length, lsr, vrf = _THREE.unpack_from(data)
        packed, bits = data[_THREE.size :], length - _FIB_SCOPE_BITS
        if len(packed) == 4:
            return cls(lsr, vrf, IPv4Network((packed, bits)))
        return cls(lsr, vrf, IPv6Network((packed, bits)))


@dataclass(frozen=True, slots=True)
class RouteRecord(_Record):
    """A value of `fib4` and `fib6`; `mtu` of what is delivered to a circuit."""

    kind: RouteKind
    target: int = 0
    label: int = 0
    mac: bytes = bytes(6)
    mtu: int = ANY_MTU

    _format = struct.Struct("=3I6sH")
    _kinds = ((0, RouteKind),)


@dataclass(frozen=True, slots=True)
class GatewayKey:
    """A key of `gateways`, whose values are `GATEWAY_VALUE`."""

    ifindex: int
    address: IPv4Address | IPv6Address

    def pack(self) -> bytes:
        """Return it as bytes."""
        mapped = _IPV4_MAPPED if self.address.version == 4 else b""
        return _GATEWAY.pack(self.ifindex, mapped + self.address.packed)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        ifindex, address = _GATEWAY.unpack(data)
        found = IPv6Address(address)
        return cls(ifindex, found.ipv4_mapped or found)


@dataclass(frozen=True, slots=True)
class VsiKey(_Record):
    """A key of `vsis`, `fdb_added` and `fdb_removed`."""

    lsr: int
    vsi: int

    _format = _TWO


@dataclass(frozen=True, slots=True)
class VsiRecord(_Record):
    """A value of `vsis`.

    Raises:
        CapabilityError: it has more members than the program floods to.
    """

    kind: BridgeKind
    circuits: int
    pws: int
    mac_limit: int
    aging_ns: int

    _format = struct.Struct("=4IQ")
    _kinds = ((0, BridgeKind),)

    def __post_init__(self) -> None:
        most = max(self.circuits, self.pws)
        if most > MAX_MEMBERS:
            raise CapabilityError(
                f"VSI {self.kind.name}: {most} circuits or pseudowires at one PE; "
                f"the eBPF data plane floods to at most {MAX_MEMBERS}"
            )


@dataclass(frozen=True, slots=True)
class MemberKey(_Record):
    """A key of `circuits`, whose values are `word`s of an ifindex, and of `pws`."""

    lsr: int
    vsi: int
    position: int

    _format = _THREE


@dataclass(frozen=True, slots=True)
class PwRecord(_Record):
    """A value of `pws`: a pseudowire as its near end sends on it."""

    egress: int
    label: int
    flags: PwFlag = PwFlag.NONE

    _format = _THREE
    _kinds = ((2, PwFlag),)


@dataclass(frozen=True, slots=True)
class FdbKey(_Record):
    """A key of `fdb`."""

    lsr: int
    vsi: int
    mac: bytes

    _format = struct.Struct("=2I6s2x")


@dataclass(frozen=True, slots=True)
class FdbRecord(_Record):
    """A value of `fdb`."""

    kind: FdbKind
    id: int
    seen_ns: int
    slot: int = 0

    _format = struct.Struct("=2IQI4x")
    _kinds = ((0, FdbKind),)


@dataclass(frozen=True, slots=True)
class Settings:
    """The only value of `settings`, whose key is `SETTINGS_KEY`."""

    uniform_ttl: bool
    gateway_mac: bytes
    share: int = 0

    def pack(self) -> bytes:
        """Return it as bytes."""
        return _SETTINGS.pack(self.uniform_ttl, self.gateway_mac, self.share)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        uniform, mac, share = _SETTINGS.unpack(data)
        return cls(bool(uniform), mac, share)


@dataclass(frozen=True, slots=True)
class CounterKey(_Record):
    """A key of `counters`; the id of a pseudowire's is a `pw_counter_id`."""

    lsr: int
    kind: CounterKind
    id: int

    _format = _THREE
    _kinds = ((1, CounterKind),)


@dataclass(frozen=True, slots=True)
class CounterRecord(_Record):
    """A value of `counters`, of one CPU or the sum of all."""

    packets: int
    octets: int

    _format = struct.Struct("=2Q")


def seen_ns(record: bytes) -> int:
    """Return `FdbRecord.seen_ns` of a record as bytes, sooner: there may be a million."""
    return int(_LONG.unpack_from(record, _TWO.size)[0])


def pw_counter_id(vsi: int, pw: int) -> int:
    """Return the id of a pseudowire's counters."""
    return vsi << 16 | pw


@dataclass(frozen=True, slots=True)
class MapSizes:
    """Octets of a map's keys and values; a ring buffer has neither."""

    key: int
    value: int
    is_per_cpu: bool = False


MAPS: Final[Mapping[str, MapSizes]] = {
    "ports": MapSizes(4, 20),
    "lfib": MapSizes(8, 64),
    "tunnels": MapSizes(8, 60),
    "ecmp_nhlfes": MapSizes(16, 52),
    "fib4": MapSizes(16, 20),
    "fib6": MapSizes(28, 20),
    "gateways": MapSizes(20, 4),
    "vsis": MapSizes(8, 24),
    "circuits": MapSizes(12, 4),
    "pws": MapSizes(12, 12),
    "fdb": MapSizes(16, 24),
    "fdb_added": MapSizes(8, 8),
    "fdb_removed": MapSizes(8, 8),
    "punts": MapSizes(0, 0),
    "settings": MapSizes(4, 16),
    "counters": MapSizes(12, 16, is_per_cpu=True),
}
"""The program's maps by name; a test holds the sizes against the records and the header."""
