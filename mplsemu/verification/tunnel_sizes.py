"""Whether ingress PEs know how large packets their tunnels take (RFC 3032 section 3.6)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mplsemu.model.limits import LABEL_OCTETS
from mplsemu.program.entries import SwapToAsbr
from mplsemu.program.path import Branch, Walk
from mplsemu.program.program import NodeProgram, Program
from mplsemu.verification.problems import Problem
from mplsemu.verification.tunnels import Tunnel, narrowest_link
from mplsemu.verification.verdict import Invariant


class TunnelSizes:
    """Compares the MTU of every tunnel that packets take with what the links behind it carry.

    Args:
        program: that the packets go through.
        down: links that have failed since it was compiled.
    """

    def __init__(self, program: Program, down: Collection[str] = ()) -> None:
        self._program = program
        self._down = down
        self._known: dict[Tunnel, str | None] = {}
        self._has_backups = any(map(_has_backups, program.nodes))

    def problems(self, walk: Walk) -> Iterator[Problem]:
        """Yield where an ingress PE admits another size than its tunnel carries, each once."""
        seen: set[Tunnel] = set()
        for number, branch in enumerate(walk.branches):
            for tunnel in _tunnels(branch):
                if tunnel in seen:
                    continue
                seen.add(tunnel)
                said = self._said(tunnel)
                if said is not None:
                    yield Problem(Invariant.MTU, said, ("tunnel", *tunnel), number)

    def _said(self, tunnel: Tunnel) -> str | None:
        if tunnel not in self._known:
            self._known[tunnel] = self._judged(tunnel)
        return self._known[tunnel]

    def _judged(self, tunnel: Tunnel) -> str | None:
        ingress, egress = tunnel
        node = self._program.node_by_name.get(ingress)
        entry = node.ftn_by_egress.get(egress) if node is not None else None
        narrowest = narrowest_link(self._program, tunnel, self._down)
        if entry is None or narrowest is None:
            return None
        if entry.mtu == narrowest.octets:
            return None
        # what a backup carries, with its own labels, counts as well
        is_less_meant = self._has_backups or _goes_on(self._program.node(egress))
        if entry.mtu < narrowest.octets and is_less_meant:
            return None
        only = "" if entry.mtu > narrowest.octets else "only "
        return (
            f"{ingress} lets {only}packets of {entry.mtu - LABEL_OCTETS} octets into the tunnel to "
            f"{egress}; {narrowest.link} takes {narrowest.octets - LABEL_OCTETS}"
        )


def _has_backups(node: NodeProgram) -> bool:
    choices = [*(entry.nhlfes for entry in node.ftn), *(entry.nhlfes for entry in node.ilm)]
    return any(nhlfe.backup is not None for nhlfes in choices for nhlfe in nhlfes)


def _goes_on(egress: NodeProgram) -> bool:
    """Whether packets go on from an egress over a border, by labels: then that counts as well."""
    return any(isinstance(entry.action, SwapToAsbr) for entry in egress.ilm)


def _tunnels(branch: Branch) -> Iterator[Tunnel]:
    """Yield the tunnels of a packet's path: from each PE that pushes to the next that looks up."""
    ingress: str | None = None
    for hop in branch.hops:
        if hop.vrf is None and hop.vsi is None:
            continue
        if ingress is not None:
            yield ingress, hop.node
        ingress = hop.node if hop.out_stack else None
