"""OpenFlow 1.3 messages as bytes: flow, meter and packet-out messages with Nicira's extensions.

Ryu's own serializer has no encap, decap or clone, and makes about 20,000 flows a second; this one
writes the same bytes several times as fast. Ryu's parser is the oracle of its tests.

Structures are those of OpenFlow 1.3.5 section 7 and of Open vSwitch's nicira-ext.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, assert_never

from mplsemu.southbound.openflow.actions import (
    Action,
    CheckLarger,
    Clone,
    Controller,
    Decap,
    DecMplsTtl,
    DecTtl,
    Encap,
    InPort,
    Learn,
    Move,
    Multipath,
    Output,
    OutputRegister,
    PopMpls,
    PopVlan,
    PushMpls,
    PushVlan,
    Resubmit,
    SetField,
)
from mplsemu.southbound.openflow.flow import AnyMeter, Flow, Meter
from mplsemu.southbound.openflow.match import IN_PORT, MPLS_LABEL, Field, Match, Term

_VERSION: Final = 4
_PACKET_OUT: Final = 13
_FLOW_MOD: Final = 14
_METER_MOD: Final = 29

_ADD: Final = 0
_MODIFY: Final = 1
_DELETE: Final = 3
_DELETE_STRICT: Final = 4
_ALL_TABLES: Final = 0xFF

_KBPS: Final = 1 << 0
_PKTPS: Final = 1 << 1
_BURST: Final = 1 << 2
_STATS: Final = 1 << 3

_NO_BUFFER: Final = 0xFFFF_FFFF
_ANY: Final = 0xFFFF_FFFF
PORT_IN_PORT: Final = 0xFFFF_FFF8
PORT_CONTROLLER: Final = 0xFFFF_FFFD
METER_EXISTS: Final = (12, 1)
"""Type and code of the error that says a meter is there already."""

NICIRA: Final = 0x0000_2320
_REG_MOVE, _REG_LOAD, _MULTIPATH, _RESUBMIT_TABLE, _OUTPUT_REG, _LEARN = 6, 7, 10, 14, 15, 16
_CONTROLLER2, _CLONE, _ENCAP, _DECAP, _CHECK_LARGER = 37, 42, 46, 47, 49
_MAX_LEN, _METER_ID = 0, 5
_OLD_IN_PORT: Final = 0xFFF8
_NXM_IN_PORT: Final = 0x0000_0002
HASH_THRESHOLD: Final = 1
_DELETE_LEARNED: Final = 1 << 1
_LEARN_MATCH: Final = 0
_LEARN_LOAD: Final = 1 << 11

_FLOW_HEAD: Final = struct.Struct("!BBHIQQBBHHHIIIHxx")
_EMPTY_MATCH: Final = struct.pack("!HH4x", 1, 4)


def add_flow(flow: Flow, cookie: int) -> bytes:
    """Encode the message that installs a flow, or replaces the one of the same key."""
    body = _match(flow.match) + _instructions(flow)
    return _flow_mod(_ADD, cookie, 0, flow.table, flow.priority, body)


def delete_flow(flow: Flow) -> bytes:
    """Encode the message that removes the flow with this flow's table, priority and match."""
    return _flow_mod(_DELETE_STRICT, 0, 0, flow.table, flow.priority, _match(flow.match))


def delete_by_cookie(cookie: int, mask: int, table: int = _ALL_TABLES) -> bytes:
    """Encode the message that removes all flows with a cookie, as far as `mask` goes."""
    return _flow_mod(_DELETE, cookie, mask, table, 0, _EMPTY_MATCH)


def add_meter(meter: AnyMeter) -> bytes:
    """Encode what installs a meter that drops (OpenFlow 1.3.5 section 7.3.4.4).

    A switch that has the meter refuses it with `METER_EXISTS`. One of bits may then have another
    rate, so it is modified as well.
    """
    if isinstance(meter, Meter):
        return _meter_mod(_ADD, _PKTPS | _BURST, meter.meter_id, meter.rate_pps, meter.burst)
    values = _KBPS | _BURST | _STATS, meter.meter_id, meter.rate_kbps, meter.burst_kbits
    return _meter_mod(_ADD, *values) + _meter_mod(_MODIFY, *values)


