from ipaddress import ip_address, ip_network

import pytest

from mplsemu.control.compile import LearnedNeighbour, compile_program
from mplsemu.errors import LabelSpaceError, LabError
from mplsemu.model.labels import Label, LabelRange
from mplsemu.model.topology import NullLabel
from mplsemu.program.entries import Forward, Nhlfe, Pop, PopAndLookUp, PopToVrf, Push, Swap
from mplsemu.program.services import Connected, Neighbour, ViaCe, ViaPe, ViaVrf
from tests.builders import MacAddresses, l3vpn, network, nordic, provider, vpls, vpws
from tests.networks import extranet

CHAIN = ("a-p", "p-q", "q-b")


def two_sites(links=CHAIN, ends=("a", "b"), **settings):
    sites = {"west": (ends[0], "10.0.1.0/24"), "east": (ends[1], "10.0.2.0/24")}
    return network(provider(links, **settings), l3vpn("v", sites, macs=MacAddresses()))


def routes(program, node, vrf):
    table = program.node(node).vrf_by_name[vrf]
    return {str(route.prefix): route.next_hop for route in table.routes}


def way(program, ingress, egress):
    """Follow the links of the LSP between two PEs."""
    links, node = [], program.node(ingress)
    nhlfe = node.ftn_by_egress[egress].nhlfes[0]
    while True:
        links.append(nhlfe.link)
        node = program.node(node.adjacency_by_link[nhlfe.link].peer)
        match nhlfe.operation:
            case Push((label, *_)) | Swap((label,)) if label != 0:
                (nhlfe,) = node.ilm_by_label[label].nhlfes
            case _:
                return links


def test_the_penultimate_hop_pops_and_only_the_lsrs_between_bind_transport_labels():
    program = compile_program(two_sites())
    ingress = program.node("a").ftn_by_egress["b"].nhlfes[0]
    (at_p,) = [entry for entry in program.node("p").ilm if entry.egress == "b"]
    (at_q,) = [entry for entry in program.node("q").ilm if entry.egress == "b"]
    assert ingress == Nhlfe("a-p", Push((at_p.label,)))
    assert at_p.action == Forward((Nhlfe("p-q", Swap((at_q.label,))),))
    assert at_q.action == Forward((Nhlfe("q-b", Pop()),))
    assert [entry.action for entry in program.node("b").ilm] == [PopToVrf("v")]


def test_explicit_null_stands_on_the_last_link_and_the_egress_looks_below_it():
    program = compile_program(two_sites(null_label=NullLabel.EXPLICIT))
    (at_q,) = [entry for entry in program.node("q").ilm if entry.egress == "b"]
    assert at_q.action == Forward((Nhlfe("q-b", Swap((Label(0),))),))
    assert program.node("b").ilm_by_label[0].action == PopAndLookUp()


@pytest.mark.parametrize(
    ("null_label", "pushed"), [(NullLabel.IMPLICIT, ()), (NullLabel.EXPLICIT, (Label(0),))]
)
def test_next_to_the_egress_no_transport_label_is_pushed_but_the_null_it_asks_for(
    null_label, pushed
):
    program = compile_program(two_sites(("a-b",), null_label=null_label))
    assert program.node("a").ftn_by_egress["b"].nhlfes[0] == Nhlfe("a-b", Push(pushed))


def test_labels_are_taken_from_the_first_of_the_range_services_before_paths():
    program = compile_program(two_sites(labels=LabelRange(Label(100), Label(110))))
    assert program.node("b").vrf_by_name["v"].label == 100
    assert sorted(program.node("p").ilm_by_label) == [100, 101]


def test_the_lowest_metric_wins_over_fewer_hops():
    links = ("a-b", "a-c", "c-b")
    program = compile_program(two_sites(links, metrics={"a-b": 30}))
    assert way(program, "a", "b") == ["a-c", "c-b"]


def test_of_equal_metrics_fewer_hops_win_and_then_the_first_link_by_name():
    links, metrics = ("a-c", "c-z", "a-z"), {"a-z": 20}
    program = compile_program(two_sites(links, ("a", "z"), metrics=metrics))
    assert way(program, "a", "z") == ["a-z"]
    program = compile_program(two_sites(("a-d", "d-b", "a-c", "c-b")))
    assert way(program, "a", "b") == ["a-c", "c-b"]
    program = compile_program(two_sites(("a-b#2", "a-b")))
    assert way(program, "a", "b") == ["a-b"]


def test_there_and_back_take_different_ways_where_a_link_has_two_metrics():
    """RFC 2328 section 2.1: a cost belongs to an interface."""
    links = ("a-n", "a-m", "n-c", "m-c")
    program = compile_program(two_sites(links, ("a", "c"), metrics_back={"a-n": 100}))
    assert way(program, "c", "a") == ["m-c", "a-m"]
    lab = two_sites(links, ("a", "c"), metrics={"a-m": 11}, metrics_back={"a-m": 1})
    assert way(compile_program(lab), "a", "c") == ["a-n", "n-c"]
    assert way(compile_program(lab), "c", "a") == ["m-c", "a-m"]


