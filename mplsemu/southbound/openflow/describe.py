"""What a flow is, in the field's terms: of which table of which service, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.reserved_macs import MAC_CONTROL
from mplsemu.program.sizes import ETHERNET_OCTETS
from mplsemu.southbound.openflow.actions import (
    Action,
    CheckLarger,
    Clone,
    HashFields,
    InPort,
    Learn,
    Multipath,
    Output,
    OutputRegister,
    PopMpls,
    PopVlan,
    Resubmit,
    SetField,
)
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.flow_text import match_text
from mplsemu.southbound.openflow.lsr import mac_number
from mplsemu.southbound.openflow.match import (
    ARP_TPA,
    ETH_DST,
    ETH_SRC,
    ETH_TYPE,
    ICMPV6_TYPE,
    IN_PORT,
    IP_FRAGMENT,
    IP_PROTO,
    IPV4_DST,
    IPV4_SRC,
    IPV6_DST,
    IPV6_SRC,
    METADATA,
    MPLS_LABEL,
    ND_SLL,
    ND_TARGET,
    VLAN_VID,
    Field,
    Match,
)
from mplsemu.southbound.openflow.pipeline import (
    FROM_PSEUDOWIRE,
    FROM_SPOKE,
    MAC_MOVED,
    PUNT_CLASS_SHIFT,
    PUNT_REASON_MASK,
    REG_BEFORE,
    REG_CHOICE,
    REG_GROUPS,
    REG_PORT,
    REG_PUNT,
    REG_SCRATCH,
    REG_SERVICE_LABEL,
    REG_SIZE,
    REG_SOURCE,
    REG_TARGET,
    REG_TUNNEL,
    REG_WAY,
    Table,
    attachment,
)
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.southbound.punt.rate_limits import PuntClass
from mplsemu.wire.ethernet import EtherType

_TRAFFIC: Final = {
    EtherType.IPV4: "IPv4",
    EtherType.IPV6: "IPv6",
    EtherType.ARP: "ARP",
    EtherType.MPLS: "labelled packets",
    EtherType.MPLS_MULTICAST: "packets with upstream labels",
    MAC_CONTROL: "MAC control",
}
_SOLICITATION: Final = 135
_VLAN_ID: Final = 0xFFF
"""The bits of a matched VLAN that are its identifier."""
_ANYWHERE: Final[dict[int, str]] = {EtherType.IPV4: "0.0.0.0/0", EtherType.IPV6: "::/0"}
_BELOW: Final[dict[int, str]] = {EtherType.IPV4: " to IPv4", EtherType.IPV6: " to IPv6"}
_FLOWS: Final = {
    HashFields.FRAME: "frame",
    HashFields.IP_FLOW: "IP flow",
    HashFields.IP_ADDRESSES: "IP addresses",
}
_LOOK_UPS: Final[dict[int, str]] = {
    Table.VRF_FIB: "look up again",
    Table.VRF_SPREAD: "choose a PE",
    Table.WAYS: "choose a way",
}
_PUNTS: Final[dict[int, str]] = {
    PuntReason.TTL_EXPIRED: "say that the TTL has expired",
    PuntReason.ARP: "learn who asks",
    PuntReason.NEIGHBOUR_DISCOVERY: "answer neighbour discovery",
    PuntReason.SOLICITED: "learn who asks",
    PuntReason.GLEAN: "ask on the LAN who has it",
    PuntReason.NO_ROUTE: "say that there is no route",
    PuntReason.ECHO_REQUEST6: "answer the echo request",
    PuntReason.NOT_SERVED: "say that nobody listens",
    PuntReason.FRAGMENT: "put fragments together",
    PuntReason.TOO_BIG: "fragment it, or say how large it may be",
    PuntReason.DHCP: "relay it to the DHCP servers",
    PuntReason.SNOOPED: "learn who is in which group",
    MAC_MOVED: "tell the controller that it has moved",
}


_CLASSES: Final[dict[int, str]] = {
    PuntClass.NEIGHBOURS: "ARP and neighbour discovery",
    PuntClass.GLEAN: "packets to ask for",
    PuntClass.ANSWERS: "packets to answer",
}


class FlowDescriber:
    """Names what the flows of one LSR are about.

    Args:
        program: the whole network's.
        node: the LSR's name.
    """

    def __init__(self, program: Program, node: str) -> None:
        self._node: NodeProgram = program.node(node)
        self._pes = {each.index: each.name for each in program.nodes}
        self._ports = {end.port: f"link {end.link}" for end in self._node.adjacencies}
        self._ports |= {circuit.port: circuit.name for circuit in self._node.circuits}
        lines = (circuit.line for circuit in self._node.circuits if circuit.line is not None)
        self._ports |= {line.number: f"line {line.name}" for line in lines}
        self._peers = {mac_number(end.peer_mac) for end in self._node.adjacencies}
        self._services = {vrf.index: f"VRF {vrf.name}" for vrf in self._node.vrfs}
        self._services |= {vsi.index: f"VSI {vsi.name}" for vsi in self._node.vsis}
        self._wires = {
            (vsi.index, attachment(wire)): f"the pseudowire to {wire.peer}"
            for vsi in self._node.vsis
            for wire in vsi.pseudowires
        }
        self._entries: dict[int, Callable[[Match], str | None]] = {
            Table.PORTS: self._at_port,
            Table.INNER_TAGS: self._at_port,
            Table.LFIB: self._labelled,
            Table.SERVICE_LABELS: self._labelled,
            Table.VRF_SOURCE: lambda match: f"{self._at_port(match)}, {_origin(match)}",
            Table.VRF_INPUT: self._asked,
            Table.VRF_FIB: self._routed,
            Table.VRF_SIZE: self._measured,
            Table.VRF_ADVERTISE: self._advertised,
            Table.VRF_DELIVER: self._delivered,
            Table.VRF_IMPOSE: _too_big,
            Table.PUNT: self._punted,
            Table.VSI_MOVES: self._moving,
            Table.VRF_SPREAD: self._spreading,
            Table.VRF_CHOICE: self._chosen,
            Table.VSI_LEARN: self._learning,
            Table.VSI_FDB: self._learned,
            Table.VSI_FORWARD: self._forwarding,
            Table.VSI_FLOOD: self._flooding,
            Table.WAYS: self._choosing,
            Table.TUNNEL_L3: lambda match: self._tunnel(match, "routed packets"),
            Table.TUNNEL_L2: lambda match: self._tunnel(match, "frames"),
        }

    def entry(self, table: int, match: Match) -> str:
        """Say which entry it is: what packets it is for."""
        describe = self._entries.get(table)
        described = describe(match) if describe else None
        if described:
            return described
        if [term.field for term in match.terms] == [ETH_TYPE]:
            return _traffic(match) or match_text(match)
        return match_text(match) or "everything else"

    def does(self, flow: Flow) -> str:
        """Say what it does with them."""
        if flow.table == Table.PUNT:
            return "to the controller"
        index = next((a.value for a in _sets(flow.actions, METADATA)), flow.match.value(METADATA))
        parts = list(self._parts(flow.actions, flow.table, index))
        if parts:
            return ", ".join(parts)
        return "drop" if flow.goto is None else f"go on to {table_name(flow.goto)}"

    # entries -------------------------------------------------------------------------------------

    def _at_port(self, match: Match) -> str | None:
        port = match.value(IN_PORT)
        if port is None:
            return None
        mac = match.value(ETH_DST)
        kind = _traffic(match) or ("frames" if mac is None else f"frames for {_mac(mac)}")
        vlans = [match.value(REG_SCRATCH) or 0, (match.value(VLAN_VID) or 0) & _VLAN_ID]
        vlan = ".".join(map(str, filter(None, vlans)))
        return f"{self._port(port)}{f' VLAN {vlan}' if vlan else ''}: {kind}"

    def _labelled(self, match: Match) -> str | None:
        label = match.value(MPLS_LABEL)
        return None if label is None else f"label {label}"

    def _asked(self, match: Match) -> str | None:
        if match.value(ICMPV6_TYPE) == _SOLICITATION:
            return self._solicited(match)
        address = match.value(ARP_TPA)
        if address is None:
            return _origin(match)
        return f"ARP for {IPv4Address(address)} on {self._port(match.value(IN_PORT))}"

    def _solicited(self, match: Match) -> str:
        target, what = match.value(ND_TARGET), "neighbour solicitations"
        if target is not None:
            return f"{what} for {IPv6Address(target)} on {self._port(match.value(IN_PORT))}"
        if match.value(ND_SLL) is not None:
            return f"{what} without a MAC address"
        return " ".join(filter(None, (what, _origin(match))))

    def _routed(self, match: Match) -> str | None:
        prefix, origin = _prefix(match), _origin(match)
        if origin is not None:
            return f"every VRF: {origin}"
        if prefix is None and match.value(METADATA) is None:
            return f"every VRF: {_traffic(match) or 'packets'} without a route"
        return None if prefix is None else f"{self._service(match) or 'every VRF'}: {prefix}"

    def _punted(self, match: Match) -> str | None:
        port, service = match.value(IN_PORT), self._service(match)
        whence = self._port(port) if port is not None else service
        asked = (match.value(REG_PUNT) or 0) >> PUNT_CLASS_SHIFT
        return None if whence is None else f"{_CLASSES.get(asked, 'packets')} from {whence}"

    def _learning(self, match: Match) -> str | None:
        source, service = match.value(REG_SOURCE), self._service(match)
        mac = match.value(ETH_DST)
        if mac is not None:
            return f"{service or 'every VSI'}: frames for {_mac(mac)}"
        if match.value(ETH_SRC) is not None:
            return f"every VSI: {_origin(match)}"
        if source is None or service is None:
            return None
        return f"{service}: learning from {self._attachment(match.value(METADATA), source)}"

    def _moving(self, match: Match) -> str | None:
        service, index, before = (
            self._service(match),
            match.value(METADATA),
            match.value(REG_BEFORE),
        )
        if before is None:
            return f"{service}: addresses that have moved"
        if not before:
            return f"{service}: new addresses"
        return f"{service}: addresses that stay at {self._attachment(index, before)}"

    def _learned(self, match: Match) -> str | None:
        mac, service = match.value(ETH_DST), self._service(match)
        return None if mac is None or service is None else f"{service}: {_mac(mac)}"

    def _forwarding(self, match: Match) -> str | None:
        service, index, target = (
            self._service(match),
            match.value(METADATA),
            match.value(REG_TARGET),
        )
        if service is None:
            if target and match.value(REG_SOURCE) == target:
                return f"frames that came by {self._port(target)} itself"
            vlans = match.value(VLAN_VID), match.value(ETH_TYPE)
            tagged = "tagged frames" if any(vlans) else "frames"
            return f"{tagged} for {self._port(target)}" if target else None
        if match.value(IP_PROTO) is not None:
            kind = match.value(ICMPV6_TYPE)
            message = "IGMP" if kind is None else f"MLD of type {kind}"
            return f"{service}: {message} from a circuit"
        multicast = _block(match, IPV4_DST, IPV6_DST)
        if multicast is not None:
            return f"{service}: what is for group {multicast}"
        leaves = " of leaves" if match.value(REG_GROUPS) else ""
        source = match.value(REG_SOURCE) or 0
        whence = "a pseudowire" if source == FROM_PSEUDOWIRE else "a circuit"
        if source > FROM_PSEUDOWIRE:
            whence = self._attachment(index, source)
        if target:
            back = f", from {whence}" if source > FROM_PSEUDOWIRE else ""
            behind = self._attachment(index, target)
            return f"{service}: known addresses behind {behind}{leaves and ', from leaves'}{back}"
        return f"{service}: flooding of what comes from {whence}{leaves}"

    def _flooding(self, match: Match) -> str:
        group = _block(match, IPV4_DST, IPV6_DST)
        what = "flooding" if group is None else f"what is for group {group}"
        return f"{self._service(match)}: {what}"

    def _tunnel(self, match: Match, kind: str) -> str | None:
        to, way = match.value(REG_TUNNEL), match.value(REG_WAY)
        which = "tunnel" if way is None else f"way {way + 1} of the tunnel"
        return None if to is None else f"{which} to {self._pes.get(to, to)} for {kind}"

    def _measured(self, match: Match) -> str | None:
        to, port = match.value(REG_TUNNEL), match.value(REG_PORT)
        where = f"out on {self._port(port)}" if to is None else f"to {self._pes.get(to, to)}"
        return f"the size of routed packets {where}"

    def _advertised(self, match: Match) -> str | None:
        port = match.value(IN_PORT)
        return None if port is None else f"advertisements on {self._port(port)}"

    def _delivered(self, match: Match) -> str | None:
        port = match.value(REG_PORT)
        return _too_big(match) if port is None else f"{_traffic(match)} for {self._port(port)}"

    def _choosing(self, match: Match) -> str | None:
        to = match.value(REG_TUNNEL)
        what = _traffic(match) or "other frames"
        if match.value(IP_FRAGMENT):
            what = f"fragments of {what}"
        return None if to is None else f"the way to {self._pes.get(to, to)} for {what}"

    def _spreading(self, match: Match) -> str | None:
        what = _traffic(match) or "packets"
        if match.value(IP_FRAGMENT):
            what = f"fragments of {what}"
        which = match.value(REG_CHOICE)
        return None if which is None else f"{self._service(match)}: {what} to PEs of set {which}"

    def _chosen(self, match: Match) -> str | None:
        which, way = match.value(REG_CHOICE), match.value(REG_WAY)
        if which is None or way is None:
            return None
        return f"{self._service(match)}: PE {way + 1} of set {which}"

    def _service(self, match: Match) -> str | None:
        index = match.value(METADATA)
        return None if index is None else self._services.get(index, f"service {index}")

    def _port(self, port: int | None) -> str:
        return self._ports.get(port or 0, f"port {port}")

    def _attachment(self, service: int | None, number: int) -> str:
        """Name a circuit or pseudowire of a VSI, as a register holds it."""
        if not number & (FROM_PSEUDOWIRE | FROM_SPOKE):
            return self._port(number)
        unknown = f"pseudowire {number & ~(FROM_PSEUDOWIRE | FROM_SPOKE)}"
        return self._wires.get((service or 0, number), unknown)

    # actions -------------------------------------------------------------------------------------

    def _parts(  # noqa: C901, PLR0912  # one arm for each kind
        self, actions: tuple[Action, ...], table: int, service: int | None
    ) -> Iterator[str]:
        """Describe the actions, without those that always accompany others."""
        for action in actions:
            match action:
                case SetField(field, value):
                    said = self._field(field, value, table, service)
                    if said is not None:
                        yield said
                case PopMpls(ethertype):
                    yield "pop" + _BELOW.get(ethertype, "")
                case PopVlan():
                    yield "pop a VLAN tag"
                case Output(port):
                    yield f"out on {self._port(port)}"
                case OutputRegister():
                    yield "out on the port that was found"
                case InPort():
                    yield "send back"
                case Clone(inner):
                    yield " ".join(("copy:", *self._parts(inner, table, service)))
                case Resubmit(to) if to in _LOOK_UPS:
                    yield _LOOK_UPS[to]
                case Multipath(fields, _, ways):
                    yield f"one of {ways} by its {_FLOWS[fields]}"
                case CheckLarger(octets):
                    yield f"note whether it has more than {octets - ETHERNET_OCTETS} octets"
                case Learn(idle_timeout_s=seconds):
                    yield f"learn for {seconds} s"

    def _field(self, field: Field, value: int, table: int, service: int | None) -> str | None:
        """Describe that a field is set; None if it needs no mention."""
        if field is ETH_DST and value in self._peers:
            return None
        wording: dict[Field, Callable[[], str]] = {
            MPLS_LABEL: lambda: f"{'swap to' if table == Table.LFIB else 'push'} {value}",
            METADATA: lambda: f"into {self._services.get(value, f'service {value}')}",
            REG_TUNNEL: lambda: f"to {self._pes.get(value, value)}",
            REG_SERVICE_LABEL: lambda: f"push {value}",
            REG_PORT: lambda: f"out on {self._port(value)}",
            REG_SOURCE: lambda: f"from {self._attachment(service, value)}",
            REG_PUNT: lambda: _PUNTS.get(value & PUNT_REASON_MASK, f"punt for reason {value}"),
            ETH_DST: lambda: f"to {_mac(value)}",
            VLAN_VID: lambda: f"push VLAN tag {value & _VLAN_ID}",
        }
        return wording[field]() if field in wording else None


def table_name(table: int) -> str:
    """Return a flow table's name, or its number where it is none of ours."""
    return Table(table).name if table in set(Table) else f"table {table}"


