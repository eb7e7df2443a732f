"""What a controller learned of VPLSs, after it was started again: groups, blocked circuits."""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import ip_address

import pytest

from mplsemu.controller import memberships
from mplsemu.controller.mac_moves import BLOCK_S, Block
from mplsemu.controller.memberships import KnownLan
from mplsemu.controller.network_change import NetworkChanged
from mplsemu.controller.snooper import read_membership
from mplsemu.controller.state import SavedState, load_state, save_state
from mplsemu.model.mac_move import MacMove
from mplsemu.model.network import Network
from mplsemu.southbound.mac_moves import TOO_MANY
from mplsemu.southbound.plane.events import AtPort, MacMoved, PacketPunted, PortChanged
from mplsemu.southbound.punt.event import Punt, PuntReason
from mplsemu.wire.membership import Query
from tests.builders import MacAddresses, network, provider, vpls
from tests.clock import Clock
from tests.oracles import membership
from tests.unit.controller import ebpf_lab, openflow_lab
from tests.waiting import eventually

MAC = "02:99:99:99:99:99"
G, G6, NEW = (ip_address(text) for text in ("239.1.1.1", "ff15::1", "239.1.1.9"))


def lab(*, watches: bool = True, snoops: bool = True) -> Network:
    lan = vpls("lan", {"a": "x", "b": "x", "c": "y", "r": "y"}, macs=MacAddresses())
    move = MacMove.BLOCK if watches else MacMove.NONE
    return network(provider(("x-y",)), replace(lan, igmp_snooping=snoops, mac_move=move))


class Restarting:
    """A lab whose controller can be started again; its LSRs keep what they have."""

    def __init__(self, name: str, state) -> None:
        self.name, self.state = name, state
        self.entries = None
        self.clock = Clock()  # of memberships and blocks, not of what waits for data planes
        self.clock.now = time.monotonic()
        self.start()

    def start(self, network: Network | None = None) -> None:
        """Start a controller; LSRs connect with `enter`."""
        network = network or lab()
        self.sent: list[tuple[str, bytes]] = []
        if self.name == "openflow":
            self.controller, line = openflow_lab.unconnected(network, self.state, self.entries)
            self.entries = line.flows
            self.entering = [line.connect(node) for node in self.controller.program.nodes]
            self.changes = lambda: [entry for entry in line.log if entry[0] != "barrier"]
        else:
            made = ebpf_lab.Lab(self.entries, self.state, network)
            self.controller, self.entries = made.controller, made.tables
            self.entering = None
            self.made = made
            self.changes = lambda: made.log
        self.controller.plane.send = self._sent
        for each in (self.controller.mac_moves, self.controller.memberships):
            each._clock = self.clock

    def enter(self) -> None:
        if self.entering is None:
            self.made.enter()
        else:
            self.controller.handle(self.entering)

    def restart(self, network: Network | None = None) -> None:
        self.controller.state_file.due = 0.0
        self.controller.handle([])
        self.start(network)
        self.enter()

    def _sent(self, node: str, packets) -> None:
        circuits = {each.port: each.name for each in self.controller.program.node(node).circuits}
        self.sent += [(circuits[each.port], each.frame) for each in packets]

    def hears(self, circuit: str, packet: bytes) -> None:
        node = self.controller.program.node_of_circuit[circuit]
        port = node.circuit_by_name[circuit].port
        frame = membership.in_frame(packet, MAC)
        punt = Punt(PuntReason.SNOOPED, port, node.vsis[0].index, frame)
        self.controller.handle([PacketPunted(node.name, punt)])
        eventually(self._has_caught_up, "the program does not follow", timeout_s=5)

    def flaps(self) -> None:
        node = self.controller.program.node("x")
        a, b = (AtPort(node.circuit_by_name[name].port) for name in ("lan/a", "lan/b"))
        self.controller.handle([MacMoved("x", node.vsis[0].index, MAC, a, b, TOO_MANY)])
        eventually(self._has_caught_up, "the program does not follow", timeout_s=5)

    def _has_caught_up(self) -> bool:
        self.controller.handle([])
        learned = self.controller
        return not learned.memberships.changed and not learned.mac_moves.changed

    def groups(self) -> dict:
        """Return the members of each group."""
        found = {}
        for node in self.controller.program.nodes:
            for group in node.vsis[0].groups:
                found.setdefault(group.address, set()).update(group.circuits)
        return found

    def blocked(self) -> set[str]:
        nodes = self.controller.program.nodes
        return {each.name for node in nodes for each in node.circuits if each.blocked}

    def asked(self) -> set[str]:
        """Return the circuits at which hosts are asked for all groups of both versions."""
        questions = [(circuit, read_membership(frame)) for circuit, frame in self.sent]
        general = [name for name, each in questions if isinstance(each, Query) and not each.group]
        assert all(general.count(name) == 2 for name in general)
        return set(general)


@pytest.fixture(params=["openflow", "ebpf"])
def restarting(request, tmp_path) -> Restarting:
    made = Restarting(request.param, tmp_path / "state.json")
    made.enter()
    assert not made.asked()  # who starts first has missed nothing
    return made


