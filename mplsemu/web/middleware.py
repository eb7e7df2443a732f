"""ASGI middleware that checks host, token, origin and size before a request is routed.

A customer reaches what is his. Everything else is answered with the same 404, whether it exists
or not, whatever the method and the body. What one of several providers reaches, `Labs` says.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mplsemu.web.access import WHOLE, Access, Customer, Identity
from mplsemu.web.http_error import (
    BAD_REQUEST,
    CONFLICT,
    NOT_FOUND,
    NOT_FOUND_TEXT,
    TIMED_OUT,
    UNAUTHORIZED,
    HttpError,
)
from mplsemu.web.http_protocol import CONNECTION, TimeoutProtocol
from mplsemu.web.json_response import problem
from mplsemu.web.pictures import style_hashes
from mplsemu.web.tally import Tally

API: Final = "/api/"
STREAM: Final = "/api/stream"
LARGEST_BODY: Final = 64 * 1024
BODY_S: Final = 10.0
"""Timeout for a whole body."""
MAX_PER_TOKEN: Final = 8
"""Concurrent requests with one token, without streams."""
MAX_OF_OTHERS: Final = 24
"""Concurrent requests of all customers, and of each of several providers, together: the server has
40 threads."""
_TOO_MANY: Final = "too many requests at once; try again"
_IDENTITY: Final = "mplsemu.identity"
_OF_CUSTOMERS: Final = re.compile(r"/api/(session|stream|pictures/vpns/[^/]+)")
_READS: Final = frozenset({"GET", "HEAD"})
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' {styles}; connect-src 'self'; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY.format(styles=" ".join(style_hashes())),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class AccessMiddleware:
    """Wraps an ASGI application.

    Args:
        app: the application.
        access: the tokens.
        hosts: names of this server in addition to those of loopback.
        any_address: whether it listens on every address of the machine.
        tally: counts refused requests.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        hosts: frozenset[str],
        *,
        any_address: bool = False,
        tally: Tally | None = None,
    ) -> None:
        self._app = app
        self._access = access
        self._tally = tally or Tally()
        self._hosts = hosts | {"localhost"}
        self._any_address = any_address
        self._inside: dict[Identity, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return
        send = _with_headers(scope, send)
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            if not scope["path"].startswith(API):
                await self._app(scope, receive, send)
                return
            identity = self._identify(headers)
            _authenticate_connection(scope, identity)
            if isinstance(identity, Customer) and not _is_for_customers(scope):
                raise HttpError(NOT_FOUND, NOT_FOUND_TEXT)
            if scope["method"] not in _READS:
                _check_change(headers)
                receive = await _whole_body(headers, receive)
        except HttpError as refusal:
            self._tally.count(str(refusal))
            await problem(refusal.status, str(refusal))(scope, receive, send)
            return
        scope[_IDENTITY] = identity
        if scope["path"] == STREAM:
            await self._app(scope, receive, send)
        else:
            await self._within_limits(identity, scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        """Refuse a foreign Host: a page may point its own name at this address (DNS rebinding)."""
        host = host_of(headers.get("host", ""))
        if host in self._hosts:
            return
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            pass
        else:
            if address.is_loopback or self._any_address:
                return
        raise HttpError(BAD_REQUEST, "this server has another name; use the link as it was printed")

    def _identify(self, headers: Headers) -> Identity:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        identity = self._access.identify(token.strip()) if scheme.lower() == "bearer" else None
        if identity is None:
            raise HttpError(UNAUTHORIZED, "this needs the token of a link that mplsemu printed")
        return identity

    async def _within_limits(
        self, identity: Identity, scope: Scope, receive: Receive, send: Send
    ) -> None:
        mine = self._inside.get(identity, 0)
        others = sum(n for who, n in self._inside.items() if who != WHOLE)
        is_full = identity != WHOLE and others >= MAX_OF_OTHERS
        if mine >= MAX_PER_TOKEN or is_full:
            self._tally.count(_TOO_MANY)
            await problem(CONFLICT, _TOO_MANY)(scope, receive, send)
            return
        self._inside[identity] = mine + 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside[identity] -= 1


def identity_of(scope: Scope) -> Identity:
    """Return who makes a request to the API."""
    identity: Identity = scope[_IDENTITY]
    return identity


def _authenticate_connection(scope: Scope, identity: Identity) -> None:
    """Tell the connection whose token its request carried, so that it is no longer anonymous."""
    connection = scope.get("state", {}).get(CONNECTION)
    if isinstance(connection, TimeoutProtocol):
        connection.know(identity)


def _is_for_customers(scope: Scope) -> bool:
    return scope["method"] == "GET" and _OF_CUSTOMERS.fullmatch(scope["path"]) is not None


def host_of(authority: str) -> str:
    """Return the host of ``HOST[:PORT]``, an IPv6 address without its brackets."""
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::\d*)?", authority)
    if bracketed:
        return bracketed[1].lower()
    return re.sub(r":\d*$", "", authority).lower()


def _check_change(headers: Headers) -> None:
    """Refuse what another site's page could make a browser send (CSRF)."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HttpError(BAD_REQUEST, "the body must be JSON: Content-Type: application/json")
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{headers.get('host', '')}".lower():
        raise HttpError(BAD_REQUEST, "this comes from another site's page")


async def _whole_body(headers: Headers, receive: Receive) -> Receive:
    """Read the body; return a `receive` that replays it.

    Raises:
        HttpError: it is too large, or is not complete in time.
    """
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > LARGEST_BODY:
        raise _too_large()
    try:
        body = await asyncio.wait_for(_read(receive), BODY_S)
    except TimeoutError:
        raise HttpError(TIMED_OUT, "the body did not come in time") from None
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return again


async def _read(receive: Receive) -> bytes:
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        if message["type"] == "http.disconnect":  # the part that arrived may parse, and is not all
            raise HttpError(BAD_REQUEST, "the body is not whole")
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise _too_large()
    return body


def _too_large() -> HttpError:
    return HttpError(BAD_REQUEST, f"the body is larger than {LARGEST_BODY} bytes")


def _with_headers(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds the headers of every response."""
    is_api = scope["path"].startswith(API)

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            if is_api:
                headers["Cache-Control"] = "no-store"
        await send(message)

    return sending
