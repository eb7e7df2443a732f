"""One LSR as the translator of map entries reads it: ports are interfaces."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, assert_never

from mplsemu.errors import CapabilityError, DataPlaneError
from mplsemu.program.entries import Nhlfe, Pop, Push, Swap
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.circuit_ids import delimited_id
from mplsemu.southbound.ebpf.kinds import MAX_PUSH, NhlfeFlag, Operation
from mplsemu.southbound.ebpf.layout import NhlfeRecord
from mplsemu.southbound.resolved import ResolvedLsr
from mplsemu.wire.ethernet import mac_bytes


class Lsr(ResolvedLsr):
    """An LSR as the maps' entries need it.

    Args:
        program: the whole network's program.
        name: of the LSR.
        attached: which interfaces its ports are.

    Raises:
        DataPlaneError: nothing of it is attached.
    """

    def __init__(self, program: Program, name: str, attached: Attached) -> None:
        super().__init__(program, name)
        self._direct: Final = attached.direct
        try:
            self._ports: Final = attached.ports[name]
        except KeyError:
            raise DataPlaneError(
                f"{name} is not attached; take the lab down and up again"
            ) from None

    def ifindex(self, port: int) -> int:
        """Return the interface that a port is.

        Raises:
            DataPlaneError: there is no such interface.
        """
        try:
            return self._ports[port]
        except KeyError:
            raise DataPlaneError(
                f"{self.node.name}: port {port} is not attached; take the lab down and up again"
            ) from None

    def circuit_id(self, circuit: AttachmentCircuit) -> int:
        """Return the number by which the maps know a circuit.

        Raises:
            DataPlaneError: its port is not attached.
        """
        ifindex = self.ifindex(circuit.physical_port)
        return delimited_id(self.node, circuit) if circuit.is_delimited else ifindex

    def nhlfe(self, nhlfe: Nhlfe) -> NhlfeRecord:
        """Return the record of an NHLFE.

        Raises:
            ProgramError: the LSR is not at an end of its link.
            CapabilityError: its operation is beyond the data plane.
        """
        adjacency = self.adjacency(nhlfe.link)
        oif = self.ifindex(adjacency.port)
        operation, labels = self._operation(nhlfe)
        return NhlfeRecord(
            oif,
            mac_octets(adjacency.peer_mac),
            mac_octets(adjacency.mac),
            operation,
            NhlfeFlag.DIRECT if oif in self._direct else NhlfeFlag.NONE,
            labels,
        )

    def _operation(self, nhlfe: Nhlfe) -> tuple[Operation, tuple[int, ...]]:
        match nhlfe.operation:
            case Swap(labels):
                if len(labels) > 1:
                    raise CapabilityError(
                        f"{self.node.name}: a label is replaced by {len(labels)} on link "
                        f"{nhlfe.link!r}; the eBPF data plane replaces one label by one"
                    )
                return Operation.SWAP, (int(labels[0]),)
            case Pop():
                return Operation.POP, ()
            case Push(labels):
                if len(labels) > MAX_PUSH:
                    raise CapabilityError(
                        f"{self.node.name}: {len(labels)} labels to push on link {nhlfe.link!r}; "
                        f"the eBPF data plane pushes at most {MAX_PUSH} of a tunnel"
                    )
                return Operation.PUSH, tuple(map(int, labels))
            case _:
                assert_never(nhlfe.operation)


@lru_cache(maxsize=65536)
def mac_octets(mac: str) -> bytes:
    """Return a MAC address as it stands in a frame."""
    return mac_bytes(mac)
