"""What a PE's gateway does as a DHCPv6 relay agent (RFC 8415 section 19).

Clients send to a group; the gateway wraps what they say into Relay-forward messages to the servers
that the lab file names, from its own address, and unwraps their Relay-reply messages.
"""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY, OWN_TTL
from mplsemu.program.martians import LINK_LOCAL
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import AttachmentCircuit, Vrf
from mplsemu.southbound.punt.answers import NO_ANSWER, Answers
from mplsemu.southbound.punt.event import IntoVrf, OutOfPort
from mplsemu.southbound.punt.local import is_correct_udp
from mplsemu.southbound.punt.udp import udp_packet
from mplsemu.wire.dhcp6 import (
    ALL_AGENTS,
    CLIENT_MESSAGES,
    CLIENT_PORT,
    RELAY_FORWARD,
    RELAY_REPLY,
    SERVER_MESSAGES,
    SERVER_PORT,
    RelayMessage,
    message_kind,
    parse_relay_message,
)
from mplsemu.wire.ethernet import EthernetHeader, EtherType
from mplsemu.wire.ip import IpPacket, IpProtocol
from mplsemu.wire.udp import UDP_HEADER_BYTES, parse_udp

_EUI64_MIDDLE: Final = b"\xff\xfe"
_LOCAL_BIT: Final = 2
_SOLICITED_NODE_MAC: Final = "33:33:ff"


def relay_request6(vrf: Vrf, circuit: AttachmentCircuit, packet: IpPacket) -> Answers:
    """Send what a client says to the DHCPv6 servers of its site.

    Args:
        vrf: that the circuit is attached to.
        circuit: by which it came.
        packet: for the group of relay agents.
    """
    data, gateway = _data(packet), relay_address6(circuit)
    servers = [each for each in circuit.dhcp_servers if isinstance(each, IPv6Address)]
    if data is None or gateway is None or packet.dst != ALL_AGENTS:
        return NO_ANSWER
    # a client has a link-local address (RFC 8415 section 18.2); what passes for a relay agent is a
    # customer's device, which no server of the site's has to do with
    if packet.src not in LINK_LOCAL or _kind(data) not in CLIENT_MESSAGES:
        return NO_ANSWER
    assert isinstance(packet.src, IPv6Address)
    forward = RelayMessage(
        kind=RELAY_FORWARD,
        hops=0,
        link=gateway,
        peer=packet.src,
        interface=circuit.name.encode(),
        message=data,
    ).to_bytes()
    header = EthernetHeader(GATEWAY_MAC, GATEWAY_MAC, (), EtherType.IPV6).to_bytes()
    ports = SERVER_PORT, SERVER_PORT
    packets = (udp_packet(gateway, server, ports, forward, OWN_TTL) for server in servers)
    return Answers(tuple(IntoVrf(vrf.index, header + each) for each in packets))


def relay_reply6(lsr: NodeProgram, vrf: Vrf, packet: IpPacket) -> Answers | None:
    """Pass a server's answer on to the client.

    Args:
        lsr: the PE.
        vrf: that has the address to which the answer came.
        packet: the answer.

    Returns:
        None if no server of a site of ours sent it, or it is none.
    """
    data = _data(packet)
    try:
        reply = parse_relay_message(data) if data is not None else None
    except PacketError:
        return None
    if reply is None or reply.kind != RELAY_REPLY:
        return None
    circuit = _asked_by(lsr, vrf, packet, reply)
    if circuit is None:
        return None
    is_for_client = reply.peer in LINK_LOCAL and _kind(reply.message) in SERVER_MESSAGES
    if not circuit.up or not is_for_client:
        return NO_ANSWER
    ports = SERVER_PORT, CLIENT_PORT
    # out of the circuit as it is: no VRF takes a hop off
    answer = udp_packet(LINK_LOCAL_GATEWAY, reply.peer, ports, reply.message, OWN_TTL - 1)
    header = EthernetHeader(GATEWAY_MAC, _mac_of(reply.peer), (), EtherType.IPV6)
    return Answers((OutOfPort(circuit.port, header.to_bytes() + answer),))


def relay_address6(circuit: AttachmentCircuit) -> IPv6Address | None:
    """Return the address by which a server knows the LAN: the gateway's first of IPv6."""
    addresses = (gateway.ip for gateway in circuit.gateways)
    return next((each for each in addresses if isinstance(each, IPv6Address)), None)


def _data(packet: IpPacket) -> bytes | None:
    """Return what a datagram to relay agents holds; None: it is none."""
    if packet.protocol != IpProtocol.UDP or packet.is_later_fragment or packet.is_cut:
        return None
    if packet.fragment_at is not None or not is_correct_udp(packet):
        return None
    header = parse_udp(packet.payload)
    if header.target != SERVER_PORT:
        return None
    return packet.payload[UDP_HEADER_BYTES : header.length]


def _kind(data: bytes) -> int | None:
    try:
        return message_kind(data)
    except PacketError:
        return None


def _asked_by(
    lsr: NodeProgram, vrf: Vrf, packet: IpPacket, reply: RelayMessage
) -> AttachmentCircuit | None:
    """Return the circuit whose client an answer is for."""
    for name in vrf.circuits:
        circuit = lsr.circuit_by_name[name]
        if packet.dst == relay_address6(circuit) and packet.src in circuit.dhcp_servers:
            # a server returns the option as it was (RFC 8415 section 19.3)
            return circuit if reply.interface in {None, circuit.name.encode()} else None
    return None


def _mac_of(address: IPv6Address) -> str:
    """Return where a client with a link-local address hears.

    Its MAC address is in the address (RFC 4291 appendix A) or, where the client made that up, it
    hears its solicited-node group as anybody does who is resolved (RFC 4861 section 7.2.1).
    """
    identifier = address.packed[8:]
    if identifier[3:5] == _EUI64_MIDDLE:
        first = identifier[0] ^ _LOCAL_BIT
        return (bytes((first,)) + identifier[1:3] + identifier[5:]).hex(":")
    return f"{_SOLICITED_NODE_MAC}:{identifier[5:].hex(':')}"
