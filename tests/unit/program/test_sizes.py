"""How large a packet may be, by the program; and what the walk makes of one that is larger."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.model.topology import NullLabel
from mplsemu.program.entries import pushed
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Dropped, TooBig
from mplsemu.program.sizes import frame_mtu, largest_fragment, next_hop_mtu, tunnel_mtu
from mplsemu.program.walk import walk
from mplsemu.verification.largest_packet import LargestPacket, largest_packets
from tests.builders import MacAddresses, l3vpn, network, provider, vpls
from tests.strategies import networks

CHAIN = ("a-p", "p-q", "q-b")


def program_of(links=CHAIN, *, mtus=None, site_mtu=1500, **settings):
    macs = MacAddresses()
    sites = {
        "west": ("a", "10.0.1.0/24 2001:db8:1::/64"),
        "near": ("a", "10.0.3.0/24"),
        "east": ("b", "10.0.2.0/24 2001:db8:2::/64"),
    }
    made = network(
        provider(links, **settings),
        l3vpn("v", sites, macs=macs),
        vpls("c", {"x": "a", "y": "a", "z": "b"}, macs=macs),
    )
    sized = tuple(
        replace(each, mtu=(mtus or {}).get(each.name, 1600)) for each in made.provider.links
    )
    vpns = tuple(
        replace(vpn, sites=tuple(replace(site, mtu=site_mtu) for site in vpn.sites))
        for vpn in made.vpns
    )
    return compile_program(replace(made, provider=replace(made.provider, links=sized), vpns=vpns))


def mtu(program, ingress="a", egress="b"):
    return program.node(ingress).ftn_by_egress[egress].mtu


def routed(octets, target="10.0.2.2", *, may_fragment=False):
    source = "10.0.1.2" if "." in target else "2001:db8:1::2"
    ip = IpHeader(ip_address(source), ip_address(target), may_fragment=may_fragment)
    return Packet("02:00:00:00:00:01", GATEWAY_MAC, ip, octets=octets)


def only(walked):
    (branch,) = walked.branches
    return branch


# what a tunnel takes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("null", "mtus", "expected"),
    [
        (NullLabel.IMPLICIT, {}, 1596),
        (NullLabel.EXPLICIT, {}, 1596),
        (NullLabel.IMPLICIT, {"p-q": 1400}, 1396),
        # the last link carries no tunnel's label where its egress asks for none
        (NullLabel.IMPLICIT, {"q-b": 1400}, 1400),
        (NullLabel.EXPLICIT, {"q-b": 1400}, 1396),
        (NullLabel.IMPLICIT, {"a-p": 1399, "q-b": 1396}, 1395),
    ],
)
def test_a_tunnel_takes_what_its_narrowest_link_takes_with_the_labels_it_has_there(
    null, mtus, expected
):
    assert mtu(program_of(mtus=mtus, null_label=null)) == expected


def test_next_to_the_egress_there_is_no_tunnel_label():
    assert mtu(program_of(("a-b",))) == 1600
    assert mtu(program_of(("a-b",), null_label=NullLabel.EXPLICIT)) == 1596


def test_of_several_ways_the_narrowest_counts():
    square = ("a-p", "a-q", "p-b", "q-b")
    assert mtu(program_of(square, ecmp=2, mtus={"q-b": 1450})) == 1450
    assert mtu(program_of(square, mtus={"q-b": 1450})) == 1596


@given(networks())
def test_a_packet_of_a_tunnels_mtu_passes_every_link_and_one_octet_more_does_not(made):
    program = compile_program(made)
    for node in program.nodes:
        for entry in node.ftn:
            ways = [
                program.link_by_name[nhlfe.link].mtu - 4 * len(pushed(nhlfe))
                for nhlfe in entry.nhlfes
            ]
            assert entry.mtu <= min(ways)
    for node in program.nodes:
        for vsi in node.vsis:
            for wire in vsi.pseudowires:
                octets = frame_mtu(node, wire)
                most = node.ftn_by_egress[wire.peer].mtu - 4 if octets is not None else 0
                before = 4 * (wire.control_word + wire.is_tagged)
                assert octets is None or octets == most - before


# what a next hop takes ----------------------------------------------------------------------------


def test_a_next_hop_takes_what_its_circuit_or_its_tunnel_takes():
    program = program_of()
    node = program.node("a")
    vrf = node.vrf_by_name["v"]
    expected = {"10.0.2.2": 1592, "2001:db8:2::9": 1592, "10.0.3.2": 1500, "10.0.3.99": 1500}
    for address, octets in expected.items():
        assert next_hop_mtu(node, vrf, ip_address(address)) == octets
    assert next_hop_mtu(node, vrf, ip_address("192.0.2.1")) is None
    assert tunnel_mtu(node, "nowhere") is None


# the walk -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["10.0.2.2", "2001:db8:2::2"])
def test_the_ingress_tells_the_source_of_what_is_too_large_for_a_link_behind_it(target):
    program = program_of(mtus={"p-q": 1400})
    assert isinstance(only(walk(program, "v/west", routed(1392, target))).end, Delivered)
    end = only(walk(program, "v/west", routed(1393, target))).end
    assert isinstance(end, TooBig)
    assert (end.node, end.mtu) == ("a", 1392)


def test_the_egress_tells_the_source_of_what_is_too_large_for_its_circuit():
    end = only(walk(program_of(), "v/west", routed(1501))).end
    assert isinstance(end, TooBig)
    assert (end.node, end.mtu) == ("b", 1500)
    end = only(walk(program_of(), "v/west", routed(1501, "10.0.3.2"))).end
    assert isinstance(end, TooBig)
    assert (end.node, end.mtu) == ("a", 1500)


def test_what_may_be_fragmented_arrives_in_pieces():
    program = program_of(mtus={"p-q": 1400})
    branch = only(walk(program, "v/west", routed(1600, may_fragment=True)))
    assert isinstance(branch.end, Delivered)
    assert "fragment into 1392 octets" in branch.hops[0].action


@given(st.integers(28, 9000))
def test_a_fragment_fits_and_is_as_large_as_it_may_be(octets):
    assert octets - 8 < largest_fragment(octets) <= octets


def bridged(octets, target, vlans=()):
    return Packet("02:00:00:00:00:04", target, None, vlans, octets=octets)


def mac_at(program, circuit):
    return program.node_of_circuit[circuit].circuit_by_name[circuit].hosts[0].mac


@pytest.mark.parametrize("vlans", [(), (7,), (7, 8)])
def test_a_frame_that_is_too_large_for_a_link_is_dropped_without_a_word(vlans):
    program = program_of()
    far = mac_at(program, "c/z")
    most = 1600 - 8 - 14 - 4 * len(vlans)
    assert isinstance(only(walk(program, "c/x", bridged(most, far, vlans))).end, Delivered)
    end = only(walk(program, "c/x", bridged(most + 1, far, vlans))).end
    assert isinstance(end, Dropped)
    assert not isinstance(end, TooBig)


@pytest.mark.parametrize(("vlans", "most"), [((), 1600), ((7,), 1600), ((7, 8), 1592)])
def test_a_line_takes_as_much_with_one_tag_as_without(vlans, most):
    program = program_of()
    near = mac_at(program, "c/y")
    assert isinstance(only(walk(program, "c/x", bridged(most, near, vlans))).end, Delivered)
    assert isinstance(only(walk(program, "c/x", bridged(most + 1, near, vlans))).end, Dropped)


# what check says ----------------------------------------------------------------------------------


def test_packets_and_frames_are_as_large_as_access_lines_take_where_the_core_takes_more():
    assert largest_packets(program_of()) == (
        LargestPacket("v", False, 1500),
        LargestPacket("c", True, 1514),
    )


def test_pairs_between_which_the_core_takes_less_are_named():
    packets, frames = largest_packets(program_of(mtus={"p-q": 1400}))
    assert packets.octets == 1500
    far = {"v/west", "v/near"}
    assert dict(packets.narrower) == {
        pair: 1392 for a in far for pair in ((a, "v/east"), ("v/east", a))
    }
    assert dict(frames.narrower)["c/x", "c/z"] == 1392
    assert ("c/x", "c/y") not in dict(frames.narrower)


def test_a_vpn_of_one_site_has_no_pair():
    macs = MacAddresses()
    alone = l3vpn("v", {"west": ("a", "10.0.1.0/24")}, macs=macs)
    assert largest_packets(compile_program(network(provider(CHAIN), alone))) == ()


@pytest.mark.parametrize("octets", [1392, 1393])
def test_the_largest_packet_arrives_whole_and_one_octet_more_does_not(octets):
    program = program_of(mtus={"p-q": 1400})
    [found, _] = largest_packets(program)
    assert dict(found.narrower)["v/west", "v/east"] == 1392
    end = only(walk(program, "v/west", routed(octets))).end
    assert isinstance(end, Delivered) is (octets == 1392)
