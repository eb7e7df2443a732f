"""What a lab file may hold, key by key, and the JSON Schema that editors complete it from.

This is the file's shape; what the names in it refer to is checked where the model is built.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from mplsemu.lab.dataplane import DataPlaneChoice
from mplsemu.lab.scalar import (
    AccessRate,
    AgingS,
    Bandwidth,
    Customer,
    DelayUs,
    Depth,
    EcmpWidth,
    HostCount,
    Labels,
    LabName,
    MacLimit,
    Metric,
    Name,
    PathPoints,
    Position,
    Prefixes,
    Rate,
    Rd,
    ShortLink,
    Targets,
    WaitS,
    YesOrNo,
)
from mplsemu.model.topology import NullLabel, Role, TtlMode
from mplsemu.model.vpls import DEFAULT_MAC_AGING_S

SCHEMA_FILE: Final = Path(__file__).with_name("lab.schema.json")


class StrictMapping(BaseModel):
    """A mapping of the lab file: every key it may have is a field."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=False, arbitrary_types_allowed=True
    )


class RawDefaults(StrictMapping, title="Defaults"):
    """What holds for every link that does not say otherwise."""

    bandwidth: Bandwidth = Field(
        default=1_000_000_000,
        description="Each way; 64 kbit/s to 100 Gbit/s.",
        json_schema_extra={"default": "1 Gbit/s"},
        examples=["1 Gbit/s"],
    )
    delay: DelayUs = Field(
        default=0,
        description="One way; 0 ms to 10 s.",
        json_schema_extra={"default": "0 ms"},
        examples=["0 ms"],
    )
    metric: Metric = Field(
        default=10, description="Cost of a link in shortest paths.", examples=[10]
    )


def _usual_defaults() -> RawDefaults:
    return RawDefaults()


class RawNode(StrictMapping, title="Node"):
    """A label-switching router."""

    role: Role = Field(
        default=Role.P, description="pe if sites attach to it, else p.", examples=["pe"]
    )
    position: Position | None = Field(
        default=None,
        description="Longitude and latitude in degrees: where pictures draw it.",
        examples=[[12.57, 55.68]],
    )


class RawLink(StrictMapping, title="Link"):
    """A link with figures of its own."""

    ends: list[Name] = Field(
        description="The two nodes it joins.",
        min_length=2,
        max_length=2,
        examples=[["dk", "p1"]],
    )
    bandwidth: Bandwidth | None = Field(
        default=None, description="Each way; 64 kbit/s to 100 Gbit/s.", examples=["100 Mbit/s"]
    )
    delay: DelayUs | None = Field(
        default=None, description="One way; 0 ms to 10 s.", examples=["5 ms"]
    )
    metric: Metric | None = Field(
        default=None, description="Cost in shortest paths.", examples=[20]
    )


def _link_form(value: object) -> str:
    return "short" if isinstance(value, str) else "mapping"


AnyLink = Annotated[
    Annotated[ShortLink, Tag("short")] | Annotated[RawLink, Tag("mapping")],
    Discriminator(_link_form),
]


class RawProvider(StrictMapping, title="Provider"):
    """The provider's network."""

    defaults: RawDefaults = Field(default_factory=_usual_defaults, examples=[{"metric": 10}])
    ttl: TtlMode = Field(
        default=TtlMode.PIPE,
        description="RFC 3443: pipe hides the LSRs from the customer's traceroute.",
        examples=["pipe"],
    )
    php: NullLabel = Field(
        default=NullLabel.IMPLICIT,
        description="Whether the hop before the egress pops the transport label.",
        examples=["implicit-null"],
    )
    labels: Labels | None = Field(
        default=None, description="Labels an LSR may bind, FIRST-LAST.", examples=["16-1048575"]
    )
    ecmp: EcmpWidth = Field(
        default=1,
        description="Among how many next hops of the same cost an LSR spreads flows.",
        examples=[4],
    )
    nodes: dict[Name, RawNode | None] = Field(
        description="Label-switching routers by name; an empty one is a P.",
        min_length=1,
        examples=[{"dk": {"role": "pe"}, "p1": None}],
    )
    links: list[AnyLink] = Field(
        default_factory=list, description="Point-to-point links.", examples=[["dk-p1"]]
    )


SourceValidation = Literal["strict", "none"]


class RawBridgedSite(StrictMapping, title="Site of a VPLS or VPWS"):
    """A site of a VPLS or VPWS."""

    pe: Name = Field(description="The node it attaches to, of role pe.", examples=["dk"])
    hosts: HostCount = Field(default=1, description="How many hosts it has.", examples=[2])
    rate: AccessRate | None = Field(
        default=None,
        description="Of its access line, each way; 512 kbit/s to 1 Gbit/s.",
        examples=["10 Mbit/s"],
    )


class RawRoutedSite(RawBridgedSite, title="Site of an L3VPN"):
    """A site of an L3VPN."""

    subnet: Prefixes = Field(
        description="Its LAN: one prefix or several, IPv4 and IPv6.",
        min_length=1,
        examples=["192.168.1.0/24"],
    )
    ce: Literal["router"] | None = Field(
        default=None, description="A CE router between its LAN and the PE.", examples=["router"]
    )
    urpf: SourceValidation | None = Field(
        default=None,
        description="Whether its PE takes in from it only what is from its own prefixes (RFC 3704 "
        "section 2.2); as its VPN says, unless said.",
        examples=["strict"],
    )


class RawVpn(StrictMapping):
    """What every VPN has."""

    customer: Customer | None = Field(
        default=None, description="Whose it is; its key, unless said."
    )


