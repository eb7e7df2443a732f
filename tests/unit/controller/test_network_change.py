"""A lab that changes while it runs: what stays is left alone, and what cannot be is refused."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.learned import LearnedNeighbour
from mplsemu.controller.flush import stale_flushes
from mplsemu.controller.network_change import NetworkChanged
from mplsemu.controller.serve import lab_to_serve
from mplsemu.controller.state import load_state
from mplsemu.errors import LabError
from mplsemu.lab.loader import load, loads
from mplsemu.model.l3vpn import RouteTarget
from mplsemu.model.labels import Label, LabelRange
from mplsemu.model.pw_type import PwType
from mplsemu.model.topology import NullLabel
from mplsemu.program.services import Neighbour
from mplsemu.southbound.openflow.punt_meters import PuntMeters
from mplsemu.southbound.plane.events import LsrDisconnected, PortChanged
from mplsemu.southbound.plane.macs import BehindPe, MacFlush, OnCircuit
from tests.places import TOPOLOGIES
from tests.programs import numbers_of
from tests.unit.controller import openflow_lab
from tests.unit.controller.ebpf_lab import Lab as EbpfLab

NORDIC = TOPOLOGIES / "nordic.yaml"


class OpenFlowLab:
    """The same for switches: what a test asks of a lab on either data plane."""

    def __init__(self, network, state=None, before=None):
        flows = before.controller.line.flows if before else None
        self.controller = openflow_lab.connected(network, state, flows)

    def assert_installed(self):
        openflow_lab.assert_installed(self.controller)

    def writes(self):
        return [entry for entry in self.controller.line.log if entry[0] != "barrier"]

    def forget_log(self):
        self.controller.line.log.clear()


class MapsLab(EbpfLab):
    def __init__(self, network, state=None, before=None):
        super().__init__(before.tables if before else None, state, network=network)
        if before is not None:  # what is attached is what was booted
            self.attached, self.ports = before.attached, before.ports
            self.plane._attached = self.attached
            self.plane.prepare(self.controller.program, self.controller.deliver)
        self.enter()

    def writes(self):
        return self.log

    def forget_log(self):
        self.tables.log.clear()


@pytest.fixture(params=[OpenFlowLab, MapsLab], ids=["openflow", "ebpf"])
def plane(request, monkeypatch):
    monkeypatch.setattr("mplsemu.southbound.ebpf.installer.GRACE_S", 0)
    monkeypatch.setattr("mplsemu.southbound.openflow.installer.hub.sleep", lambda _: None)
    return request.param


@pytest.fixture
def network():
    return load(NORDIC).network


def change(lab, network):
    lab.forget_log()
    lab.controller.deliver(NetworkChanged(network))
    lab.controller.handle(lab.controller.next_batch())


def without_vpn(network, name):
    return replace(network, vpns=tuple(vpn for vpn in network.vpns if vpn.name != name))


def without_site(network, circuit):
    vpns = (
        replace(vpn, sites=tuple(site for site in vpn.sites if site.circuit != circuit))
        for vpn in network.vpns
    )
    return replace(network, vpns=tuple(vpns))


def with_metric(network, name, metric, back=None):
    links = tuple(
        replace(link, metric=metric, metric_back=back) if link.name == name else link
        for link in network.provider.links
    )
    return replace(network, provider=replace(network.provider, links=links))


def with_vpn(network, name, **values):
    vpns = tuple(replace(vpn, **values) if vpn.name == name else vpn for vpn in network.vpns)
    return replace(network, vpns=vpns)


def with_node(network, name):
    new = replace(network.provider.nodes[0], name=name, router_id=IPv4Address("10.255.9.9"))
    nodes = (*network.provider.nodes, new)
    return replace(network, provider=replace(network.provider, nodes=nodes))


def without_last_node(network):
    *nodes, gone = network.provider.nodes
    links = tuple(link for link in network.provider.links if gone.name not in link.ends)
    made = replace(network.provider, nodes=tuple(nodes), links=links)
    return replace(network, provider=made, vpns=())


def with_link(network, name, like, **values):
    [link] = [link for link in network.provider.links if link.name == like]
    links = [link for link in network.provider.links if link.name != name]
    links.append(replace(link, name=name, **values))
    return replace(network, provider=replace(network.provider, links=tuple(links)))


def with_sites(network, **values):
    first, *others = network.vpns[0].sites
    return with_vpn(network, "a", sites=(replace(first, **values), *others))


def some_sites(data, network):
    """Return a network with some of the sites and VPNs, in another order, and other metrics."""
    vpns = []
    for vpn in data.draw(st.permutations(network.vpns)):
        sites = data.draw(st.lists(st.sampled_from(vpn.sites), unique=True))
        if sites:
            vpns.append(replace(vpn, sites=tuple(sites)))
    changed = replace(network, vpns=tuple(vpns))
    link = data.draw(st.sampled_from(network.provider.links)).name
    back = data.draw(st.one_of(st.none(), st.integers(1, 100)))
    return with_metric(changed, link, data.draw(st.integers(1, 100)), back)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_however_a_running_lab_changes_what_stays_keeps_its_numbers(plane, network, data):
    lab = plane(network)
    known = {}
    for _ in range(4):
        changed = some_sites(data, network)
        change(lab, changed)
        assert lab.controller.network is changed
        lab.assert_installed()
        found = {
            name: number[0] if isinstance(number, tuple) else number
            for name, number in numbers_of(lab.controller.program).items()
        }
        assert {name: known.get(name, number) for name, number in found.items()} == found
        known |= found
    change(lab, network)
    lab.assert_installed()
    fresh = compile_program(network)
    for node in lab.controller.program.nodes:
        booted = fresh.node(node.name)
        assert node.index == booted.index
        assert node.adjacencies == booted.adjacencies
        assert node.circuits == booted.circuits


def test_a_vpn_that_goes_and_comes_leaves_the_entries_of_the_others_alone(plane, network):
    lab = plane(network)
    before = lab.controller.program
    change(lab, without_vpn(network, "a"))
    lab.assert_installed()
    between = lab.controller.program
    for node in between.nodes:
        assert "a" not in node.vrf_by_name
        old = before.node(node.name)
        for vrf in node.vrfs:
            assert vrf == old.vrf_by_name[vrf.name]
        for vsi in node.vsis:
            assert vsi == old.vsi_by_name[vsi.name]
    assert {kind for kind, *_ in lab.writes()} <= {"delete", "wait", "change"}
    change(lab, network)
    lab.assert_installed()


def test_an_lsr_that_no_change_concerns_gets_nothing(plane, network):
    lab = plane(network)
    generation = lab.controller.generation
    change(lab, with_vpn(network, "a", customer="somebody else"))
    assert lab.writes() == []
    assert lab.controller.generation == generation
    assert lab.controller.program.vpns[0].customer == "somebody else"
    assert lab.controller.lsrs["dk"].node is lab.controller.program.node("dk")


def test_another_import_policy_is_followed(plane, network):
    lab = plane(network)
    a, b, *_ = network.vpns
    assert not any(r.circuit.startswith("b/") for r in routes(lab, "dk", "a"))
    both = a.import_targets | {RouteTarget(64512, 77)}
    opened = with_vpn(network, "a", import_targets=both)
    # b has the same prefixes: where a has its own, these win
    opened = with_vpn(opened, "b", export_targets=b.export_targets | {RouteTarget(64512, 77)})
    change(lab, opened)
    lab.assert_installed()
    assert lab.controller.program.node("dk").vrf_by_name["a"].import_targets == tuple(sorted(both))
    change(lab, network)
    lab.assert_installed()
    assert not any(r.circuit.startswith("b/") for r in routes(lab, "dk", "a"))


def routes(lab, node, vpn):
    return lab.controller.program.node(node).vrf_by_name[vpn].routes


def test_events_that_wait_with_a_change_are_followed_too(plane, network):
    lab = plane(network)
    port = lab.controller.program.node("dk").adjacency_by_link["dk-p1"].port
    lab.controller.deliver(PortChanged("dk", port, live=False))
    lab.controller.deliver(NetworkChanged(without_vpn(network, "a")))
    lab.controller.deliver(NetworkChanged(without_vpn(network, "b")))
    lab.controller.handle(lab.controller.next_batch())
    assert not lab.controller.program.link_by_name["dk-p1"].up
    assert [vpn.name for vpn in lab.controller.program.vpns] == ["a", "c"]
    lab.assert_installed()


def test_a_circuit_that_is_down_is_down_when_it_returns(plane, network):
    lab = plane(network)
    circuit = network.vpns[0].sites[0].circuit
    pe = lab.controller.program.node_of_circuit[circuit]
    port = pe.circuit_by_name[circuit].port
    change(lab, without_site(network, circuit))
    lab.controller.handle([PortChanged(pe.name, port, live=False)])
    assert not lab.controller.lsrs.down()
    change(lab, network)
    assert lab.controller.lsrs.down() == {circuit}
    assert not lab.controller.program.node(pe.name).circuit_by_name[circuit].up


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (lambda lab: replace(lab, name="other"), "it is lab nordic, not other"),
        (
            lambda lab: replace(lab, provider=replace(lab.provider, null_label=NullLabel.EXPLICIT)),
            "'ttl' and 'php' of the provider are those of the boot",
        ),
        (lambda lab: with_node(lab, "new"), "there is no LSR new"),
        (without_last_node, "is there, and cannot be taken away"),
        (lambda lab: with_link(lab, "dk-p9", "dk-p1"), "there is no link dk-p9"),
        (
            lambda lab: with_link(lab, "dk-p1", "dk-p1", delay_ms=7.0),
            "link dk-p1 can have another metric and nothing else",
        ),
        (lambda lab: with_sites(lab, name="new"), "there is no attachment circuit a/new"),
        (lambda lab: with_sites(lab, rate_bps=1), "can have no others"),
        (lambda lab: with_sites(lab, hosts=()), "can have no others"),
        (lambda lab: with_sites(lab, pe="se"), "can have no others"),
        (lambda lab: with_vpn(lab, "c", control_word=True), "vpn c keeps its type"),
        (lambda lab: with_vpn(lab, "c", pw_type=PwType.TAGGED), "its pw_type"),
        (lambda lab: with_vpn(lab, "c", mac_limit=3), "vpn c keeps its type"),
    ],
)
def test_what_the_emulation_has_not_made_is_refused(plane, network, changed, problem):
    lab = plane(network)
    with pytest.raises(LabError, match=problem) as refused:
        lab.controller.deliver(NetworkChanged(changed(network)))
    assert "boot it again" in str(refused.value)
    assert lab.controller.network is network
    assert lab.controller.inbox.is_empty


def test_a_lab_that_cannot_be_compiled_leaves_everything_as_it_is(plane, network):
    lab = plane(network)
    before = lab.controller.program
    tight = LabelRange(Label(16), Label(16))
    change(lab, replace(network, provider=replace(network.provider, labels=tight)))
    assert lab.controller.network is network
    assert lab.controller.program is before
    assert lab.writes() == []
    assert any("the lab stays as it was" in e["text"] for e in lab.controller.events.since(0))
    change(lab, without_vpn(network, "a"))
    lab.assert_installed()


def test_what_the_data_plane_cannot_do_is_refused(plane, network, monkeypatch):
    lab = plane(network)
    few = replace(lab.controller.plane.limits, members=0)
    monkeypatch.setattr(type(lab.controller.plane), "limits", few)
    change(lab, without_vpn(network, "a"))
    assert lab.controller.network is network
    [event] = [e["text"] for e in lab.controller.events.since(0) if e["kind"] == "error"]
    assert event.startswith("the lab stays as it was: the data plane")
    assert "floods to at most 0" in event


def test_a_restarted_controller_keeps_the_numbers_of_a_changed_lab(plane, network, tmp_path):
    state = tmp_path / "state.json"
    first = plane(network, state)
    changed = replace(without_vpn(network, "a"), vpns=without_vpn(network, "a").vpns[::-1])
    change(first, changed)
    first.controller.state_file.due = 0.0
    first.controller.handle([])
    assert load_state(state).numbers is not None
    again = plane(changed, state, before=first)
    assert numbers_of(again.controller.program) == numbers_of(first.controller.program)
    assert numbers_of(again.controller.program) != numbers_of(compile_program(changed))
    again.assert_installed()
    assert again.writes() == []


def test_a_lab_that_never_changed_is_numbered_in_its_files_order(network, tmp_path):
    """So it is for a lab that somebody boots by other means, with a file that was edited since."""
    state = tmp_path / "state.json"
    first = OpenFlowLab(network, state)
    first.controller.handle([PortChanged("dk", 1, live=False)])
    first.controller.state_file.due = 0.0
    first.controller.handle([])
    assert load_state(state).numbers is None
    turned = replace(network, vpns=network.vpns[::-1])
    again = openflow_lab.unconnected(turned, state)[0]
    fresh = compile_program(turned)
    for node in again.program.nodes:
        assert node.circuits == fresh.node(node.name).circuits


def test_automatic_addresses_outlast_a_restart(tmp_path):
    text = """
