"""What ``check --live --json`` prints: what LSRs have against what they should have."""

from __future__ import annotations

from typing import Any

from mplsemu.running.installed import InstalledComparison
from mplsemu.southbound.difference import Difference


def installed_object(found: InstalledComparison) -> dict[str, Any]:
    """Return how a running lab's LSRs differ from its program."""
    return {
        "lab": found.lab,
        "dataplane": found.dataplane,
        "holds": not found.differences,
        "generation": found.generation,
        "down": list(found.down),
        "counts": {"lsrs": found.lsrs, "flows": found.entries},
        "differences": [_difference(each) for each in found.differences],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "node": difference.node,
        "table": difference.table,
        "entry": difference.entry,
        "kind": difference.kind.value,
        "found": difference.found,
        "wanted": difference.wanted,
    }
