"""A host's interface: how large packets it sends, and how large ones it takes.

Like Ethernet devices of Linux it takes four octets more than its MTU, room for a VLAN tag. Whoever
asks about a packet that is larger than hosts of a site send, asks what becomes of it if they did;
but a host whose own MTU the lab file says has that one.
"""

from __future__ import annotations

from dataclasses import replace

from mplsemu.model.vpn import Host
from mplsemu.program.hosts import hosts_at
from mplsemu.program.path import Branch, Delivered, Dropped
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.program.sizes import TAG_OCTETS


def mtu_of(circuit: AttachmentCircuit, host: Host) -> int:
    """Return the MTU of a host: its own or its site's."""
    return host.mtu or circuit.mtu


def sends(mtu: int, octets: int, tags: int) -> bool:
    """Whether an interface sends a frame: one tag does not count (packet(7))."""
    return octets + TAG_OCTETS * max(tags - 1, 0) <= mtu


def refusal(host: Host, octets: int, tags: int) -> str | None:
    """Return why a host's own interface does not send a frame; None if it does."""
    if host.mtu is None or sends(host.mtu, octets, tags):
        return None
    return _too_many(octets, tags, host.mtu)


def received(program: Program, branch: Branch, tags: int, *, is_usual: bool) -> Branch:
    """Return the path of a packet, which ends at the host's interface if that does not take it.

    Args:
        program: that it went through.
        branch: its path.
        tags: VLAN tags of its frame.
        is_usual: its sender sends packets that large.
    """
    end = branch.end
    if not isinstance(end, Delivered) or end.host is None or not end.octets:
        return branch
    circuit = program.node_of_circuit[end.circuit].circuit_by_name[end.circuit]
    host = next((each for each in hosts_at(circuit) if each.name == end.host.host), None)
    if host is None or (host.mtu is None and not is_usual):
        return branch
    mtu = mtu_of(circuit, host)
    if end.octets + TAG_OCTETS * tags <= mtu + TAG_OCTETS:
        return branch
    return replace(branch, end=Dropped(str(end.host), _too_many(end.octets, tags, mtu)))


def _too_many(octets: int, tags: int, mtu: int) -> str:
    tagged = f" and {tags} VLAN tag{'s' if tags > 1 else ''}" if tags else ""
    return f"{octets} octets{tagged}, where its own interface has an MTU of {mtu}"
