"""The forwarding program as JSON: stable, readable, one line per entry, exact both ways.

A sum type is an object with the name of its kind as key: ``{"swap": 17}``, ``{"pe": {...}}``.
A swap to several labels lists them, outermost first: ``{"swap": [300, 17]}``.
The same program always gives the same text, so two files can be compared with ``diff``.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import typing
from collections.abc import Callable, Iterator, Mapping
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Any, Final

import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from mplsemu.errors import ProgramError
from mplsemu.model.inter_as import InterAs
from mplsemu.model.l2cp import L2cp
from mplsemu.model.l3vpn import HubAndSpoke, RouteDistinguisher, RouteTarget
from mplsemu.model.labels import Label
from mplsemu.model.mac_move import MacMove
from mplsemu.model.pw_type import PwType
from mplsemu.model.tags import TagType, VlanTags
from mplsemu.model.topology import NullLabel, Role, TtlMode
from mplsemu.model.vpn import Host, IPAddress, IPInterface, IPNetwork, L2vpnKind, RoutedLan, VpnKind
from mplsemu.program.entries import (
    Forward,
    IlmAction,
    Nhlfe,
    Operation,
    Pop,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    Push,
    Swap,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.packet import is_mac
from mplsemu.program.program import Adjacency, CoreLink, NodeProgram, Program, VpnInfo
from mplsemu.program.services import (
    AttachmentCircuit,
    Ce,
    CeRoute,
    Connected,
    Neighbour,
    NextHop,
    Pseudowire,
    Route,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vsi,
)

FORMAT: Final = "mplsemu-program"
VERSION: Final = 3

_MACS: Final[dict[type, tuple[str, ...]]] = {
    Adjacency: ("mac", "peer_mac"),
    Host: ("mac",),
    RoutedLan: ("mac",),
    Neighbour: ("mac",),
}
"""Fields that hold MAC addresses; to cattrs they are plain text."""
_OPTIONAL: Final[tuple[tuple[type, str], ...]] = (
    (Host, "loopbacks"),
    (HubAndSpoke, "via_ce"),
    (Host, "mtu"),
    (Pseudowire, "leaf"),
    (Pseudowire, "leaf_in_label"),
    (Pseudowire, "leaf_out_label"),
    (Pseudowire, "pw_type"),
    (VlanTags, "inner"),
    (VlanTags, "outer_type"),
    (AttachmentCircuit, "rate_bps"),
    (AttachmentCircuit, "standby"),
    (AttachmentCircuit, "dhcp_servers"),
    (CoreLink, "metric_back"),
    (CoreLink, "loss_percent"),
    (CoreLink, "jitter_ms"),
    (Nhlfe, "backup"),
    (VpnInfo, "hub_and_spoke"),
    (Vsi, "l2cp"),
    (Vsi, "floods_unknown"),
    (AttachmentCircuit, "leaf"),
    (PopToPseudowire, "leaf"),
    (Vsi, "storm_control_bps"),
    (Vsi, "mac_move"),
    (Vsi, "igmp_snooping"),
    (Vsi, "groups"),
    (AttachmentCircuit, "blocked"),
    (AttachmentCircuit, "tags"),
    (AttachmentCircuit, "line"),
    (AttachmentCircuit, "behind"),
    (Route, "more"),
    (Pseudowire, "spoke"),
    (Pseudowire, "standby"),
    (Pseudowire, "to_hub"),
    (Pseudowire, "secondary"),
    (Vsi, "mesh"),
    (AttachmentCircuit, "shares_load"),
    (AttachmentCircuit, "border"),
    (CoreLink, "border"),
    (Adjacency, "border"),
    (NodeProgram, "provider"),
)
"""Fields that are written only where they say something; of what is part of another, first."""
_NODE_TABLES: Final = 4
"""Nesting depth of an entry of an ILM and the like: program, nodes, node, ILM."""
_VRF_TABLES: Final = 6
"""Nesting depth of a route."""
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode

_SUMS: Final[tuple[tuple[Any, dict[str, type]], ...]] = (
    (Operation, {"push": Push, "swap": Swap, "pop": Pop}),
    (
        IlmAction,
        {
            "forward": Forward,
            "pop-to-vrf": PopToVrf,
            "pop-to-pseudowire": PopToPseudowire,
            "pop-and-look-up": PopAndLookUp,
            "swap-to-asbr": SwapToAsbr,
            "swap-to-pe": SwapToPe,
        },
    ),
    (
        NextHop,
        {
            "connected": Connected,
            "ce": ViaCe,
            "neighbour": ViaNeighbour,
            "pe": ViaPe,
            "vrf": ViaVrf,
            "asbr": ViaAsbr,
        },
    ),
)
_CHOICES: Final = (Role, TtlMode, NullLabel, VpnKind, L2cp, MacMove, PwType, InterAs)
_TEXTS: Final[tuple[tuple[Any, tuple[type, ...], Callable[[str], Any]], ...]] = (
    (IPAddress, (IPv4Address, IPv6Address), ipaddress.ip_address),
    (IPInterface, (IPv4Interface, IPv6Interface), ipaddress.ip_interface),
    (IPNetwork, (IPv4Network, IPv6Network), ipaddress.ip_network),
    (IPv4Address, (IPv4Address,), IPv4Address),
    (RouteDistinguisher, (RouteDistinguisher,), RouteDistinguisher.parse),
    (RouteTarget, (RouteTarget,), RouteTarget.parse),
)


def dump_program(program: Program) -> str:
    """Return the program as JSON text that ends with a newline."""
    head = {"format": FORMAT, "version": VERSION}
    return "".join(_lines(head | _CONVERTER.unstructure(program))) + "\n"


def load_program(text: str) -> Program:
    """Read what `dump_program` wrote.

    Raises:
        ProgramError: it is not JSON, not a program, of another version, or a value in it is wrong;
            the message says where.
    """
    try:
        data = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ProgramError(
            f"the program is not whole JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except RecursionError:
        raise ProgramError("the program is not JSON of ours: it is nested too deeply") from None
    body = _body(data)
    try:
        return _CONVERTER.structure(body, Program)
    except (cattrs.BaseValidationError, cattrs.StructureHandlerNotFoundError) as error:
        complaint = "; ".join(cattrs.transform_error(error, "the program", _explain))
        raise ProgramError(complaint) from None


def _refuse(constant: str) -> float:
    """Refuse NaN and Infinity, which are Python's, not JSON's."""
    raise ProgramError(f"the program is not JSON: {constant} is not a number")


def _body(data: object) -> dict[str, Any]:
    """Check the head and return the rest."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ProgramError(f'this is not a forwarding program: it has no "format": "{FORMAT}"')
    if data.get("version") != VERSION:
        raise ProgramError(
            f"the program has version {data.get('version')!r}, this reads version {VERSION}; "
            "write it again from its lab"
        )
    return {key: value for key, value in data.items() if key not in ("format", "version")}


