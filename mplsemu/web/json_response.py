"""Responses in JSON, errors included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse


class AsciiJsonResponse(JSONResponse):
    """JSON in ASCII: a name in a request may contain lone surrogates, which UTF-8 cannot encode."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def problem(status: int, text: str, headers: Mapping[str, str] | None = None) -> AsciiJsonResponse:
    """Return the response to a refused request."""
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer", **(headers or {})}
    return AsciiJsonResponse({"error": text}, status, headers)
