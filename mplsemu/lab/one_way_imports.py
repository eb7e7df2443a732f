"""Notes on one-way imports: allowed (RFC 4364 section 4.3.1), but replies have no route back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mplsemu.model.l3vpn import L3vpn, VrfPolicy, import_sources

_MOST_NAMES: Final = 12


def one_way_notes(vpns: Sequence[L3vpn]) -> Iterator[str]:
    """Yield a note on every VRF whose routes others import without it importing theirs.

    Their packets arrive there; the replies have no route.
    """
    policies = [policy for vpn in vpns for policy in vpn.policies]
    importers: dict[str, list[VrfPolicy]] = {}
    sources = import_sources(vpns)
    for policy in policies:
        for source in sources[policy.name]:
            if source.name != policy.name and not source.import_targets & policy.export_targets:
                importers.setdefault(source.name, []).append(policy)
    for source in policies:
        if source.name in importers:
            yield _note(source, importers[source.name])


def _note(source: VrfPolicy, importers: Sequence[VrfPolicy]) -> str:
    shown = importers[:_MOST_NAMES]
    names = [policy.owner for policy in shown]
    if all(policy.name == policy.vpn for policy in shown) and len(shown) > 1:
        names = [f"vpns {shown[0].name}", *(policy.name for policy in shown[1:])]
    if len(importers) > _MOST_NAMES:
        names.append(f"{len(importers) - _MOST_NAMES} more")
    who, theirs = f"{names[0]} imports", "its"
    if len(importers) > 1:
        who, theirs = f"{', '.join(names[:-1])} and {names[-1]} import", "their"
    said = (
        f"{who} the routes of {source.owner}, which does not import {theirs} routes: packets "
        f"arrive there, and no answer comes back; "
    )
    wanted = {min(policy.export_targets) for policy in importers if policy.export_targets}
    targets = ", ".join(f'"{target}"' for target in sorted(source.import_targets | wanted))
    if wanted:
        said += f"for both directions write at {source.owner}: import: [{targets}]"
    silent = [policy.owner for policy in importers if not policy.export_targets]
    if silent:
        said += "; first " if wanted else "for both directions "
        said += f"have {silent[0]} export a route target, and {source.owner} import it"
    return said
