"""The compiler of VPLS: VSIs that learn MAC addresses and flood (RFC 4762)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

from mplsemu.control.learned import LearnedGroup
from mplsemu.control.services.compiler import Service, ServiceState, ServiceTables
from mplsemu.control.services.l2vpn import L2vpnCompiler
from mplsemu.control.services.vpls_wires import VplsWires, WireEnd
from mplsemu.model.network import Vpn
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpn import VpnKind
from mplsemu.program.multicast import MulticastGroup
from mplsemu.program.services import Pseudowire, Vsi


class VplsCompiler(L2vpnCompiler[Vpls]):
    """Compiles VPLSs; see `ServiceCompiler`."""

    kind: ClassVar[VpnKind] = VpnKind.VPLS

    def __init__(self, vpns: Iterable[Vpn]) -> None:
        super().__init__(vpn for vpn in vpns if vpn.kind is VpnKind.VPLS)
        self._topologies = {name: VplsWires(vpn) for name, vpn in self._vpns.items()}

    def _stands_by(self, service: Service, peer: str, state: ServiceState) -> bool:
        rising = {hub for vpn, hub in state.lines.rising if vpn == service.vpn}
        return self._topologies[service.vpn].stands_by(service.pe, peer, state.reaches, rising)

    def _mesh_of(self, service: Service) -> tuple[str, ...] | None:
        return self._topologies[service.vpn].mesh_of(service.pe)

    def _elsewhere(self, vpn: str) -> Iterable[tuple[str, str]]:
        return self._topologies[vpn].choices()

    def _wires(self, service: Service) -> Iterator[WireEnd]:
        return self._topologies[service.vpn].at(service.pe)

    def _vsi(
        self, vpn: Vpls, index: int, circuits: tuple[str, ...], pseudowires: tuple[Pseudowire, ...]
    ) -> Vsi:
        return Vsi(
            name=vpn.name,
            index=index,
            kind=vpn.kind,
            circuits=circuits,
            pseudowires=pseudowires,
            mac_aging_s=vpn.mac_aging_s,
            mac_limit=vpn.mac_limit,
            l2cp=vpn.l2cp,
            floods_unknown=vpn.floods_unknown,
            storm_control_bps=vpn.storm_control_bps,
            mac_move=vpn.mac_move,
            igmp_snooping=vpn.igmp_snooping,
        )

    def tables(self, service: Service, state: ServiceState) -> ServiceTables:
        """Return the VSI, with the multicast groups that it knows."""
        found = super().tables(service, state)
        vpn = self._vpns[service.vpn]
        known = [each for each in state.groups if each.vpn == vpn.name]
        if not vpn.igmp_snooping or not known:
            return found
        return ServiceTables(
            vsis=tuple(
                replace(vsi, groups=tuple(_group(vpn, vsi, each) for each in known))
                for vsi in found.vsis
            )
        )


def _group(vpn: Vpls, vsi: Vsi, known: LearnedGroup) -> MulticastGroup:
    """Return a group as a VSI knows it: a dual-homed site is a member by all of its lines."""
    members = {
        line.circuit: line.pe
        for site in vpn.sites
        if any(line.circuit in known.circuits for line in site.lines)
        for line in site.lines
    }
    pes = set(members.values())
    return MulticastGroup(
        known.address,
        tuple(name for name in vsi.circuits if name in members),
        tuple(wire.peer for wire in vsi.pseudowires if wire.peer in pes),
    )
