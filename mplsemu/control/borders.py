"""Circuits between two providers' ASBRs (RFC 4364 section 10 (a))."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mplsemu.model.network import Network
from mplsemu.model.numbers import Numbers, Space
from mplsemu.program.services import AttachmentCircuit, BorderPeer, SharedPort


def border_circuits(
    network: Network, down: Collection[str], numbers: Numbers
) -> Iterator[tuple[str, AttachmentCircuit]]:
    """Yield each ASBR with its circuits to those of other providers.

    Args:
        network: the lab.
        down: names of what is down.
        numbers: of ports.
    """
    for border in network.borders():
        for side in border.ends:
            asbr, peer = side.asbr, border.far_end(side.asbr).asbr
            ports = numbers[Space.ports(asbr)]
            name = border.circuit(asbr)
            yield (
                asbr,
                AttachmentCircuit(
                    name=name,
                    vpn=border.vpn,
                    port=ports[name],
                    up=border.link not in down,
                    gateways=(),
                    hosts=(),
                    mtu=border.mtu,
                    tags=border.vlan,
                    line=SharedPort(border.link, ports[border.link]),
                    border=BorderPeer(border.link, peer, border.circuit(peer)),
                ),
            )
