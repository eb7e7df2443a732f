"""Whether a packet under way fits where it is to go, and what becomes of one that does not."""

from __future__ import annotations

from mplsemu.program.path import TooBig
from mplsemu.program.services import AttachmentCircuit, Pseudowire, Vrf, Vsi
from mplsemu.program.sizes import (
    CONTROL_WORD_OCTETS,
    fits_line,
    frame_octets,
    largest_fragment,
)
from mplsemu.program.walk_state import Copy, WalkState


def fit_mtu(state: WalkState, copy: Copy, mtu: int | None, vrf: Vrf) -> bool:
    """Fragment an IPv4 packet that is too large and may be (RFC 1812 section 5.2.6, RFC 3032 3.4).

    Returns:
        False where that ends it: it has DF set, or is an IPv6 packet.
    """
    if mtu is None or copy.octets <= mtu:
        return True
    ip = state.packet.ip
    if ip is not None and ip.may_fragment:
        copy.octets = largest_fragment(mtu)
        copy.actions.append(f"fragment into {mtu} octets")
        return True
    reason = f"{copy.octets} octets, where the next hop takes {mtu}; its source is told"
    copy.actions.append(f"too big for {mtu} octets")
    state.end(copy, TooBig(copy.node.name, reason, mtu), vrf=vrf.name)
    return False


def add_frame_header(state: WalkState, copy: Copy, wire: Pseudowire) -> None:
    """Count the octets of the Ethernet header too: a pseudowire carries it (RFC 4448 4.2)."""
    if copy.octets:
        word = CONTROL_WORD_OCTETS if wire.control_word else 0
        copy.octets = word + frame_octets(state.packet.octets, len(state.packet.vlans))


def fits_circuit(state: WalkState, copy: Copy, circuit: AttachmentCircuit, vsi: Vsi) -> bool:
    """Whether a circuit's line takes a frame; False where that ends it, without a word."""
    packet = state.packet
    if fits_line(packet.octets, len(packet.vlans), circuit.line_mtu):
        return True
    state.drop(copy, f"{packet.octets} octets are too many for {circuit.name}", vsi=vsi.name)
    return False
