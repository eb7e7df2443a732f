"""The page's own files: public, the same for everyone, and without anything about a lab."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mplsemu.web.answer import problem
from mplsemu.web.refusal import NOT_FOUND, NOTHING_THERE

STATIC: Final = Path(__file__).parent / "static"
FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/app.css": ("app.css", "text/css; charset=utf-8"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}
"""All that is served: a path is looked up here and never put together with a directory."""


def serve_file(request: Request) -> Response:
    """Answer a request for one of the page's files."""
    name, kind = FILES[request.url.path]
    try:
        content = (STATIC / name).read_bytes()
    except OSError:
        return problem(NOT_FOUND, NOTHING_THERE)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}  # asked for each time, sent when new
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
