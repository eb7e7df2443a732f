"""MAC addresses that a running network learned, added to the views of its VPLSs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mplsemu.views.model import BridgeView, View
from mplsemu.views.tables.macs import MacRow


def with_macs(view: View, macs: Iterable[MacRow]) -> View:
    """Return a VPLS's view with the MAC addresses learned on its access lines.

    Args:
        view: any; only a VPLS's changes.
        macs: of every VPLS.
    """
    if not isinstance(view, BridgeView):
        return view
    learned: dict[str, set[str]] = {}
    for row in macs:
        if row.vsi == view.vpn and row.circuit is not None:
            learned.setdefault(row.circuit, set()).add(row.mac)
    return replace(
        view,
        islands=tuple(
            tuple(
                replace(site, macs=tuple(sorted(learned.get(f"{view.vpn}/{site.name}", ()))))
                for site in island
            )
            for island in view.islands
        ),
    )
