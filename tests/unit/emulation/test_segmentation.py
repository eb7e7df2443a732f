"""Which hosts must send single frames, because a queue on the way has no room for more."""

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.emulation.batch_commands import single_frame_line
from mplsemu.emulation.plan import make_plan
from mplsemu.emulation.segmentation import single_frame_ends
from mplsemu.emulation.shaping import Capabilities
from mplsemu.lab.loader import loads

LAB = """
name: small
provider:
  nodes: {dk: {role: pe}, se: {role: pe}}
  links: [dk-se]
vpns:
  a:
    type: l3vpn
    import: [64512:1, 64512:2]
    sites: {x: {pe: dk, subnet: 10.1.1.0/24}, y: {pe: se, subnet: 10.1.2.0/24}}
  b:
    type: l3vpn
    import: [64512:1, 64512:2]
    sites: {x: {pe: dk, subnet: 10.2.1.0/24}, y: {pe: se, subnet: 10.2.2.0/24, ce: router}}
  c: {type: vpls, subnet: 10.0.0.0/24, sites: {x: {pe: dk}, y: {pe: se}}}
"""


def ends(text, *, whole_packets, capabilities=None):
    network = loads(text, "small.yaml").network
    plan = make_plan(network, compile_program(network))
    found = single_frame_ends(
        network, plan, capabilities or Capabilities(), whole_packets=whole_packets
    )
    assert all(end.is_customers for end in found)
    return {f"{end.node}:{end.interface}" for end in found}


def slow(site, rate="2 Mbit/s"):
    return LAB.replace(site, site.replace("}", f", rate: {rate}}}"))


A_X = "x: {pe: dk, subnet: 10.1.1.0/24}"
C_X = "x: {pe: dk}"


@pytest.mark.parametrize("whole_packets", [True, False])
def test_where_no_line_is_slow_nobody_is_concerned(whole_packets):
    assert ends(LAB, whole_packets=whole_packets) == set()
    assert ends(slow(A_X, "100 Mbit/s"), whole_packets=whole_packets) == set()


def test_where_lsrs_take_frames_only_the_slow_lines_own_host_is_concerned():
    assert ends(slow(A_X), whole_packets=False) == {"a-x-h1:eth0"}


def test_where_lsrs_take_whole_packets_everybody_is_who_may_send_to_the_slow_line():
    assert ends(slow(C_X), whole_packets=True) == {"c-x-h1:eth0", "c-y-h1:eth0"}
    vpns_that_reach_each_other = ends(slow(A_X), whole_packets=True)
    assert vpns_that_reach_each_other == {
        "a-x-h1:eth0", "a-y-h1:eth0", "b-x-h1:eth0", "b-y-h1:eth0", "b-y-ce:eth0", "b-y-ce:eth1",
    }  # fmt: skip


def test_a_slow_core_link_concerns_everybody_if_it_is_slow_here():
    text = LAB.replace("[dk-se]", "[{ends: [dk, se], bandwidth: 2 Mbit/s}]")
    assert len(ends(text, whole_packets=True)) == 8
    assert ends(text, whole_packets=False) == set()
    no_htb = Capabilities(htb=False)
    assert ends(text, whole_packets=True, capabilities=no_htb) == set()


def test_the_kernel_is_told_by_ip():
    network = loads(slow(A_X), "small.yaml").network
    plan = make_plan(network, compile_program(network))
    [end] = single_frame_ends(network, plan, Capabilities(), whole_packets=False)
    assert single_frame_line(end) == "link set dev eth0 gso_max_segs 1"
