"""Every flow obeys the pipeline's declarations, and says what it must about cookies and limits."""

from __future__ import annotations

import dataclasses

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import CapabilityError, ProgramError
from mplsemu.model.inter_as import InterAs
from mplsemu.model.labels import Label
from mplsemu.program.entries import Forward, FtnEntry, IlmEntry, Nhlfe, PopToVrf, Push, Swap
from mplsemu.southbound.openflow.actions import (
    Clone,
    Controller,
    Learn,
    Move,
    Multipath,
    Output,
    OutputRegister,
    Resubmit,
    SetField,
)
from mplsemu.southbound.openflow.flow import (
    COOKIE_KIND_MASK,
    LEARNED_COOKIE,
    STATIC_COOKIE,
    Flow,
    learned_by_vsi,
    learned_cookie,
    learned_from_attachment,
)
from mplsemu.southbound.openflow.flow_text import flow_text
from mplsemu.southbound.openflow.match import ETH_DST, IN_PORT, IPV4_DST, METADATA, Match, Term
from mplsemu.southbound.openflow.pipeline import (
    FROM_PSEUDOWIRE,
    MAC_MOVED,
    PIPELINE,
    PUNT_CLASS_SHIFT,
    PUNT_REASON_MASK,
    REG_PUNT,
    MeterId,
    Table,
    stage,
)
from mplsemu.southbound.openflow.punt_meters import PuntMeters
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.plane.stage import Stage
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.southbound.punt.rate_limits import PuntClass, class_of
from tests import builders
from tests.oracles.realswitch import meter_text
from tests.places import TOPOLOGIES
from tests.programs import MODES, changed_node, program_of, protected_ring

LABS = [*sorted(path.stem for path in TOPOLOGIES.glob("*.yaml")), "vpls-options"]


def all_flows(lab):
    program = program_of(lab)
    return [(node.name, flow) for node in program.nodes for flow in flows(program, node.name)]


def flat(actions):
    for action in actions:
        yield action
        if isinstance(action, Clone):
            yield from flat(action.actions)


def written(action):
    match action:
        case SetField(field) | Move(target=field) | Multipath(target=field):
            return {field}
        case _:
            return set()


@pytest.mark.parametrize("lab", LABS + MODES)
def test_every_flow_obeys_the_declaration_of_its_table(lab):
    for _, flow in all_flows(lab):
        spec = PIPELINE[flow.table]
        actions = list(flat(flow.actions))
        assert {term.field for term in flow.match.terms} <= spec.matches, flow_text(flow)
        assert {type(action) for action in actions} <= spec.actions, flow_text(flow)
        assert set().union(*map(written, actions)) <= spec.writes, flow_text(flow)
        nexts = {action.table for action in actions if isinstance(action, Resubmit)}
        assert nexts | ({flow.goto} - {None}) <= spec.next, flow_text(flow)
        assert flow.goto is None or flow.goto > flow.table, flow_text(flow)
        is_limited = flow.table == Table.PUNT or flow.goto == Table.VSI_FLOOD
        assert flow.meter is None or is_limited, flow_text(flow)
        for learn in (action for action in actions if isinstance(action, Learn)):
            into = PIPELINE[learn.table]
            assert {each.target for each in learn.matches} <= into.matches
            assert {each.target for each in learn.loads} <= into.writes


def goes_to_the_controller(action):
    return isinstance(action, Controller) or action == Resubmit(Table.PUNT)


@pytest.mark.parametrize("lab", LABS + MODES)
def test_what_goes_to_the_controller_says_why_and_how_fast_it_may(lab):
    for _, flow in all_flows(lab):
        if flow.table != Table.PUNT and any(map(goes_to_the_controller, flow.actions)):
            [said] = [a.value for a in flow.actions if isinstance(a, SetField)
                      and a.field is REG_PUNT]  # fmt: skip
            if said != MAC_MOVED:  # for which no packet is punted
                asked = class_of(PuntReason(said & PUNT_REASON_MASK))
                assert said >> PUNT_CLASS_SHIFT == asked
            copies = [a for a in flow.actions if isinstance(a, Controller)]
            assert flow.actions[-1] == Resubmit(Table.PUNT) or all(a.meter for a in copies)


