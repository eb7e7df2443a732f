"""eBPF as a data plane: the maps' entries of each LSR, its ports' events, its punts."""

from __future__ import annotations

import logging
import os
import resource
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from mplsemu.errors import DataPlaneError, EmulationError
from mplsemu.program.program import Program
from mplsemu.southbound.ebpf.attached import Attached
from mplsemu.southbound.ebpf.counting import counter_names, counters_of
from mplsemu.southbound.ebpf.fdb import SWEEP_S, Fdb, attachment, is_at, learned_macs
from mplsemu.southbound.ebpf.inject import Injector, packet_socket
from mplsemu.southbound.ebpf.installer import Installer
from mplsemu.southbound.ebpf.layout import SETTINGS_KEY, CounterKey
from mplsemu.southbound.ebpf.layout_vsi import MacMovedRecord
from mplsemu.southbound.ebpf.limits import LIMITS
from mplsemu.southbound.ebpf.links import LinkSocket
from mplsemu.southbound.ebpf.map_table import MAPS
from mplsemu.southbound.ebpf.maps import RingBuffer, open_map
from mplsemu.southbound.ebpf.ports import LsrPorts, watch
from mplsemu.southbound.ebpf.punts import PuntRecord
from mplsemu.southbound.ebpf.tables import Table
from mplsemu.southbound.ebpf.threads import PlainThreads
from mplsemu.southbound.ebpf.translate import entries, settings
from mplsemu.southbound.mac_moves import TOO_MANY
from mplsemu.southbound.network_namespace import inside
from mplsemu.southbound.plane.counters import Counter, CounterKind
from mplsemu.southbound.plane.events import (
    Deliver,
    InstallRejected,
    LsrConnected,
    MacMoved,
    PacketPunted,
)
from mplsemu.southbound.plane.macs import LearnedMac, MacFlush
from mplsemu.southbound.plane.readback import InstallResult, ReadBack
from mplsemu.southbound.punt.event import PacketOut, Punt
from mplsemu.wire.ethernet import mac_text

_LOG = logging.getLogger(__name__)
_POLL_S: Final = 1.0
_PUNTS: Final = "punts"


