"""All packets: classes that cover every address, and what is found in addresses nobody has."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.model.limits import Limits
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program import routing
from mplsemu.program.entries import Push
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.services import Connected, Neighbour, ViaPe
from mplsemu.program.walk import Walker
from mplsemu.verification.address_classes import AddressClass, BoundaryCache, classes, merged
from mplsemu.verification.matrix import verify
from mplsemu.verification.verdict import Invariant
from tests.builders import MacAddresses, l3vpn, network, nordic, provider, vpls
from tests.programs import changed_node
from tests.strategies import networks

LAB = nordic()
PROGRAM = compile_program(LAB)


def follow(program, circuit):
    walker = Walker(program)

    def to(address):
        source = ip_address("192.0.2.1" if address.version == 4 else "2001:db8::1")
        packet = Packet("02:00:00:00:00:99", GATEWAY_MAC, IpHeader(source, address, 255))
        return walker.walk(circuit, packet)

    return to


def found(program, lab=LAB, **options):
    return verify(program, lab, **options).violations


def with_vrf(node, vpn, change):
    """Return nordic's program with one VRF changed."""
    here = PROGRAM.node(node)
    vrfs = tuple(change(each) if each.name == vpn else each for each in here.vrfs)
    return changed_node(PROGRAM, node, vrfs=vrfs)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(max_nodes=4), st.data())
def test_the_classes_of_a_vrf_cover_each_address_once_and_treat_all_in_them_alike(lab, data):
    program = compile_program(lab)
    entries = [(node, vrf) for node in program.nodes for vrf in node.vrfs if vrf.circuits]
    if not entries:
        return
    node, vrf = data.draw(st.sampled_from(entries))
    tables = BoundaryCache(program)
    to = follow(program, vrf.circuits[0])
    made = list(classes(tables.boundaries(node.name, vrf.name), tables, to))
    assert merged(each for each, _ in made) == (
        AddressClass(4, 0, 2**32 - 1),
        AddressClass(6, 0, 2**128 - 1),
    )
    assert sum(each.last - each.first + 1 for each, _ in made) == 2**32 + 2**128
    each, walk = data.draw(st.sampled_from(made))
    kind = type(each.representative)
    other = to(kind(data.draw(st.integers(each.first, each.last))))
    assert [branch.hops[-1].node for branch in other.branches] == [
        branch.hops[-1].node for branch in walk.branches
    ]
    assert list(map(type, other.ends)) == list(map(type, walk.ends))


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("10.0.0.0", "10.0.0.255", "10.0.0.0/24"),
        ("10.0.0.3", "10.0.0.3", "10.0.0.3"),
        ("10.0.0.3", "10.0.0.254", "10.0.0.3-10.0.0.254"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.1-10.0.0.2"),
        ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
    ],
)
def test_a_class_is_written_as_a_prefix_where_it_is_one(first, last, text):
    version = ip_address(first).version
    assert str(AddressClass(version, int(ip_address(first)), int(ip_address(last)))) == text


def test_a_refutation_says_which_packets_it_stands_for_from_where_and_who_misses_them():
    program = with_vrf("dk", "b", lambda vrf: replace(vrf, routes=vrf.routes[:1]))
    (only,) = found(program)
    assert only.invariant is Invariant.REACH
    assert "from dk to 192.168.3.2: b/oslo/h1 does not get it" in only.detail
    assert only.stands_for == ("192.168.3.1-192.168.3.254",)  # its ends get nowhere anyhow
    assert (only.sources, only.targets) == (("b/aarhus",), ("b/oslo",))
    assert only.walk.branches[only.branch].hops[0].node == "dk"


def test_an_address_that_nobody_has_must_end_at_its_own_site():
    odd = Neighbour(ip_address("192.168.2.77"), "a/malmo", "02:00:00:00:aa:aa")

    def change(vrf):
        return replace(vrf, neighbours=(*vrf.neighbours, odd))

    details = [each.detail for each in found(with_vrf("se", "a", change))]
    assert details
    assert all("192.168.2.77" in detail and "a/malmo" in detail for detail in details)


def test_an_address_without_a_route_must_get_nowhere_though_no_host_has_it():
    somewhere = ip_network("203.0.113.0/24")

    def change(vrf):
        route = replace(vrf.routes[0], prefix=somewhere, next_hop=Connected(vrf.circuits[0]))
        return replace(vrf, routes=(*vrf.routes, route))

    isolating = [
        each for each in found(with_vrf("dk", "b", change)) if each.invariant is Invariant.ISOLATE
    ]
    assert isolating[0].stands_for == ("203.0.113.0/24",)