def _sets(actions: tuple[Action, ...], field: Field) -> Iterator[SetField]:
    return (each for each in actions if isinstance(each, SetField) and each.field is field)


def _traffic(match: Match) -> str | None:
    ethertype = match.value(ETH_TYPE)
    return None if ethertype is None else _TRAFFIC.get(ethertype, f"frames of type {ethertype:#x}")


def _too_big(match: Match) -> str | None:
    return f"{_traffic(match)} that is too large" if match.value(REG_SIZE) else None


def _mac(value: int) -> str:
    return ":".join(f"{octet:02x}" for octet in value.to_bytes(6, "big"))


def _block(match: Match, *fields: Field) -> str | None:
    """Return the address or prefix that one of two fields, of IPv4 and of IPv6, is matched by."""
    for term in match.terms:
        if term.field not in fields:
            continue
        address = IPv4Address(term.value) if term.field.bits == 32 else IPv6Address(term.value)
        return str(address) if term.mask is None else f"{address}/{term.mask.bit_count()}"
    return None


def _origin(match: Match) -> str | None:
    """Say whose packets a match of a source is for."""
    if match.value(ETH_SRC) is not None:
        return "frames from a group address"
    block = _block(match, IPV4_SRC, IPV6_SRC)
    return None if block is None else f"packets from {block}"


def _prefix(match: Match) -> str | None:
    """Return the destination that a route's match is for."""
    block = _block(match, IPV4_DST, IPV6_DST)
    if block is not None:
        return block
    if match.value(METADATA) is None:
        return None  # what a packet meets that has no route
    version = match.value(ETH_TYPE)
    return _ANYWHERE.get(version or 0)
