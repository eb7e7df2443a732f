"""The trace of one packet from a host, as `mplsemu trace` shows it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from mplsemu.errors import LabError
from mplsemu.model.names import is_core, is_further_line, line_name, site_of
from mplsemu.model.network import HostRef
from mplsemu.model.vpn import IPAddress, IPInterface
from mplsemu.program.delivery import any_copy, arrived_at, ends_at_a_host, every_copy, judge_all
from mplsemu.program.host_interface import mtu_of, received, sends
from mplsemu.program.host_stack import DEFAULT_OPTIONS, HostStack, PacketOptions, Sent
from mplsemu.program.hosts import LocatedHost, find_host
from mplsemu.program.own_addresses import link_local
from mplsemu.program.packet import IpHeader, Packet, is_mac
from mplsemu.program.path import Branch, End, Walk, WalkHop
from mplsemu.program.program import Program
from mplsemu.program.routed_stack import stack_of
from mplsemu.program.walk_state import MacTable
from mplsemu.wire.ethernet import is_group_mac

__all__ = [
    "DEFAULT_OPTIONS",
    "PacketOptions",
    "Trace",
    "ip_header",
    "is_core",
    "trace",
]


_LEAST_OCTETS: Final = {4: 20, 6: 40}
"""Of an IP packet: its header alone (RFC 791 section 3.1, RFC 8200 section 3)."""

_LINK_SCOPE: Final = ipaddress.ip_network("ff02::/16")


@dataclass(frozen=True, slots=True)
class Trace:
    """The path of one packet.

    Attributes:
        source: the host that sends it, as asked for; likewise `target`.
        delivered: whether it reaches its target: the host; for an address, any host or gateway
            that owns it; for a frame to a group address, whether every copy reaches a circuit.
        hops: the routers on its path; none within a LAN. Of several copies, those of the copy
            that arrives.
        end: how it ends.
        branches: all paths of all copies: one, but for flooding and ECMP.
        circuit: the attachment circuit of the host; empty for a packet that a PE originates.
        packet: as it is on that circuit; None if it never gets there.
        pe: of the circuit; empty likewise.
    """

    source: str
    target: str
    delivered: bool
    hops: tuple[WalkHop, ...]
    end: End
    branches: tuple[Branch, ...] = ()
    circuit: str = ""
    packet: Packet | None = None
    pe: str = ""

    def variants(self) -> Iterator[Trace]:
        """Yield traces in which each copy takes one path; see `Walk.variants`."""
        copy = next((each.copy for each in self.branches if each.hops == self.hops), ())
        for variant in Walk(self.branches).variants():
            main = next((each for each in variant.branches if each.copy == copy), None)
            hops, end = (main.hops, main.end) if main is not None else (self.hops, self.end)
            found = replace(self, hops=hops, end=end, branches=variant.branches)
            yield found._by_its_line()

    def _by_its_line(self) -> Trace:
        """Return the trace with the circuit by which it comes, of several that share the load."""
        first = next((hop.node for hop in self.hops if not hop.is_ce), self.pe)
        if first == self.pe or not self.pe:
            return self
        site = site_of(self.circuit)
        other = site if is_further_line(self.circuit) else line_name(site, first)
        return replace(self, circuit=other, pe=first)

    @property
    def labels(self) -> tuple[tuple[int, ...], ...]:
        """The label stack on every core link of the path, outermost label first."""
        return tuple(
            tuple(int(entry.label) for entry in hop.out_stack)
            for hop in self.hops
            if hop.core_link is not None
        )

    @property
    def way(self) -> tuple[str, ...]:
        """The LSRs and core links on the path, in order."""
        return tuple(
            name
            for hop in self.hops
            for name in (hop.node, hop.link)
            if name is not None and is_core(name)
        )


def trace(
    program: Program,
    source: str,
    target: str,
    header: PacketOptions = DEFAULT_OPTIONS,
    *,
    learned: bool | MacTable = True,
) -> Trace:
    """Follow one packet from a host.

    Args:
        program: what every LSR does.
        source: the host that sends, by its full or its short name.
        target: a host likewise, an address as the source sees it, or a MAC address: then it is
            an Ethernet frame without IP.
        header: options of the packet.
        learned: see `walk`.

    Raises:
        LabError: there is no such host, the two have no IP version in common, or the packet is
            smaller than its header.
    """
    station = find_host(program, source)
    source = str(station.ref)
    sender = stack_of(program, station, header, learned)
    if is_mac(target):
        sent = _received(program, station, sender.frame(target.lower()), header)
        return _frame(sender, source, target.lower(), sent)
    wanted, ip = _packet(program, station, target, header)
    if wanted is not None:
        target = str(wanted)
    sent = _received(program, station, sender.send(ip), header)
    judge = partial(any_copy, lambda end: arrived_at(program, end, wanted, header.destination_mac))
    arrived, main = judge_all(sent.branches, judge)
    return Trace(
        source, target, arrived, main.hops, main.end, sent.branches,
        station.circuit.name, sent.packet, station.node,
    )  # fmt: skip


def _received(program: Program, station: LocatedHost, sent: Sent, header: PacketOptions) -> Sent:
    """Return the paths of a packet's copies up to the hosts, whose interfaces may not take it."""
    if not header.octets:
        return sent
    tags = len(header.vlans)
    is_usual = sends(mtu_of(station.circuit, station.host), header.octets, tags)
    branches = (received(program, each, tags, is_usual=is_usual) for each in sent.branches)
    return replace(sent, branches=tuple(branches))


