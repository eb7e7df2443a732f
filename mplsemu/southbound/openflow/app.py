"""The Ryu (or os-ken) application: a thin shim between OpenFlow 1.3 messages and typed events.

It decides nothing. A message from a switch becomes a call of the delegate; messages to switches are
bytes from the encoder.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

from mplsemu.southbound.openflow import framework
from mplsemu.southbound.openflow.framework import handler, ofp_event, ofproto, parser

MAIN: Final = handler.MAIN_DISPATCHER
_FLOW_STATS: Final = struct.Struct("!H22xQ")
_MATCH_AT: Final = 48
_MATCH_LENGTH: Final = struct.Struct("!2xH")


@dataclass(frozen=True, slots=True)
class PacketIn:
    """A packet that a flow sent to the controller.

    Attributes:
        table: number of the table whose flow sent it.
        cookie: of that flow.
        reason: OpenFlow's reason (OFPR_*).
        in_port: the port it entered the switch by.
        metadata: OpenFlow metadata at that moment, 0 if there was none.
        registers: Nicira registers at that moment, by number.
        frame: the bytes, from the Ethernet header on.
    """

    datapath_id: int
    table: int
    cookie: int
    reason: int
    in_port: int
    metadata: int
    registers: dict[int, int]
    frame: bytes


@dataclass(frozen=True, slots=True)
class BarrierReply:
    """A switch has done everything it was sent before the barrier with this transaction id."""

    datapath_id: int
    xid: int


@dataclass(frozen=True, slots=True)
class FlowStats:
    """A flow in a flow statistics reply; the framework's own class is a hundred times slower.

    There may be tens of thousands, and no link event is handled while they are parsed.

    Attributes:
        length: its octets in the message (OpenFlow 1.3.5 section 7.3.5.2).
        cookie: 64 bits.
        match: the OXM fields, without header and padding.
    """

    length: int
    cookie: int
    match: bytes

    @classmethod
    def parser(cls, message: bytes, at: int) -> Self:
        """Parse it; the name is the framework's."""
        length, cookie = _FLOW_STATS.unpack_from(message, at)
        start = at + _MATCH_AT
        (size,) = _MATCH_LENGTH.unpack_from(message, start)
        return cls(length, cookie, bytes(message[start + 4 : start + size]))


