"""Connectivity of VPNs: components, islands, what is severed."""

from mplsemu.analysis.components import connected_components
from mplsemu.analysis.connectivity import L2vpnConnectivity, L3vpnConnectivity, connectivity
from tests.programs import program_of
from tests.view_labs import north


def sites(found):
    return [[circuit.site for circuit in island] for island in found.sites]


def test_components_keep_the_order_of_their_nodes():
    assert connected_components("abcde", [("d", "b"), ("e", "a")]) == [
        ["a", "e"],
        ["b", "d"],
        ["c"],
    ]


def test_a_vpn_whose_sites_all_reach_one_another_is_one_island():
    found = connectivity(program_of("nordic"), "a")
    assert isinstance(found, L3vpnConnectivity)
    assert sites(found) == [["aarhus", "oslo", "stockholm"]]
    assert all(vrf.lacks == () for vrf in found.vrfs)


def test_failures_split_vpns_of_both_layers_into_islands():
    program = north("core1-core2", "pe-kbh-core2")
    routed, bridged = connectivity(program, "alfa"), connectivity(program, "gamma")
    assert sites(routed) == [["aarhus", "odense", "stockholm"], ["oslo"]]
    assert isinstance(bridged, L2vpnConnectivity)
    assert sites(bridged) == [["bergen"], ["malmo", "ribe"]]
    assert bridged.severed == ()
