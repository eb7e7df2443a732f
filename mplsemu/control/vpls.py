"""VPLS and VPWS: VSIs and the full mesh of pseudowires between them (RFC 4762, RFC 8077)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping

from mplsemu.control.labels import BindingKey, PseudowireKey
from mplsemu.model.labels import Label
from mplsemu.model.vpls import DEFAULT_MAC_AGING_S, Vpls, Vpws
from mplsemu.program.services import Pseudowire, Vsi


def mesh(vpn: Vpls | Vpws) -> tuple[str, ...]:
    """Return the PEs of a VPN, sorted: each has a pseudowire to each other (RFC 4762 4.4)."""
    return tuple(sorted({site.pe for site in vpn.sites}))


def tunnels(vpns: Iterable[Vpls | Vpws]) -> Iterator[tuple[str, str]]:
    """Yield the pairs (ingress PE, egress PE) between which packets must travel."""
    for vpn in vpns:
        yield from itertools.permutations(mesh(vpn), 2)


def vsi(
    vpn: Vpls | Vpws,
    pe: str,
    index: int,
    reaches: Callable[[str, str], bool],
    labels: Mapping[str, Mapping[BindingKey, Label]],
) -> Vsi:
    """Return the VSI of a VPN at one of its PEs.

    Args:
        vpn: the VPN.
        pe: name of the PE.
        index: the VSI's, unique at the PE.
        reaches: whether an LSP leads from one PE to another.
        labels: what each PE bound.
    """
    peers = [peer for peer in mesh(vpn) if peer != pe]
    pseudowires = tuple(
        Pseudowire(
            index=number,  # counted over all peers: it stays when another pseudowire goes
            peer=peer,
            in_label=labels[pe][PseudowireKey(vpn.name, peer)],
            out_label=labels[peer][PseudowireKey(vpn.name, pe)],
            control_word=vpn.control_word,
        )
        for number, peer in enumerate(peers, 1)
        if reaches(pe, peer)
    )
    return Vsi(
        name=vpn.name,
        index=index,
        kind=vpn.kind,
        circuits=tuple(site.circuit for site in vpn.sites if site.pe == pe),
        pseudowires=pseudowires,
        mac_aging_s=vpn.mac_aging_s if isinstance(vpn, Vpls) else DEFAULT_MAC_AGING_S,
        mac_limit=vpn.mac_limit if isinstance(vpn, Vpls) else None,
    )
