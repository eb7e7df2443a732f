"""What may be wrong with a CE router of a program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mplsemu.program.services import Ce


def ce_changes(ce: Ce) -> Iterator[tuple[str, Ce]]:
    yield "that masquerades otherwise", replace(ce, masquerades=not ce.masquerades)
    for index, route in enumerate(ce.routes):
        before, after = ce.routes[:index], ce.routes[index + 1 :]
        yield f"without its route to {route.prefix}", replace(ce, routes=(*before, *after))
        if route.via is not None:
            to_pe = replace(route, via=None)
            yield f"that sends {route.prefix} back", replace(ce, routes=(*before, to_pe, *after))
