"""What a PE's gateway does as a DHCP relay agent (RFC 2131, RFC 1542 section 4, RFC 3046).

Requests of a site's clients go to the servers that the lab file names, from the gateway's address;
servers answer to that address, and the gateway passes the answers on to the client's LAN.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.program.gateway import GATEWAY_MAC, OWN_TTL
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import AttachmentCircuit, Vrf
from mplsemu.southbound.punt.answers import NO_ANSWER, Answers
from mplsemu.southbound.punt.event import IntoVrf, OutOfPort
from mplsemu.southbound.punt.local import is_correct_udp
from mplsemu.southbound.punt.udp import udp_packet
from mplsemu.wire.dhcp import (
    CLIENT_PORT,
    MAX_HOPS,
    RELAY_AGENT_INFORMATION,
    REPLY,
    REQUEST,
    SERVER_PORT,
    DhcpMessage,
    circuit_of,
    parse_dhcp,
    relayed_reply,
    relayed_request,
)
from mplsemu.wire.ethernet import BROADCAST_MAC, EthernetHeader, EtherType, is_group_mac
from mplsemu.wire.ip import IpPacket, IpProtocol
from mplsemu.wire.udp import UDP_HEADER_BYTES, parse_udp

_NOBODY: Final = IPv4Address(0)
_EVERYBODY: Final = IPv4Address("255.255.255.255")


def relay_request(vrf: Vrf, circuit: AttachmentCircuit, packet: IpPacket) -> Answers:
    """Send a client's request to the servers of its site.

    Args:
        vrf: that the circuit is attached to.
        circuit: by which the request came.
        packet: the request.
    """
    message, gateway = _message(packet), relay_address(circuit)
    if message is None or gateway is None or not circuit.dhcp_servers:
        return NO_ANSWER
    if message.operation != REQUEST or message.hops >= MAX_HOPS:
        return NO_ANSWER
    # RFC 3046 section 2.1.1: no customer's device may pass for a relay agent of the provider's
    if message.giaddr != _NOBODY or message.option(RELAY_AGENT_INFORMATION) is not None:
        return NO_ANSWER
    data = relayed_request(message, gateway, circuit.name)
    header = EthernetHeader(GATEWAY_MAC, GATEWAY_MAC, (), EtherType.IPV4).to_bytes()
    packets = (
        udp_packet(gateway, server, (SERVER_PORT, SERVER_PORT), data, OWN_TTL)
        for server in circuit.dhcp_servers
        if isinstance(server, IPv4Address)
    )
    return Answers(tuple(IntoVrf(vrf.index, header + each) for each in packets))


def relay_reply(lsr: NodeProgram, vrf: Vrf, packet: IpPacket) -> Answers | None:
    """Pass a server's answer on to the client.

    Args:
        lsr: the PE.
        vrf: that has the address to which the answer came.
        packet: the answer.

    Returns:
        None if no server of a site of ours sent it, or it is none.
    """
    message = _message(packet)
    if message is None or message.operation != REPLY:
        return None
    circuit = _asked_by(lsr, vrf, packet, message)
    if circuit is None:
        return None
    if not circuit.up or is_group_mac(message.client_mac):
        return NO_ANSWER
    target, mac = _client(message)
    data = relayed_reply(message)
    # out of the circuit as it is: no VRF takes one off
    reply = udp_packet(message.giaddr, target, (SERVER_PORT, CLIENT_PORT), data, OWN_TTL - 1)
    header = EthernetHeader(GATEWAY_MAC, mac, (), EtherType.IPV4)
    return Answers((OutOfPort(circuit.port, header.to_bytes() + reply),))


def relay_address(circuit: AttachmentCircuit) -> IPv4Address | None:
    """Return the address by which a server knows the LAN: the gateway's first of IPv4."""
    addresses = (gateway.ip for gateway in circuit.gateways)
    return next((each for each in addresses if isinstance(each, IPv4Address)), None)


def _message(packet: IpPacket) -> DhcpMessage | None:
    if packet.protocol != IpProtocol.UDP or packet.is_later_fragment or packet.is_cut:
        return None
    if not is_correct_udp(packet):
        return None
    header = parse_udp(packet.payload)
    if header.target != SERVER_PORT:
        return None
    try:
        return parse_dhcp(packet.payload[UDP_HEADER_BYTES : header.length])
    except PacketError:
        return None


def _asked_by(
    lsr: NodeProgram, vrf: Vrf, packet: IpPacket, message: DhcpMessage
) -> AttachmentCircuit | None:
    """Return the circuit whose client an answer is for."""
    for name in vrf.circuits:
        circuit = lsr.circuit_by_name[name]
        is_ours = packet.dst == message.giaddr == relay_address(circuit)
        if is_ours and packet.src in circuit.dhcp_servers:
            # a server that knows the option returns it as it was (RFC 3046 section 2.2)
            return circuit if circuit_of(message) in {None, circuit.name} else None
    return None


def _client(message: DhcpMessage) -> tuple[IPv4Address, str]:
    """Return where an answer goes on the LAN (RFC 2131 section 4.1, RFC 1542 section 4.1.2)."""
    if message.ciaddr != _NOBODY:
        return message.ciaddr, message.client_mac
    if message.is_broadcast or message.yiaddr == _NOBODY:
        return _EVERYBODY, BROADCAST_MAC
    return message.yiaddr, message.client_mac
