"""DHCP relay agents: each server is reached from the gateway that relays to it, and answers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Punted, Walk
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.program.walk import Walker, walk_from_vrf
from mplsemu.verification.problems import PROBE_TTL, describe_end


@dataclass(frozen=True, slots=True)
class RelayFinding:
    """What became of a relay agent's request and of the answer to it.

    Attributes:
        server: its address.
        problem: what is wrong; None if both arrive.
        walks: of the request and, if it arrives, of the answer.
    """

    server: IPAddress
    problem: str | None
    walks: tuple[Walk, ...]


def check_relays(walker: Walker, site: Site) -> Iterator[RelayFinding]:
    """Follow a request to every DHCP server of a site, and the answer back to its gateway.

    Args:
        walker: of the program.
        site: attached to its PE.
    """
    node = walker.program.node(site.pe)
    circuit = node.circuit_by_name[site.circuit]
    gateways = {each.version: each.ip for each in reversed(site.gateways)}
    vrf = next((each for each in node.vrfs if site.circuit in each.circuits), None)
    if vrf is None:
        return
    for server in circuit.dhcp_servers:
        if server.version not in gateways:
            continue
        gateway = gateways[server.version]
        there = walk_from_vrf(
            walker.program, node.name, vrf.name, IpHeader(gateway, server, PROBE_TTL)
        )
        lost = next((end for end in there.ends if not isinstance(end, Delivered)), None)
        if lost is not None:
            yield RelayFinding(
                server, f"not reached from {gateway}: {describe_end(lost)}", (there,)
            )
            continue
        yield _answered(walker, node, there, gateway, server)


def _answered(
    walker: Walker, node: NodeProgram, there: Walk, gateway: IPAddress, server: IPAddress
) -> RelayFinding:
    """Follow the answer of a server that a request reached."""
    end = next(end for end in there.ends if isinstance(end, Delivered))
    if end.host is None:
        return RelayFinding(server, f"nobody's: {describe_end(end)}", (there,))
    circuit = _circuit(walker.program, end.circuit)
    mac = circuit.ce.mac if circuit.ce is not None else end.mac
    answer = Packet(mac, GATEWAY_MAC, IpHeader(server, gateway, PROBE_TTL))
    back = walker.walk(end.circuit, answer)
    wrong = next(
        (e for e in back.ends if not (isinstance(e, Punted) and e.node == node.name)), None
    )
    said = f"not heard at {gateway}: {describe_end(wrong)}" if wrong is not None else None
    return RelayFinding(server, said, (there, back))


def _circuit(program: Program, name: str) -> AttachmentCircuit:
    return program.node_of_circuit[name].circuit_by_name[name]
