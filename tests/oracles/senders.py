"""Who sends what where the oracles are held against each other: hosts, and strange addresses."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from mplsemu.model.vpn import IPAddress, IPNetwork
from mplsemu.program.program import Program

STRANGE_TARGETS = tuple(
    ip_address(text)
    for text in (
        *("8.8.8.8", "127.0.0.1", "224.0.0.5", "255.255.255.255", "0.0.0.0"),
        *("2001:db8:ffff::1", "::1", "fe80::1", "fe80::2", "ff02::5"),
    )
)
STRANGE_SOURCES = tuple(
    ip_address(text)
    for text in (
        *("0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.5", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "ff02::1", "fe80::9"),
    )
)
NOBODYS = {4: ip_address("10.255.255.254"), 6: ip_address("2001:db8:ffff::1")}
"""An address of each IP version that no lab has."""


@dataclass(frozen=True)
class Sender:
    """A host as its PE sees it: the circuit, the MAC address of its frames, its addresses."""

    name: str
    vpn: str
    circuit: str
    mac: str
    routed: bool
    addresses: tuple[IPAddress, ...]
    own_mac: str


def senders(program: Program) -> list[Sender]:
    """Return every host of a program."""
    return [
        Sender(
            name=f"{circuit.name}/{host.name}",
            vpn=circuit.vpn,
            circuit=circuit.name,
            mac=circuit.ce.mac if circuit.ce else host.mac,
            routed=circuit.name in node.vrf_of_circuit,
            addresses=tuple(address.ip for address in host.addresses),
            own_mac=host.mac,
        )
        for node in program.nodes
        for circuit in node.circuits
        for host in circuit.hosts
    ]


def strange_targets(program: Program) -> list[IPAddress]:
    """Return addresses that no host has: strangers', gateways', the ends of their networks."""
    gateways = [each for node in program.nodes for c in node.circuits for each in c.gateways]
    ends = [address for each in gateways for address in (each.ip, *_ends(each.network))]
    return [*STRANGE_TARGETS, *ends]


def _ends(network: IPNetwork) -> tuple[IPAddress, ...]:
    return network[-2], network[-1], network[0]
