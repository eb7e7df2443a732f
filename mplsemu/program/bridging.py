"""What a VSI does with a frame: forward, flood, split horizon (RFC 4762 section 4)."""

from __future__ import annotations

from typing import Final

from mplsemu.model.pw_type import DUMMY_VLAN
from mplsemu.program.access_line import is_bare
from mplsemu.program.gateway import PIPE_TTL
from mplsemu.program.mtu_check import add_frame_header, fits_circuit
from mplsemu.program.multicast import MulticastGroup
from mplsemu.program.packet import Packet
from mplsemu.program.path import Delivered
from mplsemu.program.reserved_macs import filtered, is_mac_control
from mplsemu.program.services import AttachmentCircuit, Pseudowire, Vsi
from mplsemu.program.split_horizon import (
    Group,
    are_apart,
    groups_of_circuit,
    groups_of_frames,
    groups_of_pseudowire,
    out_label,
)
from mplsemu.program.walk_state import Copy, WalkState, delivered
from mplsemu.wire.ethernet import is_group_mac

NOBODY: Final = "nobody to send it to"
"""Why a VSI drops a frame: it has no other member, or split horizon excludes them all."""


def take_in(state: WalkState, copy: Copy, circuit: AttachmentCircuit, vsi: Vsi) -> None:
    """Take a frame in from a VSI's circuit, as a bridge does."""
    is_bridge, packet = vsi.kind.learns_macs, state.packet
    if is_mac_control(packet):
        state.drop(copy, "MAC control, of one link only", vsi=vsi.name)
    elif packet.destination_mac in filtered(vsi.kind, vsi.l2cp):
        state.drop(copy, "for the nearest bridge", vsi=vsi.name)
    elif is_bridge and is_group_mac(packet.source_mac):
        # IEEE 802.1Q section 8.7: no station has a group address
        state.drop(copy, "sent from a group address", vsi=vsi.name)
    else:
        copy.delimiter = None if circuit.tags is None else circuit.tags.outer
        bridge(state, copy, vsi, circuit.name, groups_of_circuit(circuit))


def bridge(state: WalkState, copy: Copy, vsi: Vsi, source: str, groups: Group) -> None:
    """Forward a frame.

    Args:
        state: of the walk.
        copy: the frame, at the PE.
        vsi: of the PE.
        source: the circuit that it came by, or the PE at the other end of the pseudowire.
        groups: the split horizon groups that it came by.
    """
    learned_at = state.learned_at(copy.node, vsi.name) if vsi.kind.learns_macs else None
    is_unknown = learned_at is None and not is_group_mac(state.packet.destination_mac)
    if is_unknown and not vsi.floods_unknown:
        state.drop(copy, "for an address that is not learned", vsi=vsi.name)
        return
    group = _group(state.packet, vsi)
    names = vsi.circuits if learned_at is None else [n for n in vsi.circuits if n == learned_at]
    if group is not None:
        names = group.circuits
    circuits = [copy.node.circuit_by_name[name] for name in names if name != source]
    circuits = [
        each for each in circuits if each.up and not are_apart(groups, groups_of_circuit(each))
    ]
    pseudowires = [
        each
        for each in vsi.pseudowires
        if not (each.standby or each.peer == source)
        and not are_apart(groups, groups_of_pseudowire(each))
    ]
    if group is not None:
        pseudowires = [each for each in pseudowires if each.peer in group.peers]
        copy.actions.append(f"to group {group.address}")
    elif learned_at is not None:
        pseudowires = [each for each in pseudowires if each.peer == learned_at]
    elif vsi.kind.learns_macs:
        copy.actions.append("flood")
    if not circuits and not pseudowires:
        state.drop(copy, NOBODY, vsi=vsi.name)
        return
    copies = copy.flood(len(circuits) + len(pseudowires))
    for each, circuit in zip(copies, circuits, strict=False):
        each.actions.append(f"to {circuit.name}")
        if state.packet.vlans and is_bare(circuit):
            state.drop(each, f"tagged, which no frame of {circuit.name} is", vsi=vsi.name)
        elif fits_circuit(state, each, circuit, vsi):
            state.end(each, _arrival(state, circuit), vsi=vsi.name)
    for each, pseudowire in zip(copies[len(circuits) :], pseudowires, strict=True):
        each.actions.append(f"to {pseudowire.peer}")
        _send_over(state, each, vsi, pseudowire, groups)


def leave_pseudowire(
    state: WalkState, copy: Copy, vsi: Vsi, wire: Pseudowire, *, from_leaf: bool
) -> None:
    """Take a frame in from a pseudowire, in tagged mode without its tag (RFC 4448 4.4.1)."""
    if wire.is_tagged and copy.delimiter is None:
        state.drop(copy, "without the tag of tagged mode", vsi=vsi.name)
    elif not wire.is_tagged and copy.delimiter is not None:
        state.drop(copy, "with the tag of tagged mode", vsi=vsi.name)
    else:
        if wire.is_tagged:
            copy.actions.append(f"pop VLAN {copy.delimiter}")
        bridge(state, copy, vsi, wire.peer, groups_of_frames(wire, from_leaf=from_leaf))


def _group(packet: Packet, vsi: Vsi) -> MulticastGroup | None:
    """Return the group that an untagged frame is for, None if it is to be flooded."""
    if packet.ip is None or packet.vlans or not is_group_mac(packet.destination_mac):
        return None
    to = packet.ip.destination
    return next((group for group in vsi.groups if group.address == to), None)


def _arrival(state: WalkState, circuit: AttachmentCircuit) -> Delivered:
    address = state.packet.ip.destination if state.packet.ip else None
    return delivered(circuit, address, state.packet.destination_mac)


def _send_over(
    state: WalkState, copy: Copy, vsi: Vsi, pseudowire: Pseudowire, groups: Group
) -> None:
    add_frame_header(state, copy, pseudowire)
    if pseudowire.is_tagged:
        copy.actions.append(f"push VLAN {copy.delimiter or DUMMY_VLAN} (tagged mode)")
        copy.delimiter = copy.delimiter or DUMMY_VLAN
    else:
        copy.delimiter = None
    label = out_label(pseudowire, groups)
    # A frame has no TTL to carry, so the pipe model's also where the lab is uniform.
    state.enter_tunnel(copy, pseudowire.peer, label, PIPE_TTL, vsi=vsi.name)
