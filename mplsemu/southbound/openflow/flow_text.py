"""Flows as the text of ``ovs-ofctl -O OpenFlow13 add-flow``, for messages and tests."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
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
    HashFields,
    InPort,
    Learn,
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
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.match import (
    ARP_SPA,
    ARP_TPA,
    ETH_TYPE,
    IN_PORT,
    IP_FRAGMENT,
    IPV4_DST,
    IPV4_SRC,
    METADATA,
    REGISTERS,
    Field,
    Match,
    Term,
)

_NAMES: Final = {(IN_PORT, 0xFFFF_FFFF): "ANY"}
_HASH_FIELDS: Final = {
    HashFields.FRAME: "symmetric_l4",
    HashFields.IP_FLOW: "symmetric_l3l4+udp",
    HashFields.IP_ADDRESSES: "symmetric_l3",
}
_ANY_FRAGMENT: Final = (IP_FRAGMENT, 1, 1)
_IPV4_FIELDS: Final = frozenset({IPV4_SRC, IPV4_DST, ARP_SPA, ARP_TPA})
_HEXADECIMAL_FIELDS: Final = frozenset({ETH_TYPE, METADATA, *REGISTERS})


def flow_text(flow: Flow) -> str:
    """Return a flow as one line."""
    parts = [f"cookie={flow.cookie:#x}", f"table={int(flow.table)}", f"priority={flow.priority}"]
    if flow.match.terms:
        parts.append(match_text(flow.match))
    actions = actions_text(flow.actions)
    if flow.meter is not None:
        actions = f"meter:{int(flow.meter)},{actions}".rstrip(",")
    if flow.goto is not None:
        actions = f"{actions},goto_table:{int(flow.goto)}".lstrip(",")
    return f"{','.join(parts)},actions={actions or 'drop'}"


def match_text(match: Match) -> str:
    """Return a match as ovs-ofctl writes it; the empty text for one of everything."""
    return ",".join(map(_term_text, match.terms))


def actions_text(actions: tuple[Action, ...]) -> str:
    """Return actions as ovs-ofctl writes them; the empty text for none."""
    return ",".join(map(_action_text, actions))


def value_text(field: Field, value: int) -> str:
    """Return a value of a field in its usual notation."""
    if field in _IPV4_FIELDS:
        return str(IPv4Address(value))
    if (name := _NAMES.get((field, value))) is not None:
        return name
    if field in _HEXADECIMAL_FIELDS:
        return f"{value:#x}"
    if field.bits == 48:
        return ":".join(f"{octet:02x}" for octet in value.to_bytes(6, "big"))
    return str(IPv6Address(value)) if field.bits == 128 else str(value)


def _term_text(term: Term) -> str:
    if (term.field, term.value, term.mask) == _ANY_FRAGMENT:
        return f"{term.field.name}=yes"
    text = f"{term.field.name}={value_text(term.field, term.value)}"
    return text if term.mask is None else f"{text}/{value_text(term.field, term.mask)}"


def _bits_text(field: Field, offset: int, bits: int) -> str:
    if bits == field.bits:
        return f"{field.oxm_name}[]"
    return f"{field.oxm_name}[{offset}..{offset + bits - 1}]"


def _learn_text(learn: Learn) -> str:
    head = (
        f"table={int(learn.table)},idle_timeout={learn.idle_timeout_s},"
        f"priority={int(learn.priority)},cookie={learn.cookie:#x},delete_learned"
    )
    specs = [f"{spec.target.oxm_name}[]={spec.source.oxm_name}[]" for spec in learn.matches]
    specs += [f"load:{spec.source.oxm_name}[]->{spec.target.oxm_name}[]" for spec in learn.loads]
    return f"learn({','.join([head, *specs])})"


def _multipath_text(choice: Multipath) -> str:
    return (
        f"multipath({_HASH_FIELDS[choice.fields]},{choice.basis},hash_threshold,{choice.ways},0,"
        f"{_bits_text(choice.target, 0, choice.bits)})"
    )


def _decap_text(packet_type: PacketType) -> str:
    namespace, number = divmod(packet_type, 1 << 16)
    return f"decap(packet_type(ns={namespace},type={number:#x}))"


def _action_text(action: Action) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for each action
    match action:
        case SetField(field, value):
            return f"set_field:{value_text(field, value)}->{field.name}"
        case Move():
            source = _bits_text(action.source, action.source_offset, action.bits)
            return f"move:{source}->{_bits_text(action.target, action.target_offset, action.bits)}"
        case PushMpls(ethertype):
            return f"push_mpls:{ethertype:#06x}"
        case PopMpls(ethertype):
            return f"pop_mpls:{ethertype:#06x}"
        case PushVlan(ethertype):
            return f"push_vlan:{ethertype:#06x}"
        case PopVlan():
            return "pop_vlan"
        case DecTtl():
            return "dec_ttl"
        case DecMplsTtl():
            return "dec_mpls_ttl"
        case Output(port):
            return f"output:{port}"
        case OutputRegister(register, bits):
            return f"output:{_bits_text(register, 0, bits)}"
        case InPort():
            return "in_port"
        case Controller(max_len, None):
            return f"controller:{max_len}"
        case Controller(max_len, meter):
            return f"controller(max_len={max_len},meter_id={meter})"
        case Encap(packet_type):
            return f"encap({packet_type.name.lower()})"
        case Decap(packet_type):
            return _decap_text(packet_type)
        case Clone(actions):
            return f"clone({actions_text(actions)})"
        case Resubmit(table):
            return f"resubmit(,{int(table)})"
        case Multipath():
            return _multipath_text(action)
        case CheckLarger(octets, target):
            return f"check_pkt_larger({octets})->{target.oxm_name}[0]"
        case Learn():
            return _learn_text(action)
    assert_never(action)
