"""The MTU check of a router or bridge: fragment, reject or drop what is too large."""

from __future__ import annotations

from mplsemu.program.path import TooBig
from mplsemu.program.services import AttachmentCircuit, Pseudowire, Vrf, Vsi
from mplsemu.program.sizes import (
    fits_line,
    frame_octets,
    largest_fragment,
    octets_before,
)
from mplsemu.program.walk_state import Copy, WalkState


def fit_mtu(state: WalkState, copy: Copy, mtu: int | None, vrf: Vrf) -> bool:
    """Fragment an IPv4 packet that is too large (RFC 1812 section 5.2.6, RFC 3032 section 3.4).

    Returns:
        False if it must not be fragmented (DF is set, or it is IPv6): that ends it.
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
    """Add the Ethernet header, which a pseudowire carries, to the size (RFC 4448 section 4.2)."""
    if copy.octets:
        frame = frame_octets(state.packet.octets, len(state.packet.vlans))
        copy.octets = octets_before(wire) + frame


def fits_circuit(state: WalkState, copy: Copy, circuit: AttachmentCircuit, vsi: Vsi) -> bool:
    """Whether a frame fits on a circuit's line; else it is dropped silently."""
    packet = state.packet
    if fits_line(packet.octets, len(packet.vlans), circuit.line_mtu):
        return True
    state.drop(copy, f"{packet.octets} octets are too many for {circuit.name}", vsi=vsi.name)
    return False
