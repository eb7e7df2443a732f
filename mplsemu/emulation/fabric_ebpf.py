"""LSRs as network namespaces with one eBPF program at the ingress of every port.

All LSRs of a lab share one program and its maps, so ports have lab-wide unique ifindexes. The
kernel's own IP stack gets no packet: the program drops or redirects all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from mplsemu.emulation.batch_commands import LINK_GROUP
from mplsemu.emulation.fabric import Progress
from mplsemu.emulation.interface_flags import set_up
from mplsemu.emulation.node_namespaces import NodeView
from mplsemu.emulation.nodes import NamespaceLsr
from mplsemu.emulation.plan import LabPlan, LsrPlan
from mplsemu.errors import EmulationError
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.limits import LIMITS
from mplsemu.southbound.ebpf.loader import LoadedProgram
from mplsemu.southbound.ebpf.maps import Map
from mplsemu.southbound.ebpf.sizes import FULL_FRAME
from mplsemu.southbound.network_namespace import inside
from mplsemu.southbound.plane.limits import Limits

_LOOPBACK: Final = "lo"  # the controller injects packets into an LSR there
_MAX_EXPRESS_PORTS: Final = 40
"""Attaching them takes a larger lab over half a second, and gains a few per cent of speed."""


class EbpfFabric:
    """A `Fabric` of network namespaces.

    Args:
        sizes: how many entries the program's maps can have, by name.
        always_fits: octets of a frame that every link and circuit takes.
    """

    lsr_namespaces = True
    needs_checksums = False

    def __init__(
        self, sizes: Mapping[str, int] | None = None, always_fits: int = FULL_FRAME
    ) -> None:
        self._sizes = sizes
        self._always_fits = always_fits
        self._program: LoadedProgram | None = None
        self._attached: Attached | None = None

    @property
    def attached(self) -> Attached:
        """What the controller needs to know of the attached program.

        Raises:
            EmulationError: it is not attached yet.
        """
        if self._attached is None:
            raise EmulationError("the LSRs are not connected yet")
        return self._attached

    @property
    def maps(self) -> Mapping[str, Map]:
        """The program's maps, once it is loaded."""
        return self._program.maps if self._program is not None else {}

    @property
    def limits(self) -> Limits:
        """How many circuits or pseudowires of a VSI the program floods to: fewer if interpreted."""
        return self._program.limits if self._program is not None else LIMITS

    @property
    def is_interpreted(self) -> bool:
        """Whether the kernel has no JIT compiler for the program that is loaded."""
        return self._program is not None and self._program.is_interpreted

    def start(self) -> None:
        """Load the program, which the kernel verifies and compiles once for all LSRs."""
        if self._program is None:
            self._program = LoadedProgram.load(sizes=self._sizes, always_fits=self._always_fits)

    def lsr(self, lsr: LsrPlan, connect: Callable[[Any], None], view: NodeView) -> NamespaceLsr:
        """Return the Mininet node of an LSR."""
        return NamespaceLsr(lsr, connect, view)

    def connect(
        self,
        plan: LabPlan,
        lsrs: Sequence[Any],
        shaped: frozenset[str],
        controllers: Sequence[str],  # noqa: ARG002  # the controller finds the maps by itself
        progress: Progress,
    ) -> None:
        """Attach the program to the ports of LSRs, then take the ports up."""
        if self._program is None:
            raise EmulationError("the data plane's program is not loaded yet")
        ports = plan.lsr_ports()
        express = sum(map(len, ports.values())) <= _MAX_EXPRESS_PORTS
        for done, each in enumerate(lsrs):
            progress("switches", done, len(lsrs))
            with inside(each.pid):
                for end in ports[each.name]:
                    self._program.attach(end.ifindex or end.interface, express=express)
                self._program.attach(_LOOPBACK, express=False)
                set_up((_LOOPBACK, *(end.interface for end in ports[each.name])), up=True)
        progress("switches", len(lsrs), len(lsrs))
        if self._attached is None:
            self._attached = self._describe(plan, lsrs, shaped)

    def _describe(self, plan: LabPlan, lsrs: Sequence[Any], shaped: frozenset[str]) -> Attached:
        assert self._program is not None  # it is attached already
        ports = {
            lsr: {end.port: end for end in ends if end.ifindex is not None}
            for lsr, ends in plan.lsr_ports().items()
        }
        return Attached(
            maps={name: each.id for name, each in self._program.maps.items()},
            ports={
                lsr: {port: end.ifindex for port, end in ends.items() if end.ifindex is not None}
                for lsr, ends in ports.items()
            },
            interfaces={
                lsr: {port: end.interface for port, end in ends.items()}
                for lsr, ends in ports.items()
            },
            direct=frozenset(
                end.ifindex
                for pair in plan.core_pairs()
                for end in pair.ends
                if end.ifindex is not None and end.interface not in shaped
            ),
            pids={each.name: each.pid for each in lsrs},
        )

    def hang_up(self) -> None:
        """Do nothing: an LSR ends with the processes in its namespace."""

    def removal_lines(self, plan: LabPlan) -> Iterator[str]:  # noqa: ARG002  # there is a group
        """Yield the lines that remove what is in the lab's namespace."""
        yield f"link delete group {LINK_GROUP}"

    def stop(self) -> None:
        """Close the program: the kernel unloads it with the last interface that has it."""
        program, self._program, self._attached = self._program, None, None
        if program is not None:
            program.close()