def _meter_mod(command: int, flags: int, meter_id: int, rate: int, burst: int) -> bytes:
    band = struct.pack("!HHII4x", 1, 16, rate, burst)
    return _message(_METER_MOD, struct.pack("!HHI", command, flags, meter_id) + band)


def packet_out(in_port: int, actions: Iterable[Action], frame: bytes) -> bytes:
    """Encode the message that has the switch run `actions` on a frame.

    Args:
        in_port: the port it appears to come from, or `PORT_CONTROLLER`.
        actions: in order.
        frame: from the Ethernet header on.
    """
    encoded = _actions(actions)
    head = struct.pack("!IIH6x", _NO_BUFFER, in_port, len(encoded))
    return _message(_PACKET_OUT, head + encoded + frame)


def _message(kind: int, body: bytes) -> bytes:
    return struct.pack("!BBHI", _VERSION, kind, 8 + len(body), 0) + body


def _flow_mod(
    command: int, cookie: int, mask: int, table: int, priority: int, match_and_rest: bytes
) -> bytes:
    length = _FLOW_HEAD.size + len(match_and_rest)
    head = _FLOW_HEAD.pack(
        _VERSION, _FLOW_MOD, length, 0, cookie, mask, table, command, 0, 0, priority,
        _NO_BUFFER, _ANY, _ANY, 0,
    )  # fmt: skip
    return head + match_and_rest


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)


def wire_size(field: Field) -> int:
    """Octets of a field's value in an OXM; a label's 20 bits take four (section 7.2.3.7)."""
    return 4 if field is MPLS_LABEL else field.size


@lru_cache(maxsize=256)
def _header(field: Field, *, masked: bool = False) -> int:
    length = wire_size(field) * (2 if masked else 1)
    return field.oxm_class << 16 | field.number << 9 | masked << 8 | length


def _term(term: Term) -> bytes:
    field = term.field
    size = wire_size(field)
    value = term.value.to_bytes(size, "big")
    if term.mask is None:
        return _header(field).to_bytes(4, "big") + value
    return _header(field, masked=True).to_bytes(4, "big") + value + term.mask.to_bytes(size, "big")


def _match(match: Match) -> bytes:
    if not match.terms:
        return _EMPTY_MATCH
    terms = b"".join(map(_term, match.terms))
    return _padded(struct.pack("!HH", 1, 4 + len(terms)) + terms)


def _instructions(flow: Flow) -> bytes:
    parts = []
    if flow.meter is not None:
        parts.append(struct.pack("!HHI", 6, 8, flow.meter))
    if flow.actions:
        actions = _actions(flow.actions)
        parts.append(struct.pack("!HH4x", 4, 8 + len(actions)) + actions)
    if flow.goto is not None:
        parts.append(struct.pack("!HHB3x", 1, 8, flow.goto))
    return b"".join(parts)


def _actions(actions: Iterable[Action]) -> bytes:
    return b"".join(map(_action, actions))


def _action(action: Action) -> bytes:  # noqa: PLR0911  # one arm for each kind
    """Encode an action of OpenFlow 1.3 itself; those of Nicira's extension have a function."""
    match action:
        case SetField(field, value):
            return _set_field(field, value)
        case PushMpls(ethertype):
            return struct.pack("!HHHxx", 19, 8, ethertype)
        case PopMpls(ethertype):
            return struct.pack("!HHHxx", 20, 8, ethertype)
        case PushVlan(ethertype):
            return struct.pack("!HHHxx", 17, 8, ethertype)
        case PopVlan():
            return struct.pack("!HH4x", 18, 8)
        case DecTtl():
            return struct.pack("!HH4x", 24, 8)
        case DecMplsTtl():
            return struct.pack("!HH4x", 16, 8)
        case Output(port):
            return _output(port, 0)
        case InPort():
            return _output(PORT_IN_PORT, 0)
        case Controller(max_len, meter):
            return _output(PORT_CONTROLLER, max_len) if meter is None else _metered(max_len, meter)
        case _:
            return _extension(action)


