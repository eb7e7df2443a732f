"""LSRs as bridges of the lab's own Open vSwitch, in the lab's namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from mplsemu.emulation import batch_commands
from mplsemu.emulation.fabric import Progress
from mplsemu.emulation.node_namespaces import NodeView
from mplsemu.emulation.nodes import LabSwitch
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.emulation.plan import LabPlan, LsrPlan
from mplsemu.southbound.openflow.learned import TableLimit

_TIMEOUT_S: Final = 15.0
_TIMEOUT_PER_PORT_S: Final = 0.1
_LSRS_PER_TRANSACTION: Final = 200  # a command line holds 2 MB


class OpenVswitchFabric:
    """A `Fabric` of Open vSwitch.

    Args:
        openvswitch: started with the lab if it does not run yet, and stopped with it.
        controllers: OpenFlow controllers of every LSR, as in ovs-vsctl(8).
        limits: of a flow table of LSRs, by name.
    """

    lsr_namespaces = False
    needs_checksums = True

    def __init__(
        self,
        openvswitch: PrivateOpenVswitch,
        controllers: Sequence[str] = (),
        limits: Mapping[str, TableLimit] | None = None,
    ) -> None:
        self.openvswitch = openvswitch
        self._limits = limits or {}
        self._controllers = tuple(controllers)

    def start(self) -> None:
        """Start Open vSwitch's daemons if they do not run."""
        if not self.openvswitch.alive:
            self.openvswitch.start()

    def lsr(self, lsr: LsrPlan, connect: Callable[[Any], None], view: NodeView) -> LabSwitch:
        """Return the Mininet node of an LSR."""
        return LabSwitch(lsr, connect, view)

    def connect(
        self,
        plan: LabPlan,
        lsrs: Sequence[Any],
        shaped: frozenset[str],  # noqa: ARG002  # of no account here
        controllers: Sequence[str],
        progress: Progress,
    ) -> None:
        """Make the bridges of LSRs and add their ports, many in one transaction."""
        ports = plan.lsr_ports()
        plans = {lsr.name: lsr for lsr in plan.lsrs}
        targets = (*self._controllers, *controllers)
        timeout_s = _TIMEOUT_S + _TIMEOUT_PER_PORT_S * sum(map(len, ports.values()))
        for first in range(0, len(lsrs), _LSRS_PER_TRANSACTION):
            progress("switches", first, len(lsrs))
            arguments = list(batch_commands.OWN_QDISCS)
            for each in lsrs[first : first + _LSRS_PER_TRANSACTION]:
                arguments += batch_commands.bridge_arguments(
                    plans[each.name],
                    ports[each.name],
                    self.openvswitch.datapath,
                    targets,
                    self._limits.get(each.name),
                )
            self.openvswitch.vsctl(*arguments, timeout_s=timeout_s)
        self.openvswitch.widen_sockets(_speaker(plan))
        progress("switches", len(lsrs), len(lsrs))

    def hang_up(self) -> None:
        """Kill the daemons without waiting for their end."""
        self.openvswitch.hang_up()

    def removal_lines(self, plan: LabPlan) -> Iterator[str]:
        """Yield the lines that remove what is in the lab's namespace."""
        return batch_commands.removal_lines(plan, self.openvswitch.datapath)

    def stop(self) -> None:
        """End the daemons and wait until they are gone."""
        self.openvswitch.stop()


def _speaker(plan: LabPlan) -> tuple[str, int] | None:
    """Return the bridge and the number of a core link's port, or of any port without core links."""
    bridges = {lsr.name: lsr.bridge for lsr in plan.lsrs}
    ends = [end for pair in plan.core_pairs() for end in pair.ends]
    ends += [end for _, end in plan.ports() if end.node in bridges]
    return (bridges[ends[0].node], ends[0].port) if ends else None
