"""Hosts that a forwarding program knows, by full name ``VPN/SITE/HOST`` or a shell's short one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.errors import LabError
from mplsemu.model.names import site_of
from mplsemu.model.network import HostRef
from mplsemu.model.vpn import Host, IPAddress
from mplsemu.program.own_addresses import answers_to
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.suggest import any_of, near_names


@dataclass(frozen=True, slots=True)
class LocatedHost:
    """A host and where it attaches.

    Attributes:
        ref: its full name.
        node: name of the PE.
        circuit: the attachment circuit of its site.
        host: the host.
    """

    ref: HostRef
    node: str
    circuit: AttachmentCircuit
    host: Host


def hosts(program: Program) -> Iterator[LocatedHost]:
    """Yield every host, by PE and port; of several lines that lead to it, by the first."""
    seen: set[str] = set()
    for node in program.nodes:
        for circuit in node.circuits:
            if circuit.hosts and (site := site_of(circuit.name)) not in seen:
                seen.add(site)
                for host in hosts_at(circuit):
                    yield LocatedHost(host_ref(circuit, host), node.name, circuit, host)


def hosts_at(circuit: AttachmentCircuit) -> tuple[Host, ...]:
    """Return the hosts of a circuit's site: its stations, and who is behind one on a VPLS."""
    if circuit.behind is None or not circuit.hosts:
        return circuit.hosts
    return (*circuit.hosts, *circuit.behind.hosts)


def station_with(program: Program, vpn: str, address: IPAddress) -> Host | None:
    """Return the station of a bridged VPN that answers ARP, or a solicitation, for an address."""
    return next(
        (
            host
            for node in program.nodes
            for circuit in node.circuits
            if circuit.vpn == vpn
            for host in circuit.hosts
            if answers_to(host, address)
        ),
        None,
    )


def host_ref(circuit: AttachmentCircuit, host: Host) -> HostRef:
    """Return the full name of a host at the far end of a circuit."""
    return HostRef(circuit.vpn, circuit.site, host.name)


def short_name(ref: HostRef) -> str:
    """Return a host's name as an emulated node, ``a-aarhus-h1``: a shell can take it."""
    return re.sub(r"[^\w.-]", "_", f"{ref.vpn}-{ref.site}-{ref.host}")


def find_host(program: Program, name: str, vpn: str | None = None) -> LocatedHost:
    """Return the host with a full name, or with a short name that is one host's alone.

    Args:
        program: that knows it.
        name: full or short.
        vpn: its hosts are suggested if the name is unknown.

    Raises:
        LabError: there is none; the message suggests the nearest names.
    """
    site, _, wanted = name.rpartition("/")
    node = program.node_of_circuit.get(site)
    if node is not None:
        circuit = node.circuit_by_name[site]
        for host in hosts_at(circuit):
            if host.name == wanted:
                return LocatedHost(host_ref(circuit, host), node.name, circuit, host)
    known = list(hosts(program))
    full = next((located for located in known if str(located.ref) == name), None)
    if full is not None:  # at another of its site's lines
        return full
    short = [located for located in known if short_name(located.ref) == name]
    if len(short) == 1:
        return short[0]
    near = near_names(name, (str(located.ref) for located in known), vpn)
    remedy = f"did you mean {any_of(near)}?" if near else "write VPN/SITE/HOST, as in the lab file"
    raise LabError(f"no host {name!r} in lab {program.lab!r}", remedy=remedy)
