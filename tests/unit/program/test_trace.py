"""A trace from host to host: its JSON, what a header decides, and what delivered means."""

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.hosts import find_host
from mplsemu.program.trace import PacketOptions, trace
from mplsemu.report.trace import trace_object
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.builders import MacAddresses, l3vpn, network, nordic, provider


def documented_hops(tunnel: int, vpn: int) -> list[dict[str, object]]:
    """Return what docs/json.md says of each router on the way."""
    return [
        {
            "node": "dk",
            "vrf": "a",
            "vsi": None,
            "in_labels": [],
            "action": f"192.168.2.0/24 is at se; push {tunnel}, {vpn}",
            "out_labels": [tunnel, vpn],
            "link": "dk-p1",
            "out_stack": [
                {"label": tunnel, "tc": 0, "ttl": 255},
                {"label": vpn, "tc": 0, "ttl": 255},
            ],
            "ip_ttl": 63,
        },
        {
            "node": "p1",
            "vrf": None,
            "vsi": None,
            "in_labels": [tunnel, vpn],
            "action": f"pop {tunnel}",
            "out_labels": [vpn],
            "link": "se-p1",
            "out_stack": [{"label": vpn, "tc": 0, "ttl": 255}],
            "ip_ttl": 63,
        },
        {
            "node": "se",
            "vrf": "a",
            "vsi": None,
            "in_labels": [vpn],
            "action": f"pop {vpn}; 192.168.2.0/24 is on a/stockholm; deliver",
            "out_labels": [],
            "link": "a/stockholm",
            "out_stack": [],
            "ip_ttl": 62,
        },
    ]


def test_a_trace_is_the_documented_json_object():
    program = compile_program(nordic())
    answer = trace_object(trace(program, "a/aarhus/h1", "a/stockholm/h1"))
    vpn = int(program.node("se").vrf_by_name["a"].label)
    tunnel = int(program.node("dk").ftn_by_egress["se"].nhlfes[0].operation.labels[0])
    assert answer == {
        "src": "a/aarhus/h1",
        "dst": "a/stockholm/h1",
        "delivered": True,
        "hops": documented_hops(tunnel, vpn),
        "end": "it arrives at a/stockholm/h1",
        "packet": {
            "src_mac": "02:00:00:00:00:01",
            "dst_mac": GATEWAY_MAC,
            "vlans": [],
            "src": "192.168.1.2",
            "dst": "192.168.2.2",
            "ttl": 64,
            "dscp": 0,
        },
        "branches": [],
    }


def test_a_broadcast_in_a_vpls_has_a_branch_for_each_copy():
    program = compile_program(nordic())
    way = trace(program, "c/odense/h1", BROADCAST_MAC)
    assert way.delivered
    assert [str(branch.end) for branch in way.branches] == [
        "it arrives at c/odense/h2",
        "it arrives at c/bergen",
        "it arrives at c/malmo",
    ]
    answer = trace_object(way)
    assert answer["packet"]["dst"] is None
    assert [len(branch["hops"]) for branch in answer["branches"]] == [0, 3, 3]


def test_a_frame_for_a_host_takes_its_way_and_one_for_nobody_is_flooded():
    program = compile_program(nordic())
    mac = find_host(program, "c/malmo/h1").host.mac
    way = trace(program, "c/odense/h1", mac.upper())
    assert (way.delivered, len(way.branches)) == (True, 1)
    assert way.way == trace(program, "c/odense/h1", "c/malmo/h1").way
    nobody = trace(program, "c/odense/h1", "02:ff:00:00:00:01")
    assert (nobody.delivered, len(nobody.branches)) == (False, 2)
    neighbour = find_host(program, "c/odense/h2").host.mac
    assert trace(program, "c/odense/h1", neighbour).hops == ()


