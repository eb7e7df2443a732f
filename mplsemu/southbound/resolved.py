"""One LSR of a forwarding program with its names resolved: what a translator reads (pure)."""

from __future__ import annotations

from typing import Final

from mplsemu.errors import ProgramError
from mplsemu.model.labels import Label
from mplsemu.model.topology import TtlMode
from mplsemu.model.vpn import IPAddress
from mplsemu.program.border_swaps import swap_nhlfes
from mplsemu.program.entries import (
    FtnEntry,
    Nhlfe,
    PopToPseudowire,
    PopToVrf,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.program import Adjacency, NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit, Ce, Neighbour, Pseudowire, Vrf, Vsi

_IP_VERSIONS: Final = frozenset({4, 6})


class ResolvedLsr:
    """What every data plane's translator needs to know of one LSR.

    Args:
        program: the whole network's program.
        name: of the LSR.

    Attributes:
        node: its own program.
        is_uniform: whether the lab's TTL model is the uniform one (RFC 3443).

    Raises:
        ProgramError: of the constructor, that the program has no such LSR; of every method, that
            this LSR's program names what is not there.
    """

    def __init__(self, program: Program, name: str) -> None:
        self.node: Final[NodeProgram] = program.node(name)
        self.is_uniform: Final = program.ttl_mode is TtlMode.UNIFORM
        self._program: Final = program
        self._nhlfe_counts: Final = {ftn.egress: len(ftn.nhlfes) for ftn in self.node.ftn}

    @property
    def index(self) -> int:
        """The LSR's number in the lab."""
        return self.node.index

    def egress(self, name: str) -> int:
        """Return the number that stands for the tunnel to a PE: that PE's index in the lab."""
        return self._program.node(name).index

    def nhlfe_count(self, egress: str) -> int:
        """Return among how many NHLFEs the tunnel to a PE spreads flows: 0 without a tunnel."""
        return self._nhlfe_counts.get(egress, 0)

    def adjacency(self, link: str) -> Adjacency:
        """Return this LSR's end of a core link."""
        try:
            return self.node.adjacency_by_link[link]
        except KeyError:
            raise ProgramError(f"{self.node.name} is not at an end of link {link!r}") from None

    def circuit(self, name: str) -> AttachmentCircuit:
        """Return an attachment circuit of this PE."""
        try:
            return self.node.circuit_by_name[name]
        except KeyError:
            raise ProgramError(f"{self.node.name} has no attachment circuit {name!r}") from None

    def ce(self, vrf: Vrf, circuit: str) -> Ce:
        """Return the CE router that a route of a VRF leads to."""
        found = self.circuit(circuit).ce
        if found is None:
            raise ProgramError(f"VRF {vrf.name!r}: circuit {circuit!r} has no CE router")
        return found

    def neighbour(self, vrf: Vrf, circuit: str, address: IPAddress) -> Neighbour | None:
        """Return the neighbour on a circuit that a static route leads to; None: not resolved."""
        if not self.circuit(circuit).up:
            return None
        return next(
            (n for n in vrf.neighbours if (n.circuit, n.address) == (circuit, address)), None
        )

    def imported_vrf(self, vrf: Vrf, name: str) -> Vrf:
        """Return the VRF of this PE that a route was imported from."""
        found = self.node.vrf_by_name.get(name)
        if found is None:
            raise ProgramError(
                f"{self.node.name}: VRF {vrf.name!r} imports from {name!r}, which is not here"
            )
        return found

    def swapped(self, swap: SwapToAsbr | SwapToPe) -> tuple[Nhlfe, ...]:
        """Return the NHLFEs of a VPN label that is swapped at a border."""
        found = swap_nhlfes(self.node, swap)
        if not found:
            raise ProgramError(f"{self.node.name}: a label at a border leads into no tunnel")
        return found

    def tunnel(self, egress: str) -> FtnEntry:
        """Return the tunnel to a PE."""
        found = self.node.ftn_by_egress.get(egress)
        if found is None:
            raise ProgramError(f"{self.node.name}: there is no tunnel to {egress}")
        return found

    def vrf_of_label(self, label: Label, pop: PopToVrf) -> Vrf:
        """Return the VRF that a service label leads to."""
        found = self.node.vrf_by_name.get(pop.vrf)
        if found is None or pop.ip_version not in _IP_VERSIONS:
            raise ProgramError(
                f"{self.node.name}: label {int(label)} leads to IPv{pop.ip_version} in VRF "
                f"{pop.vrf!r}, which is not here"
            )
        return found

    def pseudowire_of_label(self, label: Label, pop: PopToPseudowire) -> tuple[Vsi, Pseudowire]:
        """Return the pseudowire that a service label leads to, and its VSI."""
        vsi = self.node.vsi_by_name.get(pop.vsi)
        for pw in vsi.pseudowires if vsi else ():
            if vsi is not None and pw.peer == pop.peer:
                return vsi, pw
        raise ProgramError(
            f"{self.node.name}: label {int(label)} leads to a pseudowire of VSI {pop.vsi!r} "
            f"with {pop.peer!r}, which is not here"
        )