class RawL3vpn(RawVpn, title="L3VPN"):
    """A VPN in which the provider routes (RFC 4364)."""

    type: Literal["l3vpn"]
    rd: Rd | None = Field(default=None, description="Route distinguisher; automatic unless said.")
    import_: Targets | None = Field(
        default=None, alias="import", description="Route targets it imports; its own unless said."
    )
    export: Targets | None = Field(
        default=None, description="Route targets its routes carry; its own unless said."
    )
    urpf: SourceValidation = Field(
        default="none",
        description="For sites that do not say: whether PEs take in from a site only what is from "
        "its own prefixes (RFC 3704 section 2.2).",
        examples=["strict"],
    )
    sites: dict[Name, RawRoutedSite] = Field(
        min_length=1, examples=[{"aarhus": {"pe": "dk", "subnet": "192.168.1.0/24"}}]
    )


class RawBridged(RawVpn):
    """What VPLS and VPWS have in common."""

    subnet: Prefixes = Field(
        description="The one LAN across all sites, from which hosts have their addresses.",
        min_length=1,
        examples=["10.0.0.0/24"],
    )
    control_word: YesOrNo = Field(
        default=False,
        description="Whether frames carry one on pseudowires (RFC 4448); the eBPF data plane can.",
        examples=[True],
    )


class RawVpls(RawBridged, title="VPLS"):
    """A VPN in which the provider bridges any number of sites (RFC 4762)."""

    type: Literal["vpls"]
    aging: AgingS = Field(
        default=DEFAULT_MAC_AGING_S,
        description="After which a silent MAC address is forgotten.",
        json_schema_extra={"default": f"{DEFAULT_MAC_AGING_S} s"},
        examples=["300 s"],
    )
    mac_limit: MacLimit | None = Field(
        default=None,
        description="MAC addresses that each PE learns at most; the eBPF data plane can.",
        examples=[1000],
    )
    sites: dict[Name, RawBridgedSite] = Field(min_length=1, examples=[{"odense": {"pe": "dk"}}])


class RawVpws(RawBridged, title="VPWS"):
    """A wire between two sites (RFC 8077)."""

    type: Literal["vpws"]
    sites: dict[Name, RawBridgedSite] = Field(
        min_length=2, max_length=2, examples=[{"odense": {"pe": "dk"}, "malmo": {"pe": "se"}}]
    )


AnyVpn = Annotated[RawL3vpn | RawVpls | RawVpws, Field(discriminator="type")]


def _pair(description: str) -> Any:
    return Field(
        description=description,
        min_length=2,
        max_length=2,
        examples=[["a/aarhus/h1", "a/oslo/h1"]],
    )


class RawPing(StrictMapping, title="Ping"):
    """A ping that must be answered, or must not."""

    ping: list[str] = _pair("The host that pings, and a host or an address.")
    expect: Literal["reply", "fail"] = Field(
        default="reply", description="Whether it must be answered.", examples=["fail"]
    )
    wait: WaitS | None = Field(
        default=None, description="How long it is tried until it is answered.", examples=["10 s"]
    )


class RawPath(StrictMapping, title="Path"):
    """Which way packets take through the provider's network."""

    path: list[str] = _pair("The host that sends, and a host or an address.")
    via: PathPoints = Field(
        default_factory=list,
        description="LSRs and links that they pass, in this order.",
        min_length=1,
        examples=[["p1", "p2"]],
    )
    avoid: PathPoints = Field(
        default_factory=list,
        description="LSRs and links that they do not pass.",
        min_length=1,
        examples=[["p2"]],
    )
    depth: Depth | None = Field(
        default=None,
        description="How many labels a packet may carry on the way, at most.",
        examples=[2],
    )


class RawThroughput(StrictMapping, title="Throughput"):
    """How fast one host must be able to send to another."""

    throughput: list[str] = _pair("The host that sends, and the one that receives.")
    least: Rate = Field(description="TCP payload, at least.", examples=["8 Mbit/s"])
    wait: WaitS | None = Field(
        default=None, description="How long it is tried until it is so.", examples=["30 s"]
    )


def _kind_of_check(value: object) -> str:
    """Return the tag of a check; of one that is none, that of a ping, which then complains."""
    keys = value if isinstance(value, dict) else ()
    return next((f"check of {key}" for key in ("path", "throughput") if key in keys), _PING)


_PING: Final = "check of ping"  # tags are in the paths of errors: they must not look like keys
CHECKS: Final[dict[str, type[StrictMapping]]] = {
    "ping": RawPing,
    "path": RawPath,
    "throughput": RawThroughput,
}
AnyCheck = Annotated[
    Annotated[RawPing, Tag(_PING)]
    | Annotated[RawPath, Tag("check of path")]
    | Annotated[RawThroughput, Tag("check of throughput")],
    Discriminator(_kind_of_check),
]


class LabFile(StrictMapping, title="Lab"):
    """A lab for mplsemu: a provider's MPLS network and the VPNs it sells."""

    name: LabName = Field(description="Of the lab.", examples=["nordic"])
    dataplane: DataPlaneChoice = Field(
        default=DataPlaneChoice.AUTO,
        description="What the LSRs are made of; auto: ebpf where this machine can, else openflow.",
        examples=["auto"],
    )
    provider: RawProvider = Field(examples=[{"nodes": {"dk": {"role": "pe"}}}])
    vpns: dict[Name, AnyVpn] = Field(
        default_factory=dict, description="By name, in the order that numbers them."
    )
    validate_: list[AnyCheck] = Field(
        default_factory=list, alias="validate", description="Checks beside the usual ones."
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
