"""Names derived from those of the lab file: the one place where they are put together or read.

An LSR and a core link have the lab file's names, which have no slash. An attachment circuit is
``VPN/SITE``, its CE router ``VPN/SITE/ce``, a host ``VPN/SITE/NAME``: ``h1``, ``h2``, ..., where
the lab file gives no names. The further lines of a site that has several are ``VPN/SITE@PE``: a
name has no ``@``. A VRF has the name of its VPN or, where a site has a VRF of its own, that of its
attachment circuit; of a VPN that spans providers, ``VPN@PROVIDER``. An access line that several
sites share is ``PE:PORT``.
"""

from __future__ import annotations

from typing import Final

CE_HOST: Final = "ce"
"""What stands in the place of a host's name for the CE router of a site."""
RESERVED_HOSTS: Final = {
    CE_HOST: "the CE router of a site is called so",
    "lan": "the LAN of a site is called so",
    **dict.fromkeys(
        ("localhost", "ip6-localhost", "ip6-loopback"), "every host calls itself so (RFC 6761)"
    ),
}
"""Names that no host may have, with the reason."""
_CE: Final = f"/{CE_HOST}"
_AT: Final = "@"
_INWARD: Final = ":in"


def line_name(site: str, pe: str) -> str:
    """Return the name of a further line of a site ``VPN/SITE``: of that to this PE."""
    return f"{site}{_AT}{pe}"


def site_of(circuit: str) -> str:
    """Return ``VPN/SITE`` of an attachment circuit: its own name, but for a further line."""
    return circuit.partition(_AT)[0]


def is_further_line(circuit: str) -> bool:
    """Whether an attachment circuit is a further line of its site."""
    return _AT in circuit


def shared_line_name(pe: str, port: str) -> str:
    """Return the name of the access line at a port of a PE that sites share."""
    return f"{pe}:{port}"


def port_of_line(line: str) -> str:
    """Return the port that an access line is at, from its name ``PE:PORT``."""
    return line.partition(":")[2]


def ce_name(circuit: str) -> str:
    """Return the name of the CE router of an attachment circuit."""
    return f"{site_of(circuit)}{_CE}"


def circuit_of_ce(name: str) -> str | None:
    """Return the attachment circuit of a CE router; None if the name is no CE router's.

    Of several lines, the first.
    """
    is_ce = name.endswith(_CE) and name.count("/") == 2
    return name.removesuffix(_CE) if is_ce else None


def is_host(name: str) -> bool:
    """Whether a name is a host's or a CE router's."""
    return name.count("/") == 2


def vpn_of(name: str) -> str:
    """Return the VPN of a host, a CE router or an attachment circuit."""
    return name.partition("/")[0]


def inward_vrf(vrf: str) -> str:
    """Return the name of the VRF that leads to the CE routers of another VRF's sites.

    Where a hub's CE router passes packets on between spokes, what comes to it and what comes from
    it is looked up in two VRFs (RFC 4364 section 4.3.5).
    """
    return f"{vrf}{_INWARD}"


def provider_vrf(vpn: str, provider: str) -> str:
    """Return the name of the VRFs that a VPN has in the network of one of several providers."""
    return f"{vpn}{_AT}{provider}"


def vpn_of_vrf(vrf: str) -> str:
    """Return the VPN of a VRF or VSI."""
    return vpn_of(vrf).removesuffix(_INWARD).partition(_AT)[0]


def circuit_of(host: str) -> str:
    """Return the attachment circuit of a host or a CE router; of several lines, the first."""
    return "/".join(host.split("/")[:2])


def site_within_vpn(name: str) -> str:
    """Return the site of a host or a CE router that is named within its VPN, ``SITE/NAME``."""
    return name.partition("/")[0]


def is_core(name: str | None) -> bool:
    """Whether a node or link is the provider's own: no attachment circuit and no CE router."""
    return name is not None and "/" not in name
