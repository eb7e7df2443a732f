"""Packets that a test captured on a link."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import overload

from mplsemu.emulation.dissect import Datagram, Frame, Payload, Stack
from mplsemu.wire.arp import Arp
from mplsemu.wire.ethernet import EthernetHeader


@dataclass(frozen=True, slots=True)
class CapturedPacket:
    """A packet on a link.

    Attributes:
        link: the core link or attachment circuit, or the host at whose interface it was.
        sender: the LSR, site or host that sent it there.
        receiver: the one that gets it.
        frame: its content.
        names: what its labels mean: ``LSP to se``, ``VRF a``, ``PW c from dk``.
        time_s: time since 1970; None without a network.
        data: the bytes; empty without a network.
    """

    link: str
    sender: str
    receiver: str
    frame: Frame
    names: tuple[str, ...]
    time_s: float | None = None
    data: bytes = b""

    @property
    def ethernet(self) -> EthernetHeader:
        """The outermost Ethernet header."""
        return self.frame.ethernet

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels, outermost first."""
        return self.frame.labels

    @property
    def stack(self) -> Stack:
        """The label stack entries, with traffic class and TTL, outermost first."""
        return self.frame.stack

    @property
    def inner(self) -> Datagram | Arp | Frame | Payload:
        """The payload below the labels; over a pseudowire, the customer's frame."""
        return self.frame.inner

    @property
    def ip(self) -> Datagram | None:
        """The customer's IP packet, however deep it is; None if there is none."""
        return self.frame.ip

    def __str__(self) -> str:
        labels = [f"{label} {name}" for label, name in zip(self.labels, self.names, strict=True)]
        stack = f"[{' | '.join(labels)}] " if labels else ""
        return f"{self.link}: {self.sender} > {self.receiver}  {stack}{self.frame}"

    __repr__ = __str__


class CapturedPackets:
    """The packets of a capture, in order; it grows while the capture runs.

    Args:
        live: whether packets may come by themselves, as in a running network.
    """

    def __init__(self, *, live: bool) -> None:
        self._packets: list[CapturedPacket] = []
        self._live = live

    def add(self, packet: CapturedPacket) -> None:
        """Append a packet."""
        self._packets.append(packet)

    def wait(
        self,
        wanted: Callable[[CapturedPacket], bool] = lambda _packet: True,
        *,
        count: int = 1,
        timeout_s: float = 5.0,
    ) -> list[CapturedPacket]:
        """Wait for `count` packets that satisfy `wanted`; return all that do.

        After the timeout it returns those that have come.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = [packet for packet in list(self._packets) if wanted(packet)]
            if len(found) >= count or not self._live or time.monotonic() > deadline:
                return found
            time.sleep(0.01)

    def __iter__(self) -> Iterator[CapturedPacket]:
        return iter(list(self._packets))

    def __len__(self) -> int:
        return len(self._packets)

    @overload
    def __getitem__(self, index: int) -> CapturedPacket: ...
    @overload
    def __getitem__(self, index: slice) -> list[CapturedPacket]: ...
    def __getitem__(self, index: int | slice) -> CapturedPacket | list[CapturedPacket]:
        return self._packets[index]

    def __repr__(self) -> str:
        lines = "".join(f"\n  {packet}" for packet in self)
        return f"<{len(self)} packet{'' if len(self) == 1 else 's'}{lines}>"