def report(group) -> bytes:
    return membership.igmp(0x16, str(group))


def test_groups_routers_and_blocked_circuits_outlive_a_controller_and_lsrs_change_nothing(
    restarting,
):
    restarting.hears("lan/r", membership.igmp(0x11, dst="224.0.0.1"))
    restarting.hears("lan/a", report(G))
    restarting.hears("lan/c", membership.mld(131, str(G6)))
    restarting.flaps()
    groups, program = restarting.groups(), restarting.controller.program
    assert groups == {G: {"lan/a", "lan/r"}, G6: {"lan/c", "lan/r"}}
    assert restarting.blocked() == {"lan/b"}
    restarting.restart()
    assert restarting.controller.program == program
    assert restarting.changes() == []
    restarting.hears("lan/a", report(G))
    assert ("lan/r", membership.in_frame(report(G), MAC)) in restarting.sent


def test_a_router_alone_is_remembered_too(restarting):
    restarting.hears("lan/r", membership.igmp(0x11, dst="224.0.0.1"))
    restarting.restart()
    assert restarting.controller.memberships.routers("lan") == {"lan/r"}


def test_who_starts_again_asks_behind_each_line_that_is_up(restarting):
    restarting.flaps()
    restarting.restart()
    assert restarting.asked() == {"lan/a", "lan/c", "lan/r"}


def test_a_group_that_is_new_meanwhile_is_flooded_until_all_have_answered(restarting):
    restarting.hears("lan/a", report(G))
    restarting.restart()
    restarting.hears("lan/a", report(NEW))
    restarting.clock.now += memberships.ANSWERED_S / 2
    restarting.hears("lan/c", report(NEW))
    assert restarting.groups() == {G: {"lan/a"}}
    restarting.clock.now += memberships.ANSWERED_S / 2
    restarting.controller.memberships.expire()
    assert eventually(lambda: restarting._has_caught_up() and restarting.groups(), "no groups") == {
        G: {"lan/a"},
        NEW: {"lan/a", "lan/c"},
    }


def test_a_block_ends_when_it_would_have_ended_without_a_restart(restarting):
    restarting.flaps()
    restarting.clock.now += BLOCK_S - 1
    restarting.restart()
    assert restarting.blocked() == {"lan/b"}
    restarting.clock.now += 1
    eventually(restarting._has_caught_up, "the program does not follow")
    assert restarting.blocked() == set()
    texts = [event["text"] for event in restarting.controller.events.since(0)]
    assert "lan/b is free again" in texts


def test_a_block_that_ends_while_no_controller_runs_is_told_to_have_ended(restarting):
    restarting.flaps()
    restarting.controller.state_file.due = 0.0
    restarting.controller.handle([])
    restarting.clock.now += 2 * BLOCK_S
    restarting.start()
    restarting.enter()
    eventually(restarting._has_caught_up, "the program does not follow")
    assert restarting.blocked() == set()
    assert restarting.asked() == {"lan/a", "lan/b", "lan/c", "lan/r"}
    texts = [event["text"] for event in restarting.controller.events.since(0)]
    assert "lan/b is free again" in texts


def test_what_a_changed_lab_does_not_watch_is_not_blocked_again(restarting):
    restarting.flaps()
    restarting.restart(lab(watches=False))
    assert restarting.blocked() == set()


def test_a_line_that_comes_up_is_asked_at_and_others_are_not(restarting):
    node = restarting.controller.program.node("x")
    port = node.circuit_by_name["lan/a"].port
    for live in (False, True):
        restarting.controller.handle([PortChanged("x", port, live=live)])

        def follows(live: bool = live) -> bool:
            restarting.controller.handle([])
            circuit = restarting.controller.program.node("x").circuit_by_name["lan/a"]
            return circuit.up is live

        assert restarting.asked() == set()
        eventually(follows, "the program does not follow")
    assert restarting.asked() == {"lan/a"}


def test_a_vpls_that_begins_to_snoop_asks_everybody(restarting):
    restarting.controller.handle([NetworkChanged(lab(snoops=False))])
    assert restarting.asked() == set()
    restarting.controller.handle([NetworkChanged(lab())])
    assert restarting.asked() == {"lan/a", "lan/b", "lan/c", "lan/r"}


def test_the_state_file_has_it_all_and_one_from_before_has_none(tmp_path):
    file = tmp_path / "state.json"
    blocks = (Block("lan/b", "lan", MAC, 12345.25),)
    lans = (KnownLan("lan", ((G, ("lan/a", "lan/c")), (G6, ("lan/c",))), ("lan/r",)),)
    restarting = Restarting("ebpf", None)
    state = SavedState(restarting.controller.program, blocks=blocks, lans=lans)
    save_state(file, state)
    assert load_state(file) == state
    old = file.read_text().replace('"blocks"', '"was"').replace('"lans"', '"were"')
    file.write_text(old)
    assert load_state(file) == SavedState(restarting.controller.program)
