"""What a PE holds for its customers: attachment circuits, VRFs (RFC 4364) and VSIs (RFC 4762)."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.l2cp import L2cp
from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget
from mplsemu.model.labels import Label
from mplsemu.model.limits import ACCESS_MTU, ACCESS_MTU_MARGIN
from mplsemu.model.mac_move import MacMove
from mplsemu.model.names import site_of, vpn_of_vrf
from mplsemu.model.pw_type import PwType
from mplsemu.model.tags import VlanTags
from mplsemu.model.vpn import Host, IPAddress, IPInterface, IPNetwork, L2vpnKind, RoutedLan
from mplsemu.program.multicast import MulticastGroup
from mplsemu.program.own_addresses import router_addresses


@dataclass(frozen=True, slots=True)
class CeRoute:
    """A route of a CE router, beside those to its own networks and its default route to the PE.

    Attributes:
        prefix: where it leads.
        via: the next hop on its LAN. None: the PE, for packets from the LAN to a prefix within one
            that has a next hop on the LAN; what comes from the PE goes by the LAN all the same.
        returns: of a hub's CE router, whether what comes from the PE goes back there, too: a
            spoke's prefix, to which other spokes' packets pass it (RFC 4364 section 4.3.5).
    """

    prefix: IPNetwork
    via: IPAddress | None = None
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Ce:
    """The CE router at the far end of an attachment circuit.

    Attributes:
        wan: its addresses on the PE-CE link: one of each IP version at most, none where that is
            unnumbered.
        mac: of that interface.
        lan: its addresses on the site's LAN, with prefix lengths.
        lan_mac: of its interface there.
        routes: to networks behind its LAN, and to what lies within these and is elsewhere.
        masquerades: whether private addresses leave for its LAN as its own (program/nat.py).
    """

    wan: tuple[IPAddress, ...]
    mac: str
    lan: tuple[IPInterface, ...]
    lan_mac: str
    routes: tuple[CeRoute, ...] = ()
    masquerades: bool = False

    @property
    def address(self) -> IPAddress:
        """By which one knows it: the first on the PE-CE link; without one, of its LAN."""
        return next(iter(self.addresses))

    @property
    def addresses(self) -> tuple[IPAddress, ...]:
        """What it answers to from anywhere: its addresses, and its subnets' anycast addresses."""
        return (*self.wan, *router_addresses(self.lan))


@dataclass(frozen=True, slots=True)
class SharedPort:
    """A port of a PE whose access line carries several attachment circuits.

    Attributes:
        name: of the line, ``PE:PORT``.
        number: of the port.
    """

    name: str
    number: int


@dataclass(frozen=True, slots=True)
class BorderPeer:
    """The far end of a circuit between two providers' ASBRs: each is the other's CE.

    Attributes:
        link: the border link that carries the circuit.
        lsr: the other provider's ASBR.
        circuit: name of the circuit there.
    """

    link: str
    lsr: str
    circuit: str


@dataclass(frozen=True, slots=True)
class AttachmentCircuit:
    """A PE's port towards one customer site.

    Attributes:
        name: ``VPN/SITE``, unique in the lab; of a site's further lines ``VPN/SITE@PE``.
        vpn: name of the VPN.
        port: the PE's port number; of a circuit on a shared port, its own number, which no other
            circuit and no port of the PE has.
        up: whether it takes and sends packets: its line is up, and it is neither blocked nor a
            standby.
        gateways: the PE's own addresses on it, with prefix lengths: none in a VSI.
        hosts: the site's hosts that the lab knows, behind the CE if there is one; of a site with
            several lines at those that lead to it.
        ce: the CE router, if there is one.
        mtu: octets of the largest IP packet that a VRF sends on it.
        strict_urpf: whether a VRF accepts only sources to which it would send on this circuit
            (RFC 3704 section 2.2).
        rate_bps: rate of the line each way, None if it is not shaped.
        leaf: whether its site is a leaf of an E-Tree (RFC 7796).
        blocked: whether the network carries nothing for it, as MAC addresses moved to it too often;
            it is not `up` then.
        standby: the line is up and blocked: another one carries its site's traffic.
        tags: of its frames, which tell it from others on its port; None: untagged.
        line: the port that it shares; None: it has a port of its own.
        dhcp_servers: to which the gateway relays the requests of DHCP clients on it (RFC 2131,
            RFC 8415), of each to those of its IP version.
        behind: in a VSI, the LAN behind the CE router that is the circuit's only host; None: its
            hosts are on the VPLS themselves.
        shares_load: whether its site's lines that are up carry its traffic together: the site
            bundles them (link aggregation, IEEE 802.1AX), and each flow takes one.
        border: what is at its far end, if that is no site but another provider's ASBR (RFC 4364
            section 10 (a)). It has no addresses then: to either end, the other one is known by the
            MAC address that all gateways have.
    """

    name: str
    vpn: str
    port: int
    up: bool
    gateways: tuple[IPInterface, ...]
    hosts: tuple[Host, ...]
    ce: Ce | None = None
    mtu: int = ACCESS_MTU
    strict_urpf: bool = False
    rate_bps: int | None = None
    leaf: bool = False
    blocked: bool = False
    standby: bool = False
    tags: VlanTags | None = None
    line: SharedPort | None = None
    dhcp_servers: tuple[IPAddress, ...] = ()
    behind: RoutedLan | None = None
    shares_load: bool = False
    border: BorderPeer | None = None

    @property
    def physical_port(self) -> int:
        """Number of the port that its frames come and go by."""
        return self.port if self.line is None else self.line.number

    @property
    def is_delimited(self) -> bool:
        """Whether its port alone does not say that a frame is its own: tags do, or their lack."""
        return self.tags is not None or self.line is not None

    @property
    def line_mtu(self) -> int:
        """Octets that the PE takes at most, behind an Ethernet header and the circuit's tags."""
        return self.mtu + ACCESS_MTU_MARGIN

    @property
    def site(self) -> str:
        """The site's name within its VPN."""
        return site_of(self.name).removeprefix(f"{self.vpn}/")


