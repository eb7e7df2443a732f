"""The routes of docs/web-api.md."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from mplsemu.drawing.hub_layout import FormFactor
from mplsemu.drawing.palette import Theme
from mplsemu.report import shapes
from mplsemu.web import schema
from mplsemu.web.access import Customer, Identity
from mplsemu.web.event_stream import EventStreamResponse
from mplsemu.web.feed import Feed
from mplsemu.web.http_error import not_found
from mplsemu.web.json_response import AsciiJsonResponse
from mplsemu.web.lab_api import LabApi
from mplsemu.web.middleware import identity_of

_Response = dict[str, Any]


def _problem(description: str) -> _Response:
    return {"model": schema.Problem, "description": description}


_BAD: Final = _problem("what was asked for makes no sense")
_NOT_HIS: Final = _problem("it does not exist, or not for this token")
_NOT_NOW: Final = _problem("the lab cannot do it now")
_ALWAYS: Final[dict[int | str, _Response]] = {
    400: _BAD,
    401: _problem("no token, or one that nobody has"),
    404: _NOT_HIS,
    409: _NOT_NOW,
    503: _problem("the lab has ended"),
}
router = APIRouter(prefix="/api", responses=_ALWAYS)


def _lab(request: Request) -> LabApi:
    lab: LabApi = request.app.state.labs.of(identity_of(request.scope))
    return lab


def _feed(request: Request) -> Feed:
    feed: Feed = request.app.state.feed.of(identity_of(request.scope))
    return feed


def _identity(request: Request) -> Identity:
    return identity_of(request.scope)


def _his_vpn(
    vpn: Annotated[schema.Name, Path(examples=["a"])],
    lab: Annotated[LabApi, Depends(_lab)],
    identity: Annotated[Identity, Depends(_identity)],
) -> str:
    """Return the requested VPN if the reader may see it; runs before anything else is checked."""
    if isinstance(identity, Customer):
        his = {each.name for each in lab.source.facts.vpns_of(identity.name)}
        if vpn not in his:
            raise not_found()
    return vpn


Lab = Annotated[LabApi, Depends(_lab)]
Reader = Annotated[Identity, Depends(_identity)]
HisVpn = Annotated[str, Depends(_his_vpn)]
InTheme = Annotated[schema.ThemeName, Query(description="auto leaves it to the viewer")]
InShape = Annotated[
    schema.ShapeName, Query(description="narrow has things one below the other, for a phone")
]


@router.get("/session", summary="Who I am, and what there is")
def session(lab: Lab, reader: Reader) -> schema.ProviderSession | schema.CustomerSession:
    """Return what a page begins with."""
    if isinstance(reader, Customer):
        return lab.customer_session(reader.name)
    return lab.provider_session()


@router.get("/pictures/provider", summary="The provider's picture")
def provider_picture(
    lab: Lab,
    vpn: Annotated[schema.Name | None, Query(description="whose sites and LSPs to show")] = None,
    theme: InTheme = "auto",
) -> schema.ProviderPicture:
    """Draw the network as the controller has installed it."""
    return lab.provider_picture(vpn, Theme(theme))


@router.get("/pictures/vpns/{vpn}", summary="A customer's picture")
def customer_picture(
    lab: Lab, vpn: HisVpn, theme: InTheme = "auto", shape: InShape = "wide"
) -> schema.CustomerPicture:
    """Draw a VPN as its customer sees it."""
    return lab.customer_picture(vpn, Theme(theme), FormFactor(shape))


@router.get(
    "/stream",
    summary="Changes as they happen",
    response_class=Response,
    responses={
        200: {
            "description": "server-sent events; the data of each is what has its name here",
            "content": {"text/event-stream": {"schema": {"$ref": schema.REF + "StreamMessages"}}},
        }
    },
)
async def stream(feed: Annotated[Feed, Depends(_feed)], reader: Reader) -> Response:
    """Send what changes, until the lab ends or the reader goes."""
    return EventStreamResponse(feed, reader)


@router.post("/links", summary="Cut or mend a link or a site's line")
def set_link(lab: Lab, request: schema.LinkRequest) -> schema.LinkResult:
    """Change it, and wait until the controller has dealt with it."""
    return lab.set_link(request)


@router.post("/ping", summary="Ping from host to host")
def ping(lab: Lab, request: schema.PingRequest) -> schema.PingResult:
    """Send real packets, and wait for the answers."""
    return lab.ping(request)


# Shapes of docs/json.md are sent as report makes them; mypy has checked them, so nothing is
# validated again. `response_model` is for the OpenAPI document.


@router.post("/trace", summary="Follow one packet", response_model=shapes.Exchange)
def trace(lab: Lab, request: schema.TraceRequest) -> Response:
    """Walk through the installed program, with the label stack on every link."""
    return AsciiJsonResponse(lab.trace(request))


@router.get("/tables/{table}", summary="A router's tables", response_model=shapes.Table)
def table(
    lab: Lab,
    table: schema.TableName,
    node: Annotated[schema.Name | None, Query(description="one LSR; all, unless given")] = None,
) -> Response:
    """Return what ``mplsemu show --json`` prints for a running lab."""
    return AsciiJsonResponse(lab.table(table, node))


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    """Return the description of all this."""
    document: dict[str, Any] = request.app.openapi()
    return document
