"""A Mininet of a lab that another process has booted: the same nodes, with new shells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mplsemu.emulation.access_lines import LineEnd
from mplsemu.emulation.fabric import Fabric
from mplsemu.emulation.net import LabNet
from mplsemu.emulation.nodes import (
    AccessSwitch,
    CeRouter,
    LabHost,
    LabSwitch,
    NamespaceLsr,
    SiteLan,
)
from mplsemu.emulation.options import LabOptions
from mplsemu.emulation.plan import (
    CePlan,
    Endpoint,
    HostPlan,
    LanPlan,
    LsrPlan,
)
from mplsemu.errors import EmulationError
from mplsemu.model.network import Network
from mplsemu.program.program import Program


class AttachedNet(LabNet):
    """A running lab's nodes and links, with Mininet's interface; ending it leaves the lab alone.

    Args:
        network: the lab's facts.
        program: that the lab was booted with.
        fabric: like the one the LSRs were made by; it is not started.
        pids: a process of every node that has namespaces of its own, by Mininet name.
        lab: the lab process.
        lsr_hosts: what LSRs see as their /etc/hosts.
    """

    def __init__(
        self,
        network: Network,
        program: Program,
        fabric: Fabric,
        pids: Mapping[str, int],
        lab: int,
        lsr_hosts: Path,
    ) -> None:
        super().__init__(network, program, None, fabric, LabOptions())
        names = [lsr.name for lsr in self.plan.lsrs] + [lan.name for lan in self.plan.lans]
        names += [access.name for access in self.plan.accesses]
        names += [bundle.name for bundle in self.plan.bundles]
        self._hosts_files = dict.fromkeys(names, lsr_hosts)
        self._home_of = pids
        self._lab = lab

    def build(self) -> None:
        """Register the nodes and links that exist."""
        self._register_nodes()
        self._note_links()
        self.built = True

    def start(self) -> None:
        """Build, unless that is done; everything else runs already."""
        if not self.built:
            self.build()

    def stop(self) -> None:
        """End the shells that were started here."""
        for node in self._nodes():
            node.hang_up()

    def _pid_of(self, end: Endpoint) -> int:
        return self._home_of[end.node] if end.own_namespace else self._lab

    def _host(self, host: HostPlan) -> Any:
        return LabHost(host.name, home=self._home_of[host.name])

    def _ce(self, ce: CePlan) -> Any:
        return CeRouter(ce.name, home=self._home_of[ce.name])

    def _access(self, access: LineEnd) -> Any:
        return AccessSwitch(access.name, self._view(access), home=self._lab)

    def _lsr(self, lsr: LsrPlan) -> Any:
        if self.fabric.lsr_namespaces:
            return NamespaceLsr(lsr, _refuse, self._view(lsr), home=self._home_of[lsr.name])
        return LabSwitch(lsr, _refuse, self._view(lsr), home=self._lab)

    def _lan(self, lan: LanPlan) -> Any:
        return SiteLan(lan.name, lan.bridge, self._view(lan), home=self._lab)


def _refuse(lsr: Any) -> None:
    raise EmulationError(f"{lsr.name} can be started again at the prompt of `mplsemu up` alone")
