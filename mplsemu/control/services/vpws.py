"""The compiler of VPWS: one pseudowire that joins two circuits, and learns nothing (RFC 8077)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from mplsemu.control.services.compiler import Service
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
        pes = self._pes[service.vpn]
        return (WireEnd(peer) for peer in pes if peer != service.pe)

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