def test_what_a_learned_neighbour_gets_on_its_own_lan_is_as_it_should_be():
    learned = Neighbour(ip_address("192.168.2.77"), "a/stockholm", "02:00:00:00:aa:aa")
    program = with_vrf("se", "a", lambda vrf: replace(vrf, neighbours=(*vrf.neighbours, learned)))
    assert found(program) == ()


def test_routes_that_send_a_packet_round_are_a_loop_and_shown():
    label = PROGRAM.node("dk").vrf_by_name["b"].label

    def change(vrf):
        routes = tuple(
            replace(route, next_hop=ViaPe("dk", label)) if route.circuit == "b/oslo" else route
            for route in vrf.routes
        )
        return replace(vrf, routes=routes)

    loops = [
        each for each in found(with_vrf("no", "b", change)) if each.invariant is Invariant.LOOP
    ]
    assert {each.subject for each in loops} == {"b"}
    nodes = [hop.node for hop in loops[0].walk.branches[0].hops]
    assert len(nodes) > len(set(nodes))


def chain(lsrs, mode):
    macs = MacAddresses()
    links = [f"n{number}-n{number + 1}" for number in range(1, lsrs)]
    ends = ("n1", f"n{lsrs}")
    return network(
        provider(links, pes=ends, ttl_mode=mode),
        l3vpn("v", {"s": (ends[0], "10.1.0.0/24"), "t": (ends[1], "10.2.0.0/24")}, macs=macs),
        vpls("lan", {"s": ends[0], "t": ends[1]}, macs=macs),
    )


@pytest.mark.parametrize(("lsrs", "holds"), [(63, True), (64, False)])
def test_a_uniform_way_longer_than_a_hosts_ttl_is_refuted(lsrs, holds):
    lab = chain(lsrs, TtlMode.UNIFORM)
    violations = found(compile_program(lab), lab)
    assert bool(violations) is not holds
    assert {each.invariant for each in violations} <= {Invariant.TTL}
    assert all("needs 64 routers" in each.detail for each in violations)


def test_a_pipe_is_as_long_as_it_likes_but_not_longer_than_a_labels_ttl():
    short, long = chain(70, TtlMode.PIPE), chain(260, TtlMode.PIPE)
    assert found(compile_program(short), short) == ()
    violations = found(compile_program(long), long)
    assert {(each.subject, each.invariant) for each in violations} == {
        ("v", Invariant.TTL),
        ("lan", Invariant.TTL),
    }


def test_a_stack_deeper_than_the_data_plane_takes_is_refuted():
    violations = found(PROGRAM, limits=Limits(labels=1))
    assert Invariant.STACK in {each.invariant for each in violations}
    assert any("has 2 labels on" in each.detail for each in violations)


def test_labels_that_are_too_many_may_make_a_packet_too_large_as_well():
    (first, *rest) = PROGRAM.node("dk").ftn
    deep = replace(first.nhlfes[0], operation=Push(first.nhlfes[0].operation.labels * 25))
    ftn = (replace(first, nhlfes=(deep,)), *rest)
    nodes = (replace(each, ftn=ftn) if each.name == "dk" else each for each in PROGRAM.nodes)
    violations = found(replace(PROGRAM, nodes=tuple(nodes)))
    details = {each.invariant: each.detail for each in violations if each.subject == "b"}
    assert "has 26 labels on dk-p2, the data plane takes 3" in details[Invariant.STACK]
    assert (
        "dk lets packets of 1592 octets into the tunnel to no; dk-p2 takes 1496"
        in details[Invariant.MTU]
    )


def test_a_program_of_another_lab_is_refuted_without_a_packet():
    other = chain(3, TtlMode.PIPE)
    verdict = verify(compile_program(other), LAB)
    assert {each.invariant for each in verdict.violations} >= {Invariant.STRUCTURE}
    details = [str(each) for each in verdict.violations]
    assert any("LSR dk is missing" in each for each in details)
    assert any("VPN v is not in the lab" in each for each in details)


def test_an_entry_that_names_what_is_not_there_is_refuted_and_nothing_is_followed():
    node = PROGRAM.node("dk")
    nodes = tuple(
        replace(each, circuits=each.circuits[1:]) if each is node else each
        for each in PROGRAM.nodes
    )
    verdict = verify(replace(PROGRAM, nodes=nodes), LAB)
    assert verdict.walks == 0
    assert any("is not a circuit of it here" in each.detail for each in verdict.violations)


