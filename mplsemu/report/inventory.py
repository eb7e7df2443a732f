"""What ``show hosts|links|vpns --json`` prints: what a lab has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from mplsemu.report.value import json_value
from mplsemu.views.tables.inventory import HostRow, LinkRow, VpnRow

Row = HostRow | LinkRow | VpnRow


def inventory_object(lab: str, table: str, rows: Iterable[Row]) -> dict[str, Any]:
    """Return a table: ``hosts``, ``links`` or ``vpns``."""
    return {"lab": lab, "table": table, table: [row_object(row) for row in rows]}


def row_object(row: Row) -> dict[str, Any]:
    """Return a row; in CSV its keys are the columns."""
    return {_key(name): value for name, value in json_value(row).items()}


def row_keys(row: type[Row]) -> list[str]:
    """Return the keys of rows of a kind."""
    return [_key(field.name) for field in fields(row)]


def _key(name: str) -> str:
    return name.rstrip("_")  # import_, as Python keeps the word for itself