@dataclass(frozen=True, slots=True)
class FlowsReply:
    """Part of a flow statistics reply; `more` says that another part follows."""

    datapath_id: int
    xid: int
    flows: tuple[FlowStats, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class MetersReply:
    """Part of a meter statistics reply: packets that each meter dropped, by its number."""

    datapath_id: int
    xid: int
    dropped: Mapping[int, int]
    more: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A switch's connection ended: it sends no more replies."""

    datapath_id: int


Reply = BarrierReply | FlowsReply | MetersReply | Disconnected


class SwitchDelegate(Protocol):
    """What the app reports to, in the framework's event loop: no method may block."""

    def connected(self, datapath_id: int, live_ports: frozenset[int]) -> None:
        """Note that a switch connected; `live_ports` are its ports that carry packets."""

    def port_changed(self, datapath_id: int, port: int, *, live: bool) -> None:
        """Note that a port went up or down, appeared or vanished."""

    def packet_in(self, packet: PacketIn) -> None:
        """Take a packet that a flow sent to the controller."""

    def rejected(self, datapath_id: int, error_type: int, code: int) -> None:
        """Note that a switch refused a message."""

    def replied(self, reply: Reply) -> None:
        """Take a reply, or the end of a connection."""


def _is_live(port: Any) -> bool:
    down = port.config & ofproto.OFPPC_PORT_DOWN or port.state & ofproto.OFPPS_LINK_DOWN
    return not down


class OpenFlowApp(framework.AppBase):  # type: ignore[misc]
    """Speaks OpenFlow 1.3 with every switch that connects.

    Args:
        delegate: takes what switches send.
    """

    OFP_VERSIONS = (ofproto.OFP_VERSION,)

    def __init__(self, *args: Any, delegate: SwitchDelegate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._delegate = delegate
        self._datapaths: dict[int, Any] = {}

    def send(self, datapath_id: int, data: bytes) -> bool:
        """Queue encoded messages for a switch; False if it is not connected."""
        datapath = self._datapaths.get(datapath_id)
        return datapath is not None and bool(datapath.send(data))

    def barrier(self, datapath_id: int) -> int | None:
        """Ask a switch to finish what it was sent; return the transaction id to wait for."""
        return self._request(datapath_id, parser.OFPBarrierRequest)

    def request_flows(self, datapath_id: int, table: int = ofproto.OFPTT_ALL) -> int | None:
        """Ask a switch for its flows; the answer comes as `FlowsReply` events."""
        return self._request(
            datapath_id,
            lambda datapath: parser.OFPFlowStatsRequest(
                datapath,
                table_id=table,
                out_port=ofproto.OFPP_ANY,
                out_group=ofproto.OFPG_ANY,
            ),
        )

    def request_meters(self, datapath_id: int) -> int | None:
        """Ask a switch what its meters dropped; the answer comes as `MetersReply` events."""
        return self._request(
            datapath_id,
            lambda datapath: parser.OFPMeterStatsRequest(datapath, meter_id=ofproto.OFPM_ALL),
        )

    def _request(self, datapath_id: int, make: Callable[[Any], Any]) -> int | None:
        datapath = self._datapaths.get(datapath_id)
        if datapath is None:
            return None
        message = make(datapath)
        datapath.set_xid(message)
        return int(message.xid) if datapath.send_msg(message) else None

    @handler.set_ev_cls(ofp_event.EventOFPStateChange, [MAIN, handler.DEAD_DISPATCHER])
    def _state_changed(self, event: Any) -> None:
        datapath = event.datapath
        if event.state == MAIN:
            self._datapaths[datapath.id] = datapath
            _ask_for_all_packet_ins(datapath)
            live = frozenset(
                number
                for number, port in datapath.ports.items()
                if number <= ofproto.OFPP_MAX and _is_live(port)
            )
            self._delegate.connected(datapath.id, live)
        elif datapath.id in self._datapaths and self._datapaths[datapath.id] is datapath:
            del self._datapaths[datapath.id]
            self._delegate.replied(Disconnected(datapath.id))

    @handler.set_ev_cls(ofp_event.EventOFPPortStatus, MAIN)
    def _port_status(self, event: Any) -> None:
        message = event.msg
        port = message.desc
        if port.port_no <= ofproto.OFPP_MAX:
            live = message.reason != ofproto.OFPPR_DELETE and _is_live(port)
            self._delegate.port_changed(message.datapath.id, port.port_no, live=live)

    @handler.set_ev_cls(ofp_event.EventOFPPacketIn, MAIN)
    def _packet_in(self, event: Any) -> None:
        message = event.msg
        match = message.match
        registers = {
            number: match[name] for number in range(8) if (name := f"reg{number}") in match
        }
        self._delegate.packet_in(
            PacketIn(
                message.datapath.id,
                message.table_id,
                message.cookie,
                message.reason,
                match.get("in_port", 0),
                match.get("metadata", 0),
                registers,
                bytes(message.data),
            )
        )

    @handler.set_ev_cls(ofp_event.EventOFPBarrierReply, MAIN)
    def _barrier_reply(self, event: Any) -> None:
        self._delegate.replied(BarrierReply(event.msg.datapath.id, event.msg.xid))

    @handler.set_ev_cls(ofp_event.EventOFPFlowStatsReply, MAIN)
    def _flow_stats_reply(self, event: Any) -> None:
        message = event.msg
        more = bool(message.flags & ofproto.OFPMPF_REPLY_MORE)
        self._delegate.replied(
            FlowsReply(message.datapath.id, message.xid, tuple(message.body), more)
        )

    @handler.set_ev_cls(ofp_event.EventOFPMeterStatsReply, MAIN)
    def _meter_stats_reply(self, event: Any) -> None:
        message = event.msg
        more = bool(message.flags & ofproto.OFPMPF_REPLY_MORE)
        dropped = {
            meter.meter_id: sum(band.packet_band_count for band in meter.band_stats)
            for meter in message.body
        }
        self._delegate.replied(MetersReply(message.datapath.id, message.xid, dropped, more))

    @handler.set_ev_cls(ofp_event.EventOFPErrorMsg, [handler.CONFIG_DISPATCHER, MAIN])
    def _error(self, event: Any) -> None:
        message = event.msg
        self._delegate.rejected(message.datapath.id or 0, message.type, message.code or 0)


def _ask_for_all_packet_ins(datapath: Any) -> None:
    """Enable packet-ins for packets whose TTL expired; they are off by default.

    OpenFlow 1.3.5 section 7.3.10: the mask's first half is for a master or equal role.
    """
    packet_in = (
        1 << ofproto.OFPR_NO_MATCH | 1 << ofproto.OFPR_ACTION | 1 << ofproto.OFPR_INVALID_TTL
    )
    ports = 1 << ofproto.OFPPR_ADD | 1 << ofproto.OFPPR_DELETE | 1 << ofproto.OFPPR_MODIFY
    removed = 0
    datapath.send_msg(
        parser.OFPSetAsync(datapath, [packet_in, packet_in], [ports, ports], [removed, removed])
    )


def start(delegate: SwitchDelegate, host: str, port: int) -> tuple[OpenFlowApp, list[Any]]:
    """Start listening for switches; return the app and the framework's threads to join."""
    parser.OFPFlowStatsReply.cls_stats_body_cls = FlowStats
    options = framework.cfg.CONF
    options(args=[], project="mplsemu", default_config_files=[])
    options.set_override("ofp_listen_host", host)
    options.set_override("ofp_tcp_listen_port", port)
    manager = framework.app_manager.AppManager.get_instance()
    manager.load_apps([framework.OFP_HANDLER])
    contexts = manager.create_contexts()
    app = manager.instantiate(OpenFlowApp, delegate=delegate)
    threads = manager.instantiate_apps(**contexts)
    return app, threads
