"""The key `vlan` of a lab file's sites: one tag or two, as text, list or mapping."""

from __future__ import annotations

import re
from typing import Annotated, Final, NoReturn

from pydantic import BeforeValidator, WithJsonSchema

from mplsemu.lab.document import quoted
from mplsemu.lab.scalar import kind, refuse
from mplsemu.model.tags import MAX_VLAN, MIN_VLAN, TagType, VlanTags

_NUMBER: Final = re.compile(r"[0-9]{1,5}\Z", re.ASCII)
_TYPES: Final = {f"{tag_type:#06x}": tag_type for tag_type in TagType}
_KEYS: Final = ("outer", "inner", "tpid")
_WRITE: Final = (
    "write vlan: 100, of two tags [OUTER, INNER], for example [200, 100], or "
    "{outer: 200, inner: 100, tpid: 0x88a8}"
)


def _vlan(value: object) -> VlanTags:
    if isinstance(value, VlanTags):
        return value
    if isinstance(value, str):
        return VlanTags(_identifier(value))
    if isinstance(value, list) and len(value) == 2:
        outer, inner = map(_identifier, value)
        return VlanTags(outer, inner, TagType.SERVICE)
    if not isinstance(value, dict):
        refuse(f"{kind(value)} is not a VLAN tag", _WRITE)
    return _mapping(value)


def _mapping(value: dict[object, object]) -> VlanTags:
    for key in value:
        if key not in _KEYS:
            refuse(f"unknown key {quoted(key)}", f"known keys: {', '.join(_KEYS)}")
    if "outer" not in value:
        refuse("it has no 'outer'", _WRITE)
    inner = _identifier(value["inner"]) if "inner" in value else None
    default = TagType.CUSTOMER if inner is None else TagType.SERVICE
    tag_type = _type(value["tpid"]) if "tpid" in value else default
    return VlanTags(_identifier(value["outer"]), inner, tag_type)


def _identifier(value: object) -> int:
    if not isinstance(value, str):
        _not_a_vlan(kind(value))
    if not _NUMBER.match(value):
        _not_a_vlan(quoted(value))
    if not MIN_VLAN <= int(value) <= MAX_VLAN:
        refuse(f"VLAN {int(value)} is out of range", f"write {MIN_VLAN} to {MAX_VLAN}")
    return int(value)


def _not_a_vlan(what: str) -> NoReturn:
    refuse(f"{what} is not the number of a VLAN", f"write {MIN_VLAN} to {MAX_VLAN}")


def _type(value: object) -> TagType:
    found = _TYPES.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        what = quoted(value) if isinstance(value, str) else kind(value)
        refuse(f"{what} is not the type of an outer tag", f"write {', '.join(_TYPES)}")
    return found


_IDENTIFIER_SCHEMA: Final = {"type": "integer", "minimum": MIN_VLAN, "maximum": MAX_VLAN}
_SCHEMA: Final = {
    "anyOf": [
        _IDENTIFIER_SCHEMA,
        {"type": "array", "items": _IDENTIFIER_SCHEMA, "minItems": 2, "maxItems": 2},
        {
            "type": "object",
            "properties": {
                "outer": _IDENTIFIER_SCHEMA,
                "inner": _IDENTIFIER_SCHEMA,
                "tpid": {"enum": [*_TYPES, *map(int, TagType)]},
            },
            "required": ["outer"],
            "additionalProperties": False,
        },
    ],
    "examples": [100, [200, 100], {"outer": 200, "inner": 100, "tpid": "0x88a8"}],
}

Vlan = Annotated[VlanTags, BeforeValidator(_vlan), WithJsonSchema(_SCHEMA)]
