"""What a CE router does with packets: it is Linux, with a default route to its PE.

It may have static routes to networks behind its LAN, also a default route (`CeRoute`). What comes
from the PE and is for none of its networks goes back by the line it came: so packets between spokes
pass the hub's CE router (RFC 4364 section 4.3.5), and so a route that wrongly leads to a CE router
makes a loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from mplsemu.model.names import ce_name
from mplsemu.model.vpn import IPAddress, IPNetwork
from mplsemu.program.martians import is_martian_source, is_never_routed
from mplsemu.program.nat import translated
from mplsemu.program.path import Dropped, TtlExpired, WalkHop
from mplsemu.program.services import AttachmentCircuit, Ce
from mplsemu.program.spare_lines import bundled_lines
from mplsemu.program.walk_state import Copy, WalkState

_CLASS_E: Final = IPv4Network("240.0.0.0/4")
"""Linux forwards it, except the broadcast address; the PE does not (RFC 1812 section 5.3.7)."""
_BROADCAST: Final = IPv4Address("255.255.255.255")


@dataclass(frozen=True, slots=True)
class OnLan:
    """It goes to a station on the LAN: the destination itself, or a static route's next hop."""

    station: IPAddress

    def action(self, ce: Ce, source: IPAddress, destination: IPAddress) -> str:
        """Return what a CE router does, for display."""
        by = "" if self.station == destination else f" by {self.station}"
        own = translated(ce, source, self.station)
        masked = "" if own is None else f"; masquerade {source} as {own}"
        return f"route to its LAN{by}{masked}"


@dataclass(frozen=True, slots=True)
class OnLink:
    """It is for an address of the PE-CE link."""


@dataclass(frozen=True, slots=True)
class ToPe:
    """It goes to the PE."""


CeWay = OnLan | OnLink | ToPe


def is_martian_to_linux(ce: Ce, source: IPAddress, *, is_forwarded: bool) -> bool:
    """Whether a CE router, being Linux, drops packets from a source address.

    IPv4: martian sources and its own addresses, also in packets for itself (fib_validate_source).
    IPv6: only when forwarding, sources that are not a node's or are link-local (ip6_forward; RFC
    4291 section 2.5.6).
    """
    if source.version == 4:
        is_passed = source in _CLASS_E and source != _BROADCAST
        return (is_martian_source(source) and not is_passed) or source in ce.addresses
    return is_forwarded and is_never_routed(source)


def is_martian_target(address: IPAddress) -> bool:
    """Whether a CE router, being Linux, forwards nothing to an address, whatever its routes are."""
    is_passed = address in _CLASS_E and address != _BROADCAST
    return is_never_routed(address) and not is_passed


def way_of(
    circuit: AttachmentCircuit, ce: Ce, address: IPAddress, *, from_pe: bool
) -> CeWay | None:
    """Return where a CE router sends packets for an address: by the longest prefix that holds it.

    Args:
        circuit: to the CE router.
        ce: the CE router.
        address: their destination.
        from_pe: whether they come from the PE; else from its LAN, or from itself.

    Returns:
        None if it has no route.
    """
    found = [
        (prefix.prefixlen, way)
        for prefix, way in _table(circuit, ce, address, from_pe=from_pe)
        if prefix.version == address.version and address in prefix
    ]
    if found:
        return max(found, key=lambda each: each[0])[1]
    near = (*ce.lan, *circuit.gateways)
    return ToPe() if any(each.version == address.version for each in near) else None


def _table(
    circuit: AttachmentCircuit, ce: Ce, address: IPAddress, *, from_pe: bool
) -> Iterator[tuple[IPNetwork, CeWay]]:
    for interface in ce.lan:
        yield interface.network, OnLan(address)
    for interface in circuit.gateways:
        yield interface.network, OnLink()
    for route in ce.routes:
        if route.via is not None:
            yield route.prefix, OnLan(route.via)
        elif route.returns or not from_pe:
            yield route.prefix, ToPe()


def returns(circuit: AttachmentCircuit, ce: Ce, address: IPAddress) -> bool:
    """Whether a CE router routes packets for an address back to its PE: by its default route."""
    return isinstance(way_of(circuit, ce, address, from_pe=True), ToPe)


def send_back(
    state: WalkState, copy: Copy, circuit: AttachmentCircuit, ce: Ce, vrf: str
) -> Iterator[tuple[Copy, AttachmentCircuit]]:
    """Send a copy to a CE router, and back: yield it at each PE where it may come in, and by what.

    A router whose lines share the load chooses one of them by its own hash, whichever it came by.

    Args:
        state: of the walk.
        copy: at the PE, where its TTL was decremented.
        circuit: to the CE router.
        ce: the CE router.
        vrf: the VRF that sent the copy there.
    """
    assert state.packet.ip is not None
    name = ce_name(circuit.name)
    copy.leave(circuit.name, vrf)
    if is_martian_to_linux(ce, state.packet.ip.source, is_forwarded=True):
        reason = f"nobody sends from {state.packet.ip.source}"
        copy.hops.append(WalkHop(name, None, None, (), f"drop: {reason}", (), None, copy.ttl))
        state.finish(copy, Dropped(name, reason))
        return
    if copy.ttl is None or copy.ttl <= 1:
        copy.hops.append(WalkHop(name, None, None, (), "TTL expired", (), None, copy.ttl))
        state.finish(copy, TtlExpired(name, None, ()))
        return
    copy.ttl -= 1
    copy.in_stack = copy.stack = ()
    lines = bundled_lines(state.program, circuit.name)
    for way, line in zip(copy.spread(len(lines)), lines, strict=True):
        action = "; ".join([*way.actions, "route to the PE"])
        way.actions = []
        way.hops.append(WalkHop(name, None, None, (), action, (), line, way.ttl))
        way.node = state.program.node_of_circuit[line]
        yield way, way.node.circuit_by_name[line]
