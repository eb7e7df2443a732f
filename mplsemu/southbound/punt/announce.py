"""Frames by which a site's LAN learns that its way out is at another of its lines.

A switch keeps sending to where it last heard from a MAC address. So the gateway announces itself on
the line that has become active: by a gratuitous ARP reply (RFC 5227 section 3, RFC 5798 section
6.4) and unsolicited neighbour advertisements (RFC 4861 section 7.2.6). In a VPLS, where the far end
of the LAN has many addresses, a frame of each of its stations does it: a reverse ARP request (RFC
903), which stations ignore and switches learn from, as where virtual machines migrate. Lines that
share the load are one link to the site, whose end learns by LACP which of them to use.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.punt.event import OutOfPort
from mplsemu.southbound.punt.local import NETWORK_CONTROL
from mplsemu.wire.arp import REPLY, REVERSE_REQUEST, Arp
from mplsemu.wire.ethernet import BROADCAST_MAC, EthernetHeader, EtherType
from mplsemu.wire.lacp import Lacpdu
from mplsemu.wire.neighbour_discovery import ALL_NODES, NeighbourAdvertisement, multicast_mac

_NOBODY: Final = IPv4Address(0)


def announcements(program: Program, pe: str, circuit: AttachmentCircuit) -> tuple[OutOfPort, ...]:
    """Return what a PE sends on a line that has become the active one of its site.

    Args:
        program: what every LSR does.
        pe: the line's.
        circuit: the line.
    """
    if circuit.shares_load:
        return (bundle_state(circuit),)
    node = program.node(pe)
    is_bridged = circuit.vpn in node.vsi_by_name
    frames = _of_stations(program, circuit) if is_bridged else _of_gateway(circuit)
    return tuple(OutOfPort(circuit.port, frame) for frame in frames)


def bundle_state(circuit: AttachmentCircuit) -> OutOfPort:
    """Return what tells the site whether to use a line that shares its load (IEEE 802.1AX)."""
    said = Lacpdu(GATEWAY_MAC, circuit.port, in_use=circuit.up)
    return OutOfPort(circuit.port, said.to_frame(GATEWAY_MAC))


def _of_gateway(circuit: AttachmentCircuit) -> Iterator[bytes]:
    for gateway in circuit.gateways:
        if isinstance(gateway.ip, IPv4Address):
            header = EthernetHeader(GATEWAY_MAC, BROADCAST_MAC, (), EtherType.ARP)
            # a reply, not a request, which the line that stood in for this one would answer
            message = Arp(REPLY, GATEWAY_MAC, gateway.ip, GATEWAY_MAC, gateway.ip)
            yield header.to_bytes() + message.to_bytes()
    inner = [gateway.ip for gateway in circuit.gateways if isinstance(gateway.ip, IPv6Address)]
    for address in (LINK_LOCAL_GATEWAY, *inner):
        header = EthernetHeader(GATEWAY_MAC, multicast_mac(ALL_NODES), (), EtherType.IPV6)
        said = NeighbourAdvertisement(
            LINK_LOCAL_GATEWAY, address, GATEWAY_MAC, is_router=True, overrides=True
        )
        yield header.to_bytes() + said.to_packet(ALL_NODES, NETWORK_CONTROL)


def _of_stations(program: Program, circuit: AttachmentCircuit) -> Iterator[bytes]:
    for mac in _stations(program, circuit):
        header = EthernetHeader(mac, BROADCAST_MAC, (), EtherType.REVERSE_ARP)
        yield header.to_bytes() + Arp(REVERSE_REQUEST, mac, _NOBODY, mac, _NOBODY).to_bytes()


def _stations(program: Program, circuit: AttachmentCircuit) -> Iterator[str]:
    """Yield the MAC addresses of a VPLS that are not on this line."""
    for node in program.nodes:
        for other in node.circuits:
            if other.vpn == circuit.vpn and other.up and other.name != circuit.name:
                yield from (host.mac for host in other.hosts)
