"""Which way frames of a site take onto an access line that carries tags."""

from __future__ import annotations

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.emulation.access_lines import _leading_out
from mplsemu.emulation.plan import make_plan
from mplsemu.lab.loader import loads
from mplsemu.model.tags import TagType, VlanTags
from mplsemu.southbound.ebpf.access import SiteOnLine

DIRECT = 1 << 31
LAB = """\
name: t
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  a:
    type: l3vpn
    sites:
      one: {pe: dk, port: u, vlan: 10, subnet: 10.1.0.0/24, rate: 1 Mbit/s}
      two: {pe: dk, port: u, vlan: 11, subnet: 10.2.0.0/24}
      far: {pe: se, subnet: 10.4.0.0/24}
"""


@pytest.mark.parametrize(
    ("tags", "is_direct"),
    [
        (None, True),
        (VlanTags(10), True),
        (VlanTags(10, outer_type=TagType.SERVICE), True),
        (VlanTags(10, outer_type=TagType.OLD_SERVICE), False),
        (VlanTags(10, 20, TagType.SERVICE), False),
    ],
)
def test_only_what_has_no_tag_in_the_packet_is_handed_to_the_pe_at_once(tags, is_direct):
    assert SiteOnLine(5, 6, tags, direct=True).way_out == (6 | DIRECT if is_direct else 6)
    assert SiteOnLine(5, 6, tags).way_out == 6


@pytest.mark.parametrize("lsr_namespaces", [True, False])
def test_a_line_leads_out_of_the_labs_namespace_where_pes_have_their_own(lsr_namespaces):
    network = loads(LAB, "t.yaml").network
    plan = make_plan(network, compile_program(network), lsr_namespaces=lsr_namespaces)
    (access,) = plan.accesses
    ends = _leading_out(plan)
    assert (access.line in ends) is lsr_namespaces
    assert not ends & {site.interface for site in access.sites}
