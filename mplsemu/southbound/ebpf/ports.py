"""Which ports of the LSRs carry packets, by rtnetlink in each LSR's namespace."""

from __future__ import annotations

import selectors
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mplsemu.southbound.ebpf.links import DumpEnd, LinkMessage, LinkState
from mplsemu.southbound.plane.events import Deliver, PortChanged


class LinkMonitor(Protocol):
    """The part of a `LinkSocket` that is used."""

    def fileno(self) -> int:
        """Return a descriptor, for a selector."""

    def request_dump(self) -> None:
        """Request all interfaces again."""

    def receive(self) -> tuple[LinkMessage, ...] | None:
        """Wait for messages; None if some were lost."""


@dataclass(slots=True)
class LsrPorts:
    """The ports of one LSR.

    Attributes:
        node: the LSR.
        monitor: reports the interfaces in its namespace.
        numbers: port numbers by ifindex.
    """

    node: str
    monitor: LinkMonitor
    numbers: Mapping[int, int]
    _live: set[int] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)
    _dumping: bool = True  # a new monitor has requested a dump
    _lost: bool = False

    @property
    def is_here(self) -> bool:
        """Whether any of its ports was seen in that namespace."""
        return bool(self._seen) or not self.numbers

    def first(self) -> frozenset[int]:
        """Wait for the first dump; return the ports that are live."""
        while self._dumping:
            list(self.changes())
        return frozenset(self._live)

    def changes(self) -> Iterator[PortChanged]:
        """Wait for messages, and yield what changed."""
        messages = self.monitor.receive()
        if messages is None:
            self._lost = True
        else:
            yield from self._take_in(messages)
        if self._lost and not self._dumping:
            self._lost, self._dumping = False, True
            self._seen.clear()
            self.monitor.request_dump()

    def _take_in(self, messages: tuple[LinkMessage, ...]) -> Iterator[PortChanged]:
        for message in messages:
            match message:
                case LinkState(ifindex=ifindex, live=live):
                    port = self.numbers.get(ifindex)
                    if port is not None:
                        self._seen.add(port)
                        yield from self._set(port, live=live)
                case DumpEnd.END:
                    self._dumping = False
                    for port in set(self.numbers.values()) - self._seen:
                        yield from self._set(port, live=False)

    def _set(self, port: int, *, live: bool) -> Iterator[PortChanged]:
        if live != (port in self._live):
            (self._live.add if live else self._live.discard)(port)
            yield PortChanged(self.node, port, live)


def watch(lsrs: Iterable[LsrPorts], deliver: Deliver) -> None:
    """Deliver what changes, for as long as the process lives.

    Args:
        lsrs: each after its first dump (`LsrPorts.first`).
        deliver: takes the events.
    """
    with selectors.DefaultSelector() as selector:
        for lsr in lsrs:
            selector.register(lsr.monitor.fileno(), selectors.EVENT_READ, lsr)
        while True:
            for key, _ in selector.select():
                for change in key.data.changes():
                    deliver(change)
