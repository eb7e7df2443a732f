"""Notes on one-way imports: allowed (RFC 4364 section 4.3.1), but replies have no route back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mplsemu.model.l3vpn import L3vpn, import_sources

_MOST_NAMES: Final = 12


def one_way_notes(vpns: Sequence[L3vpn]) -> Iterator[str]:
    """Yield a note on every VPN whose routes others import without it importing theirs.

    Their packets arrive there; the replies have no route.
    """
    importers: dict[str, list[L3vpn]] = {}
    sources = import_sources(vpns)
    for vpn in vpns:
        for source in sources[vpn.name]:
            if source.name != vpn.name and not source.import_targets & vpn.export_targets:
                importers.setdefault(source.name, []).append(vpn)
    for source in vpns:
        if source.name in importers:
            yield _note(source, importers[source.name])


def _note(source: L3vpn, importers: Sequence[L3vpn]) -> str:
    names = [vpn.name for vpn in importers[:_MOST_NAMES]]
    if len(importers) > _MOST_NAMES:
        names.append(f"{len(importers) - _MOST_NAMES} more")
    who, theirs = f"vpn {names[0]} imports", "its"
    if len(importers) > 1:
        who, theirs = f"vpns {', '.join(names[:-1])} and {names[-1]} import", "their"
    said = (
        f"{who} the routes of vpn {source.name}, which does not import {theirs} routes: packets "
        f"arrive there, and no answer comes back; "
    )
    wanted = {min(vpn.export_targets) for vpn in importers if vpn.export_targets}
    targets = ", ".join(f'"{target}"' for target in sorted(source.import_targets | wanted))
    if wanted:
        said += f"for both directions write at vpn {source.name}: import: [{targets}]"
    silent = [vpn.name for vpn in importers if not vpn.export_targets]
    if silent:
        said += "; first " if wanted else "for both directions "
        said += f"have vpn {silent[0]} export a route target, and vpn {source.name} import it"
    return said
