"""Switching a dual-homed site over: in which order what is installed, flushed and sent."""

from __future__ import annotations

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.control.homing import Moving
from mplsemu.controller.switchover import LineMove, line_moves
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.spare_lines import active_lines
from mplsemu.southbound.ebpf.layout import word
from mplsemu.southbound.openflow.match import IN_PORT, Term
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.plane.events import LsrConnected, PortChanged
from mplsemu.southbound.plane.macs import BehindPe, MacFlush, OnCircuit
from mplsemu.southbound.punt.event import OutOfPort
from mplsemu.wire.arp import REPLY, REVERSE_REQUEST, parse_arp
from mplsemu.wire.ethernet import BROADCAST_MAC, EtherType, parse_ethernet
from mplsemu.wire.ip import parse_ip
from mplsemu.wire.neighbour_discovery import parse_neighbour_message
from tests.builders import MacAddresses, network, provider, vpls
from tests.networks import dual_homed, homed
from tests.unit.controller.ebpf_lab import Lab
from tests.unit.controller.openflow_lab import assert_installed, connected

DOWN = ("x", "v/hq"), ("x", "lan/hq")
"""First lines, with their PE."""


def port_of(controller, node, name):
    lsr = controller.program.node(node)
    there = {**lsr.circuit_by_name, **lsr.adjacency_by_link}
    return there[name].port


def changed(controller, *cables, live):
    return [PortChanged(node, port_of(controller, node, name), live) for node, name in cables]


CORE = ("x", "x-p"), ("p", "x-p")


# --- what is moved -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "is_alive"),
    [
        ((), ("v/hq", "lan/hq"), False),
        ((), ("x-p",), False),
        (("v/hq", "lan/hq"), (), True),
        (("x-p",), (), True),
        (("v/hq@y", "lan/hq@y"), ("v/hq", "lan/hq"), False),
    ],
)
def test_a_line_that_works_is_left_in_steps_and_a_dead_one_or_one_cut_off_at_once(
    before, after, is_alive
):
    lab = dual_homed()
    first, second = (compile_program(lab, frozenset(down)) for down in (before, after))
    lines = [active_lines(each)["lan/hq"][0] for each in (first, second)]
    assert LineMove(lines[1], lines[0], is_alive, is_bridged=True) in line_moves(first, second)
    lines = [active_lines(each)["v/hq"][0] for each in (first, second)]
    assert LineMove(lines[1], lines[0], is_alive, is_bridged=False) in line_moves(first, second)


def test_nothing_moves_where_a_standby_comes_or_goes():
    whole, without = (
        compile_program(dual_homed(), frozenset(down)) for down in ((), ("v/hq@y", "lan/hq@y"))
    )
    assert line_moves(whole, without) == line_moves(without, whole) == ()


def test_two_bridged_sites_leave_a_pe_that_is_cut_off_before_another_takes_them():
    # a frame could go by the one site to the PE, and by the other back
    made = network(
        provider(("x-p", "y-p", "z-p"), pes=("x", "y", "z")),
        vpls("lan", {"a": "x", "b": "x", "c": "z"}, macs=MacAddresses()),
    )
    lab = Lab(network=homed(made, {"lan/a": ("x", "y"), "lan/b": ("x", "y")})).enter()
    lines = {"lan/a": "x", "lan/b": "x", "lan/a@y": "y", "lan/b@y": "y"}
    keys = openings(lab, lines)
    rows = lab.tables["ports"].rows
    before = {name: (key, key in rows) for name, key in keys.items()}
    lab.tables.log.clear()
    lab.controller.handle(changed(lab.controller, *CORE, live=False))
    states = list(replayed(lab.tables.log, before))
    assert (states[0], states[-1]) == ({"lan/a", "lan/b"}, {"lan/a@y", "lan/b@y"})
    assert all({"lan/a", "lan/b"} >= state or {"lan/a@y", "lan/b@y"} >= state for state in states)


# --- what is installed -------------------------------------------------------------------------


LINES = {"v/hq": "x", "v/hq@y": "y", "lan/hq": "x", "lan/hq@y": "y"}


def openings(lab, lines=LINES):
    """Return for each line, given with its PE, the entry of ports by which it is open (eBPF)."""
    return {
        name: word(lab.ports[pe][port_of(lab.controller, pe, name)]) for name, pe in lines.items()
    }


def replayed(log, keys):
    """Yield which lines are open, after every change."""
    opened = {name for name, (key, is_open) in keys.items() if is_open}
    yield set(opened)
    names = {key: name for name, (key, _) in keys.items()}
    for what, table, key in log:
        if table == "ports" and key in names:
            (opened.discard if what == "delete" else opened.add)(names[key])
            yield set(opened)


