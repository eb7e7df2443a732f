"""Split horizon: between which members of a VSI frames never pass (RFC 4762 section 4.4, RFC 7796).

A member, a circuit or a pseudowire, is in any number of groups, and a frame that came by a member
of a group never leaves by another of the same group. The mesh of pseudowires is one group: what
comes over it was flooded to all PEs by the sender. The leaves of an E-Tree are another.
"""

from __future__ import annotations

import enum

from mplsemu.model.labels import Label
from mplsemu.program.services import AttachmentCircuit, Pseudowire


class Group(enum.IntFlag):
    """Split horizon groups: those a member is in, or a frame came by."""

    NONE = 0
    MESH = 1
    """The pseudowires between PEs (RFC 4762 section 4.4)."""
    LEAVES = 2
    """The leaves of an E-Tree (RFC 7796 section 3)."""


def groups_of_circuit(circuit: AttachmentCircuit) -> Group:
    """Return the groups of a circuit, and of frames from it."""
    return Group.LEAVES if circuit.leaf else Group.NONE


def groups_of_pseudowire(wire: Pseudowire) -> Group:
    """Return the groups of a pseudowire, by which frames leave over it or not.

    That of a hub PE to a spoke PE is not of the mesh: the hub passes frames on between the two
    (RFC 4762 section 10.1.3).
    """
    groups = Group.NONE if wire.spoke else Group.MESH
    return groups | Group.LEAVES if wire.leaf else groups


def groups_of_frames(wire: Pseudowire, *, from_leaf: bool) -> Group:
    """Return the groups that frames from a pseudowire came by.

    Args:
        wire: the pseudowire.
        from_leaf: whether their label is that of leaves' frames.
    """
    return groups_of_pseudowire(wire) | (Group.LEAVES if from_leaf else Group.NONE)


def are_apart(came_by: Group, member: Group) -> bool:
    """Whether a frame that came by some groups never leaves by a member of others."""
    return int(came_by) & int(member) != 0  # numbers are faster than flags by far


def out_label(wire: Pseudowire, came_by: Group) -> Label:
    """Return the label for a frame that leaves over a pseudowire."""
    if wire.leaf_out_label is not None and Group.LEAVES in came_by:
        return wire.leaf_out_label
    return wire.out_label
