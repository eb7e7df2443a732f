"""CE routers as frames see them: what is not for their LAN they send back to the PE."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.model.vpn import IPAddress, IPNetwork
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit, Ce
from tests.oracles import frames

_IPV4, _IPV6 = b"\x08\x00", b"\x86\xdd"


class FakeCes:
    """All CE routers of a lab.

    Args:
        program: for their addresses only.
        are_there: whether they are; else somebody else sees what becomes of their packets.
    """

    def __init__(self, program: Program, *, are_there: bool = True) -> None:
        self._ces = {
            circuit.name: (circuit.ce, [*_near(circuit, circuit.ce)])
            for node in program.nodes
            for circuit in node.circuits
            if circuit.ce is not None and are_there
        }

    def back(self, circuit: str, frame: bytes) -> bytes | None:
        """Return the frame that comes back for one that a PE sent; None if none does."""
        if circuit not in self._ces or frame[12:14] not in {_IPV4, _IPV6}:
            return None
        ce, near = self._ces[circuit]
        packet = bytearray(frame[14:])
        version, ttl_at = (4, 8) if frame[12:14] == _IPV4 else (6, 7)
        source, target = _addresses(bytes(packet), version)
        if version == 4 and source in {*ce.wan, *(each.ip for each in ce.lan)}:
            return None  # Linux takes nothing in from itself (fib_validate_source)
        is_here = frame[:6].hex(":") == ce.mac and not target.is_multicast
        if not is_here or target.is_link_local:
            return None
        is_near = any(target in each for each in near if each.version == version)
        if is_near or all(each.version != version for each in near) or packet[ttl_at] <= 1:
            return None
        packet[ttl_at] -= 1
        raw = frames.mended(bytes(packet)) if version == 4 else bytes(packet)
        return frames.ip_frame(GATEWAY_MAC, ce.mac, raw)


def _near(circuit: AttachmentCircuit, ce: Ce) -> Iterator[IPNetwork]:
    """What a CE router does not send back: its networks, and those behind its LAN."""
    yield from (interface.network for interface in (*ce.lan, *circuit.gateways))
    yield from (route.prefix for route in ce.routes if route.via is not None)


def _addresses(packet: bytes, version: int) -> tuple[IPAddress, IPAddress]:
    at, size = (12, 4) if version == 4 else (8, 16)
    source, target = packet[at : at + size], packet[at + size : at + 2 * size]
    return frames.ip_address(source), frames.ip_address(target)
