"""Keys of the links between providers (RFC 4364 section 10)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from mplsemu.lab.scalar import Bandwidth, DelayUs, LinkMtu, Name
from mplsemu.lab.schema.mapping import StrictMapping
from mplsemu.lab.vlan import Vlan
from mplsemu.model.limits import CORE_MTU


def _by_name(value: object) -> object:
    """Return a list of names, or a name alone, as a mapping of names to nothing."""
    if isinstance(value, str):
        return {value: None}
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return dict.fromkeys(value)
    return value


_NAME: dict[str, object] = {"type": "string"}
BorderVpns = Annotated[
    dict[Name, Vlan | None],
    BeforeValidator(_by_name),
    WithJsonSchema(
        {
            "anyOf": [
                _NAME,
                {"type": "array", "items": _NAME, "minItems": 1, "uniqueItems": True},
                {
                    "type": "object",
                    "additionalProperties": {"type": ["integer", "array", "object", "null"]},
                    "minProperties": 1,
                },
            ],
            "examples": [["a"], {"a": 100, "b": 200}],
        }
    ),
]
"""VPNs by name, each with its VLAN tags or with none."""


class RawBorder(StrictMapping, title="Border link"):
    """A link between two providers' ASBRs."""

    ends: list[Name] = Field(
        description="The two nodes it joins, of different providers; each is a PE.",
        min_length=2,
        max_length=2,
        examples=[["n-asbr", "s-asbr"]],
    )
    option: Literal["a", "b"] = Field(
        description="How VPNs cross it (RFC 4364 section 10). a: each has a VRF at both ASBRs and "
        "a circuit of its own between them, on which packets have no labels. b: the ASBRs swap VPN "
        "labels, and need no VRF.",
        examples=["a"],
    )
    vpns: BorderVpns | None = Field(
        default=None,
        description="The VPNs that cross it; with option a each with its VLAN tag (one VPN alone "
        "needs none). All that have sites in both networks, unless said.",
        min_length=1,
        examples=[["a"], {"a": 100, "b": 200}],
    )
    bandwidth: Bandwidth = Field(
        default=1_000_000_000,
        description="Each way; 64 kbit/s to 100 Gbit/s.",
        json_schema_extra={"default": "1 Gbit/s"},
        examples=["100 Mbit/s"],
    )
    delay: DelayUs = Field(
        default=0,
        description="One way; 0 ms to 10 s.",
        json_schema_extra={"default": "0 ms"},
        examples=["5 ms"],
    )
    mtu: LinkMtu = Field(
        default=CORE_MTU, description="Octets of its largest packet.", examples=[9216]
    )
