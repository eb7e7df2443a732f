"""Requests and answers of the page's API (docs/web-api.md); OpenAPI's document is made of them.

Traces and tables are those of docs/json.md: mplsemu/report/shapes.py has them.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from mplsemu.model.vpn import VpnKind
from mplsemu.report import shapes

MAX_PINGS = 10
_LONGEST_NAME = 300

Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]
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
    has_picture: bool = Field(
        description="whether this reader may see the customer's picture: not one of several "
        "providers, where others have sites of the VPN"
    )


class Lsr(BaseModel):
    """A label-switching router."""

    name: str = Field(examples=["dk"])
    role: Literal["pe", "p"]
    provider: str | None = Field(
        description="whose it is, where there are several providers and it is not the reader's"
    )


class CoreLink(BaseModel):
    """A link between two LSRs; each figure holds for both directions.

    Only a metric may be two: in the direction of the ends, and back. A border between providers has
    none: no LSP takes it.
    """

    name: str = Field(examples=["dk-p1"])
    ends: tuple[str, str] = Field(examples=[["dk", "p1"]])
    bandwidth_bps: int = Field(examples=[1_000_000_000])
    delay_ms: float = Field(examples=[0.0])
    metric: int | tuple[int, int] | None = Field(examples=[10])
    loss_percent: float = Field(examples=[0.0])
    jitter_ms: float = Field(examples=[0.0])


class ProviderSession(BaseModel):
    """What the provider's page begins with."""

    role: Literal["provider"]
    provider: str | None = Field(description="of several, whose network this is; null: all of it")
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


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class LinkRequest(_Request):
    """Cut or mend a core link or a site's line."""

    link: Name = Field(examples=["dk-p1"])
    up: bool = Field(examples=[False])


class LinkResult(BaseModel):
    """The controller has dealt with it."""

    link: str = Field(examples=["dk-p1"])
    up: bool
    took_ms: float = Field(description="until every switch had its new flows", examples=[31.2])


class PingRequest(_Request):
    """Ping from a host."""

    src: Name = Field(examples=["a/aarhus/h1"])
    dst: Name = Field(description="a host or an address", examples=["a/oslo/h1"])
    count: int = Field(default=3, ge=1, le=MAX_PINGS)


class PingResult(BaseModel):
    """What came back."""

    sent: int = Field(examples=[3])
    received: int = Field(examples=[3])
    rtt_ms: list[float] = Field(examples=[[0.41, 0.23, 0.22]])
    output: str = Field(description="what ping(8) printed")


class TraceRequest(_Request):
    """Follow one packet through what the controller has installed."""

    src: Name = Field(examples=["a/aarhus/h1"])
    dst: Name = Field(description="a host or an address", examples=["a/oslo/h1"])


# --- stream --------------------------------------------------------------------------------


class StateMessage(TypedDict):
    """How the controller is; `generation` and `down` are the last known while it is silent."""

    generation: int
    in_sync: bool
    down: list[str]
    controller: bool


class EventMessage(TypedDict):
    """Something that happened, as the controller tells it (docs/northbound.md)."""

    number: int
    time_s: float
    kind: str
    text: str
    took_ms: float | None


class AlarmsMessage(TypedDict):
    """All that is wrong now, the worst first."""

    alarms: list[shapes.Alarm]


class LoadMessage(TypedDict):
    """Bits per second on each core link, from its first end and back."""

    links: dict[str, tuple[int, int]]


class PicturesMessage(TypedDict):
    """VPNs whose pictures have changed."""

    vpns: list[str]


class EndMessage(TypedDict):
    """The lab has ended."""


class StreamMessages(TypedDict):
    """The data of a server-sent event, by the event's name."""

    state: StateMessage
    event: EventMessage
    alarms: AlarmsMessage
    load: LoadMessage
    pictures: PicturesMessage
    end: EndMessage


REF: Final = "#/components/schemas/"
"""How the OpenAPI document names a schema."""


def stream_schemas() -> dict[str, Any]:
    """Return the schemas of the stream by name; FastAPI knows nothing of what streams hold."""
    made = TypeAdapter(StreamMessages).json_schema(ref_template=REF + "{model}")
    return {**made.pop("$defs"), "StreamMessages": made}