def _frame(sender: HostStack, source: str, mac: str, sent: Sent) -> Trace:
    judge = every_copy if is_group_mac(mac) else partial(any_copy, ends_at_a_host)
    arrived, main = judge_all(sent.branches, judge)
    return Trace(
        source, mac, arrived, main.hops, main.end, sent.branches,
        sender.circuit.name, sent.packet, sender.pe,
    )  # fmt: skip


def ip_header(
    program: Program, source: str, target: str, header: PacketOptions = DEFAULT_OPTIONS
) -> IpHeader:
    """Return the IP header of a packet as the host sends it.

    Raises:
        LabError: there is no such host, the two have no IP version in common, or the packet is
            smaller than its header.
    """
    return _packet(program, find_host(program, source), target, header)[1]


def _packet(
    program: Program, sender: LocatedHost, target: str, header: PacketOptions
) -> tuple[HostRef | None, IpHeader]:
    """Return the target host, None if the target is an address, and the IP header."""
    wanted = None
    addresses: list[IPAddress] = []
    with suppress(ValueError):
        addresses = [ipaddress.ip_address(target)]
    if not addresses:
        found = find_host(program, target, sender.ref.vpn)
        addresses = [interface.ip for interface in found.host.addresses]
        wanted = found.ref
    pairs = [(source, address) for address in addresses for source in _sources(sender, address)]
    if not pairs:
        raise LabError(
            f"{sender.ref} and {target} have no IP version in common",
            remedy="give both sites a subnet of the same IP version",
        )
    # RFC 6724 section 5: prefer a source address on the same link
    source, address = next((pair for pair in pairs if pair[1] in pair[0].network), pairs[0])
    may_fragment = header.may_fragment and address.version == 4
    forged = header.source
    if forged is not None and forged.version != address.version:
        raise LabError(
            f"{forged} and {address} are of different IP versions",
            remedy="write a source of the target's version",
        )
    least = _LEAST_OCTETS[address.version]
    if 0 < header.octets < least:
        raise LabError(
            f"an IPv{address.version} packet has {least} octets at least, not {header.octets}",
            remedy=f"write {least} or more",
        )
    own = source.ip if forged is None else forged
    return wanted, IpHeader(own, address, header.ttl, header.dscp, may_fragment)


def _sources(sender: LocatedHost, address: IPAddress) -> list[IPInterface]:
    """Return the candidate source addresses of a host for a destination, with prefix lengths."""
    if address.is_loopback or address.is_unspecified:
        return [ipaddress.ip_interface("127.0.0.1/8" if address.version == 4 else "::1/128")]
    mine = [each for each in sender.host.addresses if each.version == address.version]
    is_on_link = address.version == 6 and (address.is_link_local or address in _LINK_SCOPE)
    is_group = address.version == 6 and address.is_multicast
    if is_on_link or (is_group and not mine):  # RFC 6724 section 5, rule 2
        return [ipaddress.ip_interface(f"{link_local(sender.host.mac)}/64")]
    return mine
