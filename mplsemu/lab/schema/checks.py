"""Keys of the checks under ``validate``."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from mplsemu.lab.scalar import Depth, PathPoints, Rate, WaitS
from mplsemu.lab.schema.mapping import StrictMapping


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