def test_a_ttl_that_counts_other_routers_than_the_lab_says_is_refuted():
    uniform = replace(LAB, provider=replace(LAB.provider, ttl_mode=TtlMode.UNIFORM))
    for program, lab, said in (
        (
            replace(PROGRAM, ttl_mode=TtlMode.UNIFORM),
            LAB,
            "its TTL went down by 3, where pipe takes 2",
        ),
        (PROGRAM, uniform, "its TTL went down by 2, where uniform takes 3"),
    ):
        details = [each.detail for each in found(program, lab) if each.invariant is Invariant.TTL]
        assert any(said in detail for detail in details)


def test_settings_that_are_not_the_labs_are_refuted():
    for changed in (
        replace(PROGRAM, ttl_mode=TtlMode.UNIFORM),
        replace(PROGRAM, null_label=NullLabel.EXPLICIT),
    ):
        assert any("should be" in each.detail for each in found(changed))


@pytest.mark.parametrize(
    ("lets", "sources"),
    [
        (
            "is_martian_source",
            ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8"],
        ),
        ("LINK_LOCAL", ["fe80::/10"]),
    ],
)
def test_packets_from_sources_that_nobody_has_are_found_where_they_go_on(
    monkeypatch, lets, sources
):
    """No program says what is dropped for its source, so the interpreter itself is bent."""
    nothing = (lambda _: False) if lets == "is_martian_source" else ip_network("2001:db8:dead::/64")
    monkeypatch.setattr(routing, lets, nothing)
    violations = found(PROGRAM)
    assert {each.invariant for each in violations} == {Invariant.ISOLATE}
    assert {each.stands_for for each in violations} <= {(f"from {each}",) for each in sources}
    assert {each.stands_for for each in violations} >= {(f"from {sources[0]}",)}


def test_packets_from_a_source_that_anybody_may_have_are_missed(monkeypatch):
    monkeypatch.setattr(
        routing, "is_martian_source", lambda source: source in ip_network("192.0.0.0/3")
    )
    missed = [each for each in found(PROGRAM) if each.invariant is Invariant.REACH]
    assert missed


def strict(lab, *circuits, on=True):
    """Return a network whose sites at some circuits have their sources validated, or not."""
    vpns = tuple(
        replace(
            vpn,
            sites=tuple(
                replace(site, strict_urpf=on) if site.circuit in circuits else site
                for site in vpn.sites
            ),
        )
        for vpn in lab.vpns
    )
    return replace(lab, vpns=vpns)


def test_where_sources_are_validated_all_holds_and_more_classes_are_told_apart():
    lab = strict(LAB, "a/aarhus", "a/oslo", "b/stockholm")
    before, after = verify(PROGRAM, LAB), verify(compile_program(lab), lab)
    assert after.holds
    assert after.classes > before.classes


def test_a_circuit_that_validates_no_sources_though_it_should_is_found():
    lab = strict(LAB, "a/aarhus")
    violations = found(PROGRAM, lab)
    assert {each.invariant for each in violations} == {Invariant.STRUCTURE, Invariant.ISOLATE}
    leaks = [each for each in violations if each.invariant is Invariant.ISOLATE]
    assert {each.circuit for each in leaks} == {"a/aarhus"}
    assert "should get nowhere" in leaks[0].detail


def test_a_circuit_that_validates_sources_though_it_should_not_is_found():
    lab = strict(LAB, "a/aarhus")
    violations = found(compile_program(lab), LAB)
    assert Invariant.STRUCTURE in {each.invariant for each in violations}


def test_a_circuit_whose_own_prefix_is_not_in_its_vrf_is_cut_off_by_validation():
    lab = strict(LAB, "a/aarhus")
    program = compile_program(lab)
    dk = program.node("dk")
    vrf = dk.vrf_by_name["a"]
    fewer = tuple(each for each in vrf.routes if each.next_hop != Connected("a/aarhus"))
    vrfs = tuple(replace(each, routes=fewer) if each is vrf else each for each in dk.vrfs)
    nodes = tuple(replace(n, vrfs=vrfs) if n is dk else n for n in program.nodes)
    violations = found(replace(program, nodes=nodes), lab)
    assert any(
        each.invariant is Invariant.REACH and "a/aarhus" in each.sources for each in violations
    )
