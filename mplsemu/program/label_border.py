"""VPN labels at the border between two providers (RFC 4364 section 10 (b)).

From the other provider an ASBR takes the labels that it gave to him, and no others: with those of
its own network he could send into any VPN there.
"""

from __future__ import annotations

from dataclasses import replace

from mplsemu.program.entries import IlmAction, SwapToAsbr, SwapToPe, pushed
from mplsemu.program.lsp import describe_push
from mplsemu.program.walk_state import Copy, WalkState


def is_given(copy: Copy, action: IlmAction | None) -> bool:
    """Whether an LSR takes a label by the link on which a copy came: on a border only its own."""
    link = copy.hops[-1].link if copy.hops else None
    end = copy.node.adjacency_by_link.get(link) if link is not None else None
    if end is None or end.border is None or copy.in_stack != copy.stack:
        return True
    return isinstance(action, SwapToPe) and action.border == link


def cross_border(state: WalkState, copy: Copy, action: SwapToAsbr | SwapToPe) -> None:
    """Swap a VPN label: for the other provider's, or for a PE's below the tunnel to it."""
    top, *below = copy.stack
    if top.ttl <= 1:
        state.expire(copy)
    elif isinstance(action, SwapToAsbr):
        copy.actions.append(f"swap {top.label} to {action.label}")
        copy.stack = (replace(top, label=action.label, ttl=top.ttl - 1), *below)
        state.send(copy, action.link)
    else:
        copy.actions.append(f"swap {top.label} to {action.label}")
        tunnel = copy.node.ftn_by_egress.get(action.egress)
        if tunnel is None:
            state.drop(copy, f"no tunnel to {action.egress}")
            return
        paths = copy.spread(len(tunnel.nhlfes))
        for path, primary in zip(paths, tunnel.nhlfes, strict=True):
            nhlfe = state.usable(path, primary)
            labels = (*pushed(nhlfe), action.label)
            own = (replace(top, label=label, ttl=top.ttl - 1) for label in labels)
            path.stack = (*own, *below)
            if pushed(nhlfe):
                path.actions.append(describe_push(pushed(nhlfe)))
            state.send(path, nhlfe.link)
