"""The reference interpreter: what becomes of a packet, hop by hop."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import ProgramError
from mplsemu.model.network import HostRef
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.entries import Forward, IlmEntry, Nhlfe, Push, Swap, pushed
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.hosts import find_host
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Dropped, Punted, TtlExpired, Unresolved
from mplsemu.program.trace import PacketOptions, trace
from mplsemu.program.walk import walk
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.builders import MacAddresses, l3vpn, network, nordic, provider, vpws
from tests.programs import changed_node

CHAIN = ("a-p", "p-q", "q-b")


def line(**settings):
    """Two PEs with two LSRs between them, a site at each."""
    sites = {"west": ("a", "10.0.1.0/24 2001:db8:1::/64"), "east": ("b", "10.0.2.0/24")}
    vpn = l3vpn("v", sites, macs=MacAddresses())
    return compile_program(network(provider(CHAIN, **settings), vpn))


def to(address, *, ttl=64, dscp=0, source="10.0.1.2", mac=GATEWAY_MAC, vlans=()):
    ip = IpHeader(ip_address(source), ip_address(address), ttl, dscp)
    return Packet("02:00:00:00:00:01", mac, ip, vlans)


def stacks(branch):
    """Return the TTLs of the stack that each hop sends."""
    return [[entry.ttl for entry in hop.out_stack] for hop in branch.hops]


def only(walked):
    (branch,) = walked.branches
    return branch


def test_in_the_pipe_model_the_customers_ttl_counts_only_the_two_pes():
    branch = only(walk(line(), "v/west", to("10.0.2.2")))
    assert [hop.node for hop in branch.hops] == ["a", "p", "q", "b"]
    assert stacks(branch) == [[255, 255], [254, 255], [255], []]
    assert [hop.ip_ttl for hop in branch.hops] == [63, 63, 63, 62]
    assert isinstance(branch.end, Delivered)


def test_in_the_uniform_model_every_lsr_counts_and_the_penultimate_carries_the_ttl_inwards():
    branch = only(walk(line(ttl_mode=TtlMode.UNIFORM), "v/west", to("10.0.2.2")))
    assert stacks(branch) == [[63, 63], [62, 63], [61], []]
    assert branch.hops[-1].ip_ttl == 60


def test_explicit_null_carries_the_ttl_inwards_at_the_egress():
    program = line(ttl_mode=TtlMode.UNIFORM, null_label=NullLabel.EXPLICIT)
    branch = only(walk(program, "v/west", to("10.0.2.2")))
    assert branch.hops[2].out_stack[0].label == 0
    assert stacks(branch) == [[63, 63], [62, 63], [61, 63], []]
    assert branch.hops[-1].ip_ttl == 60


def test_the_class_selector_bits_of_the_dscp_become_the_tc_of_every_entry():
    branch = only(walk(line(), "v/west", to("10.0.2.2", dscp=46)))
    assert {entry.tc for hop in branch.hops for entry in hop.out_stack} == {5}


@pytest.mark.parametrize(
    ("mode", "expired"),
    [
        (TtlMode.PIPE, ["a", "b", None, None]),
        (TtlMode.UNIFORM, ["a", "p", "q", "b", None]),
    ],
)
def test_a_traceroute_sees_what_the_ttl_model_shows(mode, expired):
    program = line(ttl_mode=mode)
    ends = [
        only(walk(program, "v/west", to("10.0.2.2", ttl=ttl + 1))).end
        for ttl in range(len(expired))
    ]
    assert [end.node if isinstance(end, TtlExpired) else None for end in ends] == expired


def test_where_a_ttl_runs_out_in_the_core_the_stack_is_known_for_rfc_4950():
    program = line(ttl_mode=TtlMode.UNIFORM)
    end = only(walk(program, "v/west", to("10.0.2.2", ttl=3))).end
    assert isinstance(end, TtlExpired)
    assert (end.vrf, [entry.ttl for entry in end.in_stack]) == (None, [1, 2])


def test_an_address_nobody_is_known_to_have_is_resolved_on_its_circuit():
    end = only(walk(line(), "v/west", to("10.0.2.99"))).end
    assert end == Unresolved("b", "v/east", ip_address("10.0.2.99"))


@pytest.mark.parametrize(
    ("address", "node"), [("10.0.1.1", "a"), ("10.0.2.1", "b"), ("fe80::1", "a")]
)
def test_gateways_answer_for_themselves(address, node):
    source = "2001:db8:1::2" if ":" in address else "10.0.1.2"
    end = only(walk(line(), "v/west", to(address, source=source))).end
    assert end == Punted(node, "v", ip_address(address))


@pytest.mark.parametrize("address", ["10.0.2.2", "10.0.2.99", "10.0.1.1", "8.8.8.8"])
@pytest.mark.parametrize(
    "source", ["0.0.0.0", "127.0.0.1", "224.0.0.5", "239.9.9.9", "240.0.0.1", "255.255.255.255"]
)
def test_from_an_address_that_nobody_has_nothing_gets_anywhere(source, address):
    end = only(walk(line(), "v/west", to(address, source=source))).end
    assert end == Dropped("a", f"nobody sends from {source}")


@pytest.mark.parametrize("address", ["2001:db8:1::3", "2001:db8:1::1", "fe80::1"])
@pytest.mark.parametrize("source", ["::", "::1", "ff02::1", "ff0e::1"])
def test_from_an_ipv6_address_that_nobody_has_nothing_gets_anywhere(source, address):
    end = only(walk(line(), "v/west", to(address, source=source))).end
    assert end == Dropped("a", f"nobody sends from {source}")


def validated():
    """A PE with a site whose sources are validated, one behind a CE and one that is open."""
    sites = {
        "west": ("a", "10.0.1.0/24 2001:db8:1::/64", "strict"),
        "ce": ("a", "10.0.3.0/24", "ce strict"),
        "open": ("a", "10.0.4.0/24 2001:db8:4::/64"),
        "east": ("b", "10.0.2.0/24 2001:db8:2::/64"),
    }
    return compile_program(network(provider(CHAIN), l3vpn("v", sites, macs=MacAddresses())))


@pytest.mark.parametrize(
    ("circuit", "source"),
    [
        ("v/west", "10.0.1.2"),
        ("v/west", "10.0.1.254"),
        ("v/ce", "10.0.3.0"),
        ("v/ce", "100.64.0.6"),
        ("v/open", "10.0.1.2"),
        ("v/open", "8.8.8.8"),
    ],
)
def test_where_sources_are_validated_the_circuits_own_pass(circuit, source):
    end = only(walk(validated(), circuit, to("10.0.2.2", source=source))).end
    assert isinstance(end, Delivered)


@pytest.mark.parametrize(
    ("circuit", "source"),
    [
        *(("v/west", text) for text in ("10.0.2.2", "10.0.4.2", "8.8.8.8")),
        *(("v/west", text) for text in ("10.0.1.0", "10.0.1.1", "10.0.1.255")),
        *(("v/ce", text) for text in ("10.0.1.2", "100.64.0.5", "100.64.0.4", "100.64.0.9")),
        *(("v/ce", text) for text in ("2001:db8:1::2", "2001:db8:4::2")),
    ],
)
def test_where_sources_are_validated_others_are_dropped_whoever_they_are_for(circuit, source):
    targets = ("2001:db8:2::2", "fe80::1") if ":" in source else ("10.0.2.2", "10.0.1.1", "8.8.8.8")
    for target in targets:
        end = only(walk(validated(), circuit, to(target, source=source))).end
        assert end == Dropped("a", f"{source} is not on {circuit}")


@pytest.mark.parametrize("source", ["fe80::2", "febf::1"])
def test_from_a_link_local_address_only_the_gateway_is_reached(source):
    for gateway in ("fe80::1", "2001:db8:1::1"):
        end = only(walk(line(), "v/west", to(gateway, source=source))).end
        assert end == Punted("a", "v", ip_address(gateway))
    for address in ("2001:db8:1::3", "2001:db8:9::9"):
        end = only(walk(line(), "v/west", to(address, source=source))).end
        assert end == Dropped("a", f"from {source} nothing is routed")


@pytest.mark.parametrize("mac", ["03:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:05"])
def test_from_a_group_address_nothing_is_routed(mac):
    packet = replace(to("10.0.2.2"), source_mac=mac)
    assert only(walk(line(), "v/west", packet)).end == Dropped("a", "sent from a group address")


def test_a_gateway_answers_also_when_the_ttl_is_used_up_on_the_way_to_it():
    assert isinstance(only(walk(line(), "v/west", to("10.0.1.1", ttl=1))).end, Punted)


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (to("10.9.9.9"), "no route to 10.9.9.9 in VRF v"),
        (to("10.0.2.255"), None),
        (to("10.0.1.255"), "10.0.1.255 is never routed"),
        (to("224.0.0.5"), "224.0.0.5 is never routed"),
        (to("10.0.2.2", mac=BROADCAST_MAC), "not for the gateway's MAC address"),
        (to("10.0.2.2", vlans=(7,)), "VLAN-tagged on a routed circuit"),
        (Packet("02:00:00:00:00:01", GATEWAY_MAC), "not an IP packet"),
    ],
)
def test_what_a_vrf_does_not_forward_is_dropped_with_a_reason(packet, reason):
    end = only(walk(line(), "v/west", packet)).end
    assert isinstance(end, Dropped)
    assert reason is None or end.reason == reason


def test_a_site_behind_a_ce_router_is_one_hop_further():
    way = trace(compile_program(nordic()), "a/aarhus/h1", "a/oslo/h1")
    assert [hop.node for hop in way.hops] == ["dk", "p2", "no", "a/oslo/ce"]
    assert [hop.ip_ttl for hop in way.hops] == [63, 63, 62, 61]
    back = trace(compile_program(nordic()), "a/oslo/h1", "a/aarhus/h1")
    assert [hop.node for hop in back.hops] == ["a/oslo/ce", "no", "p2", "dk"]
    assert [hop.ip_ttl for hop in back.hops] == [63, 62, 62, 61]


@pytest.mark.parametrize("ttl", [1, 2, 3])
def test_the_ce_router_and_both_pes_show_up_in_a_traceroute_from_behind_it(ttl):
    way = trace(compile_program(nordic()), "a/oslo/h1", "a/aarhus/h1", PacketOptions(ttl=ttl))
    assert way.end.node == ("a/oslo/ce", "no", "dk")[ttl - 1]


def test_ipv6_goes_by_the_vrfs_label_for_ipv6():
    program = compile_program(nordic())
    way = trace(program, "a/malmo/h1", "2001:db8:3::2")
    assert way.delivered
    label6 = program.node("no").vrf_by_name["a"].label6
    assert way.hops[0].out_stack[-1].label == label6


def test_a_broadcast_reaches_every_other_site_once_and_never_the_sender():
    flood = walk(compile_program(nordic()), "c/odense", Packet("02:00:00:00:00:0d", BROADCAST_MAC))
    assert sorted(end.circuit for end in flood.deliveries) == ["c/bergen", "c/malmo"]
    assert len(flood.branches) == 2


def test_a_known_address_gets_one_copy_and_an_unknown_one_is_flooded():
    program = compile_program(nordic())
    (host,) = (
        each for each in find_host(program, "c/bergen/h1").circuit.hosts if each.name == "h1"
    )
    packet = Packet("02:00:00:00:00:0d", host.mac)
    assert [end.circuit for end in walk(program, "c/odense", packet).deliveries] == ["c/bergen"]
    unlearned = walk(program, "c/odense", packet, learned=False).deliveries
    assert {(end.circuit, end.host) for end in unlearned} == {
        ("c/bergen", HostRef("c", "bergen", "h1")),
        ("c/malmo", None),
    }


def test_a_frames_labels_count_by_themselves_and_its_ip_ttl_stays():
    for mode in TtlMode:
        way = trace(compile_program(nordic(ttl_mode=mode)), "c/odense/h1", "c/bergen/h1")
        assert way.hops[0].out_stack[0].ttl == 255
        assert way.hops[-1].ip_ttl == 64


def test_a_vpws_carries_every_frame_to_its_other_end():
    lab = network(provider(("x-y",)), vpws("w", {"s": "x", "t": "y"}, macs=MacAddresses()))
    frame = Packet("01:00:00:00:00:01", "02:12:34:56:78:9a", vlans=(5, 6))
    (end,) = walk(compile_program(lab), "w/s", frame).ends
    assert end == Delivered("w/t", None, None, "02:12:34:56:78:9a")


def test_a_bridge_takes_nothing_from_a_group_address():
    frame = Packet("01:00:00:00:00:01", BROADCAST_MAC)
    (end,) = walk(compile_program(nordic()), "c/odense", frame).ends
    assert end == Dropped("dk", "sent from a group address")


def test_a_loop_ends_as_one():
    program = line()
    (at_p,) = [entry for entry in program.node("p").ilm if entry.egress == "b"]
    (at_q,) = [entry for entry in program.node("q").ilm if entry.egress == "b"]
    back = IlmEntry(at_q.label, Forward((Nhlfe("p-q", Swap((at_p.label,))),)), "b")
    others = tuple(entry for entry in program.node("q").ilm if entry != at_q)
    end = only(walk(changed_node(program, "q", ilm=(*others, back)), "v/west", to("10.0.2.2"))).end
    assert end == Dropped("p", "loop")


def test_a_label_nobody_bound_ends_the_packet():
    end = only(walk(changed_node(line(), "p", ilm=()), "v/west", to("10.0.2.2"))).end
    assert isinstance(end, Dropped)
    assert (end.node, end.reason[:20]) == ("p", "no ILM entry for lab")


def test_a_tunnel_over_a_link_that_is_down_carries_nothing():
    program = line()
    links = tuple(replace(link, up=link.name != "p-q") for link in program.links)
    end = only(walk(replace(program, links=links), "v/west", to("10.0.2.2"))).end
    assert end == Dropped("p", "no way out on p-q")


def test_a_vpn_label_with_another_below_it_is_dropped():
    program = line()
    label = program.node("b").vrf_by_name["v"].label
    deeper = tuple(
        replace(
            entry,
            nhlfes=(Nhlfe(entry.nhlfes[0].link, Push((*pushed(entry.nhlfes[0]), label))),),
        )
        for entry in program.node("a").ftn
    )
    end = only(walk(changed_node(program, "a", ftn=deeper), "v/west", to("10.0.2.2"))).end
    assert end == Dropped("b", "no IPv4 packet below the VPN label")


def test_an_unknown_circuit_is_refused():
    with pytest.raises(ProgramError, match="no attachment circuit 'v/north'"):
        walk(line(), "v/north", to("10.0.2.2"))
