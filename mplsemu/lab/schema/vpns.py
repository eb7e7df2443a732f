"""Keys of the VPNs, by kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mplsemu.lab.scalar import (
    AgingS,
    Customer,
    MacLimit,
    Name,
    Prefixes,
    Rd,
    ShortLink,
    StormRate,
    Targets,
    YesOrNo,
)
from mplsemu.lab.schema.mapping import StrictMapping
from mplsemu.lab.schema.sites import (
    RawBridgedSite,
    RawRoutedSite,
    RawVplsSite,
    Redistribution,
    SourceValidation,
)
from mplsemu.model.vpls import DEFAULT_MAC_AGING_S

ControlProtocols = Literal["standard", "tunnel", "drop"]


class RawVpn(StrictMapping):
    """What every VPN has."""

    customer: Customer | None = Field(
        default=None, description="Whose it is; its key, unless said."
    )


class RawL3vpn(RawVpn, title="L3VPN"):
    """A VPN in which the provider routes (RFC 4364)."""

    type: Literal["l3vpn"]
    rd: Rd | None = Field(default=None, description="Route distinguisher; automatic unless said.")
    import_: Targets | None = Field(
        default=None, alias="import", description="Route targets it imports; its own unless said."
    )
    export: Targets | None = Field(
        default=None, description="Route targets its routes carry; its own unless said."
    )
    redistribute: Redistribution | None = Field(
        default=None,
        description="For all sites: 'connected': routes to PE-CE links are distributed.",
        examples=["connected"],
    )
    urpf: SourceValidation = Field(
        default="none",
        description="For sites that do not say: whether PEs take in from a site only what is from "
        "its own prefixes (RFC 3704 section 2.2).",
        examples=["strict"],
    )
    via: Literal["ce"] | None = Field(
        default=None,
        description="With topology hub-and-spoke: spokes reach each other through the hub's CE "
        "router.",
        examples=["ce"],
    )
    topology: Literal["mesh", "hub-and-spoke"] = Field(
        default="mesh",
        description="Which sites reach which: each every other, or spokes hubs alone; sites then "
        "say `role: hub` (RFC 4364 section 4.3.5).",
        examples=["hub-and-spoke"],
    )
    sites: dict[Name, RawRoutedSite] = Field(
        min_length=1, examples=[{"aarhus": {"pe": "dk", "subnet": "192.168.1.0/24"}}]
    )


class RawBridged(RawVpn):
    """What VPLS and VPWS have in common."""

    subnet: Prefixes = Field(
        description="The one LAN across all sites, from which hosts have their addresses.",
        min_length=1,
        examples=["10.0.0.0/24"],
    )
    control_word: YesOrNo = Field(
        default=False,
        description="Whether frames carry one on pseudowires (RFC 4448); the eBPF data plane can.",
        examples=[True],
    )
    pw_type: Literal["raw", "tagged"] = Field(
        default="raw",
        description="Whether the tag that delimits the service on an access line is removed before "
        "the pseudowire (raw, type 0x0005) or every frame has one there (tagged, type 0x0004): its "
        "circuit's, or a dummy (RFC 4448 section 4.4).",
        examples=["tagged"],
    )
    l2cp: ControlProtocols = Field(
        default="standard",
        description="Frames for the addresses that IEEE 802.1Q reserves for bridges: as its table "
        "8-2 says (standard), all pass (tunnel) or none (drop). PAUSE never does.",
        examples=["tunnel"],
    )


class RawVpls(RawBridged, title="VPLS"):
    """A VPN in which the provider bridges any number of sites (RFC 4762)."""

    type: Literal["vpls"]
    aging: AgingS = Field(
        default=DEFAULT_MAC_AGING_S,
        description="After which a silent MAC address is forgotten.",
        json_schema_extra={"default": f"{DEFAULT_MAC_AGING_S} s"},
        examples=["300 s"],
    )
    mac_limit: MacLimit | None = Field(
        default=None,
        description="MAC addresses that each PE learns at most; the eBPF data plane can.",
        examples=[1000],
    )
    unknown_unicast: Literal["flood", "drop"] = Field(
        default="flood",
        description="What becomes of frames for a MAC address that is not learned.",
        examples=["drop"],
    )
    storm_control: StormRate | None = Field(
        default=None,
        description="How much broadcast, multicast and unknown unicast each circuit may send: 64 "
        "kbit/s to 10 Gbit/s, in whole kbit/s.",
        examples=["1 Mbit/s"],
    )
    mac_move: Literal["none", "alarm", "block"] = Field(
        default="none",
        description="What becomes of a MAC address that moves 5 times within 10 s: an alarm, or "
        "the circuit that it moved to is blocked for 30 s as well.",
        examples=["block"],
    )
    igmp_snooping: YesOrNo = Field(
        default=False,
        description="Whether IP multicast goes to members and multicast routers only, as IGMP and "
        "MLD tell (RFC 4541).",
        examples=[True],
    )
    topology: Literal["mesh", "hub-and-spoke"] = Field(
        default="mesh",
        description="mesh: every site reaches every other; hub-and-spoke: an E-Tree (RFC 7796), "
        "in which sites with `role: hub` reach every site, and the others reach those alone.",
        examples=["hub-and-spoke"],
    )
    pseudowires: list[ShortLink] | None = Field(
        default=None,
        description="Of a partial mesh: the pairs of PEs that have one between them, PE-PE; sites "
        "of others do not reach each other. Every two PEs unless said.",
        min_length=1,
        examples=[["dk-se", "se-no"]],
    )
    sites: dict[Name, RawVplsSite] = Field(min_length=1, examples=[{"odense": {"pe": "dk"}}])


class RawVpws(RawBridged, title="VPWS"):
    """A wire between two sites (RFC 8077)."""

    type: Literal["vpws"]
    sites: dict[Name, RawBridgedSite] = Field(
        min_length=2, max_length=2, examples=[{"odense": {"pe": "dk"}, "malmo": {"pe": "se"}}]
    )


class RawSixPe(RawVpn, title="6PE"):
    """IPv6 sites of the provider's global table, over the IPv4 core (RFC 4798)."""

    type: Literal["6pe"]
    redistribute: Redistribution | None = Field(
        default=None,
        description="For all sites: 'connected': routes to PE-CE links are distributed.",
        examples=["connected"],
    )
    urpf: SourceValidation = Field(
        default="none",
        description="For sites that do not say: whether PEs take in from a site only what is from "
        "its own prefixes (RFC 3704 section 2.2).",
        examples=["strict"],
    )
    sites: dict[Name, RawRoutedSite] = Field(
        min_length=1, examples=[{"aarhus": {"pe": "dk", "subnet": "2001:db8:1::/64"}}]
    )


AnyVpn = Annotated[RawL3vpn | RawVpls | RawVpws | RawSixPe, Field(discriminator="type")]
