"""The type of a lab file's static routes: ``PREFIX via ADDRESS``."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Annotated, Final

from pydantic import BeforeValidator

from mplsemu.lab.document import quoted
from mplsemu.lab.scalar import forbidden_reason, one_or_list, one_or_more, refuse, text_of
from mplsemu.model.vpn import StaticRoute
from mplsemu.program.martians import NEVER_ROUTED

_EXAMPLE: Final = "write for example 10.50.0.0/16 via 10.1.0.10, or 0.0.0.0/0 via 10.1.0.1"
_FORM: Final = re.compile(r"(\S+)\s+via\s+(\S+)\Z")


def _route(value: object) -> StaticRoute:
    text = text_of(value, "a route such as 10.50.0.0/16 via 10.1.0.10")
    match = _FORM.match(text.strip())
    if match is None:
        refuse(f"{quoted(text)} is not PREFIX via ADDRESS", _EXAMPLE)
    address, _, length = match[1].partition("/")
    try:
        if not (length.isascii() and length.isdigit()) or "%" in text:
            raise ValueError(text)  # a mask or a zone, which ipaddress would take
        prefix, via = ip_network(match[1], strict=False), ip_address(match[2])
    except ValueError:
        refuse(f"{quoted(text)} is not PREFIX via ADDRESS", _EXAMPLE)
    if ip_address(address) != prefix.network_address:
        refuse(f"{quoted(text)}: the prefix has host bits set", f"write {prefix} via {via}")
    if via.version != prefix.version:
        refuse(f"{quoted(text)} leads from one IP version to the other", _EXAMPLE)
    for never in NEVER_ROUTED:
        if never.version == prefix.version and prefix.subnet_of(never):  # type: ignore[arg-type]
            refuse(
                f"{prefix} is never routed: it is within {never} (RFC 6890)",
                "write a unicast prefix, or leave the route out",
            )
    reason = forbidden_reason(via)
    if reason is not None:
        refuse(f"{via} is one of the {reason}, which nobody at a site has", _EXAMPLE)
    return StaticRoute(prefix, via)


StaticRoutes = Annotated[
    list[Annotated[StaticRoute, BeforeValidator(_route)]],
    BeforeValidator(one_or_more),
    one_or_list(
        "^[0-9A-Fa-f:.]+/[0-9]{1,3} +via +[0-9A-Fa-f:.]+$",
        ["0.0.0.0/0 via 10.1.0.1", ["10.50.0.0/16 via 10.1.0.10", "::/0 via 2001:db8:1::10"]],
        1,
    ),
]
