"""Answers as JSON, and every way to say no."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse


class AsciiJsonResponse(JSONResponse):
    """JSON in ASCII: a name from a request may be no valid Unicode."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def problem(status: int, text: str, headers: Mapping[str, str] | None = None) -> AsciiJsonResponse:
    """Return the answer to what is not done: why."""
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer", **(headers or {})}
    return AsciiJsonResponse({"error": text}, status, headers)