def _explain(error: BaseException, _expected: type | None = None) -> str:
    """Describe one cause; cattrs adds the place in the program."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    return str(error)


def _lines(value: object, depth: int = 0, deepest: int = _NODE_TABLES) -> Iterator[str]:
    """Yield the text of a value: one line for each entry of a table."""
    if depth >= deepest or not value or not isinstance(value, dict | list):
        yield _encode(value)
        return
    keyed = isinstance(value, dict)
    separator = "{\n" if keyed else "[\n"
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield separator + " " * (depth + 1) + (f"{_encode(key)}: " if keyed else "")
        yield from _lines(item, depth + 1, _VRF_TABLES if key == "vrfs" else deepest)
        separator = ",\n"
    yield "\n" + " " * depth + ("}" if keyed else "]")


def _converter() -> cattrs.Converter:
    """Build the converter; it is strict about types, unlike cattrs by default."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook_factory(
        dataclasses.is_dataclass, lambda kind: _object(make_dict_structure_fn(kind, converter))
    )
    for plain in (str, int, bool, float):
        converter.register_structure_hook(plain, _strict(plain))
    text, integer = _strict(str), _strict(int)
    for declared, kinds, parse in _TEXTS:
        for kind in kinds:
            converter.register_unstructure_hook(kind, str)
        _on_type(converter, declared, lambda value, _, parse=parse: parse(text(value, str)))
    converter.register_unstructure_hook(Label, int)
    converter.register_structure_hook(Label, lambda value, _: Label(integer(value, int)))
    for choice in _CHOICES:  # by class each: to cattrs an enumeration of strings is a str
        converter.register_structure_hook(choice, lambda value, kind: kind(text(value, str)))
    converter.register_structure_hook(TagType, lambda value, _: TagType(integer(value, int)))
    _on_type(converter, L2vpnKind, _l2vpn_kind)
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _tuple_hook(converter, kind))
    for union, members in _SUMS:
        _register_sum(converter, union, members)
    _register_swap(converter)
    _register_ce_route(converter)
    _register_ce(converter)
    for holder in dict.fromkeys(holder for holder, _ in _OPTIONAL):
        omitted = [name for of, name in _OPTIONAL if of is holder]
        omitting = {name: override(omit_if_default=True) for name in omitted}
        hook: Callable[..., Any] = make_dict_unstructure_fn(holder, converter, **omitting)  # type: ignore[arg-type]
        converter.register_unstructure_hook(holder, hook)
    for holder, names in _MACS.items():
        checked = {name: override(struct_hook=_mac) for name in names}
        hook = make_dict_structure_fn(holder, converter, **checked)  # type: ignore[arg-type]
        converter.register_structure_hook(holder, _object(hook))
    return converter


def _object(hook: Callable[[Any, Any], Any]) -> Callable[[object, object], Any]:
    """Return a hook that accepts JSON objects only; cattrs would fail in words of Python's."""

    def structure(value: object, kind: object) -> Any:
        if not isinstance(value, dict):
            raise TypeError(f"{value!r} is not an object, as in {{...}}")
        return hook(value, kind)

    return structure


