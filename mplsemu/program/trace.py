"""The way of one packet from a host, as `mplsemu trace` shows it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from mplsemu.errors import LabError
from mplsemu.model.network import HostRef
from mplsemu.model.vpn import Host, IPAddress, IPInterface
from mplsemu.program.hosts import LocatedHost, find_host
from mplsemu.program.packet import DEFAULT_TTL, IpHeader, Packet
from mplsemu.program.program import GATEWAY_MAC, Program
from mplsemu.program.routing import ce_name
from mplsemu.program.walk import walk
from mplsemu.program.way import Branch, Delivered, Dropped, End, Hop, Punted, TtlExpired


@dataclass(frozen=True, slots=True)
class Trace:
    """One packet's way.

    Attributes:
        source: the host that sends it, as asked for; likewise `target`.
        delivered: whether it arrives where it was meant to: at the host that was asked for, or
            where an address was asked for at some host or gateway that has it.
        hops: routers on the way; none within a LAN.
        end: how it ends.
    """

    source: str
    target: str
    delivered: bool
    hops: tuple[Hop, ...]
    end: End

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``trace --json`` prints; labels outermost first."""
        return {
            "src": self.source,
            "dst": self.target,
            "delivered": self.delivered,
            "hops": [
                {
                    "node": hop.node,
                    "vrf": hop.vrf,
                    "vsi": hop.vsi,
                    "in_labels": [int(entry.label) for entry in hop.in_stack],
                    "action": hop.action,
                    "out_labels": [int(entry.label) for entry in hop.out_stack],
                    "link": hop.link,
                }
                for hop in self.hops
            ],
        }


def trace(
    program: Program, source: str, target: str, *, ttl: int = DEFAULT_TTL, dscp: int = 0
) -> Trace:
    """Follow one packet from a host.

    Args:
        program: what every LSR does.
        source: full name of the host that sends.
        target: full name of a host, or an address as the source sees it.
        ttl: the packet's, as the host sends it.
        dscp: the packet's.

    Raises:
        LabError: there is no such host, or the two have no IP version in common.
    """
    sender = find_host(program, source)
    wanted, interface, address = _target(program, sender, target)
    branch = _branch(program, sender, interface, IpHeader(interface.ip, address, ttl, dscp))
    match branch.end:
        case Delivered() as end:
            arrived = end.host == wanted if wanted is not None else _is_someone(program, end)
        case Punted():
            arrived = wanted is None
        case _:
            arrived = False
    return Trace(source, target, arrived, branch.hops, branch.end)


def _target(
    program: Program, sender: LocatedHost, target: str
) -> tuple[HostRef | None, IPInterface, IPAddress]:
    """Return the wanted host if one is named, the sender's interface and the address to send to."""
    own = sender.host.addresses
    try:
        addresses: list[IPAddress] = [ipaddress.ip_address(target)]
        wanted = None
    except ValueError:
        found = find_host(program, target)
        addresses = [interface.ip for interface in found.host.addresses]
        wanted = found.ref
    pairs = [
        (interface, address)
        for address in addresses
        for interface in own
        if interface.version == address.version
    ]
    if not pairs:
        raise LabError(
            f"{sender.ref} and {target} have no IP version in common",
            remedy="give both sites a subnet of the same IP version",
        )
    # A host sends from the address that is on the same LAN, if it has one.
    interface, address = next((pair for pair in pairs if pair[1] in pair[0].network), pairs[0])
    return wanted, interface, address


def _branch(program: Program, sender: LocatedHost, interface: IPInterface, ip: IpHeader) -> Branch:
    """Send the packet as a host does: to its LAN, or by way of its gateway."""
    circuit, address = sender.circuit, ip.destination
    on_lan = address in interface.network
    neighbour = next((host for host in circuit.hosts if _has(host, address)), None)
    if on_lan and neighbour is not None:
        ref = HostRef(circuit.vpn, circuit.site, neighbour.name)
        return Branch((), Delivered(circuit.name, ref, address, neighbour.mac))
    if not circuit.gateways:
        return _across_lan(program, sender, on_lan, ip)
    if on_lan and all(address != gateway.ip for gateway in circuit.gateways):
        return _stays(sender, f"nobody known on the LAN has {address}")
    if circuit.ce is not None:
        return _through_ce(program, sender, circuit.ce.mac, ip)
    return _follow(program, circuit.name, Packet(sender.host.mac, GATEWAY_MAC, ip))


def _across_lan(program: Program, sender: LocatedHost, on_lan: bool, ip: IpHeader) -> Branch:
    """Send over the VPN's one LAN, on which there is no gateway."""
    if not on_lan:
        return _stays(sender, f"the host has no route to {ip.destination}")
    station = _station(program, sender.circuit.vpn, ip.destination)
    if station is None:
        return _stays(sender, f"nobody on the LAN has {ip.destination}")
    return _follow(program, sender.circuit.name, Packet(sender.host.mac, station.mac, ip))


def _stays(sender: LocatedHost, reason: str) -> Branch:
    return Branch((), Dropped(str(sender.ref), reason))


def _through_ce(program: Program, sender: LocatedHost, mac: str, ip: IpHeader) -> Branch:
    """Let the CE router take one off the TTL before the packet reaches the PE."""
    name = ce_name(sender.circuit.name)
    if ip.ttl <= 1:
        expired = Hop(name, None, None, (), "TTL expired", (), None, ip.ttl)
        return Branch((expired,), TtlExpired(name, None, ()))
    sent = IpHeader(ip.source, ip.destination, ip.ttl - 1, ip.dscp)
    hop = Hop(name, None, None, (), "route to the PE", (), sender.circuit.name, sent.ttl)
    branch = _follow(program, sender.circuit.name, Packet(mac, GATEWAY_MAC, sent))
    return Branch((hop, *branch.hops), branch.end)


def _follow(program: Program, circuit: str, packet: Packet) -> Branch:
    """Walk a packet to a known address, of which there is one copy."""
    return walk(program, circuit, packet).branches[0]


def _station(program: Program, vpn: str, address: IPAddress) -> Host | None:
    """Return the host of a bridged VPN that answers for an address."""
    return next(
        (
            host
            for node in program.nodes
            for circuit in node.circuits
            if circuit.vpn == vpn
            for host in circuit.hosts
            if _has(host, address)
        ),
        None,
    )


def _is_someone(program: Program, end: Delivered) -> bool:
    """Whether somebody has the address; behind a CE router only the lab's hosts are known."""
    ce = program.node_of_circuit[end.circuit].circuit_by_name[end.circuit].ce
    return end.host is not None or ce is None or end.address == ce.address


def _has(host: Host, address: IPAddress) -> bool:
    return any(interface.ip == address for interface in host.addresses)
