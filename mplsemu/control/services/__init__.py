"""Services: VRFs and VSIs, of VPNs at their PEs. Each kind of VPN has its compiler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mplsemu.control.services.compiler import (
    Service,
    ServiceCompiler,
    ServiceState,
    ServiceTables,
)
from mplsemu.control.services.l3vpn import L3vpnCompiler
from mplsemu.control.services.six_pe import SixPeCompiler
from mplsemu.control.services.vpls import VplsCompiler
from mplsemu.control.services.vpws import VpwsCompiler
from mplsemu.model.network import Network

__all__ = ["SERVICE_COMPILERS", "Service", "ServiceState", "ServiceTables", "Services"]

SERVICE_COMPILERS: Final[tuple[type[ServiceCompiler], ...]] = (
    L3vpnCompiler,
    VplsCompiler,
    VpwsCompiler,
    SixPeCompiler,
)
"""One for each `VpnKind`."""


class Services:
    """All services of a network, each with the compiler of its kind.

    Args:
        network: the lab.
    """

    def __init__(self, network: Network) -> None:
        self.compilers = tuple(compiler(network.vpns) for compiler in SERVICE_COMPILERS)
        of_kind = {compiler.kind: compiler for compiler in self.compilers}
        self._compiler_of: Mapping[Service, ServiceCompiler] = {
            service: of_kind[vpn.kind]
            for vpn in network.vpns
            for service in of_kind[vpn.kind].services(vpn.name)
        }

    def __iter__(self) -> Iterator[Service]:
        """Yield the services in the lab file's order, those of one VPN by VRF and PE."""
        return iter(self._compiler_of)

    def __getitem__(self, service: Service) -> ServiceCompiler:
        return self._compiler_of[service]

    def pseudowire_peers(self, service: Service) -> frozenset[str]:
        """Return the PEs to which a service has pseudowires; none if there is no such service."""
        compiler = self._compiler_of.get(service)
        return frozenset(compiler.pseudowire_peers(service)) if compiler else frozenset()
