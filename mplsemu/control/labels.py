"""The label space of an LSR: its label bindings (RFC 3031 section 3.14, per platform)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from mplsemu.errors import LabelSpaceError
from mplsemu.model.labels import Label, LabelRange


@dataclass(frozen=True, slots=True, order=True)
class VrfKey:
    """A label bound to a VRF of this PE, by name, for packets of one IP version."""

    vrf: str
    ip_version: int


@dataclass(frozen=True, slots=True, order=True)
class PseudowireKey:
    """A label bound to a pseudowire: for frames to this VSI from that PE, or from its leaves."""

    vsi: str
    peer: str
    leaf: bool = False


@dataclass(frozen=True, slots=True, order=True)
class BorderKey:
    """A label bound at an ASBR to a VRF at a PE beyond, for packets of one IP version (option B).

    Attributes:
        link: the border link.
        pe: the PE.
        vrf: name of the VRF there.
        ip_version: of the packets.
        given: whether it was given to the other provider over that link, and leads to the own PE;
            else it was given to the own PEs, and leads over that link.
    """

    link: str
    pe: str
    vrf: str
    ip_version: int
    given: bool


@dataclass(frozen=True, slots=True)
class LspKey:
    """A label bound to the path from this LSR to an egress PE, by the path's number."""

    path: int


ServiceKey = VrfKey | PseudowireKey | BorderKey
BindingKey = ServiceKey | LspKey


def allocation_order(key: ServiceKey) -> tuple[int, str, str | int, bool]:
    """Return what a PE's services are sorted by before they take labels: VRFs come first."""
    match key:
        case VrfKey(vrf, ip_version):
            return 0, vrf, ip_version, False
        case PseudowireKey(vsi, peer, leaf):
            return 1, vsi, peer, leaf
        case BorderKey(link, pe, vrf, ip_version, given):
            return 2, f"{link} {pe} {vrf}", ip_version, given
        case _:
            assert_never(key)


@dataclass(frozen=True, slots=True)
class Bindings:
    """The label bindings of an LSR in the previous program.

    Attributes:
        labels: by what they were bound to.
        used: every label that was bound, even to something that no longer exists.
    """

    labels: Mapping[BindingKey, Label] = field(default_factory=dict)
    used: Collection[int] = frozenset()


def allocate(
    lsr: str, labels: LabelRange, keys: Sequence[BindingKey], before: Bindings
) -> dict[BindingKey, Label]:
    """Bind one label to each key.

    A key that was bound keeps its label. A new key takes the lowest label that was unbound, so no
    label is rebound while packets that carry it are in flight.

    Args:
        lsr: name of the LSR, for the error message.
        labels: the labels it may bind.
        keys: without duplicates, in the order in which they take labels.
        before: its bindings in the previous program.

    Raises:
        LabelSpaceError: there are not enough labels.
    """
    bound: dict[BindingKey, Label] = {}
    new: list[BindingKey] = []
    for key in keys:
        label = before.labels.get(key)
        if label is not None and labels.first <= label <= labels.last:
            bound[key] = label
        else:
            new.append(key)
    value = int(labels.first)
    for key in new:
        while value in before.used:
            value += 1
        if value > labels.last:
            raise LabelSpaceError(_exhausted(lsr, labels, len(keys), len(keys) - len(new), before))
        bound[key] = Label(value)
        value += 1
    return bound


def _exhausted(lsr: str, labels: LabelRange, needed: int, kept: int, before: Bindings) -> str:
    held = sum(labels.first <= label <= labels.last for label in before.used) - kept
    also = f" and still holds {held} of the program before" if held else ""
    return (
        f"LSR {lsr} needs {needed} labels{also}, its label range "
        f"{int(labels.first)}-{int(labels.last)} has {len(labels)}; "
        "widen 'labels' under provider or at this node, or sell fewer VPNs"
    )