@pytest.mark.parametrize("lab", LABS + MODES)
def test_every_circuit_and_every_vrf_has_meters_of_its_own_for_each_class(lab):
    program = program_of(lab)
    for node in program.nodes:
        made = [flow for flow in flows(program, node.name) if flow.table == Table.PUNT]
        meters = [flow.meter or flow.actions[0].meter for flow in made]
        assert len(set(meters)) == len(meters)
        every = PuntMeters(node)
        routed = {name for vrf in node.vrfs for name in vrf.circuits}
        blocked = {  # a line that stands by sends nothing, and has its meters for when it does
            every.number(Term(IN_PORT, circuit.port), each)
            for circuit in node.circuits
            if circuit.name in routed and not circuit.up
            for each in PuntClass
        }
        wanted = {m.meter_id for m in every} - {MeterId.CONTROLLER}
        assert blocked <= wanted
        assert set(meters) == wanted - blocked
        senders = len(node.vrfs) + sum(len(vrf.circuits) for vrf in node.vrfs)
        assert len(wanted) == len(PuntClass) * senders


@pytest.mark.parametrize("lab", LABS + MODES)
def test_only_labels_and_tunnels_know_the_core(lab):
    program = program_of(lab)
    for name, flow in all_flows(lab):
        ends = program.node(name).adjacencies
        # to another provider's ASBR packets go as to a CE, with option A
        core = {end.port for end in ends if end.border is not InterAs.A}
        sent = {action.port for action in flat(flow.actions) if isinstance(action, Output)}
        if sent & core:
            assert flow.table in {Table.LFIB, Table.TUNNEL_L3, Table.TUNNEL_L2}, flow_text(flow)


@pytest.mark.parametrize("ecmp", [1, 2])
def test_a_rerouted_tunnel_touches_no_prefix_and_no_mac_address(ecmp):
    network = builders.nordic(ecmp=ecmp)
    before = compile_program(network)
    after = compile_program(network, down=frozenset({"dk-p1"}), previous=before)
    changed = {
        flow.table
        for node in before.nodes
        for flow in set(flows(before, node.name)) ^ set(flows(after, node.name))
    }
    allowed = {Table.LFIB, Table.TUNNEL_L3, Table.TUNNEL_L2}
    if ecmp > 1:  # there a service asks for a choice, which it does not where there is none
        allowed |= {Table.WAYS, Table.VRF_IMPOSE, Table.VSI_FORWARD}
    assert changed <= allowed
    assert Table.TUNNEL_L3 in changed


@pytest.mark.parametrize("lab", LABS + MODES)
def test_the_same_program_gives_the_same_flows_in_the_order_of_the_stages(lab):
    program = program_of(lab)
    for node in program.nodes:
        made = flows(program, node.name)
        assert made == flows(program, node.name)
        stages = [stage(flow.table) for flow in made]
        assert stages == sorted(stages)


def test_ports_are_opened_last_and_labels_first():
    assert stage(Table.LFIB) == stage(Table.SERVICE_LABELS) == Stage.LABELS
    assert stage(Table.PORTS) == max(Stage)


@pytest.mark.parametrize("lab", LABS + MODES)
def test_a_cookie_says_all_and_only_what_its_flow_says(lab):
    program = program_of(lab)
    for node in program.nodes:
        made = flows(program, node.name)
        cookies = {flow.cookie for flow in made}
        assert len(cookies) == len(made)
        assert {cookie & COOKIE_KIND_MASK for cookie in cookies} == {STATIC_COOKIE}


def test_a_cookie_changes_with_every_part_of_a_flow():
    flow = Flow(1, 100, Match.of(Term(METADATA, 1)), (Output(1),), 2, 1)
    others = [
        dataclasses.replace(flow, **change)
        for change in (
            {"table": 2},
            {"priority": 101},
            {"match": Match.of(Term(METADATA, 2))},
            {"match": Match.of(Term(METADATA, 1, 1))},
            {"match": Match.of(Term(IN_PORT, 1))},
            {"actions": (Output(2),)},
            {"actions": (OutputRegister(REG_PUNT),)},
            {"actions": ()},
            {"goto": 3},
            {"goto": None},
            {"meter": None},
        )
    ]
    assert len({each.cookie for each in (flow, *others)}) == 1 + len(others)
    assert flow.cookie == dataclasses.replace(flow).cookie


def test_learned_cookies_name_the_vsi_and_where_in_it():
    one, wire, other = learned_cookie(7, 3), learned_cookie(7, FROM_PSEUDOWIRE | 3), (8, 3)
    cookie, mask = learned_by_vsi(7)
    assert one & mask == wire & mask == cookie
    assert learned_cookie(*other) & mask != cookie
    assert learned_from_attachment(7, 3) == (one, (1 << 64) - 1)
    assert one != wire
    assert one & COOKIE_KIND_MASK == LEARNED_COOKIE != STATIC_COOKIE
    with pytest.raises(ValueError, match="do not fit"):
        learned_cookie(1 << 24, 0)