class EbpfPlane:
    """The LSRs of one lab, which share one program and its maps.

    Args:
        attached: what the emulation has attached.
        tables: its maps by name, without the ring buffer.
    """

    name: Final = "ebpf"
    entry_word: Final = "entries"
    limits: Final = LIMITS

    def __init__(self, attached: Attached, tables: Mapping[str, Table]) -> None:
        self.threads = PlainThreads()
        self.version = f"eBPF, Linux {os.uname().release}"
        self._attached = attached
        self._tables = tables
        self._fdb = Fdb(tables)
        self._injectors: dict[str, Injector] = {}
        self._ended = threading.Event()

    def start(self, program: Program, deliver: Deliver) -> None:
        """Start the threads for ports, punts and MAC aging."""
        self.prepare(program, deliver)
        _allow_many_files()
        watched = []
        for node in program.nodes:
            lsr = self.enter(node.name, node.index)
            if lsr is not None:
                watched.append(lsr)
        names = {node.index: node.name for node in program.nodes}
        ring = open_map(self._attached.maps[_PUNTS])
        punts = RingBuffer(ring, lambda data: self._punted(names, data))
        self._fdb.sweep()
        for work in (
            lambda: watch(watched, deliver),
            lambda: _poll(punts),
            lambda: _sweep(self._fdb),
        ):
            self.threads.spawn(self._until_it_fails, work)

    def prepare(self, program: Program, deliver: Deliver) -> None:
        """Prepare to install, and write the settings.

        Raises:
            DataPlaneError: what is attached belongs to another lab.
        """
        for node in program.nodes:
            if node.name not in self._attached.ports or node.name not in self._attached.pids:
                raise DataPlaneError(
                    f"nothing is attached to LSR {node.name!r}; name the file of this very lab"
                )
        self._deliver = deliver
        self._installer = Installer(
            self._tables,
            self._attached.ports,
            lambda current, node: entries(current, node, self._attached),
            deliver,
        )
        common = settings(program).pack()
        if self._tables["settings"].get(SETTINGS_KEY) != common:
            self._tables["settings"].set_many([(SETTINGS_KEY, common)])

    def wait(self) -> None:
        """Wait until one of the threads has failed."""
        self._ended.wait()

    def enter(self, node: str, index: int) -> LsrPorts | None:
        """Open an LSR's sockets and deliver `LsrConnected`.

        An LSR whose process was killed still forwards and can be programmed, but its ports cannot
        be monitored, so all of them count as live.
        """
        numbers = {ifindex: port for port, ifindex in self._attached.ports[node].items()}
        pid = self._attached.pids[node]
        try:
            with inside(pid):
                links, sender = LinkSocket(), packet_socket()
            lsr = LsrPorts(node, links, numbers)
            live = lsr.first()
            if not lsr.is_here:  # the process id has been reused
                links.close()
                sender.close()
                raise EmulationError(f"process {pid} is none of the lab's")
        except EmulationError as error:
            self._deliver(LsrConnected(node, frozenset(numbers.values())))
            self._deliver(InstallRejected(node, f"to tell of its ports: {error}"))
            return None
        self._injectors[node] = Injector(index, self._attached.interfaces[node], sender)
        self._deliver(LsrConnected(node, live))
        return lsr

    def _punted(self, names: Mapping[int, str], data: bytes) -> None:
        if len(data) == MacMovedRecord.c.size:
            self._moved(names, MacMovedRecord.unpack(data))
            return
        try:
            record = PuntRecord.unpack(data)
            node = names[record.lsr]
        except (ValueError, KeyError) as error:
            _LOG.warning("a punt of another program: %r", error)
            return
        punt = Punt(record.reason, record.port, record.service, record.frame)
        self._deliver(PacketPunted(node, punt))

    def _moved(self, names: Mapping[int, str], record: MacMovedRecord) -> None:
        node = names.get(record.lsr)
        if node is None:
            return
        numbers = {ifindex: port for port, ifindex in self._attached.ports[node].items()}
        now = attachment(numbers, record.kind, record.id)
        before = attachment(numbers, record.before_kind, record.before_id)
        if now is not None and before is not None:  # the interface of a circuit may be gone
            mac = mac_text(record.mac)
            self._deliver(MacMoved(node, record.vsi, mac, before, now, TOO_MANY))

    def _until_it_fails(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001  # the lab process restarts a controller that ends
            _LOG.exception("a thread of the eBPF data plane ended")
        self._ended.set()

    # --- entries ----------------------------------------------------------------------------

    def read_back(self, program: Program, nodes: Collection[str]) -> Mapping[str, ReadBack]:
        """Read the maps."""
        return self._installer.read_back(program, nodes)

    def install(
        self, program: Program, nodes: Collection[str], *, at_once: bool = False
    ) -> InstallResult:
        """Write what differs, and then delete what is left over."""
        return self._installer.install(program, nodes, at_once=at_once)

    def settle(self) -> None:
        """Do nothing: a map that was written is what the next packet finds."""

    def hasten(self) -> None:
        """Do nothing, likewise."""

    def entries(self, node: str) -> int:
        """Return how many entries of the program an LSR has."""
        return self._installer.entries(node)

    # --- packets, MAC addresses, counters ---------------------------------------------------

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Send packets in the LSR's namespace."""
        if (injector := self._injectors.get(node)) is not None:
            for packet in packets:
                injector.send(packet)

    def flush_macs(self, program: Program, orders: Iterable[MacFlush]) -> None:
        """Delete learned addresses; all orders in one pass over the map, as there may be many."""
        meant = []
        for order in orders:
            node = program.node(order.node)
            vsi = node.vsi_by_name.get(order.vsi)
            if vsi is not None:
                ports = self._attached.ports[node.name]
                meant.append(is_at(node, vsi, order.place, ports))
        if meant:
            self._fdb.remove(lambda key, record: any(each(key, record) for each in meant))

    def macs(self, program: Program, nodes: Collection[str]) -> Iterator[LearnedMac]:
        """Read the addresses that have not aged out."""
        self._fdb.sweep()
        learned = list(self._fdb)
        for name in nodes:
            yield from learned_macs(program.node(name), learned, self._attached.ports[name])

    def storm_drops(self, program: Program, nodes: Collection[str]) -> Mapping[str, int]:
        """Read the counters of circuits."""
        found = {}
        for name in nodes:
            node = program.node(name)
            for key, (kind, circuit, _) in counter_names(program, node).items():
                if kind is CounterKind.STORM:
                    sums = self._tables["counters"].sums(key.pack())
                    found[circuit] = sums[0] if sums else 0
        return found

    def counters(self, program: Program, nodes: Collection[str]) -> Iterator[Counter]:
        """Read the counters."""
        rows = self._tables["counters"].all_sums()
        sums = [(CounterKey.unpack(key), numbers) for key, numbers in rows]
        for name in nodes:
            yield from counters_of(program, program.node(name), sums)


def open_plane(attached: Attached) -> EbpfPlane:
    """Return the data plane that is attached.

    Raises:
        DataPlaneError: its maps are gone, or are those of another version.
        NotRootError: this process may not open them.
    """
    missing = sorted(MAPS.keys() - attached.maps.keys())
    if missing:
        raise DataPlaneError(
            f"what is attached has no map {', '.join(missing)}; boot the lab with this version"
        )
    return EbpfPlane(
        attached, {name: open_map(attached.maps[name]) for name in MAPS if name != _PUNTS}
    )


def _poll(punts: RingBuffer) -> None:
    while True:
        punts.poll(_POLL_S)


def _sweep(fdb: Fdb) -> None:
    while True:
        time.sleep(SWEEP_S)
        fdb.sweep()


def _allow_many_files() -> None:
    """Raise the limit of open files: every LSR needs two sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