def test_equal_ways_in_one_direction_are_not_equal_in_the_other():
    links = ("a-n", "a-m", "n-c", "m-c")
    program = compile_program(two_sites(links, ("a", "c"), metrics_back={"a-n": 11}, ecmp=2))
    there, back = (program.node(at).ftn_by_egress[to].nhlfes for at, to in (("a", "c"), ("c", "a")))
    assert [nhlfe.link for nhlfe in there] == ["a-m", "a-n"]
    assert [nhlfe.link for nhlfe in back] == ["m-c"]


def test_of_parallel_links_the_cheapest_is_taken_and_the_other_stands_by():
    links, metrics = ("a-b", "a-b#2"), {"a-b": 20}
    lab = two_sites(links, metrics=metrics)
    assert way(compile_program(lab), "a", "b") == ["a-b#2"]
    assert way(compile_program(lab, frozenset({"a-b#2"})), "a", "b") == ["a-b"]


def test_every_table_is_in_its_order_whatever_was_before():
    before = compile_program(nordic(), frozenset({"p1-p2"}))
    program = compile_program(nordic(), frozenset({"dk-p2"}), previous=before)
    for node in program.nodes:
        assert list(node.ilm) == sorted(node.ilm, key=lambda entry: entry.label)
        assert list(node.ftn) == sorted(node.ftn, key=lambda entry: entry.egress)
        for vrf in node.vrfs:
            prefixes = [route.prefix for route in vrf.routes]
            assert prefixes == sorted(prefixes, key=lambda each: (each.version, each))
            addresses = [neighbour.address for neighbour in vrf.neighbours]
            assert addresses == sorted(addresses, key=lambda each: (each.version, each))
    assert [node.name for node in program.nodes] == ["dk", "no", "p1", "p2", "se"]


def test_lsrs_on_no_path_hold_no_labels():
    program = compile_program(two_sites((*CHAIN, "p-lonely", "q-lonely")))
    assert program.node("lonely").ilm == ()


def test_ports_count_core_links_first_and_then_circuits_whatever_is_down():
    lab = nordic()
    for program in (compile_program(lab), compile_program(lab, frozenset({"dk-p1", "a/aarhus"}))):
        dk = program.node("dk")
        assert [(end.link, end.port) for end in dk.adjacencies] == [("dk-p1", 1), ("dk-p2", 2)]
        circuits = [(circuit.name, circuit.port) for circuit in dk.circuits]
        assert circuits == [("a/aarhus", 3), ("b/aarhus", 4), ("c/odense", 5)]
        assert dk.adjacencies[1].mac == "0a:00:00:01:00:02"
        assert program.node("p2").adjacency_by_link["dk-p2"].mac == dk.adjacencies[1].peer_mac


def test_a_vrf_has_its_own_remote_and_ce_routes_and_the_same_prefix_in_two_vpns_stays_apart():
    program = compile_program(nordic())
    oslo = program.node("no").vrf_by_name["a"]
    assert routes(program, "dk", "a")["192.168.3.0/24"] == ViaPe("no", oslo.label)
    assert routes(program, "dk", "a")["2001:db8:3::/64"] == ViaPe("no", oslo.label6)
    assert routes(program, "no", "a")["192.168.3.0/24"] == ViaCe("a/oslo")
    assert routes(program, "no", "a")["100.64.0.8/30"] == Connected("a/oslo")
    assert routes(program, "no", "b")["192.168.3.0/24"] == Connected("b/oslo")
    other = program.node("no").vrf_by_name["b"].label
    assert routes(program, "dk", "b") == {
        "192.168.1.0/24": Connected("b/aarhus"),
        "192.168.3.0/24": ViaPe("no", other),
    }


def test_the_pe_ce_prefix_is_never_exported():
    program = compile_program(nordic())
    for node in ("dk", "se"):
        assert not any(prefix.startswith("100.64.") for prefix in routes(program, node, "a"))


def test_an_import_brings_routes_from_the_same_pe_and_from_others_but_only_one_way():
    program = compile_program(extranet())
    label = program.node("y").vrf_by_name["shared"].label
    assert routes(program, "x", "user") == {
        "10.1.0.0/24": Connected("user/s"),
        "10.2.0.0/24": ViaVrf("shared"),
        "10.3.0.0/24": ViaPe("y", label),
    }
    assert "10.1.0.0/24" not in routes(program, "x", "shared")


def test_an_imported_route_keeps_the_rd_and_the_circuit_it_comes_from():
    program = compile_program(extranet())
    (route,) = [
        route
        for route in program.node("x").vrf_by_name["user"].routes
        if route.prefix == ip_network("10.3.0.0/24")
    ]
    assert (str(route.rd), route.circuit) == ("64512:2", "shared/u")