def test_a_stack_of_four_labels_is_refused_and_one_of_three_is_not():
    program = program_of(MODES[0])
    dk = program.node("dk")
    for count in (2, 3):
        push = Push(tuple(Label(100 + number) for number in range(count)))
        ftn = tuple(FtnEntry(e.egress, (Nhlfe(e.nhlfes[0].link, push),)) for e in dk.ftn)
        changed = changed_node(program, "dk", ftn=ftn)
        if count == 2:
            assert flows(changed, "dk")
        else:
            with pytest.raises(CapabilityError, match=r"needs 3 labels.*at most 3"):
                flows(changed, "dk")


def with_operation(program, name, operation):
    """Return the program with another operation for the first label that an LSR forwards."""
    node = program.node(name)
    entry = next(each for each in node.ilm if each.nhlfes)
    nhlfe = dataclasses.replace(entry.nhlfes[0], operation=operation)
    forward = dataclasses.replace(entry, action=Forward((nhlfe,)))
    return changed_node(program, name, ilm=tuple(forward if e is entry else e for e in node.ilm))


def test_a_label_is_replaced_by_two_at_most_as_a_services_is_below():
    program = program_of(MODES[0])
    for count in (1, 2, 3):
        swap = Swap(tuple(Label(100 + number) for number in range(count)))
        changed = with_operation(program, "p1", swap)
        if count < 3:
            assert flows(changed, "p1")
        else:
            with pytest.raises(CapabilityError, match=r"p1: label \d+ is replaced by 3.*at most 3"):
                flows(changed, "p1")


def test_a_backup_is_refused_at_a_label_and_at_a_tunnel():
    ring = protected_ring()
    with pytest.raises(CapabilityError, match=r"p: label \d+ over x-p names a backup; the open"):
        flows(ring, "p")
    with pytest.raises(CapabilityError, match="x: the tunnel to y over x-p names a backup"):
        flows(ring, "x")


def test_contradictions_in_a_program_are_found():
    program = program_of(MODES[0])
    dk = program.node("dk")
    twice = (*dk.ilm, dk.ilm[0])
    with pytest.raises(ProgramError, match="two flows for the same packets"):
        flows(changed_node(program, "dk", ilm=twice), "dk")
    nowhere = (IlmEntry(Label(99), PopToVrf("nobody")),)
    with pytest.raises(ProgramError, match=r"label 99 .* 'nobody', which is not here"):
        flows(changed_node(program, "dk", ilm=nowhere), "dk")
    with pytest.raises(ProgramError, match="no LSR 'xx'"):
        flows(program, "xx")


def test_a_circuit_that_is_down_lets_nothing_in_or_out():
    network = builders.nordic()
    program = compile_program(network, down=frozenset({"c/odense", "a/aarhus"}))
    dk = program.node("dk")
    dead = {dk.circuit_by_name[name].port for name in ("c/odense", "a/aarhus")}
    for flow in flows(program, "dk"):
        assert flow.match.value(IN_PORT) not in dead, flow_text(flow)
        for action in flat(flow.actions):
            assert not (isinstance(action, Output) and action.port in dead), flow_text(flow)


def test_masks_and_values_that_no_packet_can_have_are_refused():
    for term in ((IPV4_DST, 1, 0xFFFFFF00), (IN_PORT, 1, 1), (ETH_DST, 1 << 48, None)):
        with pytest.raises(ValueError, match=term[0].name):
            Term(*term)
    with pytest.raises(ValueError, match="metadata is matched twice"):
        Match.of(Term(METADATA, 1), Term(METADATA, 2))


def test_flows_and_meters_read_as_ovs_ofctl_writes_them():
    program = program_of(MODES[0])
    texts = "\n".join(flow_text(flow) for flow in flows(program, "dk"))
    assert "dl_type=0x8847,mpls_label=16,mpls_bos=1,actions=" in texts
    assert "learn(table=21,idle_timeout=300,priority=100," in texts
    assert "decap(packet_type(ns=0,type=0xfffe)),decap(packet_type(ns=0,type=0x0))" in texts
    assert "ipv6_dst=fe80::/ffc0::,actions=drop" in texts
    controller = Flow(1, 1, Match(), (), meter=1)
    assert flow_text(controller).endswith("table=1,priority=1,actions=meter:1")
    names = [meter_text(meter).split(",")[0] for meter in PuntMeters(program.node("dk"))]
    assert names[:3] == ["meter=controller", "meter=1", "meter=2"]
