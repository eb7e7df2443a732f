"""The OpenAPI document as a file: docs/openapi.json, which scripts/openapi writes."""

from __future__ import annotations

import json

from mplsemu.web.app import describe


def openapi_text() -> str:
    """Return the text of docs/openapi.json."""
    return json.dumps(describe(), indent=1) + "\n"
