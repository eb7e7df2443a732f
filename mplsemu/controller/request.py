"""Requests to the controller: one JSON object with finite numbers."""

from __future__ import annotations

import json
import math
from typing import Any

from mplsemu.errors import LabError

NOT_A_REQUEST = 'not a request; write {"call": NAME, ...} on one line'


def read_request(line: bytes) -> dict[str, Any]:
    """Read one.

    Raises:
        LabError: it is not a request.
    """
    try:
        request = json.loads(line, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise LabError(NOT_A_REQUEST) from None
    if not isinstance(request, dict) or not isinstance(request.get("call"), str):
        raise LabError(NOT_A_REQUEST)
    return request


def integer_of(request: dict[str, Any], name: str) -> int:
    """Return an integer of a request, 0 if it is missing.

    Raises:
        LabError: it is not an integer.
    """
    value = request.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise LabError(f"{name!r} is not a whole number", remedy=f'write "{name}": 0')
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _refuse(text: str) -> float:
    raise ValueError(text)
