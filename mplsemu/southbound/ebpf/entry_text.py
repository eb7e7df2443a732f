"""Entries of the maps as text, for people: what is found in a kernel too, whatever it is."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

from mplsemu.southbound.ebpf import layout
from mplsemu.southbound.ebpf.contents import router_of
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    IlmAction,
    IlmFlag,
    NhlfeFlag,
    Operation,
    PortFlag,
    Role,
    RouteKind,
    StationKind,
    WaysOf,
    WireFlag,
)
from mplsemu.southbound.ebpf.names import NUMBERS, Names
from mplsemu.southbound.punt.wire import mac_text

_NANOSECONDS: Final = 10**9
_UNREADABLE: Final = (struct.error, ValueError)


def entry_text(entry: Entry, names: Names = NUMBERS) -> str:
    """Return an entry as one line: whose it is, of which map, what for, and what it says."""
    try:
        router = router_of(entry.map, entry.key, entry.value, names.routers)
    except _UNREADABLE:
        router = None
    whose = "" if router is None else f"{names.lsr(router)} "
    key = key_text(entry.map, entry.key, names)
    return f"{whose}{entry.map}: {key}: {value_text(entry.map, entry.key, entry.value, names)}"


def key_text(name: str, key: bytes, names: Names = NUMBERS) -> str:
    """Say what an entry of a map is for, but not at which LSR."""
    try:
        return _KEYS[name](key, names)
    except (KeyError, *_UNREADABLE):
        return f"key {key.hex()}"


def value_text(name: str, key: bytes, value: bytes, names: Names = NUMBERS) -> str:
    """Say what an entry of a map says; the key tells at which LSR and in which service."""
    try:
        return _VALUES[name](key, value, names)
    except (KeyError, *_UNREADABLE):
        return f"bytes {value.hex()}"


# --- keys -----------------------------------------------------------------------------------


def _way_key(key: bytes, names: Names) -> str:
    record = layout.WayKey.unpack(key)
    # the first way is in the entry that counts them
    way = f"way {record.way + 1}"
    if record.of is WaysOf.LABEL:
        return f"label {record.id}, {way}"
    return f"tunnel to {names.lsr(record.id)}, {way}"


def _fib_key(key: bytes, names: Names) -> str:
    record = layout.FibKey.unpack(key)
    return f"{names.service(record.router, record.vrf)}: {record.prefix}"


def _gateway_key(key: bytes, names: Names) -> str:
    record = layout.GatewayKey.unpack(key)
    asked = "ARP" if record.address.version == 4 else "neighbour discovery"
    return f"{asked} for {record.address} on {names.interface(record.ifindex)}"


def _vsi_key(key: bytes, names: Names) -> str:
    record = layout.VsiKey.unpack(key)
    return names.service(record.router, record.vsi)


def _circuit_key(key: bytes, names: Names) -> str:
    record = layout.MemberKey.unpack(key)
    return f"{names.service(record.router, record.vsi)}: circuit {record.position}"


def _wire_key(key: bytes, names: Names) -> str:
    record = layout.MemberKey.unpack(key)
    wire = names.wire(record.router, record.vsi, record.position)
    return f"{names.service(record.router, record.vsi)}: {wire}"


def _station_key(key: bytes, names: Names) -> str:
    record = layout.StationKey.unpack(key)
    return f"{names.service(record.router, record.vsi)}: {mac_text(record.mac)}"


_KEYS: Final[dict[str, Callable[[bytes, Names], str]]] = {
    "ports": lambda key, names: names.interface(layout.unpack_word(key)),
    "lfib": lambda key, _: f"label {layout.IlmKey.unpack(key).label}",
    "tunnels": lambda key, names: f"tunnel to {names.lsr(layout.TunnelKey.unpack(key).egress)}",
    "ways": _way_key,
    "fib4": _fib_key,
    "fib6": _fib_key,
    "gateways": _gateway_key,
    "vsis": _vsi_key,
    "circuits": _circuit_key,
    "wires": _wire_key,
    "fdb": _station_key,
    "settings": lambda _key, _names: "all LSRs",
}

# --- values ---------------------------------------------------------------------------------


def _port(key: bytes, value: bytes, names: Names) -> str:
    port = layout.Port.unpack(value)
    number = f"port {port.number}"
    if names.routers.get(layout.unpack_word(key), port.router) != port.router:
        number += f" of {names.lsr(port.router)}"
    if port.role is Role.CORE:
        return f"{number}, core"
    kind = port.role.name
    service = names.service(port.router, port.service)
    said = f"{number}, {service}" + ("" if service.startswith(kind) else f" as a {kind}")
    return said + (", sources validated" if port.flags & PortFlag.STRICT_URPF else "")


def _ilm(key: bytes, value: bytes, names: Names) -> str:
    router, ilm = layout.IlmKey.unpack(key).router, layout.IlmRecord.unpack(value)
    match ilm.action:
        case IlmAction.FORWARD:
            return _first_of(ilm.ways, ilm.nhlfe, names)
        case IlmAction.POP_AND_LOOK_UP:
            return "pop, look up the next label"
        case IlmAction.TO_VRF:
            return f"pop to IPv{ilm.ip_version}, into {names.service(router, ilm.service)}"
        case IlmAction.TO_PSEUDOWIRE:
            pop = "pop and control word" if ilm.flags & IlmFlag.CONTROL_WORD else "pop"
            wire = names.wire(router, ilm.service, ilm.wire)
            return f"{pop} to Ethernet, into {names.service(router, ilm.service)} from {wire}"


def _first_of(ways: int, nhlfe: layout.NhlfeRecord | None, names: Names) -> str:
    said = "drop" if nhlfe is None else ", ".join(_nhlfe(nhlfe, names))
    return said if ways == 1 else f"one of {ways} ways, the first: {said}"


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
    router, route = layout.FibKey.unpack(key).router, layout.RouteRecord.unpack(value)
    match route.kind:
        case RouteKind.TO_PE:
            return f"push {route.label}, to {names.lsr(route.target)}"
        case RouteKind.DELIVER:
            out = names.interface(route.target)
            return f"to {mac_text(route.mac)}, out on {out}, up to {route.mtu} octets"
        case RouteKind.CONNECTED:
            return f"ask on {names.interface(route.target)} who has it"
        case RouteKind.TO_VRF:
            return f"look up in {names.service(router, route.target)}"
        case RouteKind.LOCAL:
            return "the gateway answers"
        case RouteKind.BLACKHOLE:
            return "drop"


def _gateway(_key: bytes, value: bytes, _names: Names) -> str:
    return "answer" if value == layout.GATEWAY_VALUE else f"bytes {value.hex()}"


def _vsi(_key: bytes, value: bytes, _names: Names) -> str:
    vsi = layout.VsiRecord.unpack(value)
    said = f"{vsi.kind.name}, circuits up to {vsi.circuits}, pseudowires up to {vsi.wires}"
    if vsi.kind is BridgeKind.VPWS:
        return said
    limit = f" at most {vsi.mac_limit}" if vsi.mac_limit else ""
    return f"{said}, learns{limit} for {vsi.aging_ns / _NANOSECONDS:g} s"


def _circuit(_key: bytes, value: bytes, names: Names) -> str:
    return f"out on {names.interface(layout.unpack_word(value))}"


def _wire(_key: bytes, value: bytes, names: Names) -> str:
    wire = layout.WireRecord.unpack(value)
    word = " before a control word" if wire.flags & WireFlag.CONTROL_WORD else ""
    return f"push {wire.label}{word}, to {names.lsr(wire.egress)}"


def _station(key: bytes, value: bytes, names: Names) -> str:
    at, station = layout.StationKey.unpack(key), layout.StationRecord.unpack(value)
    where = (
        names.interface(station.id)
        if station.kind is StationKind.AT_CIRCUIT
        else names.wire(at.router, at.vsi, station.id)
    )
    return f"behind {where}, seen {station.seen_ns / _NANOSECONDS:.0f} s after the machine started"


def _settings(_key: bytes, value: bytes, _names: Names) -> str:
    found = layout.Settings.unpack(value)
    mode = "uniform" if found.uniform_ttl else "pipe"
    return f"TTL model {mode}, gateways have {mac_text(found.gateway_mac)}"


def _tunnel(_key: bytes, value: bytes, names: Names) -> str:
    tunnel = layout.TunnelRecord.unpack(value)
    return f"{_first_of(tunnel.ways, tunnel.nhlfe, names)}, up to {tunnel.mtu} octets"


def _way(_key: bytes, value: bytes, names: Names) -> str:
    return ", ".join(_nhlfe(layout.NhlfeRecord.unpack(value), names))


_VALUES: Final[dict[str, Callable[[bytes, bytes, Names], str]]] = {
    "ports": _port,
    "lfib": _ilm,
    "tunnels": _tunnel,
    "ways": _way,
    "fib4": _route,
    "fib6": _route,
    "gateways": _gateway,
    "vsis": _vsi,
    "circuits": _circuit,
    "wires": _wire,
    "fdb": _station,
    "settings": _settings,
}
