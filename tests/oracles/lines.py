"""The customers' side of access lines: whose a frame on a line is, by its tags.

Written from IEEE 802.1Q and the lab file's words for `vlan`, as an oracle beside the data planes:
it reads only names, numbers and tags of a program's circuits.
"""

from __future__ import annotations

from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit

TAG_TYPES = (b"\x81\0", b"\x88\xa8", b"\x91\0")


class Lines:
    """All access lines of a lab, each at a port of an LSR.

    Attributes:
        seen: what LSRs sent on lines, as it is there: LSR, port, frame.
    """

    def __init__(self, program: Program) -> None:
        self.seen: list[tuple[str, int, bytes]] = []
        self._place: dict[str, tuple[str, int]] = {}
        self._circuit: dict[str, AttachmentCircuit] = {}
        self._at: dict[tuple[str, int], dict[bytes, AttachmentCircuit]] = {}
        for node in program.nodes:
            for circuit in node.circuits:
                if circuit.border is not None:
                    continue  # its frames cross a link between LSRs
                port = circuit.port if circuit.line is None else circuit.line.number
                self._place[circuit.name] = node.name, port
                self._circuit[circuit.name] = circuit
                on_line = self._at.setdefault((node.name, port), {})
                assert tag_octets(circuit) not in on_line, f"{circuit.name}: whose frames are they?"
                on_line[tag_octets(circuit)] = circuit

    def carries(self, node: str, port: int) -> bool:
        return (node, port) in self._at

    def sent(self, circuit: str, frame: bytes) -> tuple[str, int, bytes]:
        """Return an LSR, its port, and a customer's frame as it arrives there."""
        tags = tag_octets(self._circuit[circuit])
        return (*self._place[circuit], frame[:12] + tags + frame[12:])

    def received(self, node: str, port: int, frame: bytes) -> list[tuple[str, bytes]]:
        """Return the circuit that a frame on a line belongs to and the customer's frame; or none.

        A frame that is too large for the line is none's.
        """
        self.seen.append((node, port, frame))
        on_line = self._at[node, port]
        if len(on_line) == 1 and b"" in on_line and on_line[b""].line is None:
            return _fitting(on_line[b""], frame, b"")
        for octets in (8, 4, 0):
            found = on_line.get(frame[12 : 12 + octets])
            if found is not None and (octets or frame[12:14] not in TAG_TYPES):
                return _fitting(found, frame, frame[12 : 12 + octets])
        return []


def tag_octets(circuit: AttachmentCircuit) -> bytes:
    """Return the tags of a circuit's frames as they stand behind the MAC addresses."""
    tags = circuit.tags
    if tags is None:
        return b""
    outer = int(tags.outer_type).to_bytes(2, "big") + tags.outer.to_bytes(2, "big")
    return outer if tags.inner is None else outer + b"\x81\0" + tags.inner.to_bytes(2, "big")


def _fitting(circuit: AttachmentCircuit, frame: bytes, tags: bytes) -> list[tuple[str, bytes]]:
    inner = frame[:12] + frame[12 + len(tags) :]
    own_tag = 4 if inner[12:14] == b"\x81\0" else 0  # one is not counted (packet(7))
    fits = len(inner) - 14 - own_tag <= circuit.line_mtu
    return [(circuit.name, inner)] if fits else []
