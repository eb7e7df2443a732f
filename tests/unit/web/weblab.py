"""The live page's server in a test: a lab that runs nowhere, and requests to it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from mplsemu.lab.loader import load, loads
from mplsemu.web.access import Access
from mplsemu.web.app import create_app
from tests.fakeweb import FakeLab
from tests.places import TOPOLOGIES
from tests.view_labs import NORTH


def fake_lab(name: str = "nordic") -> FakeLab:
    """A lab of topologies/, or ``polaris``, whose names are no part of one another's."""
    if name == "polaris":
        return FakeLab(loads(NORTH, "polaris.yaml").network)
    return FakeLab(load(TOPOLOGIES / f"{name}.yaml").network)


class Web:
    """A server and its tokens; `ask` makes one request.

    Attributes:
        lab: behind it.
        access: its tokens.
        app: the ASGI application.
    """

    def __init__(self, lab: FakeLab, **options: Any) -> None:
        self.lab = lab
        self.access = Access.new(lab.facts.customers, lab.facts.parts)
        self.app = create_app(lab, self.access, **options)

    @property
    def provider(self) -> str:
        return self.access.provider

    def one_provider(self, name: str) -> str:
        return self.access.providers[name]

    def customer(self, name: str) -> str:
        return self.access.customers[name]

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        base: str = "http://127.0.0.1:8080",
        **options: Any,
    ) -> httpx.Response:
        """Make a request; `body` goes as JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token}")
        if body is not None:
            options["content"] = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                return await client.request(method, path, headers=sent, **options)

        return asyncio.run(go())

    def get(self, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        return self.ask("GET", path, token, **options)

    def post(self, path: str, token: str | None, body: Any, **options: Any) -> httpx.Response:
        return self.ask("POST", path, token, body=body, **options)