def _l2vpn_kind(value: object, _: object) -> VpnKind:
    if not isinstance(value, str) or value not in typing.get_args(L2vpnKind):
        raise ValueError(f"{value!r} is not a kind of VSI; write vpls or vpws")
    return VpnKind(value)


def _mac(value: object, _: object) -> str:
    """Accept a MAC address in lower case, as the interpreter compares them."""
    if not isinstance(value, str) or not is_mac(value) or value != value.lower():
        raise ValueError(f"{value!r} is not a MAC address such as 02:00:00:00:00:0a")
    return value


def _on_type(converter: cattrs.Converter, declared: Any, hook: Callable[..., Any]) -> None:
    """Register a hook for exactly this annotation, which may be a union."""
    converter.register_structure_hook_func(lambda kind: kind == declared, hook)


def _strict(plain: type) -> Callable[[object, object], Any]:
    """Return a hook that accepts values of this type without conversion."""
    accepted = (int, float) if plain is float else plain

    def check(value: object, _: object) -> Any:
        if not isinstance(value, accepted) or (value is True or value is False) is (
            plain is not bool
        ):
            raise TypeError(f"{value!r} is not of type {plain.__name__}")
        return value

    return check


def _is_tuple(kind: object) -> bool:
    return typing.get_origin(kind) is tuple


def _tuple_hook(converter: cattrs.Converter, kind: Any) -> Callable[[object, object], Any]:
    """Return a hook that accepts lists only; cattrs would accept any iterable, even a string."""
    first, *rest = typing.get_args(kind)
    length = None if rest == [...] else 1 + len(rest)
    items = list[first]  # type: ignore[valid-type]  # all our tuples are of one type
    inner = converter.get_structure_hook(items)

    def structure(value: object, _: object) -> Any:
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is not a list")
        if length is not None and len(value) != length:
            raise ValueError(f"{value!r} does not have {length} items")
        return tuple(inner(value, items))

    return structure


def _register_swap(converter: cattrs.Converter) -> None:
    """Write the label of a swap to one as a number."""

    def write(swap: Swap) -> dict[str, Any]:
        labels = [int(label) for label in swap.labels]
        return {"labels": labels if len(labels) > 1 else labels[0]}

    def read(value: dict[str, Any], _: object) -> Swap:
        labels = value["labels"]
        held = labels if isinstance(labels, list) else [labels]
        return Swap(converter.structure(held, tuple[Label, ...]))

    converter.register_unstructure_hook(Swap, write)
    converter.register_structure_hook(Swap, read)


def _register_ce_route(converter: cattrs.Converter) -> None:
    via = override(
        omit_if_default=True,
        struct_hook=lambda value, _: converter.structure(value, IPAddress),  # type: ignore[arg-type]
        unstruct_hook=str,
    )
    returns = override(omit_if_default=True)
    read = make_dict_structure_fn(CeRoute, converter, via=via, returns=returns)
    converter.register_structure_hook(CeRoute, _object(read))
    write = make_dict_unstructure_fn(CeRoute, converter, via=via, returns=returns)
    converter.register_unstructure_hook(CeRoute, write)


def _register_ce(converter: cattrs.Converter) -> None:
    """Write the only address of a CE router on its PE-CE link as a text, others as a list."""

    def write(wan: tuple[IPAddress, ...]) -> str | list[str]:
        texts = [str(address) for address in wan]
        return texts[0] if len(texts) == 1 else texts

    def read(value: object, _: object) -> tuple[IPAddress, ...]:
        held = value if isinstance(value, list) else [value]
        return converter.structure(held, tuple[IPAddress, ...])

    as_text = override(rename="address", struct_hook=read, unstruct_hook=write)
    mac = override(struct_hook=_mac)
    hook = make_dict_structure_fn(Ce, converter, wan=as_text, mac=mac, lan_mac=mac)
    converter.register_structure_hook(Ce, _object(hook))
    omitted = override(omit_if_default=True)
    written = make_dict_unstructure_fn(
        Ce, converter, wan=as_text, routes=omitted, masquerades=omitted
    )
    converter.register_unstructure_hook(Ce, written)


def _register_sum(converter: cattrs.Converter, union: Any, kinds: Mapping[str, type]) -> None:
    """Write a sum type as ``{kind: what it holds}``; a kind's only field stands for itself."""
    names = {kind: name for name, kind in kinds.items()}
    fields = {kind: [field.name for field in dataclasses.fields(kind)] for kind in names}

    def write(value: Any) -> dict[str, Any]:
        kind = type(value)
        held = converter.unstructure(value, kind)
        return {names[kind]: held[fields[kind][0]] if len(fields[kind]) == 1 else held}

    def read(value: object, _: object) -> Any:
        if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in kinds:
            raise ValueError(f"{value!r} is not one of {', '.join(kinds)}")
        ((name, held),) = value.items()
        kind = kinds[name]
        if len(fields[kind]) == 1:
            held = {fields[kind][0]: held}
        return converter.structure(held, kind)

    converter.register_unstructure_hook_func(lambda kind: kind == union, write)
    _on_type(converter, union, read)


_CONVERTER: Final = _converter()
