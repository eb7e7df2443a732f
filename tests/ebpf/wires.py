"""Veth pairs of the tests: the program is attached to the near end, a socket to the far."""

from __future__ import annotations

import select
import socket
import struct
import subprocess
import time
from dataclasses import dataclass, field

from mplsemu.emulation.operational import await_operational
from mplsemu.model.limits import MAX_MTU

_SOL_PACKET, _AUXDATA, _IGNORE_OUTGOING = 263, 8, 23
_ETH_P_ALL = 3
_VLAN_VALID = 0x10
_BUFFER_OCTETS = 1 << 22
MTU = MAX_MTU


@dataclass
class Wire:
    """A pair; `ifindex` is that of its near end."""

    number: int
    ifindex: int
    far: socket.socket
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = f"n{self.number}"

    def send(self, frame: bytes) -> None:
        """Have a frame come in at the near end."""
        self.far.send(frame)

    def received(self, timeout_s: float) -> bytes | None:
        """Return the next frame that left by the near end, None if there is none in time."""
        if not select.select([self.far], [], [], timeout_s)[0]:
            return None
        frame, ancillary, _, _ = self.far.recvmsg(1 << 17, 256)
        for level, kind, data in ancillary:
            if (level, kind) == (_SOL_PACKET, _AUXDATA):
                status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
                if status & _VLAN_VALID:  # the kernel keeps the outermost tag beside the frame
                    frame = frame[:12] + struct.pack("!HH", tpid or 0x8100, tci) + frame[12:]
        return frame


def make_wires(count: int) -> tuple[Wire, ...]:
    """Make pairs, whose near ends have the ifindexes 101, 102, ..."""
    lines = []
    for number in range(1, count + 1):
        near, far = f"n{number} index {100 + number}", f"f{number} index {200 + number}"
        lines.append(f"link add {near} mtu {MTU} type veth peer {far} mtu {MTU}")
        lines += [f"link set n{number} up", f"link set f{number} up"]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)
    await_operational(f"{end}{number}" for number in range(1, count + 1) for end in "nf")
    return tuple(
        Wire(number, 100 + number, packet_socket(f"f{number}")) for number in range(1, count + 1)
    )


def exchange(
    wires: tuple[Wire, ...], via: Wire, frame: bytes, expected: int, timeout_s: float = 2.0
) -> dict[int, list[bytes]]:
    """Send a frame in; return what comes out by ifindex, when it is so many or it is too late."""
    collect(wires, 0)  # what test runs flooded
    via.send(frame)
    return collect(wires, expected, timeout_s)


def collect(
    wires: tuple[Wire, ...], expected: int, timeout_s: float = 2.0
) -> dict[int, list[bytes]]:
    """Return what comes out, by the ifindex of the near end."""
    found: dict[int, list[bytes]] = {}
    deadline = time.monotonic() + timeout_s
    by_socket = {wire.far: wire for wire in wires}
    count = 0
    while True:
        wait_s = max(0.0, deadline - time.monotonic()) if count < expected else 0.0
        ready, _, _ = select.select(list(by_socket), [], [], wait_s)
        for each in ready:
            wire = by_socket[each]
            frame = wire.received(0)
            if frame is not None:
                found.setdefault(wire.ifindex, []).append(frame)
                count += 1
        if not ready:
            return found


def packet_socket(interface: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    made.setsockopt(_SOL_PACKET, _AUXDATA, 1)
    made.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
    made.bind((interface, _ETH_P_ALL))
    return made
