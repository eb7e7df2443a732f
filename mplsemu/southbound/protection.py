"""Protected NHLFEs (`Nhlfe.backup`): no data plane here forwards by a backup yet (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.program.program import NodeProgram


def named_backups(node: NodeProgram) -> Iterator[str]:
    """Yield where an LSR's program names a backup, which is refused before it is installed."""
    for ftn in node.ftn:
        for nhlfe in ftn.nhlfes:
            if nhlfe.backup is not None:
                yield f"{node.name}: the tunnel to {ftn.egress} over {nhlfe.link} names a backup"
    for ilm in node.ilm:
        for nhlfe in ilm.nhlfes:
            if nhlfe.backup is not None:
                yield f"{node.name}: label {int(ilm.label)} over {nhlfe.link} names a backup"
