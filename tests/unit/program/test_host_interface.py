"""A host's own interface: what it sends, and what it takes of what the network brings it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.host_stack import PacketOptions
from mplsemu.program.hosts import find_host
from mplsemu.program.path import Delivered, Dropped, TooBig
from mplsemu.program.trace import trace
from tests.builders import MacAddresses, l3vpn, network, provider, vpls
from tests.networks import with_site_mtus


def lab(mtus=None, sites=None):
    """Two L3VPN sites of two hosts and a VPLS; `mtus` are of hosts, by full name."""
    macs = MacAddresses()
    both = "10.0.{0}.0/24 2001:db8:{0}::/64"
    made = network(
        provider(("a-p", "p-b"), pes=("a", "b")),
        l3vpn("v", {"x": ("a", both.format(1)), "y": ("b", both.format(2))}, hosts=2, macs=macs),
        vpls("c", {"x": "a", "y": "b"}, hosts=2, macs=macs),
    )
    made = with_site_mtus(made, sites or {})
    vpns = tuple(
        replace(
            vpn,
            sites=tuple(
                replace(
                    site,
                    hosts=tuple(
                        replace(host, mtu=(mtus or {}).get(f"{site.circuit}/{host.name}"))
                        for host in site.hosts
                    ),
                )
                for site in vpn.sites
            ),
        )
        for vpn in made.vpns
    )
    return compile_program(replace(made, vpns=vpns))


def end(program, source, target, octets, **options):
    return trace(program, source, target, PacketOptions(octets=octets, **options)).end


@pytest.mark.parametrize("target", ["v/y/h1", "v/x/h2", "2001:db8:2::2", "10.0.1.1", "c/y/h1"])
def test_a_host_sends_nothing_that_is_larger_than_its_own_mtu(target):
    source = "c/x/h1" if target.startswith("c/") else "v/x/h1"
    program = lab({source: 1400})
    assert not isinstance(end(program, source, target, 1400), Dropped)
    lost = end(program, source, target, 1401)
    assert lost == Dropped(source, "1401 octets, where its own interface has an MTU of 1400")
    assert not isinstance(lost, TooBig)


def test_what_is_for_itself_never_leaves_the_host():
    assert isinstance(end(lab({"v/x/h1": 1400}), "v/x/h1", "10.0.1.2", 9000), Delivered)


def test_without_df_the_hosts_own_stack_cuts_a_packet_up():
    arrived = end(lab({"v/x/h1": 1400}), "v/x/h1", "v/y/h1", 3000, may_fragment=True)
    assert isinstance(arrived, Delivered)
    assert arrived.octets == 1396  # 1400 less the header, in units of eight octets


@pytest.mark.parametrize(
    ("source", "target"),
    [("v/x/h1", "v/y/h1"), ("v/x/h2", "v/x/h1"), ("c/x/h1", "c/y/h1"), ("c/x/h2", "c/x/h1")],
)
def test_a_host_takes_four_octets_more_than_its_mtu_and_the_rest_is_lost_there(source, target):
    program = lab({target: 1400})
    assert isinstance(end(program, source, target, 1404), Delivered)
    assert end(program, source, target, 1405) == Dropped(
        target, "1405 octets, where its own interface has an MTU of 1400"
    )


def test_a_frame_is_lost_at_a_host_whose_site_takes_less_than_the_senders():
    program = lab(sites={"c/x": 1550})
    mac = find_host(program, "c/y/h1").host.mac
    for target in ("c/y/h1", mac):
        assert isinstance(end(program, "c/x/h1", target, 1504), Delivered)
        assert isinstance(end(program, "c/x/h1", target, 1505), Dropped)
    tagged = {"vlans": (7,)}
    assert isinstance(end(program, "c/x/h1", mac, 1500, **tagged), Delivered)
    assert isinstance(end(program, "c/x/h1", mac, 1501, **tagged), Dropped)


def test_an_mtu_of_a_host_larger_than_its_sites_makes_its_pe_answer():
    program = lab({"v/x/h1": 1604})
    assert end(program, "v/x/h1", "v/y/h1", 1600) == TooBig(
        "a", "1600 octets, where the next hop takes 1592; its source is told", 1592
    )


def test_a_hosts_mtu_is_written_only_where_it_has_one():
    assert '"mtu": null' not in dump_program(lab())
    program = lab({"v/x/h1": 1400})
    assert load_program(dump_program(program)) == program
    assert find_host(program, "v/x/h1").host.mtu == 1400
