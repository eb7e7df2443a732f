"""What an ASBR's swaps of VPN labels come to: NHLFEs, by its tunnels of now (RFC 4364 10 (b))."""

from __future__ import annotations

from mplsemu.program.entries import Nhlfe, Swap, SwapToAsbr, SwapToPe, pushed
from mplsemu.program.program import NodeProgram


def swap_nhlfes(node: NodeProgram, swap: SwapToAsbr | SwapToPe) -> tuple[Nhlfe, ...]:
    """Return by what packets of a label are forwarded: one NHLFE, or as many as the tunnel has.

    Those to a PE replace the label by its own, and push the tunnel's. None without a tunnel.
    """
    if isinstance(swap, SwapToAsbr):
        return (Nhlfe(swap.link, Swap((swap.label,))),)
    tunnel = node.ftn_by_egress.get(swap.egress)
    nhlfes = tunnel.nhlfes if tunnel is not None else ()
    return tuple(Nhlfe(nhlfe.link, Swap((*pushed(nhlfe), swap.label))) for nhlfe in nhlfes)


def given_labels(node: NodeProgram, link: str) -> tuple[int, ...]:
    """Return the labels that were given to the LSR at the other end of a border link."""
    return tuple(
        int(entry.label)
        for entry in node.ilm
        if isinstance(entry.action, SwapToPe) and entry.action.border == link
    )
