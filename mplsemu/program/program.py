"""The forwarding program: for each LSR its LFIB, for each PE its VRFs and VSIs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address

from mplsemu.errors import ProgramError
from mplsemu.model.inter_as import InterAs
from mplsemu.model.l3vpn import HubAndSpoke
from mplsemu.model.limits import CORE_MTU
from mplsemu.model.names import inward_vrf
from mplsemu.model.topology import NullLabel, Role, TtlMode
from mplsemu.model.vpn import VpnKind
from mplsemu.program.entries import FtnEntry, IlmEntry
from mplsemu.program.services import AttachmentCircuit, Vrf, Vsi


@dataclass(frozen=True, slots=True)
class CoreLink:
    """A link between two LSRs.

    Attributes:
        name: unique in the lab.
        ends: the two nodes' names.
        metric: from the first end to the second, and back unless `metric_back` says otherwise.
        up: whether it carries packets.
        mtu: octets of its largest packet, label stack included (RFC 3032 section 3.2).
        metric_back: from the second end to the first where that is another.
        border: how VPNs cross it, if its ends are two providers': then no LSP does; else None.
        loss_percent: part of the packets that is lost, each way.
        jitter_ms: how much longer than `delay_ms` a packet may take, each way.
    """

    name: str
    ends: tuple[str, str]
    bandwidth_bps: int
    delay_ms: float
    metric: int
    up: bool = True
    mtu: int = CORE_MTU
    metric_back: int | None = None
    border: InterAs | None = None
    loss_percent: float = 0.0
    jitter_ms: float = 0.0

    @property
    def metrics(self) -> int | tuple[int, int]:
        """The metric as a lab file has it: one, or there and back."""
        return self.metric if self.metric_back is None else (self.metric, self.metric_back)

    def metric_from(self, node: str) -> int:
        """Return the metric for packets that this end sends."""
        if self.metric_back is None or node == self.ends[0]:
            return self.metric
        return self.metric_back


@dataclass(frozen=True, slots=True)
class Adjacency:
    """One LSR's end of a core link.

    Attributes:
        link: name of the link.
        port: this LSR's port number.
        mac: of this port.
        peer: the LSR at the other end.
        peer_mac: of its port.
        border: of the link: the port takes no labels that were not given to the other provider.
    """

    link: str
    port: int
    mac: str
    peer: str
    peer_mac: str
    border: InterAs | None = None


@dataclass(frozen=True)
class NodeProgram:
    """What one LSR does.

    Attributes:
        name: of the LSR.
        index: from 1, in the lab file's order; its datapath id.
        adjacencies: by port; also of links that are down.
        circuits: by port.
        ilm: by label.
        ftn: by egress.
        vrfs: by index; likewise vsis.
        provider: whose it is, where there are several; else None.
    """

    name: str
    index: int
    role: Role
    router_id: IPv4Address
    adjacencies: tuple[Adjacency, ...]
    circuits: tuple[AttachmentCircuit, ...] = ()
    ilm: tuple[IlmEntry, ...] = ()
    ftn: tuple[FtnEntry, ...] = ()
    vrfs: tuple[Vrf, ...] = ()
    vsis: tuple[Vsi, ...] = ()
    position: tuple[float, float] | None = None
    provider: str | None = None

    @cached_property
    def adjacency_by_link(self) -> dict[str, Adjacency]:
        """The adjacencies by name of their link."""
        return {adjacency.link: adjacency for adjacency in self.adjacencies}

    @cached_property
    def circuit_by_name(self) -> dict[str, AttachmentCircuit]:
        """The attachment circuits by name."""
        return {circuit.name: circuit for circuit in self.circuits}

    @cached_property
    def delimited_circuits(self) -> dict[int, AttachmentCircuit]:
        """The attachment circuits that tags, or their lack, tell apart on a port; by number."""
        return {circuit.port: circuit for circuit in self.circuits if circuit.is_delimited}

    @cached_property
    def ilm_by_label(self) -> dict[int, IlmEntry]:
        """The incoming label map by label value."""
        return {int(entry.label): entry for entry in self.ilm}

    @cached_property
    def ftn_by_egress(self) -> dict[str, FtnEntry]:
        """The tunnels by egress PE."""
        return {entry.egress: entry for entry in self.ftn}

    @cached_property
    def vrf_by_name(self) -> dict[str, Vrf]:
        """The VRFs by name."""
        return {vrf.name: vrf for vrf in self.vrfs}

    @cached_property
    def vrf_of_circuit(self) -> dict[str, Vrf]:
        """The VRF that looks up what comes in on an attachment circuit, by the circuit's name."""
        return {name: vrf for vrf in self.vrfs for name in vrf.circuits}

    def vrf_towards(self, circuit: str) -> Vrf | None:
        """Return the VRF that leads to an attachment circuit: its own, or the one beside it."""
        own = self.vrf_of_circuit.get(circuit)
        return self.vrf_by_name.get(inward_vrf(own.name), own) if own is not None else None

    def vrfs_of(self, vpn: str) -> tuple[Vrf, ...]:
        """Return the VRFs of a VPN here."""
        return tuple(vrf for vrf in self.vrfs if vrf.vpn == vpn)

    @cached_property
    def vsi_by_name(self) -> dict[str, Vsi]:
        """The VSIs by name of their VPN."""
        return {vsi.name: vsi for vsi in self.vsis}


@dataclass(frozen=True)
class VpnInfo:
    """A VPN's name, kind and customer; of an L3VPN its hubs, if it has hubs and spokes."""

    name: str
    kind: VpnKind
    customer: str
    hub_and_spoke: HubAndSpoke | None = None


@dataclass(frozen=True)
class Program:
    """The whole network's behaviour as one immutable value.

    Attributes:
        lab: name of the lab.
        nodes: sorted by name.
        links: sorted by name.
        vpns: in the lab file's order.
    """

    lab: str
    ttl_mode: TtlMode
    null_label: NullLabel
    nodes: tuple[NodeProgram, ...]
    links: tuple[CoreLink, ...]
    vpns: tuple[VpnInfo, ...]

    @cached_property
    def node_by_name(self) -> dict[str, NodeProgram]:
        """The LSRs by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def link_by_name(self) -> dict[str, CoreLink]:
        """The links by name."""
        return {link.name: link for link in self.links}

    @cached_property
    def node_of_circuit(self) -> dict[str, NodeProgram]:
        """The PE of every attachment circuit, by the circuit's name."""
        return {circuit.name: node for node in self.nodes for circuit in node.circuits}

    def node(self, name: str) -> NodeProgram:
        """Return one LSR's program.

        Raises:
            ProgramError: there is no such LSR.
        """
        try:
            return self.node_by_name[name]
        except KeyError:
            raise ProgramError(f"no LSR {name!r} in lab {self.lab!r}") from None
