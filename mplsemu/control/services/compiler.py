"""The interface of a service compiler, and the values that go in and come out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

from mplsemu.control.homing import NO_LINES, LineStates
from mplsemu.control.labels import BindingKey, ServiceKey
from mplsemu.control.learned import LearnedGroup, LearnedNeighbour
from mplsemu.model.labels import Label
from mplsemu.model.network import Vpn
from mplsemu.model.numbers import Numbers, Space
from mplsemu.model.vpn import Site, VpnKind
from mplsemu.program.entries import IlmEntry
from mplsemu.program.services import Vrf, Vsi


class Service(NamedTuple):
    """A VRF or VSI of a VPN at one of its PEs; `vrf` where it is not named as the VPN."""

    vpn: str
    pe: str
    vrf: str | None = None

    @property
    def name(self) -> str:
        """Name of the VRF or VSI, unique at the PE."""
        return self.vrf or self.vpn


@dataclass(frozen=True, slots=True)
class ServiceState:
    """Input of the service compilers, in addition to the lab.

    Attributes:
        down: names of the links and attachment circuits that are down.
        reaches: whether an LSP leads from one PE to another.
        labels: what each LSR bound its labels to.
        numbers: of services, ports and pseudowires.
        metric: of the path from one PE to another, where an LSP leads there.
        learned: neighbours that the running network resolved.
        lines: of dual-homed sites.
        groups: multicast groups that it heard of, sorted.
    """

    down: frozenset[str]
    reaches: Callable[[str, str], bool]
    labels: Mapping[str, Mapping[BindingKey, Label]]
    numbers: Numbers
    metric: Callable[[str, str], int]
    learned: tuple[LearnedNeighbour, ...] = ()
    lines: LineStates = NO_LINES
    groups: tuple[LearnedGroup, ...] = ()

    def number(self, service: Service) -> int:
        """Return the number of a service at its PE."""
        return self.numbers[Space.services(service.pe)][service.name]

    def circuits(self, pe: str, sites: Iterable[Site]) -> tuple[str, ...]:
        """Return the attachment circuits of sites at one PE, by port: new ones come last."""
        ports = self.numbers[Space.ports(pe)]
        here = (line.circuit for site in sites for line in site.lines if line.pe == pe)
        return tuple(sorted(here, key=lambda name: ports[name]))

    def attached(self, sites: Iterable[Site]) -> tuple[Site, ...]:
        """Return sites by the lines that lead to them now: dual-homed ones may move."""
        return tuple(self.lines.attached(sites))


def pes_of(sites: Iterable[Site]) -> tuple[str, ...]:
    """Return the PEs to which sites have lines, by name."""
    return tuple(sorted({line.pe for site in sites for line in site.lines}))


@dataclass(frozen=True, slots=True)
class ServiceTables:
    """VRFs and VSIs of one PE.

    Attributes:
        measured: of one service: see `Dependencies`.
        swaps: of an ASBR without a VRF: what it does with VPN labels at a border (option B).
        swapping: likewise, the service's name.
    """

    vrfs: tuple[Vrf, ...] = ()
    vsis: tuple[Vsi, ...] = ()
    measured: frozenset[str] = frozenset()
    swaps: tuple[IlmEntry, ...] = ()
    swapping: str | None = None

    @classmethod
    def merged(cls, parts: Iterable[ServiceTables]) -> ServiceTables:
        """Return the tables of several services, by their numbers."""
        parts = tuple(parts)
        vrfs = (vrf for part in parts for vrf in part.vrfs)
        vsis = (vsi for part in parts for vsi in part.vsis)
        return cls(
            tuple(sorted(vrfs, key=lambda vrf: vrf.index)),
            tuple(sorted(vsis, key=lambda vsi: vsi.index)),
        )


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the tables of a service depend on.

    Attributes:
        egresses: PEs to which it sends over an LSP.
        circuits: attachment circuits, local or remote, whose state matters to it.
        measured: PEs among which metrics decide; if one of them changes, so may the tables.
        elsewhere: tunnels of other PEs, by ingress and egress, that matter to it.
    """

    egresses: frozenset[str]
    circuits: frozenset[str]
    measured: frozenset[str] = frozenset()
    elsewhere: frozenset[tuple[str, str]] = frozenset()


class ServiceCompiler(Protocol):
    """Compiles the VPNs of one kind.

    Args:
        vpns: all VPNs of the lab, of every kind.
    """

    kind: ClassVar[VpnKind]

    def __init__(self, vpns: Iterable[Vpn]) -> None: ...

    def services(self, vpn: str) -> Iterator[Service]:
        """Yield the VRFs or VSIs of a VPN of this kind."""

    def tunnels(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs (ingress PE, egress PE) that need an LSP."""

    def pseudowire_peers(self, service: Service) -> tuple[str, ...]:
        """Return the PEs to which the service has a pseudowire while an LSP leads there."""

    def label_keys(
        self, service: Service, reaches: Callable[[str, str], bool]
    ) -> Iterator[ServiceKey]:
        """Yield what the PE binds labels to for the service."""

    def tables(self, service: Service, state: ServiceState) -> ServiceTables:
        """Return the service's VRF or VSI."""

    def ilm(self, tables: ServiceTables) -> Iterator[IlmEntry]:
        """Yield the ILM entries that point to a service's tables."""

    def dependencies(self, tables: ServiceTables) -> Dependencies:
        """Return what a service's tables depend on."""
