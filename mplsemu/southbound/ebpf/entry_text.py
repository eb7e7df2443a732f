"""Entries of the maps as human-readable text; also malformed ones that a kernel may hold."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

from mplsemu.southbound.ebpf import layout, layout_vsi
from mplsemu.southbound.ebpf.contents import lsr_of
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
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
from mplsemu.southbound.ebpf.layout_ways import RouteWayKey
from mplsemu.southbound.ebpf.names import NUMBERS, Names
from mplsemu.wire.ethernet import mac_text

_NANOSECONDS: Final = 10**9
_UNREADABLE: Final = (struct.error, ValueError)


def entry_text(entry: Entry, names: Names = NUMBERS) -> str:
    """Return an entry as one line: LSR, map, key and value."""
    try:
        lsr = lsr_of(entry.map, entry.key, entry.value, names.owners)
    except _UNREADABLE:
        lsr = None
    whose = "" if lsr is None else f"{names.lsr(lsr)} "
    key = key_text(entry.map, entry.key, names)
    return f"{whose}{entry.map}: {key}: {value_text(entry.map, entry.key, entry.value, names)}"


def key_text(name: str, key: bytes, names: Names = NUMBERS) -> str:
    """Describe the key of an entry, without its LSR."""
    try:
        return _KEYS[name](key, names)
    except (KeyError, *_UNREADABLE):
        return f"key {key.hex()}"


def value_text(name: str, key: bytes, value: bytes, names: Names = NUMBERS) -> str:
    """Describe the value of an entry; the key gives its LSR and service."""
    try:
        return _VALUES[name](key, value, names)
    except (KeyError, *_UNREADABLE):
        return f"bytes {value.hex()}"


# --- keys -----------------------------------------------------------------------------------


def _nhlfe_key(key: bytes, names: Names) -> str:
    record = layout.NhlfeKey.unpack(key)
    # the first NHLFE is in the entry that counts them
    way = f"way {record.index + 1}"
    if record.of is NhlfesOf.LABEL:
        return f"label {record.id}, {way}"
    return f"tunnel to {names.lsr(record.id)}, {way}"


def _fib_key(key: bytes, names: Names) -> str:
    record = layout.FibKey.unpack(key)
    return f"{names.service(record.lsr, record.vrf)}: {record.prefix}"


def _route_way_key(key: bytes, names: Names) -> str:
    record = RouteWayKey.unpack(key)
    return f"{names.service(record.lsr, record.vrf)}: PE {record.index + 1} of set {record.set}"


def _gateway_key(key: bytes, names: Names) -> str:
    record = layout.GatewayKey.unpack(key)
    asked = "ARP" if record.address.version == 4 else "neighbour discovery"
    return f"{asked} for {record.address} on {names.interface(record.circuit)}"


def _tagged_key(key: bytes, names: Names) -> str:
    record = layout.TaggedKey.unpack(key)
    return f"{names.interface(record.ifindex)}, {_tags(record)}"


def _vsi_key(key: bytes, names: Names) -> str:
    record = layout.VsiKey.unpack(key)
    return names.service(record.lsr, record.vsi)


def _circuit_key(key: bytes, names: Names) -> str:
    record = layout.MemberKey.unpack(key)
    return f"{names.service(record.lsr, record.vsi)}: circuit {record.position}"


def _pw_key(key: bytes, names: Names) -> str:
    record = layout.MemberKey.unpack(key)
    pw = names.pw(record.lsr, record.vsi, record.position)
    return f"{names.service(record.lsr, record.vsi)}: {pw}"


def _fdb_key(key: bytes, names: Names) -> str:
    record = layout.FdbKey.unpack(key)
    return f"{names.service(record.lsr, record.vsi)}: {mac_text(record.mac)}"


def _group_key(key: bytes, names: Names) -> str:
    record = layout_vsi.GroupKey.unpack(key)
    return f"{names.service(record.lsr, record.vsi)}: group {record.address}"


_KEYS: Final[dict[str, Callable[[bytes, Names], str]]] = {
    "ports": lambda key, names: names.interface(layout.unpack_word(key)),
    "tagged_ports": _tagged_key,
    "tagged_circuits": lambda key, names: names.interface(layout.unpack_word(key)),
    "lfib": lambda key, _: f"label {layout.IlmKey.unpack(key).label}",
    "tunnels": lambda key, names: f"tunnel to {names.lsr(layout.TunnelKey.unpack(key).egress)}",
    "ecmp_nhlfes": _nhlfe_key,
    "fib4": _fib_key,
    "fib6": _fib_key,
    "route_ways": _route_way_key,
    "gateways": _gateway_key,
    "vsis": _vsi_key,
    "circuits": _circuit_key,
    "pws": _pw_key,
    "groups": _group_key,
    "fdb": _fdb_key,
    "settings": lambda _key, _names: "all LSRs",
}

# --- values ---------------------------------------------------------------------------------


def _port(key: bytes, value: bytes, names: Names) -> str:
    port = layout.Port.unpack(value)
    number = f"port {port.number}"
    if port.flags & PortFlag.DELIMITED:
        return f"circuit {_service(port, names)}"
    if names.owners.get(layout.unpack_word(key), port.lsr) != port.lsr:
        number += f" of {names.lsr(port.lsr)}"
    if port.role is Role.CORE:
        return f"{number}, core"
    if port.role is Role.LINE:
        return f"{number}, its circuits by their tags"
    return f"{number}, {_service(port, names)}"


def _service(port: layout.Port, names: Names) -> str:
    kind = port.role.name
    service = names.service(port.lsr, port.service)
    said = service + ("" if service.startswith(kind) else f" as a {kind}")
    said += ", a leaf" if port.flags & PortFlag.LEAF else ""
    said += ", DHCP relayed" if port.flags & PortFlag.DHCP_RELAY else ""
    said += ", DHCPv6 relayed" if port.flags & PortFlag.DHCPV6_RELAY else ""
    return said + (", sources validated" if port.flags & PortFlag.STRICT_URPF else "")


def _tagged_circuit(_key: bytes, value: bytes, names: Names) -> str:
    record = layout.TaggedCircuit.unpack(value)
    return f"out on {names.interface(record.ifindex)}, {_tags(record)}, up to {record.mtu} octets"


def _tags(record: layout.TaggedKey | layout.TaggedCircuit) -> str:
    if not record.outer:
        return "untagged"
    inner = f".{record.inner}" if record.inner else ""
    return f"VLAN {record.outer}{inner} of type {record.type:#06x}"


def _ilm(key: bytes, value: bytes, names: Names) -> str:
    lsr, ilm = layout.IlmKey.unpack(key).lsr, layout.IlmRecord.unpack(value)
    match ilm.action:
        case IlmAction.FORWARD:
            return _first_of(ilm.nhlfe_count, ilm.nhlfe, names)
        case IlmAction.POP_AND_LOOK_UP:
            return "pop, look up the next label"
        case IlmAction.TO_VRF:
            return f"pop to IPv{ilm.ip_version}, into {names.service(lsr, ilm.service)}"
        case IlmAction.STAND_BY:
            return "drop: a pseudowire that stands by"
        case IlmAction.TO_PSEUDOWIRE:
            pop = "pop and control word" if ilm.flags & IlmFlag.CONTROL_WORD else "pop"
            pw = names.pw(lsr, ilm.service, ilm.pw)
            leaf = ", of leaves" if ilm.flags & IlmFlag.LEAF else ""
            return f"{pop} to Ethernet, into {names.service(lsr, ilm.service)} from {pw}{leaf}"


def _first_of(count: int, nhlfe: layout.NhlfeRecord | None, names: Names) -> str:
    said = "drop" if nhlfe is None else ", ".join(_nhlfe(nhlfe, names))
    return said if count == 1 else f"one of {count} ways, the first: {said}"


def _nhlfe(nhlfe: layout.NhlfeRecord, names: Names) -> Iterator[str]:
    labels = ", ".join(map(str, nhlfe.labels))
    match nhlfe.operation:
        case Operation.SWAP:
            yield f"swap to {labels}"
        case Operation.POP:
            yield "pop"
        case Operation.PUSH if labels:
            yield f"push {labels}"
    yield f"out on {names.interface(nhlfe.oif)}"
    if names.macs.get(nhlfe.oif) != (nhlfe.destination, nhlfe.source):
        yield f"to {mac_text(nhlfe.destination)} from {mac_text(nhlfe.source)}"
    if nhlfe.flags & NhlfeFlag.DIRECT:
        yield "past its queue"


def _route(key: bytes, value: bytes, names: Names) -> str:
    lsr, route = layout.FibKey.unpack(key).lsr, layout.RouteRecord.unpack(value)
    match route.kind:
        case RouteKind.TO_PE:
            said = f"push {route.label}, to {names.lsr(route.target)}"
        case RouteKind.DELIVER:
            out = names.interface(route.target)
            said = f"to {mac_text(route.mac)}, out on {out}, up to {route.mtu} octets"
        case RouteKind.CONNECTED:
            said = f"ask on {names.interface(route.target)} who has it"
        case RouteKind.TO_VRF:
            said = f"look up in {names.service(lsr, route.target)}"
        case RouteKind.LOCAL:
            said = "the gateway answers"
        case RouteKind.BLACKHOLE:
            said = "drop"
        case RouteKind.TO_WAYS:
            said = f"to one of the {route.label} PEs of set {route.target}"
    return said


def _route_way(_key: bytes, value: bytes, names: Names) -> str:
    route = layout.RouteRecord.unpack(value)
    return f"push {route.label}, to {names.lsr(route.target)}"


def _gateway(_key: bytes, value: bytes, _names: Names) -> str:
    return "answer" if value == layout.GATEWAY_VALUE else f"bytes {value.hex()}"


def _vsi(_key: bytes, value: bytes, _names: Names) -> str:
    vsi = layout.VsiRecord.unpack(value)
    said = f"{vsi.kind.name}, circuits up to {vsi.circuits}, pseudowires up to {vsi.pws}"
    if vsi.kind is BridgeKind.VPWS:
        return said
    limit = f" at most {vsi.mac_limit}" if vsi.mac_limit else ""
    unknown = ", drops unknown unicast" if vsi.flags & VsiFlag.DROP_UNKNOWN else ""
    snoops = ", snoops" if vsi.flags & VsiFlag.SNOOPS else ""
    moves = ", tells of moves" if vsi.flags & VsiFlag.MAC_MOVES else ""
    storm = f", storm control at {vsi.storm_kbps} kbit/s" if vsi.storm_kbps else ""
    learns = f"learns{limit} for {vsi.aging_ns / _NANOSECONDS:g} s"
    return f"{said}, {learns}{unknown}{snoops}{moves}{storm}"


def _circuit(_key: bytes, value: bytes, names: Names) -> str:
    return f"out on {names.interface(layout.unpack_word(value))}"


def _pw(_key: bytes, value: bytes, names: Names) -> str:
    pw = layout.PwRecord.unpack(value)
    word = " before a control word" if pw.flags & PwFlag.CONTROL_WORD else ""
    label = f"{pw.label}, of leaves {pw.leaf_label}" if pw.leaf_label else f"{pw.label}"
    leaf = ", only leaves there" if pw.flags & PwFlag.LEAF else ""
    leaf += ", a spoke PE" if pw.flags & PwFlag.SPOKE else ""
    return f"push {label}{word}, to {names.lsr(pw.egress)}{leaf}"


def _group(_key: bytes, value: bytes, _names: Names) -> str:
    group = layout_vsi.GroupRecord.unpack(value)
    circuits, pws = (int.from_bytes(each, "little") for each in (group.circuits, group.pws))
    return f"to {circuits.bit_count()} circuits and {pws.bit_count()} pseudowires"


def _fdb(key: bytes, value: bytes, names: Names) -> str:
    at, entry = layout.FdbKey.unpack(key), layout.FdbRecord.unpack(value)
    where = (
        names.interface(entry.id)
        if entry.kind is FdbKind.AT_CIRCUIT
        else names.pw(at.lsr, at.vsi, entry.id)
    )
    return f"behind {where}, seen {entry.seen_ns / _NANOSECONDS:.0f} s after the machine started"


def _settings(_key: bytes, value: bytes, _names: Names) -> str:
    found = layout.Settings.unpack(value)
    mode = "uniform" if found.uniform_ttl else "pipe"
    return f"TTL model {mode}, gateways have {mac_text(found.gateway_mac)}"


def _tunnel(_key: bytes, value: bytes, names: Names) -> str:
    tunnel = layout.TunnelRecord.unpack(value)
    return f"{_first_of(tunnel.nhlfe_count, tunnel.nhlfe, names)}, up to {tunnel.mtu} octets"


def _ecmp_nhlfe(_key: bytes, value: bytes, names: Names) -> str:
    return ", ".join(_nhlfe(layout.NhlfeRecord.unpack(value), names))


_VALUES: Final[dict[str, Callable[[bytes, bytes, Names], str]]] = {
    "ports": _port,
    "tagged_ports": _port,
    "tagged_circuits": _tagged_circuit,
    "lfib": _ilm,
    "tunnels": _tunnel,
    "ecmp_nhlfes": _ecmp_nhlfe,
    "fib4": _route,
    "fib6": _route,
    "route_ways": _route_way,
    "gateways": _gateway,
    "vsis": _vsi,
    "circuits": _circuit,
    "pws": _pw,
    "groups": _group,
    "fdb": _fdb,
    "settings": _settings,
}