@dataclass(frozen=True, slots=True)
class Connected:
    """The prefix is on an attachment circuit's own LAN: resolve the address there."""

    circuit: str


@dataclass(frozen=True, slots=True)
class ViaCe:
    """The prefix lies behind the CE router of an attachment circuit."""

    circuit: str


@dataclass(frozen=True, slots=True)
class ViaNeighbour:
    """The prefix lies behind a host or router on an attachment circuit's LAN (a static route).

    Attributes:
        circuit: name of the circuit.
        address: of that host or router, on the LAN: to be resolved, not the destination.
    """

    circuit: str
    address: IPAddress


@dataclass(frozen=True, slots=True)
class ViaPe:
    """The prefix is at another PE: push its VPN label, then take the tunnel to it."""

    egress: str
    label: Label


@dataclass(frozen=True, slots=True)
class ViaVrf:
    """The prefix is imported from another VPN at the same PE: look it up in that VRF."""

    vrf: str


@dataclass(frozen=True, slots=True)
class ViaAsbr:
    """The prefix is in another provider's network: hand over to his ASBR, without labels.

    Attributes:
        circuit: name of the circuit to that ASBR.
    """

    circuit: str


NextHop = Connected | ViaCe | ViaNeighbour | ViaPe | ViaVrf | ViaAsbr


@dataclass(frozen=True, slots=True)
class RouteWay:
    """One of several ways of equal cost by which a route leads (multipath, RFC 4364 section 4.3).

    Attributes:
        next_hop: where its packets go; likewise `rd` and `circuit`, as of a route.
    """

    next_hop: NextHop
    rd: RouteDistinguisher | None
    circuit: str


@dataclass(frozen=True, slots=True)
class Route:
    """One route of a VRF.

    Attributes:
        prefix: the customer's prefix; unique within the VRF.
        next_hop: where its packets go.
        rd: with the prefix, the VPN-IPv4 or VPN-IPv6 route it is (RFC 4364 4.1); None: it is
            an IPv6 route of the global table (RFC 4798).
        circuit: attachment circuit of the site that originated it.
        more: further ways of equal cost, where several PEs have the prefix (anycast).
    """

    prefix: IPNetwork
    next_hop: NextHop
    rd: RouteDistinguisher | None
    circuit: str
    more: tuple[RouteWay, ...] = ()

    @property
    def ways(self) -> tuple[RouteWay, ...]:
        """All ways of equal cost: each packet's flow takes one of them."""
        return (RouteWay(self.next_hop, self.rd, self.circuit), *self.more)

    @property
    def next_hops(self) -> tuple[NextHop, ...]:
        """The next hops of all ways."""
        return (self.next_hop, *(way.next_hop for way in self.more))


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An address on an attachment circuit's LAN and the MAC address that answers for it."""

    address: IPAddress
    circuit: str
    mac: str


