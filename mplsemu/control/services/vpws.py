"""The compiler of VPWS: one pseudowire that joins two circuits, and learns nothing (RFC 8077).

Where a site has several lines there is a pseudowire between each PE of the one site and each of the
other. One of them is active, the others stand by (RFC 6718 section 3.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from mplsemu.control.services.compiler import Service, ServiceState
from mplsemu.control.services.l2vpn import L2vpnCompiler
from mplsemu.control.services.vpls_wires import WireEnd
from mplsemu.model.network import Vpn
from mplsemu.model.vpls import DEFAULT_MAC_AGING_S, Vpws
from mplsemu.model.vpn import VpnKind
from mplsemu.program.services import Pseudowire, Vsi


class VpwsCompiler(L2vpnCompiler[Vpws]):
    """Compiles VPWSs; see `ServiceCompiler`."""

    kind: ClassVar[VpnKind] = VpnKind.VPWS

    def __init__(self, vpns: Iterable[Vpn]) -> None:
        super().__init__(vpn for vpn in vpns if vpn.kind is VpnKind.VPWS)

    def _wires(self, service: Service) -> Iterator[WireEnd]:
        first, second = ({line.pe for line in site.lines} for site in self._vpns[service.vpn].sites)
        far = (second if service.pe in first else set()) | (
            first if service.pe in second else set()
        )
        return (WireEnd(peer) for peer in sorted(far) if peer != service.pe)

    def _stands_by(self, service: Service, peer: str, state: ServiceState) -> bool:
        sites = self._vpns[service.vpn].sites
        if not any(site.homes for site in sites):
            return False
        return {service.pe, peer} != {site.pe for site in state.attached(sites)}

    def _vsi(
        self, vpn: Vpws, index: int, circuits: tuple[str, ...], pseudowires: tuple[Pseudowire, ...]
    ) -> Vsi:
        return Vsi(
            name=vpn.name,
            index=index,
            kind=vpn.kind,
            circuits=circuits,
            pseudowires=pseudowires,
            mac_aging_s=DEFAULT_MAC_AGING_S,  # unused: nothing is learned
            l2cp=vpn.l2cp,
        )
