"""NAT at CE routers by nftables: the rules, and the program that loads them (RFC 3022)."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.emulation.naming import CE_LAN_INTERFACE, HOST_INTERFACE
from mplsemu.emulation.openvswitch import find_tool
from mplsemu.model.network import Network
from mplsemu.program.nat import PRIVATE


def require_nft(network: Network) -> None:
    """Check that nft(8) is installed, if a lab's CE routers need it.

    Raises:
        MissingToolError: it is not; names its Debian package.
    """
    if any(site.ce is not None and site.ce.masquerades for _, site in network.sites()):
        find_tool("nft", "nftables")


def nft_lines() -> Iterator[str]:
    """Yield the rules of a CE router that masquerades, to be loaded in its namespace.

    Connection tracking knows the answers, and the ICMP errors that belong to a connection.
    """
    private = ", ".join(map(str, PRIVATE))
    yield "table ip mplsemu {"
    yield "  chain translate {"
    yield "    type nat hook postrouting priority srcnat"
    yield f'    oifname "{CE_LAN_INTERFACE}" ip saddr {{ {private} }} masquerade'
    yield "  }"
    yield "  chain inwards {"
    yield "    type filter hook forward priority filter"
    yield "    ct state established,related accept"
    arriving = f'iifname "{CE_LAN_INTERFACE}" oifname "{HOST_INTERFACE}"'
    yield f"    {arriving} ip daddr {{ {private} }} drop"
    yield "  }"
    yield "}"