@pytest.mark.parametrize("cables", [DOWN, CORE])
def test_on_ebpf_a_bridged_site_never_has_two_lines_and_a_routed_one_always_has_one(
    cables, monkeypatch
):
    lab = Lab(network=dual_homed()).enter()
    keys = openings(lab)
    for live in (False, True):
        rows = lab.tables["ports"].rows
        before = {name: (key, key in rows) for name, key in keys.items()}
        lab.tables.log.clear()
        lab.controller.handle(changed(lab.controller, *cables, live=live))
        states = list(replayed(lab.tables.log, before))
        assert all(len(state & {"lan/hq", "lan/hq@y"}) <= 1 for state in states)
        assert all(state & {"v/hq", "v/hq@y"} for state in states)
        assert states[-1] == ({"v/hq", "lan/hq"} if live else {"v/hq@y", "lan/hq@y"})
        lab.assert_installed()
    routed = {frozenset(state & {"v/hq", "v/hq@y"}) for state in states}
    assert frozenset({"v/hq", "v/hq@y"}) in routed  # make before break
    assert frozenset() in {frozenset(state & {"lan/hq", "lan/hq@y"}) for state in states}


@pytest.mark.parametrize("cables", [DOWN, CORE])
def test_on_openflow_a_bridged_site_never_has_two_lines_and_a_routed_one_always_has_one(cables):
    made = dual_homed()
    controller = connected(made)
    by_first, by_second = (
        compile_program(made, frozenset(down)) for down in ((), ("v/hq", "lan/hq"))
    )
    cookies = {}
    for name, pe in LINES.items():
        in_port = Term(IN_PORT, port_of(controller, pe, name))
        active = by_second if name.endswith("@y") else by_first
        cookies[name] = {flow.cookie for flow in flows(active, pe) if in_port in flow.match.terms}
        assert cookies[name]
    seen = []
    line, send = controller.line, controller.line.send

    def watched(datapath_id, data):
        done = send(datapath_id, data)
        there = {pe: line.flows[controller.program.node(pe).index].values() for pe in ("x", "y")}
        seen.append({name for name, pe in LINES.items() if cookies[name] & set(there[pe])})
        return done

    line.send = watched
    for live in (False, True):
        seen.clear()
        controller.handle(changed(controller, *cables, live=live))
        assert_installed(controller)
        assert not any({"lan/hq", "lan/hq@y"} <= state for state in seen)
        assert all(state & {"v/hq", "v/hq@y"} for state in seen)
    assert any({"v/hq", "v/hq@y"} <= state for state in seen)
    assert any(not state & {"lan/hq", "lan/hq@y"} for state in seen)


def test_a_restarted_controller_blocks_the_line_that_it_left_before_it_opens_another(tmp_path):
    state = tmp_path / "controller.json"
    lab = Lab(state=state, network=dual_homed()).enter()
    lab.controller.handle(changed(lab.controller, *DOWN, live=False))
    lab.controller.state_file.due = 0.0
    lab.controller._save()
    again = Lab(lab.tables, state, network=dual_homed())  # while it was gone the lines came back
    keys = {name: (key, key in lab.tables["ports"].rows) for name, key in openings(again).items()}
    assert keys["lan/hq@y"][1]
    again.enter()
    states = list(replayed(again.tables.log, keys))
    assert all(len(each & {"lan/hq", "lan/hq@y"}) <= 1 for each in states)
    assert states[-1] == {"v/hq", "lan/hq"}


# --- what is said ------------------------------------------------------------------------------


class Watched:
    """An eBPF lab whose controller's orders are noted: writes, flushes and packets."""

    def __init__(self, monkeypatch):
        self.lab = Lab(network=dual_homed()).enter()
        self.done = []
        plane = self.lab.plane
        install, flush = plane.install, plane.flush_macs

        def noted_install(program, nodes, **how):
            self.done.append(("install", active_lines(program)))
            return install(program, nodes, **how)

        def noted_flush(program, orders):
            orders = list(orders)
            self.done += [("flush", order) for order in orders]
            flush(program, orders)

        monkeypatch.setattr(plane, "install", noted_install)
        monkeypatch.setattr(plane, "flush_macs", noted_flush)
        monkeypatch.setattr(
            plane, "send", lambda node, packets: self.done.append(("send", node, tuple(packets)))
        )

    def handle(self, *cables, live):
        self.done.clear()
        self.lab.controller.handle(changed(self.lab.controller, *cables, live=live))
        return self.done


def sent_by(done, node):
    return [
        packet for what, *rest in done if what == "send" and rest[0] == node for packet in rest[1]
    ]


def test_the_new_active_pe_announces_the_gateways_addresses_on_its_line(monkeypatch):
    watched = Watched(monkeypatch)
    done = watched.handle(("x", "v/hq"), live=False)
    port = port_of(watched.lab.controller, "y", "v/hq@y")
    said = sent_by(done, "y")
    assert said
    assert all(isinstance(packet, OutOfPort) and packet.port == port for packet in said)
    headers = [parse_ethernet(packet.frame) for packet in said]
    assert {header.source for header, _ in headers} == {GATEWAY_MAC}
    arps = [parse_arp(rest) for header, rest in headers if header.ethertype == EtherType.ARP]
    assert {(str(arp.sender), arp.operation, arp.sender_mac) for arp in arps} == {
        ("10.1.0.1", REPLY, GATEWAY_MAC)
    }
    advertised = [
        parse_neighbour_message(parse_ip(rest, EtherType.IPV6))
        for header, rest in headers
        if header.ethertype == EtherType.IPV6
    ]
    assert {str(each.target) for each in advertised} == {"fe80::1", "2001:db8:1::1"}
    assert all(each.overrides and not each.is_solicited for each in advertised)


