"""Server-sent events (HTML Living Standard, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

HEARTBEAT: Final = b": the lab runs\n\n"
"""A comment, which keeps the connection alive."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event.

    Attributes:
        event: ``state``, ``load``, ``event``, ``alarms``, ``pictures`` or ``end``.
        data: its JSON object (`schema.StreamMessages`).
    """

    event: str
    data: Mapping[str, Any]

    def encode(self) -> bytes:
        """Return its bytes. JSON has no raw line breaks, so one ``data`` line holds it."""
        return f"event: {self.event}\ndata: {json.dumps(self.data)}\n\n".encode()


END: Final = ServerSentEvent("end", {})
