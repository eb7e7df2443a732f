"""What the server needs of a lab, as a protocol: tests use a lab that needs no root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from mplsemu.emulation.counters import Counters
from mplsemu.program.program import Program, VpnInfo
from mplsemu.program.provider_part import part_of, providers_of
from mplsemu.running.session import PingResult
from mplsemu.views.tables.counters import CounterTable
from mplsemu.views.tables.macs import MacRow

Status = dict[str, Any]
"""What the controller's northbound answers to ``status`` (docs/northbound.md)."""


@dataclass(frozen=True, slots=True)
class LabFacts:
    """Facts that do not change while a lab runs.

    Attributes:
        lab: its name.
        dataplane: ``openflow`` or ``ebpf``.
        datapath: ``userspace`` or ``kernel``.
        vpns: in the lab file's order.
        parts: where there are several providers, the VPNs of each by his name; else empty.
        provider: whose these facts are, if they are of one of several.
        pictured: names of the VPNs whose customers' pictures the provider may see: all, but for
            one of several those that are his alone.
    """

    lab: str
    dataplane: str
    datapath: str
    vpns: tuple[VpnInfo, ...]
    parts: Mapping[str, tuple[VpnInfo, ...]] = field(default_factory=dict)
    provider: str | None = None
    pictured: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        others = (vpns for name, vpns in self.parts.items() if name != self.provider)
        spanning = {vpn.name for vpns in others for vpn in vpns} if self.provider else set()
        names = frozenset(vpn.name for vpn in self.vpns)
        object.__setattr__(self, "pictured", names - spanning)

    def of_provider(self, provider: str) -> LabFacts:
        """Return the facts that one of several providers knows."""
        return replace(self, vpns=self.parts[provider], provider=provider)

    @property
    def customers(self) -> tuple[str, ...]:
        """Everyone who has a VPN, once."""
        return tuple(dict.fromkeys(vpn.customer for vpn in self.vpns))

    def vpns_of(self, customer: str) -> tuple[VpnInfo, ...]:
        """Return a customer's VPNs."""
        return tuple(vpn for vpn in self.vpns if vpn.customer == customer)


@dataclass(frozen=True, slots=True)
class InstalledProgram:
    """The program that the controller has installed.

    Attributes:
        version: differs for every program, also after a restart of the controller.
        generation: the controller's number of it.
        program: the program.
    """

    version: str
    generation: int
    program: Program


class LabSource(Protocol):
    """A running lab. Any thread may call; every method may wait for the controller.

    They raise LabNotRunningError if no controller answers, and EmulationError if it refuses.
    """

    @property
    def facts(self) -> LabFacts:
        """Facts that do not change."""
        ...

    def is_running(self) -> bool:
        """Whether the lab still runs, with or without a controller."""
        ...

    def status(self) -> Status:
        """Return the state of the controller and of its LSRs."""
        ...

    def events(self, since: int) -> Sequence[dict[str, Any]]:
        """Return the events after one of this number."""
        ...

    def installed(self) -> InstalledProgram:
        """Return the program that the controller has installed."""
        ...

    def macs(self) -> Sequence[MacRow]:
        """Return the MAC addresses that every VPLS has learned."""
        ...

    def counted(self) -> CounterTable:
        """Return what LSRs have counted by LSP, tunnel, VRF and pseudowire."""
        ...

    def counters(self) -> Counters:
        """Return how much both ends of each core link have sent."""
        ...

    def set_link(self, link: str, *, up: bool) -> None:
        """Cut or mend a link or circuit, and wait until the controller has dealt with it."""
        ...

    def ping(self, source: str, target: str, count: int) -> PingResult:
        """Ping from a host to a host or an address.

        Raises:
            LabError: an end does not exist, or they have no IP version in common.
        """
        ...


def parts_of(program: Program) -> dict[str, tuple[VpnInfo, ...]]:
    """Return the VPNs of each of several providers; nothing where there is one."""
    return {name: part_of(program, name).vpns for name in providers_of(program)}


def version_of(status: Status) -> str:
    """Return the version of the program that a status is about."""
    return f"{status['pid']}.{status['generation']}"
