"""Keys of a VPN's sites."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mplsemu.lab.address_scalar import Addresses
from mplsemu.lab.route_scalar import StaticRoutes
from mplsemu.lab.scalar import AccessRate, Name, Names, Preference, Prefixes, SiteMtu, Targets
from mplsemu.lab.schema.ce import AnyCe, AnyStationCe
from mplsemu.lab.schema.hosts import AnyHosts
from mplsemu.lab.schema.mapping import StrictMapping
from mplsemu.lab.vlan import Vlan

SourceValidation = Literal["strict", "none"]
Redistribution = Literal["connected"]


class RawBridgedSite(StrictMapping, title="Site of a VPLS or VPWS"):
    """A site of a VPLS or VPWS."""

    pe: Names = Field(
        description="The node it attaches to, of role pe; or two, of a dual-homed site.",
        min_length=1,
        examples=["dk"],
    )
    hosts: AnyHosts = Field(
        default=1,
        description="How many hosts it has, h1, h2, ...; or their names, each with its address, "
        "with keys, or with nothing.",
        examples=[2, ["pbx", "phone1"], {"pbx": "192.168.1.10", "phone1": None}],
    )
    rate: AccessRate | None = Field(
        default=None,
        description="Of its access line, each way; 512 kbit/s to 1 Gbit/s.",
        examples=["10 Mbit/s"],
    )
    mtu: SiteMtu | None = Field(
        default=None,
        description="Octets of the largest IP packet on its access line and its LAN; 1500 unless "
        "said.",
        examples=[9000],
    )
    mode: Literal["standby", "load-sharing"] | None = Field(
        default=None,
        description="Of a dual-homed site: 'standby', unless said: the first line that works "
        "carries its traffic, the other one stands by; 'load-sharing': both carry it (L3VPN).",
        examples=["standby", "load-sharing"],
    )
    vlan: Vlan | None = Field(
        default=None,
        description="The tag of its frames on the access line (IEEE 802.1Q), or two: [OUTER, "
        "INNER] (QinQ, IEEE 802.1ad). The PE removes and adds them (RFC 4448).",
        examples=[100, [200, 100]],
    )
    port: Name | None = Field(
        default=None,
        description="Port of its PE. Sites at one PE that name the same port share its line, told "
        "apart by 'vlan'; a port of its own, unless said.",
        examples=["uplink7"],
    )


class RawVplsSite(RawBridgedSite, title="Site of a VPLS"):
    """A site of a VPLS."""

    role: Literal["hub"] | None = Field(
        default=None,
        description="Where the topology is hub-and-spoke: a hub reaches every site, the others "
        "reach hubs alone (the roots and leaves of an E-Tree, RFC 7796).",
        examples=["hub"],
    )
    hub: Names | None = Field(
        default=None,
        description="The hub PE by way of which its PE reaches the VPLS, over a spoke pseudowire "
        "(H-VPLS, RFC 4762 section 10); of a list the first that is reached.",
        min_length=1,
        examples=["dk", ["dk", "se"]],
    )

    subnet: Prefixes | None = Field(
        default=None,
        description="With 'ce': its LAN behind the CE router, one prefix or several.",
        min_length=1,
        examples=["192.168.1.0/24"],
    )
    gateway: Addresses | None = Field(
        default=None,
        description="With 'ce': the CE router's addresses on that LAN, one of each prefix; the "
        "first usable address unless said.",
        examples=["192.168.1.254"],
    )
    ce: AnyStationCe | None = Field(
        default=None,
        description="A CE router that is a station of the VPLS, and routes between it and a LAN of "
        "the site's own; with keys, its address there too.",
        examples=["router", {"router": "linux", "wan": "10.99.0.1/24"}],
    )


class RawRoutedSite(RawBridgedSite, title="Site of an L3VPN"):
    """A site of an L3VPN."""

    subnet: Prefixes = Field(
        description="Its LAN: one prefix or several, IPv4 and IPv6.",
        min_length=1,
        examples=["192.168.1.0/24"],
    )
    gateway: Addresses | None = Field(
        default=None,
        description="Of its LAN, one of each prefix; the first usable address unless said.",
        examples=["192.168.1.254"],
    )
    ce: AnyCe | None = Field(
        default=None,
        description="A CE router between its LAN and the PE; with keys, its link to the PE too.",
        examples=["router", {"router": "linux", "wan": "10.99.0.0/30"}],
    )
    dhcp_relay: Addresses | None = Field(
        default=None,
        description="DHCP servers to which its gateway relays what clients on the LAN broadcast; "
        "with IPv6 addresses DHCPv6 servers.",
        examples=["192.168.9.2", ["192.168.9.2", "2001:db8:9::2"]],
    )
    urpf: SourceValidation | None = Field(
        default=None,
        description="Whether its PE takes in from it only what is from its own prefixes (RFC 3704 "
        "section 2.2); as its VPN says, unless said.",
        examples=["strict"],
    )
    role: Literal["hub"] | None = Field(
        default=None,
        description="Where the topology is hub-and-spoke: a hub; the others are spokes.",
        examples=["hub"],
    )
    import_: Targets | None = Field(
        default=None,
        alias="import",
        description="Route targets that this site's VRF imports; as its VPN says, unless said.",
    )
    export: Targets | None = Field(
        default=None,
        description="Route targets that this site's routes carry; as its VPN says, unless said.",
    )
    redistribute: Redistribution | None = Field(
        default=None,
        description="Which networks that are its PE's own are distributed: 'connected': the PE-CE "
        "link's; as its VPN says, unless said.",
        examples=["connected"],
    )
    routes: StaticRoutes = Field(
        default=[],
        description="To networks behind a host or router on its LAN: 'PREFIX via ADDRESS'. With "
        "0.0.0.0/0 or ::/0 the site is the way out. A CE router has them, too.",
        examples=["0.0.0.0/0 via 10.1.0.1"],
    )
    preference: Preference | None = Field(
        default=None,
        description="Of its prefixes where another site has the same: the lower wins, of equal "
        "ones the nearer PE by metric; PEs of the same metric share the flows.",
        examples=[10],
    )
