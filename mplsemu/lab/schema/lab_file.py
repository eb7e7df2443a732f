"""A whole lab file, and the JSON Schema that editors complete it from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from mplsemu.lab.dataplane import DataPlaneChoice
from mplsemu.lab.scalar import LabName, Name
from mplsemu.lab.schema.borders import RawBorder
from mplsemu.lab.schema.checks import AnyCheck
from mplsemu.lab.schema.mapping import StrictMapping
from mplsemu.lab.schema.provider import RawProvider
from mplsemu.lab.schema.vpns import AnyVpn

SCHEMA_FILE: Final = Path(__file__).parents[1] / "lab.schema.json"


class LabFile(
    StrictMapping,
    title="Lab",
    json_schema_extra={"oneOf": [{"required": ["provider"]}, {"required": ["providers"]}]},
):
    """A lab for mplsemu: a provider's MPLS network and the VPNs it sells."""

    name: LabName = Field(description="Of the lab.", examples=["nordic"])
    dataplane: DataPlaneChoice = Field(
        default=DataPlaneChoice.AUTO,
        description="What the LSRs are made of; auto: ebpf where this machine can, else openflow.",
        examples=["auto"],
    )
    provider: RawProvider | None = Field(default=None, examples=[{"nodes": {"dk": {"role": "pe"}}}])
    vpns: dict[Name, AnyVpn] = Field(
        default_factory=dict, description="By name, in the order that numbers them."
    )
    validate_: list[AnyCheck] = Field(
        default_factory=list, alias="validate", description="Checks beside the usual ones."
    )
    providers: dict[Name, RawProvider] | None = Field(
        default=None,
        min_length=2,
        description="Instead of 'provider': several, by name, each with an AS number of his own.",
        examples=[{"north": {"nodes": {"n1": {"role": "pe"}}}}],
    )
    borders: list[RawBorder] = Field(
        default_factory=list,
        description="Links between providers, over which VPNs reach from one to the other.",
        examples=[[{"ends": ["n1", "s1"], "option": "a"}]],
    )


class ChecksFile(StrictMapping):
    """Checks in a file of their own, about a lab that is in another."""

    validate_: list[AnyCheck] = Field(
        alias="validate",
        description="Checks beside the usual ones.",
        examples=[[{"ping": ["a/aarhus/h1", "a/oslo/h1"]}]],
    )


def json_schema() -> str:
    """Return the JSON Schema of a lab file; ``lab.schema.json`` holds the same text."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **LabFile.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