def test_hosts_and_ce_routers_are_neighbours_and_what_was_learned_takes_their_place():
    known = compile_program(nordic()).node("se").vrf_by_name["a"].neighbours
    moved = Neighbour(ip_address("192.168.2.2"), "a/stockholm", "02:aa:00:00:00:01")
    added = Neighbour(ip_address("192.168.2.99"), "a/stockholm", "02:aa:00:00:00:02")
    learned = [LearnedNeighbour("se", "a", each) for each in (added, moved)]
    after = compile_program(nordic(), learned=learned).node("se").vrf_by_name["a"].neighbours
    assert set(after) - set(known) == {moved, added}
    assert [each.address for each in set(known) - set(after)] == [moved.address]
    down = frozenset({"a/stockholm"})
    gone = compile_program(nordic(), down, learned).node("se").vrf_by_name["a"].neighbours
    assert {each.circuit for each in gone} == {"a/malmo"}
    assert compile_program(nordic(), learned=[LearnedNeighbour("dk", "a", moved)]) == (
        compile_program(nordic())
    )


def test_a_vpls_is_a_full_mesh_and_each_direction_has_the_label_its_receiver_bound():
    program = compile_program(nordic())
    for pe in ("dk", "se", "no"):
        vsi = program.node(pe).vsi_by_name["c"]
        assert [wire.peer for wire in vsi.pseudowires] == sorted({"dk", "se", "no"} - {pe})
        for wire in vsi.pseudowires:
            far = program.node(wire.peer).vsi_by_name["c"].pseudowires
            assert [back.in_label for back in far if back.peer == pe] == [wire.out_label]


def test_two_sites_of_a_vpls_at_one_pe_share_its_vsi_and_need_no_pseudowire():
    lan = vpls("lan", {"s": "x", "t": "x"}, macs=MacAddresses())
    (vsi,) = compile_program(network(provider(("x-y",)), lan)).node("x").vsis
    assert (vsi.circuits, vsi.pseudowires) == (("lan/s", "lan/t"), ())


def test_a_pseudowire_keeps_its_index_when_another_is_gone():
    lan = vpls("lan", {"s": "x", "t": "y", "u": "z"}, macs=MacAddresses())
    lab = network(provider(("x-y", "x-z")), lan)
    before = compile_program(lab).node("x").vsis[0].pseudowires
    after = compile_program(lab, frozenset({"x-y"})).node("x").vsis[0].pseudowires
    assert [(wire.peer, wire.index) for wire in before] == [("y", 1), ("z", 2)]
    assert [(wire.peer, wire.index) for wire in after] == [("z", 2)]


def test_a_vpws_is_one_pseudowire():
    wire = vpws("w", {"s": "x", "t": "y"}, macs=MacAddresses())
    (vsi,) = compile_program(network(provider(("x-y",)), wire)).node("x").vsis
    assert (vsi.kind, [each.peer for each in vsi.pseudowires]) == ("vpws", ["y"])


def test_routes_and_pseudowires_to_a_pe_that_cannot_be_reached_are_withdrawn():
    program = compile_program(nordic(), frozenset({"no-p2"}))
    assert "192.168.3.0/24" not in routes(program, "dk", "a")
    assert [wire.peer for wire in program.node("dk").vsi_by_name["c"].pseudowires] == ["se"]
    assert program.node("no").ftn == ()
    assert routes(program, "no", "a")["192.168.3.0/24"] == ViaCe("a/oslo")


def test_a_circuit_that_is_down_is_withdrawn_from_importing_vrfs_too():
    program = compile_program(extranet(), frozenset({"shared/u"}))
    assert "10.3.0.0/24" not in routes(program, "x", "user")
    assert program.node("y").circuit_by_name["shared/u"].up is False


def test_a_changed_path_has_new_labels_and_the_way_back_has_labels_of_its_own_again():
    lab = two_sites(("a-p", "p-q", "p-r", "q-b", "r-b"))
    first = compile_program(lab)
    second = compile_program(lab, frozenset({"q-b"}), previous=first)
    third = compile_program(lab, previous=second)
    assert way(second, "a", "b") == ["a-p", "p-r", "r-b"]
    pushed = [
        each.node("a").ftn_by_egress["b"].nhlfes[0].operation for each in (first, second, third)
    ]
    assert pushed[0] != pushed[1] != pushed[2]
    assert third.node("b").vrf_by_name["v"].label == first.node("b").vrf_by_name["v"].label


def test_nothing_changes_when_nothing_is_down_any_more_or_less():
    first = compile_program(nordic())
    assert compile_program(nordic(), previous=first) == first


def test_a_label_space_that_is_too_small_is_said_with_its_numbers():
    lab = nordic(labels=LabelRange(Label(16), Label(17)))
    with pytest.raises(
        LabelSpaceError,
        match=r"LSR dk needs 4 labels, .* 16-17 has 2; widen .labels. under provider",
    ):
        compile_program(lab)


def test_the_labels_of_the_program_before_count_while_the_change_is_made():
    links = ("a-p", "p-q", "p-r", "q-b", "r-b")
    lab = two_sites(links, labels=LabelRange(Label(16), Label(17)))
    first = compile_program(lab)
    with pytest.raises(LabelSpaceError, match=r"LSR p needs 2 .* still holds 1 of the program"):
        compile_program(lab, frozenset({"q-b"}), previous=first)


def test_an_unknown_name_that_is_down_is_refused():
    with pytest.raises(LabError, match=r"'dk-p9' is neither a link nor an attachment circuit"):
        compile_program(nordic(), frozenset({"dk-p9"}))
