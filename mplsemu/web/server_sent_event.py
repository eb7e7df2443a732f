"""What goes down a stream: server-sent events (HTML Living Standard, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

HEARTBEAT: Final = b": the lab runs\n\n"
"""A comment: tells both sides that the other is there."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One message.

    Attributes:
        event: ``state``, ``load``, ``event``, ``alarms``, ``pictures`` or ``end``.
        data: what it says.
    """

    event: str
    data: Mapping[str, Any]

    def encode(self) -> bytes:
        """Return its bytes: JSON has no bare line ends, so one data line holds it."""
        return f"event: {self.event}\ndata: {json.dumps(self.data)}\n\n".encode()


END: Final = ServerSentEvent("end", {})
