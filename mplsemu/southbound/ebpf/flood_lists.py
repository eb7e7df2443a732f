"""The circuits to which a VSI floods: a list that changes without missing anyone in between (pure).

The list is by position. When a circuit comes or goes, those behind it move. The kernel reads the
list while it is written, entry by entry: a frame may be copied twice to a circuit that moves, but
never not at all.
"""

from __future__ import annotations

from collections.abc import Mapping


def write_order(old: Mapping[int, bytes], new: Mapping[int, bytes]) -> list[int]:
    """Return the positions that change, in the order in which they are written.

    No position is overwritten before what it holds is at its new one. Circuits keep their order, so
    what moves up is written from the end, and what moves down from the beginning.

    Args:
        old: circuits by position.
        new: likewise, in the same order.
    """
    changed = [position for position in sorted(new) if old.get(position) != new[position]]
    target = {circuit: position for position, circuit in new.items()}
    free, upwards, downwards = [], [], []
    for position in changed:
        moves_to = target.get(old.get(position, b""))
        if moves_to is None:
            free.append(position)
        elif moves_to > position:
            upwards.append(position)
        else:
            downwards.append(position)
    return [*free, *reversed(upwards), *downwards]
