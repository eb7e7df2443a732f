"""How large a packet may be: what a next hop takes (RFC 3032 section 3, RFC 1812 section 4.2.2.7).

A PE knows it before it pushes a label: for a tunnel its FTN entry says what all links behind it
carry. So nobody in the core needs to say that a packet is too large, as nobody there could.
"""

from __future__ import annotations

from typing import Final, assert_never

from mplsemu.model.limits import LABEL_OCTETS
from mplsemu.model.vpn import IPAddress
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import (
    Connected,
    Pseudowire,
    Route,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
)

ETHERNET_OCTETS: Final = 14
TAG_OCTETS: Final = 4
CONTROL_WORD_OCTETS: Final = 4
_IPV4_OCTETS: Final = 20
_FRAGMENT_UNIT: Final = 8


def next_hop_mtu(node: NodeProgram, vrf: Vrf, address: IPAddress) -> int | None:
    """Return the MTU of a VRF's next hop for an address; None without a route."""
    tables = {vrf.name}
    table: Vrf | None = vrf
    while table is not None:
        neighbour = next((each for each in table.neighbours if each.address == address), None)
        if neighbour is not None:
            return node.circuit_by_name[neighbour.circuit].mtu
        route = _route(table, address)
        next_hop = route.next_hop if route is not None else None
        match next_hop:
            case Connected(circuit) | ViaCe(circuit) | ViaAsbr(circuit) | ViaNeighbour(circuit, _):
                return node.circuit_by_name[circuit].mtu
            case ViaPe():
                return _narrowest(node, route)
            case ViaVrf(name):
                table = node.vrf_by_name.get(name) if name not in tables else None
                tables.add(name)
            case None:
                return None
            case _:
                assert_never(next_hop)
    return None


def _route(vrf: Vrf, address: IPAddress) -> Route | None:
    found = [route for route in vrf.routes if address in route.prefix]
    return max(found, key=lambda route: route.prefix.prefixlen, default=None)


def _narrowest(node: NodeProgram, route: Route | None) -> int | None:
    """Return the MTU of the narrowest tunnel that packets of a route may take."""
    hops = route.next_hops if route is not None else ()
    mtus = [tunnel_mtu(node, hop.egress) for hop in hops if isinstance(hop, ViaPe)]
    known = [mtu for mtu in mtus if mtu is not None]
    return min(known) if len(known) == len(mtus) else None


def tunnel_mtu(node: NodeProgram, egress: str) -> int | None:
    """Return the MTU of the tunnel to a PE for IP packets, with a VPN label."""
    tunnel = node.ftn_by_egress.get(egress)
    return None if tunnel is None else tunnel.mtu - LABEL_OCTETS


def frame_mtu(node: NodeProgram, wire: Pseudowire) -> int | None:
    """Return the size of the largest frame on a pseudowire, with its Ethernet header."""
    octets = tunnel_mtu(node, wire.peer)
    if octets is None:
        return None
    return octets - octets_before(wire)


def octets_before(wire: Pseudowire) -> int:
    """Return what a pseudowire adds to a frame: a control word, a service-delimiting tag."""
    word = CONTROL_WORD_OCTETS if wire.control_word else 0
    return word + (TAG_OCTETS if wire.is_tagged else 0)


def frame_octets(payload: int, tags: int) -> int:
    """Return how large a frame is."""
    return ETHERNET_OCTETS + TAG_OCTETS * tags + payload


def fits_line(payload: int, tags: int, line_mtu: int) -> bool:
    """Whether a line takes a frame: a C-tag alone does not count, an S-tag does, as in Linux."""
    return payload + (0 if tags == 1 else TAG_OCTETS * tags) <= line_mtu


def largest_fragment(mtu: int) -> int:
    """Return how large the fragments of an IPv4 packet without options are (RFC 791 3.2)."""
    return _IPV4_OCTETS + (mtu - _IPV4_OCTETS) // _FRAGMENT_UNIT * _FRAGMENT_UNIT
