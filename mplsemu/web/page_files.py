"""The page's files: public, the same for everyone, with nothing about a lab."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mplsemu.web.http_error import NOT_FOUND, NOT_FOUND_TEXT
from mplsemu.web.json_response import problem

STATIC: Final = Path(__file__).parent / "static"
FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/app.css": ("app.css", "text/css; charset=utf-8"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}
"""All that is served. A path is looked up here, never joined to a directory."""


def serve_file(request: Request) -> Response:
    """Return one of the page's files."""
    name, kind = FILES[request.url.path]
    try:
        content = (STATIC / name).read_bytes()
    except OSError:
        return problem(NOT_FOUND, NOT_FOUND_TEXT)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}  # revalidated each time
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