@dataclass(frozen=True, slots=True)
class Vrf:
    """A VPN routing and forwarding table at one PE (RFC 4364 section 3).

    Attributes:
        name: of the VPN, unless it has several VRFs here (`model.l3vpn.VrfPolicy`).
        index: from 1, unique among the VRFs and VSIs of this PE.
        rd: of the routes that it exports; None: it is the PE's global IPv6 table (6PE, RFC 4798).
        label: the VPN label that other PEs push on IPv4 packets to reach this VRF; None: it takes
            IPv6 alone.
        circuits: names of its attachment circuits.
        routes: sorted by prefix, IPv4 first.
        neighbours: sorted by address, IPv4 first.
        label6: the VPN label for IPv6 packets; None if it has no IPv6 sites.
    """

    name: str
    index: int
    rd: RouteDistinguisher | None
    import_targets: tuple[RouteTarget, ...]
    export_targets: tuple[RouteTarget, ...]
    label: Label | None
    circuits: tuple[str, ...]
    routes: tuple[Route, ...]
    neighbours: tuple[Neighbour, ...]
    label6: Label | None = None

    @property
    def vpn(self) -> str:
        """Name of its VPN."""
        return vpn_of_vrf(self.name)


@dataclass(frozen=True, slots=True)
class Pseudowire:
    """An Ethernet pseudowire to another PE (RFC 4448).

    Attributes:
        index: from 1, unique within its VSI.
        peer: the PE at the other end; the tunnel to it carries the frames.
        in_label: this PE's label for frames that come from the peer.
        out_label: the peer's label for frames from this PE.
        control_word: whether frames carry one in both directions (RFC 4448 section 4.6).
        leaf: whether only leaves of an E-Tree are beyond it (RFC 7796): it is a leaf itself.
        leaf_in_label: this PE's label for frames of leaves, where `in_label` is that for frames of
            roots; None where a label need not tell one from the other.
        leaf_out_label: likewise the peer's, for frames of this PE's leaves.
        spoke: whether it leads to a spoke PE, and is not of the mesh (RFC 4762 section 10.1).
        standby: whether it carries no frames: the spoke PE uses that to another hub PE (section
            10.2), or a VPWS that of other lines (RFC 6718). Its labels are bound, so that it may
            take over.
        to_hub: whether it leads from a spoke PE to a hub PE: the other end of a spoke.
        secondary: whether it is between a spoke PE and another hub PE than the first, which has the
            primary one (section 10.2).
        pw_type: whether every frame on it has a service-delimiting tag (RFC 4448 section 4.4.1).
    """

    index: int
    peer: str
    in_label: Label
    out_label: Label
    control_word: bool = False
    leaf: bool = False
    leaf_in_label: Label | None = None
    leaf_out_label: Label | None = None
    spoke: bool = False
    standby: bool = False
    to_hub: bool = False
    secondary: bool = False
    pw_type: PwType = PwType.RAW

    @property
    def is_tagged(self) -> bool:
        """Whether it is of tagged mode."""
        return self.pw_type is PwType.TAGGED


@dataclass(frozen=True, slots=True)
class Vsi:
    """A virtual switching instance at one PE (RFC 4762 section 4): circuits and pseudowires.

    Attributes:
        name: of the VPN.
        index: from 1, unique among the VRFs and VSIs of this PE.
        kind: a VPWS has exactly two ends in all, circuits and pseudowires together, but for those
            that stand by.
        circuits: names of its attachment circuits.
        pseudowires: sorted by peer; frames never go from one to another (split_horizon.py).
        mac_aging_s: seconds after which a silent MAC address is forgotten.
        mac_limit: MAC addresses that it learns at most, None: no limit; it floods what is for
            others.
        l2cp: what it does with the frames of layer 2 control protocols that come from circuits.
        floods_unknown: whether it floods frames for addresses that it has not learned, or drops
            them.
        storm_control_bps: bits per second that it floods of what each of its circuits sends, from
            the Ethernet header on; the rest is dropped. None: no limit.
        mac_move: whether it tells of MAC addresses that move, and what comes of it.
        igmp_snooping: whether IGMP and MLD from circuits go to the controller (RFC 4541).
        groups: what it knows by them, sorted by address, IPv4 first.
        mesh: of a partial mesh, the PEs to which it is to have a pseudowire; None: to all others
            that are no spoke PEs.
    """

    name: str
    index: int
    kind: L2vpnKind
    circuits: tuple[str, ...]
    pseudowires: tuple[Pseudowire, ...]
    mac_aging_s: int
    mac_limit: int | None = None
    l2cp: L2cp = L2cp.STANDARD
    floods_unknown: bool = True
    storm_control_bps: int | None = None
    mac_move: MacMove = MacMove.NONE
    igmp_snooping: bool = False
    groups: tuple[MulticastGroup, ...] = ()
    mesh: tuple[str, ...] | None = None
