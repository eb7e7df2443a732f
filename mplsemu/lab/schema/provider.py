"""Keys of the provider's network: its LSRs, links and what holds for all LSPs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from mplsemu.lab.loss_scalar import Loss
from mplsemu.lab.scalar import (
    Asn,
    Bandwidth,
    DelayUs,
    EcmpWidth,
    Labels,
    LinkMtu,
    Metric,
    Metrics,
    Name,
    Position,
    ShortLink,
)
from mplsemu.lab.schema.mapping import StrictMapping
from mplsemu.model.limits import CORE_MTU
from mplsemu.model.topology import DEFAULT_ASN, NullLabel, Role, TtlMode


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
    mtu: LinkMtu = Field(
        default=CORE_MTU,
        description="Octets of a link's largest packet, label stack included (RFC 3032 3.2).",
        examples=[9216],
    )
    loss: Loss = Field(
        default=0.0,
        description="Part of the packets that is lost, each way; 0 % to 90 %.",
        json_schema_extra={"default": "0 %"},
        examples=["1 %"],
    )
    jitter: DelayUs = Field(
        default=0,
        description="How much longer than the delay a packet may take; 0 ms to 10 s.",
        json_schema_extra={"default": "0 ms"},
        examples=["2 ms"],
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
    labels: Labels | None = Field(
        default=None,
        description="Labels it may bind, FIRST-LAST; as the provider's, unless said.",
        examples=["100-999"],
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
    metric: Metrics | None = Field(
        default=None,
        description="Cost in shortest paths; two: from the first end to the second, and back.",
        examples=[20, [10, 30]],
    )
    mtu: LinkMtu | None = Field(
        default=None,
        description="Octets of its largest packet, label stack included (RFC 3032 3.2).",
        examples=[9216],
    )
    loss: Loss | None = Field(
        default=None,
        description="Part of the packets that is lost, each way; 0 % to 90 %.",
        examples=["1 %"],
    )
    jitter: DelayUs | None = Field(
        default=None,
        description="How much longer than its delay a packet may take; 0 ms to 10 s.",
        examples=["2 ms"],
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
    asn: Asn = Field(
        default=DEFAULT_ASN,
        description="Of its autonomous system: automatic route distinguishers and route targets "
        "begin with it.",
        examples=[64512],
    )
    nodes: dict[Name, RawNode | None] = Field(
        description="Label-switching routers by name; an empty one is a P.",
        min_length=1,
        examples=[{"dk": {"role": "pe"}, "p1": None}],
    )
    links: list[AnyLink] = Field(
        default_factory=list, description="Point-to-point links.", examples=[["dk-p1"]]
    )