def test_a_header_decides_what_becomes_of_a_packet():
    program = compile_program(nordic())

    def sent(source, target, **header):
        return trace(program, source, target, PacketOptions(**header))

    assert "TTL expired at dk" in str(sent("a/aarhus/h1", "a/stockholm/h1", ttl=1).end)
    marked = sent("a/aarhus/h1", "a/stockholm/h1", dscp=46)
    assert [entry.tc for entry in marked.hops[0].out_stack] == [5, 5]
    assert "VLAN-tagged" in str(sent("a/aarhus/h1", "a/stockholm/h1", vlans=(7,)).end)
    assert "VLAN-tagged" in str(sent("a/oslo/h1", "a/stockholm/h1", vlans=(7,)).end)
    assert sent("c/odense/h1", "c/malmo/h1", vlans=(7,)).delivered
    wrong = sent("a/aarhus/h1", "a/stockholm/h1", destination_mac="02:00:00:00:00:99")
    assert "not for the gateway's MAC" in str(wrong.end)
    everyone = sent("c/odense/h1", "c/malmo/h1", destination_mac=BROADCAST_MAC)
    assert everyone.delivered
    assert str(everyone.end) == "it arrives at c/malmo"
    with pytest.raises(LabError, match="behind a CE router"):
        sent("a/oslo/h1", "a/stockholm/h1", destination_mac=BROADCAST_MAC)


def test_what_a_vsi_has_not_learned_is_flooded_and_what_it_has_is_not():
    program = compile_program(nordic())
    mac = find_host(program, "c/malmo/h1").host.mac

    def ends(learned):
        way = trace(program, "c/odense/h1", "c/malmo/h1", learned=learned)
        return sorted(str(branch.end) for branch in way.branches)

    assert ends({}) == ["it arrives at c/bergen", "it arrives at c/malmo/h1"]
    assert ends({("dk", "c", mac): "se"}) == ["it arrives at c/malmo/h1"]
    assert ends({("dk", "c", mac): "no"}) == ["it arrives at c/bergen"]
    assert ends({("dk", "c", mac): "se", ("se", "c", mac): "no"}) == [
        "dropped at se: nobody to send it to"
    ]


@pytest.mark.parametrize(
    ("source", "target", "delivered"),
    [
        ("a/aarhus/h1", "a/aarhus/h2", True),
        ("a/aarhus/h1", "b/oslo/h1", False),
        ("a/aarhus/h1", "192.168.3.2", True),
        ("a/aarhus/h1", "192.168.2.1", True),
        ("a/aarhus/h1", "192.168.2.99", False),
        ("a/aarhus/h1", "192.168.3.99", False),
        ("a/aarhus/h1", "10.0.0.1", False),
        ("c/odense/h1", "c/bergen/h2", True),
        ("c/odense/h1", "10.0.0.99", False),
        ("c/odense/h1", "192.168.1.2", False),
    ],
)
def test_delivered_means_at_the_host_that_was_asked_for(source, target, delivered):
    assert trace(compile_program(nordic()), source, target).delivered is delivered


def test_a_trace_within_a_lan_meets_no_router():
    assert trace(compile_program(nordic()), "a/aarhus/h1", "a/aarhus/h2").hops == ()


def test_an_unknown_host_is_refused_with_the_nearest_name():
    with pytest.raises(LabError, match=r"no host 'a/arhus/h1' .*did you mean a/aarhus/h1\?"):
        find_host(compile_program(nordic()), "a/arhus/h1")


def test_a_host_is_found_by_the_name_of_its_emulated_node_too():
    program = compile_program(nordic())
    assert find_host(program, "a-aarhus-h1") == find_host(program, "a/aarhus/h1")


def test_hosts_without_a_common_ip_version_cannot_be_traced():
    macs = MacAddresses()
    sites = {"s": ("x", "10.0.0.0/24"), "t": ("y", "2001:db8::/64")}
    program = compile_program(network(provider(("x-y",)), l3vpn("v", sites, macs=macs)))
    with pytest.raises(LabError, match="no IP version in common"):
        trace(program, "v/s/h1", "v/t/h1")
