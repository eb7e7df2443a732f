"""Borders between providers: circuits of option A, labels of option B (RFC 4364 section 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mplsemu.control.labels import BorderKey
from mplsemu.model.inter_as import InterAs
from mplsemu.model.limits import LABEL_OCTETS
from mplsemu.model.network import Network
from mplsemu.model.numbers import Numbers, Space
from mplsemu.program.entries import PopToVrf, SwapToAsbr, SwapToPe
from mplsemu.program.program import NodeProgram, Program
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


def border_key(
    program: Program, node: NodeProgram, action: SwapToAsbr | SwapToPe
) -> BorderKey | None:
    """Return what a label of an ASBR is bound to; None where it leads nowhere.

    Args:
        program: the whole network's.
        node: the ASBR.
        action: what it does with the label.
    """
    link = action.border if isinstance(action, SwapToPe) else action.link
    given = isinstance(action, SwapToPe)
    if isinstance(action, SwapToAsbr):
        end = node.adjacency_by_link.get(link)
        far = program.node(end.peer).ilm_by_label.get(int(action.label)) if end else None
        if far is None or not isinstance(far.action, SwapToPe):
            return None
        action = far.action
    bound = program.node(action.egress).ilm_by_label.get(int(action.label))
    if bound is None or not isinstance(bound.action, PopToVrf):
        return None
    return BorderKey(link, action.egress, bound.action.vrf, bound.action.ip_version, given)


def size_limits(network: Network) -> dict[str, int]:
    """Return how large packets may be that go on over a border, by the ASBR that swaps labels.

    Octets with a VPN label and without the tunnel's. What comes after the border is taken to have
    one label more, over the narrowest link: so a failure there changes nothing here.
    """
    provider = network.provider
    owners = provider.provider_of
    narrowest: dict[str | None, int] = {}
    for link in provider.core_links:
        owner = owners[link.ends[0]]
        narrowest[owner] = min(narrowest.get(owner, link.mtu), link.mtu)
    found: dict[str, int] = {}
    for link in provider.links:
        if link.border is InterAs.B:
            for asbr in link.ends:
                beyond = narrowest.get(owners[link.far_end(asbr)], link.mtu + LABEL_OCTETS)
                most = min(link.mtu, beyond - LABEL_OCTETS)
                found[asbr] = min(found.get(asbr, most), most)
    return found
