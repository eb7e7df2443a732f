"""Values as JSON data, one for one: a dataclass becomes an object, its fields become the keys."""

from __future__ import annotations

import enum
from dataclasses import fields, is_dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Any, Final

from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget

_TEXT: Final = (
    IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network,
    RouteDistinguisher, RouteTarget,
)  # fmt: skip


def json_value(value: Any) -> Any:
    """Return a value as dicts, lists, text and numbers.

    Raises:
        TypeError: something in it has no JSON form.
    """
    match value:
        case tuple() | list():
            return [json_value(item) for item in value]
        case dict():
            return {str(key): json_value(item) for key, item in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, _TEXT):
            return {
                field.name: json_value(getattr(value, field.name))
                for field in fields(value)
                if not field.metadata.get("only_if_set")
                or getattr(value, field.name) != field.default
            }
    return _scalar(value)


def _scalar(value: Any) -> Any:
    match value:
        case enum.Enum():
            return value.value
        case None | bool() | float() | str():
            return value
        case int():
            return int(value)  # a Label too
        case _ if isinstance(value, _TEXT):
            return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
