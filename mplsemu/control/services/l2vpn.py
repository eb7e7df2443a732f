"""VSIs and the full mesh of pseudowires between them: what VPLS and VPWS have in common.

RFC 4762 section 4.4 (the mesh), RFC 4447 and RFC 8077 (labels), RFC 4448 (the control word).
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from mplsemu.control.labels import PseudowireKey
from mplsemu.control.services.compiler import Dependencies, Service, ServiceState, ServiceTables
from mplsemu.model.numbers import Space
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.program.entries import IlmEntry, PopToPseudowire
from mplsemu.program.services import Pseudowire, Vsi

L2vpn = TypeVar("L2vpn", bound=Vpls | Vpws)


class L2vpnCompiler(ABC, Generic[L2vpn]):
    """Compiles VPNs of a kind in which the provider bridges.

    Args:
        vpns: those of the kind.
    """

    def __init__(self, vpns: Iterable[L2vpn]) -> None:
        self._vpns = {vpn.name: vpn for vpn in vpns}
        self._meshes = {
            vpn.name: tuple(sorted({site.pe for site in vpn.sites})) for vpn in self._vpns.values()
        }

    @abstractmethod
    def _vsi(
        self, vpn: L2vpn, index: int, circuits: tuple[str, ...], pseudowires: tuple[Pseudowire, ...]
    ) -> Vsi:
        """Return the VSI of a VPN at one of its PEs."""

    def services(self, vpn: str) -> Iterator[Service]:
        """Yield the VPN's VSIs: one at each of its PEs."""
        return (Service(vpn, pe) for pe in self._meshes[vpn])

    def tunnels(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs (ingress PE, egress PE) between which packets must travel."""
        for mesh in self._meshes.values():
            yield from itertools.permutations(mesh, 2)

    def pseudowire_peers(self, service: Service) -> tuple[str, ...]:
        """Return the other PEs of the VPN: the pseudowires are a full mesh (RFC 4762 4.4)."""
        return tuple(peer for peer in self._meshes[service.vpn] if peer != service.pe)

    def label_keys(
        self, service: Service, reaches: Callable[[str, str], bool]
    ) -> Iterator[PseudowireKey]:
        """Yield one key for each PE whose frames can come here."""
        for peer in self.pseudowire_peers(service):
            if reaches(peer, service.pe):
                yield PseudowireKey(service.vpn, peer)

    def tables(self, service: Service, state: ServiceState) -> ServiceTables:
        """Return the VSI, with the pseudowires to the PEs that can be reached."""
        vpn, pe = self._vpns[service.vpn], service.pe
        numbers = state.numbers[Space.pseudowires(pe, vpn.name)]
        pseudowires = tuple(
            Pseudowire(
                index=numbers[peer],
                peer=peer,
                in_label=state.labels[pe][PseudowireKey(vpn.name, peer)],
                out_label=state.labels[peer][PseudowireKey(vpn.name, pe)],
                control_word=vpn.control_word,
            )
            for peer in self.pseudowire_peers(service)
            if state.reaches(pe, peer)
        )
        circuits = state.circuits(pe, (site for site in vpn.sites if site.pe == pe))
        return ServiceTables(vsis=(self._vsi(vpn, state.number(service), circuits, pseudowires),))

    def ilm(self, tables: ServiceTables) -> Iterator[IlmEntry]:
        """Yield the label entry of each pseudowire."""
        for vsi in tables.vsis:
            for pseudowire in vsi.pseudowires:
                yield IlmEntry(pseudowire.in_label, PopToPseudowire(vsi.name, pseudowire.peer))

    def dependencies(self, tables: ServiceTables) -> Dependencies:
        """Return the remote PEs; a VSI is the same whichever circuits are down."""
        peers = (pseudowire.peer for vsi in tables.vsis for pseudowire in vsi.pseudowires)
        return Dependencies(frozenset(peers), frozenset())
