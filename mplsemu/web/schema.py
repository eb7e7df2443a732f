"""What requests and answers look like (docs/web-api.md); OpenAPI's document is made from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_PINGS = 10
_LONGEST_NAME = 300

Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]
VpnKind = Literal["l3vpn", "vpls", "vpws"]
ThemeName = Literal["light", "dark", "auto"]
ShapeName = Literal["wide", "narrow"]
TableName = Literal["lfib", "vrf", "vsi", "lsp", "labels", "macs", "counters"]


class Problem(BaseModel):
    """Why something was not done."""

    error: str = Field(examples=["no link 'dk-p9'; did you mean dk-p1?"])


# --- session -------------------------------------------------------------------------------


class VpnOfProvider(BaseModel):
    """A VPN as the provider knows it."""

    name: str = Field(examples=["a"])
    kind: VpnKind
    customer: str = Field(examples=["Customer A"])
    sites: list[str] = Field(examples=[["aarhus", "oslo", "stockholm"]])


class Lsr(BaseModel):
    """A label-switching router."""

    name: str = Field(examples=["dk"])
    role: Literal["pe", "p"]


class CoreLink(BaseModel):
    """A link between two LSRs; each figure holds for both directions."""

    name: str = Field(examples=["dk-p1"])
    ends: tuple[str, str] = Field(examples=[["dk", "p1"]])
    bandwidth_bps: int = Field(examples=[1_000_000_000])
    delay_ms: float = Field(examples=[0.0])
    metric: int = Field(examples=[10])


class ProviderSession(BaseModel):
    """What the provider's page begins with."""

    role: Literal["provider"]
    lab: str = Field(examples=["nordic"])
    dataplane: str = Field(examples=["openflow"])
    datapath: str = Field(examples=["userspace"])
    vpns: list[VpnOfProvider]
    hosts: list[str] = Field(examples=[["a/aarhus/h1", "a/oslo/h1"]])
    nodes: list[Lsr]
    links: list[CoreLink]


class VpnOfCustomer(BaseModel):
    """A VPN as its customer knows it."""

    name: str = Field(examples=["a"])
    kind: VpnKind


class CustomerSession(BaseModel):
    """What a customer's page begins with."""

    role: Literal["customer"]
    customer: str = Field(examples=["Customer A"])
    vpns: list[VpnOfCustomer]


# --- pictures ------------------------------------------------------------------------------


class ProviderPicture(BaseModel):
    """The provider's picture, and the generation of the program it shows."""

    generation: int = Field(examples=[4])
    svg: str = Field(examples=["<svg ...>"])


class CustomerPicture(BaseModel):
    """A customer's picture of one VPN."""

    svg: str = Field(examples=["<svg ...>"])


# --- doing something -----------------------------------------------------------------------


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class LinkOrder(_Order):
    """Cut or mend a core link or a site's line."""

    link: Name = Field(examples=["dk-p1"])
    up: bool = Field(examples=[False])


class LinkDone(BaseModel):
    """The controller has dealt with it."""

    link: str = Field(examples=["dk-p1"])
    up: bool
    took_ms: float = Field(description="until every switch had its new flows", examples=[31.2])


class PingOrder(_Order):
    """Ping from a host."""

    src: Name = Field(examples=["a/aarhus/h1"])
    dst: Name = Field(description="a host or an address", examples=["a/oslo/h1"])
    count: int = Field(default=3, ge=1, le=MAX_PINGS)


class PingDone(BaseModel):
    """What came back."""

    sent: int = Field(examples=[3])
    received: int = Field(examples=[3])
    rtt_ms: list[float] = Field(examples=[[0.41, 0.23, 0.22]])
    output: str = Field(description="what ping(8) printed")


class TraceOrder(_Order):
    """Follow one packet through what the controller has installed."""

    src: Name = Field(examples=["a/aarhus/h1"])
    dst: Name = Field(description="a host or an address", examples=["a/oslo/h1"])


class TraceHop(BaseModel):
    """What one router does with the packet; labels outermost first. docs/json.md has all of it."""

    model_config = ConfigDict(extra="allow")

    node: str = Field(examples=["dk"])
    vrf: str | None = Field(examples=["a"])
    vsi: str | None = None
    in_labels: list[int] = Field(examples=[[]])
    action: str = Field(examples=["push 16, then 17"])
    out_labels: list[int] = Field(examples=[[17, 16]])
    link: str | None = Field(examples=["dk-p1"])


class TraceDone(BaseModel):
    """One packet's way, as ``mplsemu trace --json`` prints it (docs/json.md)."""

    model_config = ConfigDict(extra="allow")

    src: str = Field(examples=["a/aarhus/h1"])
    dst: str = Field(examples=["a/oslo/h1"])
    delivered: bool
    hops: list[TraceHop]


# --- tables --------------------------------------------------------------------------------


class Table(BaseModel):
    """A table, as ``mplsemu show --json`` prints it (docs/json.md).

    It has ``nodes``, ``lsps``, ``macs`` or ``counters``, as that table has.
    """

    model_config = ConfigDict(extra="allow")

    lab: str = Field(examples=["nordic"])
    table: TableName
    nodes: list[dict[str, Any]] | None = None
    lsps: list[dict[str, Any]] | None = None
    macs: list[dict[str, Any]] | None = None
    counters: list[dict[str, Any]] | None = None
