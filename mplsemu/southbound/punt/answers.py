"""What follows from a punted packet: packets to send, learned neighbours, a pending packet."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.vpn import IPAddress
from mplsemu.program.services import Neighbour
from mplsemu.southbound.punt.event import IntoVrf, OutOfPort, PacketOut
from mplsemu.southbound.punt.parsed import ParsedPunt


@dataclass(frozen=True, slots=True)
class Learned:
    """A neighbour that announced its MAC address.

    Attributes:
        vrf: name of the VRF.
        neighbour: its address, its circuit, its MAC address.
        is_new: the forwarding program does not have it, or has another MAC address. Even if it has,
            packets may be waiting for this announcement.
    """

    vrf: str
    neighbour: Neighbour
    is_new: bool


@dataclass(frozen=True, slots=True)
class PendingPacket:
    """A packet that waits until an address on a circuit is resolved.

    Attributes:
        vrf: name of the VRF that learns what is on the circuit.
        address: what must be resolved.
        circuit: where.
        solicitation: asks for it; to be repeated until there is a reply, or it is given up.
        packet: send it when `address` is learned and its flow installed.
        punt: the packet as it came; see `unresolved`.
    """

    vrf: str
    address: IPAddress
    circuit: str
    solicitation: OutOfPort
    packet: IntoVrf
    punt: ParsedPunt


@dataclass(frozen=True, slots=True)
class Answers:
    """What follows from a punted packet; often nothing.

    Attributes:
        packets_out: to be sent now, in order; a solicitation is among them.
        learned: neighbours.
        pending: the packet itself, if it has to wait.
    """

    packets_out: tuple[PacketOut, ...] = ()
    learned: tuple[Learned, ...] = ()
    pending: PendingPacket | None = None


NO_ANSWER = Answers()