name: small
provider: {{nodes: {{n: {{role: pe}}, m: {{role: pe}}}}, links: [n-m]}}
vpns:{}
  lan: {{type: vpls, subnet: 10.0.0.0/24, sites: {{x: {{pe: n}}, y: {{pe: m}}}}}}
  b: {{type: l3vpn, sites: {{x: {{pe: n, subnet: 10.1.0.0/24, ce: router}}}}}}
"""
    more = "\n  a: {type: l3vpn, sites: {x: {pe: n, subnet: 10.2.0.0/24, ce: router}}}"
    file, state = tmp_path / "small.yaml", tmp_path / "state.json"
    whole = loads(text.format(more), "small.yaml")
    lab = openflow_lab.connected(whole.network, state, numbers=whole.numbers)
    less = loads(text.format(""), "small.yaml", whole.numbers)
    lab.deliver(NetworkChanged(less.network, less.numbers))
    lab.handle(lab.next_batch())
    lab.state_file.due = 0.0
    lab.handle([])
    file.write_text(text.format(""))
    assert load(file).network != less.network
    assert lab_to_serve(file, state).network == less.network
    assert lab_to_serve(file, None).network == load(file).network
    file.write_text(text.format(more))  # edited, but the controller was never told
    assert lab_to_serve(file, state).network == load(file).network


def test_what_was_resolved_on_a_circuit_that_goes_is_forgotten(network):
    lab = OpenFlowLab(network)
    controller, circuit = lab.controller, network.vpns[0].sites[0].circuit
    pe = controller.program.node_of_circuit[circuit].name
    entry = Neighbour(IPv4Address("192.168.1.77"), circuit, "02:00:00:00:99:99")
    assert controller.learn(LearnedNeighbour(pe, "a", entry))
    controller.handle([])
    assert controller.neighbours() == 1
    change(lab, without_site(network, circuit))
    assert controller.neighbours() == 0
    change(lab, without_vpn(network, "a"))
    lab.assert_installed()


def test_mac_addresses_are_forgotten_where_nothing_is_any_more(network):
    whole = compile_program(network)
    [lan] = [vpn for vpn in network.vpns if vpn.name == "c"]
    gone = lan.sites[0]
    less = compile_program(without_site(network, gone.circuit), previous=whole)
    orders = set(stale_flushes(whole, less))
    peers = {site.pe for site in lan.sites} - {gone.pe}
    if any(site.pe == gone.pe for site in lan.sites[1:]):
        assert MacFlush(gone.pe, "c", OnCircuit(gone.circuit)) in orders
    else:
        assert MacFlush(gone.pe, "c") in orders
    assert {MacFlush(peer, "c", BehindPe(gone.pe)) for peer in peers} <= orders
    assert not set(stale_flushes(less, whole))
    assert not set(stale_flushes(whole, whole))


def test_a_switch_gets_the_meters_of_a_vrf_that_comes(network):
    lab = OpenFlowLab(network)
    change(lab, without_vpn(network, "a"))
    line, dk = lab.controller.line, lab.controller.program.node("dk")
    line.meters.clear()
    line.flows[dk.index] = {}
    lab.controller.handle([LsrDisconnected("dk"), line.connect(dk)])  # it was started again
    few = set(line.meters[dk.index])
    assert few == {meter.meter_id for meter in PuntMeters(dk)}
    change(lab, network)
    all_ = {meter.meter_id for meter in PuntMeters(lab.controller.program.node("dk"))}
    assert few < all_
    assert line.meters[dk.index] == all_
