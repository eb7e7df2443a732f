"""A controller whose switches are three lines long: no framework, no network."""

import struct
from types import SimpleNamespace

from mplsemu.controller.controller import Controller
from mplsemu.model.numbers import NO_NUMBERS
from mplsemu.southbound.openflow.app import BarrierReply, FlowsReply, MetersReply
from mplsemu.southbound.openflow.framework import ofproto
from mplsemu.southbound.openflow.plane import OpenFlowPlane
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.plane.events import LsrConnected


class FakeLine:
    """Switches that keep flows by table, priority and match, and answer at once."""

    def __init__(self, plane, flows_before=None):
        self.plane = plane
        self.flows = flows_before or {}
        self.meters = {}
        self.meter_mods = []
        self.dropped = {}
        self.log = []

    def connect(self, node, ports=None):
        self.flows.setdefault(node.index, {})
        everything = {end.port for end in node.adjacencies} | {ac.port for ac in node.circuits}
        live = frozenset(everything if ports is None else ports)
        return LsrConnected(node.name, live)

    def send(self, datapath_id, data):
        if datapath_id not in self.flows:
            return False
        while data:
            length = int.from_bytes(data[2:4], "big")
            if data[1] == ofproto.OFPT_FLOW_MOD:
                self._flow_mod(datapath_id, data[:length])
            elif data[1] == ofproto.OFPT_METER_MOD:
                (meter,) = struct.unpack_from("!I", data, 12)
                self.meters.setdefault(datapath_id, set()).add(meter)
                self.meter_mods.append(data[8:length])
            data = data[length:]
        return True

    def _flow_mod(self, datapath_id, data):
        cookie, mask, table_id, command = struct.unpack_from("!QQBB", data, 8)
        (priority,) = struct.unpack_from("!H", data, 30)
        (length,) = struct.unpack_from("!H", data, 50)
        mod = SimpleNamespace(cookie=cookie, cookie_mask=mask, table_id=table_id, command=command)
        key = (table_id, priority, data[52 : 48 + length])
        table = self.flows[datapath_id]
        if mod.command == ofproto.OFPFC_ADD:
            self.log.append(("change" if key in table else "add", datapath_id, mod.table_id))
            table[key] = mod.cookie
        elif mod.command == ofproto.OFPFC_DELETE_STRICT:
            self.log.append(("delete", datapath_id, mod.table_id))
            del table[key]
        else:
            for other in [k for k, c in table.items() if c & mod.cookie_mask == mod.cookie]:
                self.log.append(("delete", datapath_id, mod.table_id))
                del table[other]

    def barrier(self, datapath_id):
        self.log.append(("barrier", datapath_id, None))
        self.plane.replied(BarrierReply(datapath_id, 7))
        return 7

    def request_flows(self, datapath_id, table=None):
        stats = tuple(SimpleNamespace(cookie=c) for c in self.flows[datapath_id].values())
        self.plane.replied(FlowsReply(datapath_id, 9, stats, more=False))
        return 9

    def request_meters(self, datapath_id):
        self.plane.replied(MetersReply(datapath_id, 11, self.dropped.get(datapath_id, {}), False))
        return 11


def connected(network, state_file=None, flows_before=None, numbers=NO_NUMBERS):
    controller, line = unconnected(network, state_file, flows_before, numbers)
    controller.handle([line.connect(node) for node in controller.program.nodes])
    return controller


def unconnected(network, state_file=None, flows_before=None, numbers=NO_NUMBERS):
    plane = OpenFlowPlane("127.0.0.1", 6653)
    controller = Controller(network, plane, state_file, numbers)
    controller.line = FakeLine(plane, flows_before)
    plane.attach(controller.line, controller.program, controller.deliver)
    return controller, controller.line


def said(controller):
    """Return what the data plane had to say since this was asked last."""
    return controller.next_batch() if not controller.inbox.is_empty else []


def port_of(controller, node, link):
    return controller.program.node(node).adjacency_by_link[link].port


def assert_installed(controller):
    for node in controller.program.nodes:
        wanted = sorted(flow.cookie for flow in flows(controller.program, node.name))
        assert sorted(controller.line.flows[node.index].values()) == wanted, node.name
