"""Connectivity of a VPN: its islands, and what is severed within one; from the program alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import assert_never

from mplsemu.analysis.components import connected_components
from mplsemu.analysis.pseudowire_mesh import is_due, joined_pes
from mplsemu.analysis.vrf_reach import VrfReach, vrf_reaches
from mplsemu.errors import ProgramError
from mplsemu.model.names import inward_vrf
from mplsemu.model.natural_order import natural
from mplsemu.model.vpn import L2vpnKind, VpnKind
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.program.spare_lines import spare_lines


@dataclass(frozen=True, slots=True)
class L3vpnConnectivity:
    """Connectivity of an L3VPN.

    Attributes:
        vpn: its name.
        islands: VRFs that reach one another, directly or through one another; each island sorted
            by site. There is one where all is well.
        is_mesh: whether each VRF's routes are imported by some VRF. Without that the VPN is in
            parts by design (one that several others share, say).
        hubs: names of its hubs, if it has hubs and spokes.
        spares: lines of dual-homed sites that do not lead to them now.
    """

    vpn: str
    islands: tuple[tuple[VrfReach, ...], ...]
    is_mesh: bool
    hubs: frozenset[str] = frozenset()
    spares: tuple[AttachmentCircuit, ...] = ()

    @property
    def vrfs(self) -> tuple[VrfReach, ...]:
        """The VRFs, island by island."""
        return tuple(vrf for island in self.islands for vrf in island)

    @property
    def sites(self) -> tuple[tuple[AttachmentCircuit, ...], ...]:
        """The attachment circuits of each island."""
        return tuple(
            tuple(site.circuit for vrf in island for site in vrf.sites) for island in self.islands
        )

    @property
    def parts(self) -> tuple[tuple[AttachmentCircuit, ...], ...]:
        """The islands that something should join with others: one, or none, where all is well."""
        return tuple(
            circuits
            for island, circuits in zip(self.islands, self.sites, strict=True)
            if not self._is_apart(island)
        )

    def _is_apart(self, island: tuple[VrfReach, ...]) -> bool:
        known = {site.circuit.site for vrf in island for site in vrf.sites}
        every = {circuit.site for circuits in self.sites for circuit in circuits}
        return len(self.islands) > 1 and all(every <= {*known, *vrf.apart} for vrf in island)


@dataclass(frozen=True, slots=True)
class L2vpnConnectivity:
    """Connectivity of a VPLS or VPWS.

    Attributes:
        vpn: its name.
        kind: VPLS or VPWS.
        islands: attachment circuits between which frames pass, directly or through other VSIs;
            each island sorted by site. There is one where all is well.
        severed: pairs of sites of one island whose PEs have no working pseudowire between them,
            but for those that are apart by design: leaves of an E-Tree (RFC 7796), and PEs between
            which a partial mesh has no pseudowire.
        spares: lines of dual-homed sites that do not lead to them now.
        apart: pairs of sites that a partial mesh does not join.
    """

    vpn: str
    kind: L2vpnKind
    islands: tuple[tuple[AttachmentCircuit, ...], ...]
    severed: tuple[tuple[str, str], ...]
    spares: tuple[AttachmentCircuit, ...] = ()
    apart: tuple[tuple[str, str], ...] = ()

    @property
    def sites(self) -> tuple[tuple[AttachmentCircuit, ...], ...]:
        """The attachment circuits of each island."""
        return self.islands

    @property
    def parts(self) -> tuple[tuple[AttachmentCircuit, ...], ...]:
        """The islands."""
        return self.islands


Connectivity = L3vpnConnectivity | L2vpnConnectivity


def connectivity(program: Program, vpn: str) -> Connectivity:
    """Return the connectivity of one VPN.

    Raises:
        ProgramError: there is no such VPN.
    """
    for info in program.vpns:
        if info.name == vpn:
            match info.kind:
                case VpnKind.L3VPN | VpnKind.SIX_PE:
                    hubs = info.hub_and_spoke.hubs if info.hub_and_spoke is not None else ()
                    return _l3vpn(program, vpn, frozenset(hubs))
                case VpnKind.VPLS | VpnKind.VPWS:
                    return _l2vpn(program, vpn, info.kind)
                case _:
                    assert_never(info.kind)
    raise ProgramError(f"no VPN {vpn!r} in lab {program.lab!r}")


def _l3vpn(program: Program, vpn: str, hubs: frozenset[str]) -> L3vpnConnectivity:
    reaches = {f"{reach.pe} {reach.vrf}": reach for reach in vrf_reaches(program, vpn)}
    home = {site.circuit.site: vrf for vrf, reach in reaches.items() for site in reach.sites}
    edges = (
        (vrf, home[prefix.site])
        for vrf, reach in reaches.items()
        for prefix in reach.reaches
        if prefix.site is not None
    )
    components = connected_components(list(reaches), edges)
    islands = tuple(tuple(reaches[vrf] for vrf in component) for component in components)
    return L3vpnConnectivity(vpn, islands, _is_mesh(program, vpn), hubs, _spares(program, vpn))


def _is_mesh(program: Program, vpn: str) -> bool:
    vrfs = [vrf for node in program.nodes for vrf in node.vrfs_of(vpn)]
    imported = {target for vrf in vrfs for target in vrf.import_targets}
    exported = {target for vrf in vrfs for target in vrf.export_targets}
    names = {vrf.name for vrf in vrfs}
    return all(
        vrf.rd is None or imported & {*vrf.export_targets}
        for vrf in vrfs
        # a site's own VRF may have to do with other VPNs alone
        if inward_vrf(vrf.name) not in names
        and (vrf.name == vpn or exported & {*vrf.import_targets})
    )


def _l2vpn(program: Program, vpn: str, kind: L2vpnKind) -> L2vpnConnectivity:
    spare = spare_lines(program)
    circuits = {
        node.name: _by_site(node.circuit_by_name[name] for name in names)
        for node in program.nodes
        if (vsi := node.vsi_by_name.get(vpn)) is not None
        and (names := [name for name in vsi.circuits if name not in spare])
    }
    joined = joined_pes(program, vpn)
    order = sorted(circuits, key=lambda pe: natural(circuits[pe][0].site))
    edges = (pair for pair in sorted(joined) if circuits.keys() >= {*pair})
    islands = connected_components(order, edges)
    severed = (
        (first.site, second.site)
        for island in islands
        for pe, peer in combinations(island, 2)
        if (pe, peer) not in joined
        for first in circuits[pe]
        for second in circuits[peer]
        if not (first.leaf and second.leaf) and is_due(program, vpn, pe, peer)
    )
    return L2vpnConnectivity(
        vpn,
        kind,
        tuple(_by_site(circuit for pe in island for circuit in circuits[pe]) for island in islands),
        tuple(severed),
        _spares(program, vpn),
        tuple(
            (first.site, second.site)
            for pe, peer in combinations(order, 2)
            if not is_due(program, vpn, pe, peer)
            for first in circuits[pe]
            for second in circuits[peer]
        ),
    )


def _spares(program: Program, vpn: str) -> tuple[AttachmentCircuit, ...]:
    found = (program.node_of_circuit[name].circuit_by_name[name] for name in spare_lines(program))
    return _by_site(circuit for circuit in found if circuit.vpn == vpn)


def _by_site(circuits: Iterator[AttachmentCircuit]) -> tuple[AttachmentCircuit, ...]:
    return tuple(sorted(circuits, key=lambda circuit: natural(circuit.site)))
