"""Flows decoded from a switch's replies: the inverse of `encode`.

It decodes what our flows consist of. A flow with anything else is not ours, and stays undecoded.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from mplsemu.southbound.openflow.actions import (
    WHOLE_PACKET,
    Action,
    CheckLarger,
    Clone,
    Controller,
    Decap,
    DecMplsTtl,
    DecTtl,
    Encap,
    HashFields,
    InPort,
    Learn,
    LearnLoad,
    LearnMatch,
    Move,
    Multipath,
    Output,
    OutputRegister,
    PacketType,
    PopMpls,
    PopVlan,
    PushMpls,
    PushVlan,
    Resubmit,
    SetField,
)
from mplsemu.southbound.openflow.encode import (
    HASH_THRESHOLD,
    NICIRA,
    PORT_CONTROLLER,
    PORT_IN_PORT,
    wire_size,
)
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.match import (
    ARP_SHA,
    ARP_SPA,
    ARP_THA,
    ARP_TPA,
    ETH_DST,
    ETH_SRC,
    FIELDS,
    IN_PORT,
    IPV4_DST,
    IPV4_SRC,
    IPV6_DST,
    IPV6_SRC,
    NXM_0,
    NXM_1,
    Field,
    Match,
    Term,
)
from mplsemu.southbound.openflow.pipeline import NO_PORT
from mplsemu.southbound.openflow.read import InstalledFlow

_FIELDS: Final = {(field.oxm_class, field.number): field for field in FIELDS}
_OLD_NAMES: Final = {
    (NXM_0, 0): IN_PORT,
    (NXM_0, 1): ETH_DST,
    (NXM_0, 2): ETH_SRC,
    (NXM_0, 7): IPV4_SRC,
    (NXM_0, 8): IPV4_DST,
    (NXM_0, 16): ARP_SPA,
    (NXM_0, 17): ARP_TPA,
    (NXM_1, 17): ARP_SHA,
    (NXM_1, 18): ARP_THA,
    (NXM_1, 19): IPV6_SRC,
    (NXM_1, 20): IPV6_DST,
}
"""Open vSwitch reports some fields of a move under the numbers of Nicira's own class."""

_PLAIN: Final[dict[int, Action]] = {16: DecMplsTtl(), 18: PopVlan(), 24: DecTtl()}
_OF_ETHERTYPE: Final[dict[int, type[PushVlan | PushMpls | PopMpls]]] = {
    17: PushVlan,
    19: PushMpls,
    20: PopMpls,
}
_OUTPUT, _SET_FIELD, _EXPERIMENTER = 0, 25, 0xFFFF

_NO_PORT: Final = NO_PORT & 0xFFFF
_LEARN_LOAD: Final = 1 << 11
_LEARN_HEAD: Final = struct.Struct("!HHHQHBxHH")
_LEARN_SPEC: Final = struct.Struct("!HIHIH")
_MULTIPATH: Final = struct.Struct("!HHxxHHIxxHI")


class _StrangeError(Exception):
    """Something that no flow of ours has."""


def decode(installed: InstalledFlow) -> Flow | None:
    """Return an installed flow as a value; None if it has something that no flow of ours has."""
    try:
        return replace(
            _instructions(installed.instructions),
            table=installed.table,
            priority=installed.priority,
            match=decode_match(installed.match),
        )
    except (_StrangeError, ValueError, struct.error):
        return None


def decode_match(oxms: bytes) -> Match:
    """Return a match.

    Raises:
        ValueError: it matches what no flow of ours does.
    """
    try:
        return Match.of(*_terms(oxms))
    except (_StrangeError, struct.error) as error:
        raise ValueError(f"unknown match {oxms.hex()}") from error


def _terms(oxms: bytes) -> Iterator[Term]:
    at = 0
    while at < len(oxms):
        field, size, masked = _field(*struct.unpack_from("!I", oxms, at))
        at += 4
        value = int.from_bytes(oxms[at : at + size], "big")
        mask = int.from_bytes(oxms[at + size : at + 2 * size], "big") if masked else None
        yield Term(field, value, None if mask == field.full_mask else mask)
        at += size * (2 if masked else 1)


def _field(header: int) -> tuple[Field, int, bool]:
    """Return a header's field, how many octets its value has, and whether a mask follows."""
    key = header >> 16, header >> 9 & 0x7F
    field = _FIELDS.get(key) or _OLD_NAMES.get(key)
    if field is None:
        raise _StrangeError(f"field {header:#x}")
    return field, wire_size(field) if key in _FIELDS else header & 0xFF, bool(header & 0x100)


def _instructions(data: bytes) -> Flow:
    """Return a flow of any table and match that does this."""
    actions: tuple[Action, ...] = ()
    goto = meter = None
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("!HH", data, at)
        match kind:
            case 4:  # OFPIT_APPLY_ACTIONS
                actions = tuple(_actions(data[at + 8 : at + length]))
            case 1:  # OFPIT_GOTO_TABLE
                goto = data[at + 4]
            case 6:  # OFPIT_METER
                (meter,) = struct.unpack_from("!I", data, at + 4)
            case _:
                raise _StrangeError(f"instruction {kind}")
        at += length
    return Flow(0, 0, Match(), actions, goto, meter)


