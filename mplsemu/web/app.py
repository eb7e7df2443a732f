"""The server as an ASGI application, made for one lab."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

import mplsemu
from mplsemu.errors import LabError, MplsEmuError
from mplsemu.web.access import WHOLE, Access
from mplsemu.web.feed import Feed
from mplsemu.web.http_error import (
    BAD_REQUEST,
    CONFLICT,
    NOT_FOUND,
    NOT_FOUND_TEXT,
    UNAVAILABLE,
    HttpError,
)
from mplsemu.web.json_response import AsciiJsonResponse, problem
from mplsemu.web.labs import Labs
from mplsemu.web.middleware import AccessMiddleware, identity_of
from mplsemu.web.page_files import FILES, serve_file
from mplsemu.web.routes import router
from mplsemu.web.schema import stream_schemas
from mplsemu.web.source import LabSource
from mplsemu.web.tally import Tally

_NOT_OURS: Final = "422"


def create_app(
    source: LabSource,
    access: Access,
    *,
    hosts: Iterable[str] = (),
    any_address: bool = False,
    feed: Feed | None = None,
    tally: Tally | None = None,
) -> AccessMiddleware:
    """Make the server of one lab.

    Args:
        source: the lab.
        access: its tokens.
        hosts: names of this server in addition to those of loopback.
        any_address: whether it listens on every address of the machine.
        feed: the stream of changes; made unless given.
        tally: counts refused requests.
    """
    app = _routed()
    app.state.feed = feed or Feed(source)
    app.state.labs = Labs(app.state.feed)
    for path in FILES:
        app.add_route(path, serve_file, include_in_schema=False)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _not_there)
    app.add_exception_handler(MplsEmuError, _refused)
    app.add_exception_handler(Exception, _broken)
    names = frozenset(host.lower() for host in hosts)
    return AccessMiddleware(app, access, names, any_address=any_address, tally=tally)


def describe() -> dict[str, Any]:
    """Return the OpenAPI document: the same for every lab."""
    return _routed().openapi()


def _routed() -> _DescribedApp:
    app = _DescribedApp(
        title="mplsemu: live page",
        version=mplsemu.__version__,
        description="Who may ask for what, and what comes back: docs/web-api.md.",
        docs_url=None,  # it and redoc load scripts from other sites
        redoc_url=None,
        openapi_url=None,
        default_response_class=AsciiJsonResponse,
        redirect_slashes=False,
    )
    app.include_router(router)
    return app


class _DescribedApp(FastAPI):
    """FastAPI whose OpenAPI document says 400 instead of 422, and how a token is sent."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            for operations in document["paths"].values():
                for operation in operations.values():
                    operation["responses"].pop(_NOT_OURS, None)
            schemas = document["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas.update(stream_schemas())
            document["components"]["schemas"] = dict(sorted(schemas.items()))
            document["components"]["securitySchemes"] = {
                "token": {"type": "http", "scheme": "bearer"}
            }
            document["security"] = [{"token": []}]
        assert self.openapi_schema is not None  # the parent has set it
        return self.openapi_schema


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = [str(part) for part in first["loc"][1:]]
    return problem(BAD_REQUEST, ": ".join([*where[:1], first["msg"]]))


def _not_there(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = NOT_FOUND_TEXT if error.status_code == NOT_FOUND else error.detail
    return problem(error.status_code, text, error.headers)


def _refused(request: Request, error: Exception) -> Response:
    """Answer an error of the lab; only who sees the whole network is told the reason."""
    match error:
        case HttpError(status=status):
            return problem(status, str(error))
        case LabError():
            return problem(BAD_REQUEST, str(error))
    identity = identity_of(request.scope)
    lab = request.app.state.labs.of(identity)
    if not lab.source.is_running():
        return problem(UNAVAILABLE, "the lab has ended")
    if identity != WHOLE:
        return problem(CONFLICT, "the network does not answer now; try again")
    return problem(CONFLICT, str(error))


def _broken(_request: Request, _error: Exception) -> Response:
    """Answer an unexpected error; the server logs it."""
    return problem(500, "the server made a mistake; its log has the details")
