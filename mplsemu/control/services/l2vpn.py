"""VSIs and the pseudowires between them: what VPLS and VPWS have in common.

RFC 4762 section 4.4 (the mesh), RFC 4447 and RFC 8077 (labels), RFC 4448 (the control word).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from mplsemu.control.labels import BindingKey, PseudowireKey
from mplsemu.control.services.compiler import (
    Dependencies,
    Service,
    ServiceState,
    ServiceTables,
)
from mplsemu.control.services.vpls_wires import WireEnd
from mplsemu.model.labels import Label
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
        self._pes = {vpn.name: vpn.pes for vpn in self._vpns.values()}

    @abstractmethod
    def _wires(self, service: Service) -> Iterator[WireEnd]:
        """Yield the pseudowires of a VPN at one of its PEs, by the PE at the other end."""

    @abstractmethod
    def _vsi(
        self, vpn: L2vpn, index: int, circuits: tuple[str, ...], pseudowires: tuple[Pseudowire, ...]
    ) -> Vsi:
        """Return the VSI of a VPN at one of its PEs."""

    def services(self, vpn: str) -> Iterator[Service]:
        """Yield the VPN's VSIs: one at each of its PEs."""
        return (Service(vpn, pe) for pe in self._pes[vpn])

    def _stands_by(self, service: Service, peer: str, state: ServiceState) -> bool:  # noqa: ARG002
        """Whether a pseudowire carries no frames now, as another one does instead."""
        return False

    def tunnels(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs (ingress PE, egress PE) between which packets must travel."""
        for vpn, pes in self._pes.items():
            for pe in pes:
                yield from ((pe, peer) for peer in self.pseudowire_peers(Service(vpn, pe)))

    def pseudowire_peers(self, service: Service) -> tuple[str, ...]:
        """Return the PEs at the other ends of its pseudowires."""
        return tuple(wire.peer for wire in self._wires(service))

    def label_keys(
        self, service: Service, reaches: Callable[[str, str], bool]
    ) -> Iterator[PseudowireKey]:
        """Yield one key for each PE whose frames can come here, or one for each kind of them."""
        for wire in self._wires(service):
            if reaches(wire.peer, service.pe):
                yield PseudowireKey(service.vpn, wire.peer)
                if wire.two_labels:
                    yield PseudowireKey(service.vpn, wire.peer, leaf=True)

    def tables(self, service: Service, state: ServiceState) -> ServiceTables:
        """Return the VSI, with the pseudowires to the PEs that can be reached."""
        vpn, pe = self._vpns[service.vpn], service.pe
        numbers = state.numbers[Space.pseudowires(pe, vpn.name)]
        pseudowires = tuple(
            _pseudowire(
                vpn,
                pe,
                wire,
                numbers[wire.peer],
                state,
                standby=self._stands_by(service, wire.peer, state),
            )
            for wire in self._wires(service)
            if state.reaches(pe, wire.peer)
        )
        circuits = state.circuits(pe, vpn.sites)
        made = self._vsi(vpn, state.number(service), circuits, pseudowires)
        return ServiceTables(vsis=(replace(made, mesh=self._mesh_of(service)),))

    def _mesh_of(self, service: Service) -> tuple[str, ...] | None:  # noqa: ARG002
        """Return the PEs to which a VSI of a partial mesh is to have pseudowires."""
        return None

    def ilm(self, tables: ServiceTables) -> Iterator[IlmEntry]:
        """Yield the label entry of each pseudowire."""
        for vsi in tables.vsis:
            for pseudowire in vsi.pseudowires:
                peer = pseudowire.peer
                yield IlmEntry(pseudowire.in_label, PopToPseudowire(vsi.name, peer))
                if pseudowire.leaf_in_label is not None:
                    pop = PopToPseudowire(vsi.name, peer, leaf=True)
                    yield IlmEntry(pseudowire.leaf_in_label, pop)

    def dependencies(self, tables: ServiceTables) -> Dependencies:
        """Return the remote PEs; a VSI is the same whichever circuits are down.

        Which hub of a spoke PE carries its frames depends on whether others are reached.
        """
        peers = (pseudowire.peer for vsi in tables.vsis for pseudowire in vsi.pseudowires)
        others = (pair for vsi in tables.vsis for pair in self._elsewhere(vsi.name))
        return Dependencies(frozenset(peers), frozenset(), elsewhere=frozenset(others))

    def _elsewhere(self, vpn: str) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        """Return tunnels, by ingress and egress PE, that matter to all VSIs of a VPN."""
        return ()


def _pseudowire(
    vpn: Vpls | Vpws, pe: str, wire: WireEnd, index: int, state: ServiceState, *, standby: bool
) -> Pseudowire:
    """Return a pseudowire with the labels of its two ends."""
    mine, theirs = state.labels[pe], state.labels[wire.peer]
    return Pseudowire(
        index=index,
        peer=wire.peer,
        in_label=mine[PseudowireKey(vpn.name, wire.peer)],
        out_label=theirs[PseudowireKey(vpn.name, pe)],
        control_word=vpn.control_word,
        leaf=wire.leaf,
        spoke=wire.spoke,
        standby=standby,
        to_hub=wire.to_hub,
        secondary=wire.secondary,
        pw_type=vpn.pw_type,
        leaf_in_label=_of_leaves(mine, vpn.name, wire.peer) if wire.two_labels else None,
        leaf_out_label=_of_leaves(theirs, vpn.name, pe) if wire.two_labels else None,
    )


def _of_leaves(labels: Mapping[BindingKey, Label], vpn: str, peer: str) -> Label:
    return labels[PseudowireKey(vpn, peer, leaf=True)]