def _actions(data: bytes) -> Iterator[Action]:
    at = 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("!HH", data, at)
        if length < 8 or at + length > len(data):
            raise _StrangeError("an action without length")
        yield _action(kind, data[at + 4 : at + length])
        at += length


def _action(kind: int, body: bytes) -> Action:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == _OUTPUT:
        return _output(*struct.unpack_from("!IH", body))
    if kind in _OF_ETHERTYPE:
        (ethertype,) = struct.unpack_from("!H", body)
        return _OF_ETHERTYPE[kind](ethertype)
    if kind == _SET_FIELD:
        field, size, masked = _field(*struct.unpack_from("!I", body))
        if masked:
            raise _StrangeError("part of a field is set")
        return SetField(field, int.from_bytes(body[4 : 4 + size], "big"))
    if kind == _EXPERIMENTER:
        experimenter, subtype = struct.unpack_from("!IH", body)
        if experimenter == NICIRA:
            return _nicira(subtype, body[6:])
    raise _StrangeError(f"action {kind}")


def _output(port: int, max_len: int) -> Action:
    if port == PORT_IN_PORT:
        return InPort()
    return Controller(max_len) if port == PORT_CONTROLLER else Output(port)


def _controller(body: bytes) -> Controller:
    """Read the properties that ours have: how much of the packet, and a meter.

    Open vSwitch takes the first one without its padding, and reports it with it.
    """
    numbers: dict[int, int] = {}
    for at in range(6, len(body) - 7, 8):
        kind, length = struct.unpack_from("!HH", body, at)
        if (kind, length) not in {(0, 6), (0, 8), (5, 8)}:
            raise _StrangeError(f"property {kind} of a packet for the controller")
        end = at + (6 if kind == 0 else length)
        numbers[kind] = int.from_bytes(body[at + 4 : end], "big")
    return Controller(numbers.get(0, WHOLE_PACKET), numbers.get(5))


def _nicira(subtype: int, body: bytes) -> Action:
    read = _READERS.get(subtype)
    if read is None:
        raise _StrangeError(f"Nicira's action {subtype}")
    return read(body)


def _move(body: bytes) -> Move:
    bits, source_at, target_at, source, target = struct.unpack_from("!HHHII", body)
    return Move(_field(source)[0], _field(target)[0], bits, source_at, target_at)


def _load(body: bytes) -> SetField:
    """Read the one load that ours have: of the port that a packet came from."""
    _, target, value = struct.unpack_from("!HIQ", body)
    if _field(target)[0] is not IN_PORT or value > _NO_PORT:
        raise _StrangeError("a register is loaded")
    return SetField(IN_PORT, NO_PORT if value == _NO_PORT else value)


def _output_register(body: bytes) -> OutputRegister:
    bits, register = struct.unpack_from("!HI", body)
    return OutputRegister(_field(register)[0], (bits & 0x3F) + 1)


def _multipath(body: bytes) -> Multipath:
    fields, basis, algorithm, last, argument, bits, target = _MULTIPATH.unpack_from(body)
    if (algorithm, argument, bits >> 6) != (HASH_THRESHOLD, 0, 0):
        raise _StrangeError("a choice by another algorithm")
    return Multipath(HashFields(fields), basis, last + 1, _field(target)[0], bits + 1)


def _check_larger(body: bytes) -> CheckLarger:
    octets, offset, target = struct.unpack_from("!HHI", body)
    if offset:
        raise _StrangeError("a size that is noted elsewhere")
    return CheckLarger(octets, _field(target)[0])


def _packet_type(body: bytes) -> PacketType:
    return PacketType(struct.unpack_from("!HI", body)[1])


def _learn(body: bytes) -> Learn:
    idle, _, priority, cookie, _, table, _, _ = _LEARN_HEAD.unpack_from(body)
    matches: list[LearnMatch] = []
    loads: list[LearnLoad] = []
    at = _LEARN_HEAD.size
    while at + _LEARN_SPEC.size <= len(body):
        kind, source, _, target, _ = _LEARN_SPEC.unpack_from(body, at)
        if not kind:  # padding
            break
        if kind & _LEARN_LOAD:
            loads.append(LearnLoad(_field(source)[0], _field(target)[0]))
        else:
            matches.append(LearnMatch(_field(target)[0], _field(source)[0]))
        at += _LEARN_SPEC.size
    return Learn(table, priority, idle, cookie, tuple(matches), tuple(loads))


_READERS: Final[dict[int, Callable[[bytes], Action]]] = {
    6: _move,
    7: _load,
    10: _multipath,
    14: lambda body: Resubmit(body[2]),
    15: _output_register,
    16: _learn,
    37: _controller,
    42: lambda body: Clone(tuple(_actions(body[6:]))),
    46: lambda body: Encap(_packet_type(body)),
    47: lambda body: Decap(_packet_type(body)),
    49: _check_larger,
}
"""By Nicira's number of the action (nicira-ext.h of Open vSwitch)."""
