"""What ``doctor --json`` prints: what a machine has and lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mplsemu.running.doctor import Diagnosis


def doctor_object(findings: Sequence[Diagnosis], *, ready: bool) -> dict[str, Any]:
    """Return what was found, and whether labs can run."""
    return {
        "ready": ready,
        "findings": [
            {
                "name": each.name,
                "state": each.state.value,
                "detail": each.detail,
                "remedy": each.remedy,
            }
            for each in findings
        ],
    }