def _set_field(field: Field, value: int) -> bytes:
    if field is IN_PORT:
        # OpenFlow 1.3's set-field refuses the port a packet came from; Nicira's load does not
        return _nicira(_REG_LOAD, struct.pack("!HIQ", 16 - 1, _NXM_IN_PORT, value & 0xFFFF))
    data = _padded(struct.pack("!HH", 25, 0) + _term(Term(field, value)))
    return data[:2] + len(data).to_bytes(2, "big") + data[4:]


def _extension(  # noqa: PLR0911
    action: Move
    | OutputRegister
    | Resubmit
    | Encap
    | Decap
    | Clone
    | Multipath
    | CheckLarger
    | Learn,
) -> bytes:
    """Encode an action of Nicira's extension (nicira-ext.h)."""
    match action:
        case Move(source, target, bits, source_offset, target_offset):
            body = struct.pack(
                "!HHHII", bits, source_offset, target_offset, _header(source), _header(target)
            )
            return _nicira(_REG_MOVE, body)
        case OutputRegister(register, bits):
            return _nicira(_OUTPUT_REG, struct.pack("!HIH6x", bits - 1, _header(register), 0))
        case Resubmit(table):
            return _nicira(_RESUBMIT_TABLE, struct.pack("!HB3x", _OLD_IN_PORT, table))
        case Encap(packet_type):
            return _nicira(_ENCAP, struct.pack("!HI", 0, packet_type))
        case Decap(packet_type):
            return _nicira(_DECAP, struct.pack("!HI", 0, packet_type))
        case Clone(actions):
            return _nicira(_CLONE, bytes(6) + _actions(actions))
        case Multipath():
            return _nicira(_MULTIPATH, _multipath(action))
        case CheckLarger(octets, target):
            return _nicira(_CHECK_LARGER, struct.pack("!HHI", octets, 0, _header(target)))
        case Learn():
            return _learn(action)
        case _:
            assert_never(action)


def _output(port: int, max_len: int) -> bytes:
    return struct.pack("!HHIH6x", 0, 16, port, max_len)


def _metered(max_len: int, meter: int) -> bytes:
    """Encode NXAST_CONTROLLER2, whose properties are padded to 8 octets each."""
    body = struct.pack("!6xHHH2xHHI", _MAX_LEN, 6, max_len, _METER_ID, 8, meter)
    return _nicira(_CONTROLLER2, body)


def _nicira(subtype: int, body: bytes) -> bytes:
    data = _padded(struct.pack("!HHIH", 0xFFFF, 0, NICIRA, subtype) + body)
    return data[:2] + len(data).to_bytes(2, "big") + data[4:]


def _multipath(choice: Multipath) -> bytes:
    return struct.pack(
        "!HHxxHHIxxHI", choice.fields, choice.basis, HASH_THRESHOLD, choice.ways - 1, 0,
        choice.bits - 1, _header(choice.target),
    )  # fmt: skip


def _learn(learn: Learn) -> bytes:
    fixed = struct.pack(
        "!HHHQHBxHH", learn.idle_timeout_s, 0, learn.priority, learn.cookie, _DELETE_LEARNED,
        learn.table, 0, 0,
    )  # fmt: skip
    specifications = [
        _learn_field(_LEARN_MATCH, part.source, part.target) for part in learn.matches
    ] + [_learn_field(_LEARN_LOAD, part.source, part.target) for part in learn.loads]
    return _nicira(_LEARN, fixed + b"".join(specifications))


def _learn_field(kind: int, source: Field, target: Field) -> bytes:
    bits = min(source.bits, target.bits)
    return struct.pack("!HIHIH", kind | bits, _header(source), 0, _header(target), 0)