def test_on_the_way_back_the_lan_is_told_after_the_first_line_opens_and_before_the_other_closes(
    monkeypatch,
):
    watched = Watched(monkeypatch)
    watched.handle(("x", "v/hq"), live=False)
    done = watched.handle(("x", "v/hq"), live=True)
    steps = [step[1]["v/hq"] if step[0] == "install" else step[0] for step in done]
    both = ["v/hq", "v/hq@y"]
    assert steps == [both, both, "send", ["v/hq"], "send"]


def test_the_lan_is_told_once_more_when_nothing_comes_by_the_old_line_any_longer(monkeypatch):
    watched = Watched(monkeypatch)
    watched.handle(("x", "v/hq"), live=False)
    monkeypatch.setattr(watched.lab.plane, "settle", lambda: watched.done.append(("settle",)))
    done = watched.handle(("x", "v/hq"), live=True)
    assert [step[0] for step in done[-3:]] == ["install", "settle", "send"]


def test_where_a_pe_is_cut_off_the_lan_is_told_at_once(monkeypatch):
    done = Watched(monkeypatch).handle(*CORE, live=False)
    assert done.index(next(step for step in done if step[0] == "send")) < done.index(
        next(step for step in done if step[0] == "install")
    )


def test_what_a_vpls_learned_by_the_old_line_is_withdrawn_also_after_it_is_blocked(monkeypatch):
    watched = Watched(monkeypatch)
    watched.handle(("x", "lan/hq"), live=False)
    done = watched.handle(("x", "lan/hq"), live=True)
    blocked = done.index(("install", {"v/hq": ["v/hq"], "lan/hq": []}))
    opened = done.index(("install", {"v/hq": ["v/hq"], "lan/hq": ["lan/hq"]}))
    wanted = [
        MacFlush("y", "lan", OnCircuit("lan/hq@y")),
        MacFlush("x", "lan", BehindPe("y")),
        MacFlush("z", "lan", BehindPe("y")),
    ]
    between = [order for what, order, *_ in done[blocked:opened] if what == "flush"]
    after = [order for what, order, *_ in done[opened:] if what == "flush"]
    assert all(order in between and order in after for order in wanted)


def test_in_a_vpls_the_lan_hears_a_frame_of_every_station_elsewhere(monkeypatch):
    watched = Watched(monkeypatch)
    done = watched.handle(("x", "lan/hq"), live=False)
    program = watched.lab.controller.program
    elsewhere = {
        host.mac
        for node in program.nodes
        for circuit in node.circuits
        if circuit.name in {"lan/far", "lan/near"}
        for host in circuit.hosts
    }
    frames = [parse_ethernet(packet.frame) for packet in sent_by(done, "y")]
    assert {header.source for header, _ in frames} == elsewhere
    assert {(header.destination, header.ethertype) for header, _ in frames} == {
        (BROADCAST_MAC, EtherType.REVERSE_ARP)
    }
    assert {parse_arp(rest).operation for _, rest in frames} == {REVERSE_REQUEST}


def test_status_tells_the_active_lines_of_labs_that_have_some():
    lab = Lab(network=dual_homed()).enter()
    assert lab.call("status")["active_lines"] == {"v/hq": ["v/hq"], "lan/hq": ["lan/hq"]}
    lab.controller.handle(changed(lab.controller, ("x", "v/hq"), live=False))
    assert lab.call("status")["active_lines"]["v/hq"] == ["v/hq@y"]
    assert "active_lines" not in Lab().enter().call("status")


def test_a_line_that_is_down_at_boot_is_not_waited_for():
    lab = Lab(network=dual_homed())
    down = {("x", port_of(lab.controller, "x", name)) for name in ("v/hq", "lan/hq")}
    lab.controller.handle(
        [
            LsrConnected(node, frozenset(p for p in ports if (node, p) not in down))
            for node, ports in lab.ports.items()
        ]
    )
    assert lab.call("status")["active_lines"] == {"v/hq": ["v/hq@y"], "lan/hq": ["lan/hq@y"]}
    lab.assert_installed()


def test_no_step_changes_a_label(monkeypatch):
    made = dual_homed()
    final = compile_program(made)
    for moving in (Moving(joining=frozenset({"v/hq"})), Moving(leaving=frozenset({"lan/hq@y"}))):
        step = compile_program(made, previous=final, moving=moving)
        assert [node.ilm for node in step.nodes] == [node.ilm for node in final.nodes]
