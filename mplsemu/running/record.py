"""What a running lab publishes about itself, in ``lab.json``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mplsemu.emulation.interface import Interface
from mplsemu.errors import NodeGoneError
from mplsemu.model.names import circuit_of, site_of, vpn_of
from mplsemu.running.process import Process


@dataclass(frozen=True, slots=True)
class HostRecord:
    """A host or CE router of a running lab.

    Attributes:
        short: its Mininet name.
        pid: of a process in its network namespace.
        interface: its interface towards the site.
        mac: of that interface.
        addresses: with prefix lengths.
        loopbacks: addresses outside of its LAN's subnets.
        is_station: whether it is a CE router that is a station of a VPLS.
    """

    short: str
    pid: int
    interface: str
    mac: str
    addresses: tuple[str, ...]
    loopbacks: tuple[str, ...] = ()
    is_station: bool = False


@dataclass(frozen=True, slots=True)
class LsrRecord:
    """An LSR of a running lab.

    Attributes:
        pid: of a process in the network namespace that its ports are in.
        bridge: its name in Open vSwitch, if it is a bridge.
    """

    pid: int
    bridge: str | None


@dataclass(frozen=True, slots=True)
class LabRecord:
    """What a running lab publishes; process ids are those of this machine.

    Attributes:
        name: of the lab.
        pid: of the lab process.
        dataplane: ``openflow`` or ``ebpf``.
        datapath: where packets are switched: ``userspace`` or ``kernel``.
        lab_file: the lab file it was booted from.
        boot_s: duration of the boot in seconds.
        hosts: by full name (``VPN/SITE/HOST``), CE routers as ``VPN/SITE/ce``.
        lsrs: by name.
        links: by link name, the interfaces at its two ends; by circuit name, first the PE's.
        site_ports: by circuit whose line carries tags, the interface behind the line towards its
            site, where frames have no tag of the circuit.
        environment: variables by which Open vSwitch's tools find this lab's daemons.
        notes: for the user, say about a delay that this kernel cannot emulate.
        web: address of its live page, ``http://127.0.0.1:8080``; None without ``up --web``.
        started: start time of each process, by process id; see `Process`.
    """

    name: str
    pid: int
    dataplane: str
    datapath: str
    lab_file: str
    boot_s: float
    hosts: dict[str, HostRecord] = field(default_factory=dict)
    lsrs: dict[str, LsrRecord] = field(default_factory=dict)
    links: dict[str, tuple[Interface, ...]] = field(default_factory=dict)
    site_ports: dict[str, Interface] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    web: str | None = None
    started: dict[int, int] = field(default_factory=dict)

    def vpn_of(self, host: HostRecord) -> str:
        """Return the VPN of a host or CE router."""
        return vpn_of(next(name for name, each in self.hosts.items() if each is host))

    def hosts_at(self, circuit: str) -> list[HostRecord]:
        """Return the hosts, and the CE router, of a circuit's site."""
        return [host for name, host in self.hosts.items() if circuit_of(name) == site_of(circuit)]

    def require(self, pid: int) -> None:
        """Check that a process id still belongs to the process that was recorded.

        A node's process may have ended, and its id been reused by a process outside the lab. A
        command in that one's namespaces would run on the machine itself.

        Raises:
            NodeGoneError: the recorded process has ended.
        """
        if not self.has(pid):
            raise NodeGoneError(f"process {pid} of the lab is gone")

    def has(self, pid: int) -> bool:
        """Whether a process id still belongs to the process that was recorded; see `require`."""
        began = self.started.get(pid)
        return began is None or Process(pid, began).is_there()

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> LabRecord:
        """Return the record that `asdict` turned into this."""
        hosts = {
            name: HostRecord(**{key: _tuple(value) for key, value in host.items()})
            for name, host in record["hosts"].items()
        }
        lsrs = {name: LsrRecord(**lsr) for name, lsr in record["lsrs"].items()}
        links = {
            name: tuple(Interface(**end) for end in ends) for name, ends in record["links"].items()
        }
        site_ports = {name: Interface(**end) for name, end in record.get("site_ports", {}).items()}
        notes = tuple(record["notes"])
        started = {int(pid): began for pid, began in record.get("started", {}).items()}
        rebuilt = {"hosts": hosts, "lsrs": lsrs, "links": links, "notes": notes}
        rebuilt["site_ports"] = site_ports
        return cls(**{**record, **rebuilt, "started": started})


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
