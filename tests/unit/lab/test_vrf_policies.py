"""VRFs of their own: sites of one VPN that import or export otherwise than it does."""

from __future__ import annotations

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import LabError
from mplsemu.lab.loader import loads
from mplsemu.model.l3vpn import L3vpn, RouteTarget
from mplsemu.program.services import Connected, ViaPe, ViaVrf
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations

LAB = """
name: x
provider: {nodes: {n: {role: pe}, m: {role: pe}}, links: [n-m]}
vpns:
  a:
    type: l3vpn
    sites:
      s: {pe: n, subnet: 10.0.1.0/24}
      t: {pe: m, subnet: 10.0.2.0/24}
      guest: {pe: n, subnet: 10.0.3.0/24, import: "64512:2", export: "64512:9"}
      camera: {pe: n, subnet: 10.0.4.0/24, import: "64512:1", export: ["64512:1", "64512:8"]}
  web:
    type: l3vpn
    import: ["64512:2", "64512:9"]
    sites:
      u: {pe: n, subnet: 10.9.0.0/24}
      v: {pe: m, subnet: 10.9.1.0/24}
"""


def vpn(text: str = LAB) -> L3vpn:
    first = loads(text, "x.yaml").network.vpns[0]
    assert isinstance(first, L3vpn)
    return first


def targets(*texts: str) -> frozenset[RouteTarget]:
    return frozenset(map(RouteTarget.parse, texts))


def test_a_site_that_imports_otherwise_has_a_vrf_of_its_own():
    usual, guest, camera = vpn().policies
    assert [policy.name for policy in vpn().policies] == ["a", "a/guest", "a/camera"]
    assert usual.sites == ("s", "t")
    assert guest.import_targets == targets("64512:2")
    assert guest.export_targets == targets("64512:9")
    assert camera.export_targets == targets("64512:1", "64512:8")
    assert len({policy.rd for policy in vpn().policies}) == 3


def test_what_a_site_does_not_say_is_as_its_vpn():
    text = LAB.replace(', export: "64512:9"', "")
    guest = vpn(text).policy("guest")
    assert guest.export_targets == targets("64512:1")


def test_a_vpn_whose_sites_say_nothing_has_one_vrf_at_each_pe():
    lab = loads(LAB, "x.yaml")
    web = lab.network.vpns[1]
    assert isinstance(web, L3vpn)
    assert [policy.name for policy in web.policies] == ["web"]
    assert web.vrfs == ()


def test_several_vrfs_of_a_vpn_at_one_pe_route_apart():
    lab = loads(LAB, "x.yaml")
    program = compile_program(lab.network)
    node = program.node("n")
    assert [vrf.name for vrf in node.vrfs] == ["a", "a/guest", "a/camera", "web"]
    assert [vrf.name for vrf in node.vrfs_of("a")] == ["a", "a/guest", "a/camera"]
    guest = {str(route.prefix): route.next_hop for route in node.vrf_by_name["a/guest"].routes}
    label = program.node("m").vrf_by_name["web"].label
    assert guest == {
        "10.0.3.0/24": Connected("a/guest"),
        "10.9.0.0/24": ViaVrf("web"),
        "10.9.1.0/24": ViaPe("m", label),
    }
    camera = {str(route.prefix): route.next_hop for route in node.vrf_by_name["a/camera"].routes}
    assert camera["10.0.1.0/24"] == ViaVrf("a")
    assert verify(program, lab.network).holds


def test_the_policy_of_a_site_decides_whom_it_reaches():
    network = loads(LAB, "x.yaml").network
    program = compile_program(network)
    seen = {(str(each.source), str(each.target)): each.expect for each in expectations(network)}
    assert seen["a/s/h1", "a/camera/h1"] is Expect.REACH
    assert seen["a/s/h1", "a/guest/h1"] is Expect.ISOLATE
    assert seen["a/guest/h1", "web/v/h1"] is Expect.REACH
    assert seen["web/v/h1", "a/guest/h1"] is Expect.REACH
    assert seen["web/v/h1", "a/s/h1"] is Expect.ISOLATE
    for (source, target), expect in seen.items():
        assert trace(program, source, target).delivered is (expect is Expect.REACH)


def test_numbers_of_vrfs_stay_when_sites_come():
    before = loads(LAB, "x.yaml")
    more = LAB.replace(
        "    sites:\n      s:",
        "    sites:\n      r: {pe: m, subnet: 10.0.9.0/24, import: []}\n      s:",
        1,
    )
    after = loads(more, "x.yaml", before.numbers)
    first, second = (lab.network.vpns[0] for lab in (before, after))
    for site in ("s", "guest", "camera"):
        assert first.policy(site).rd == second.policy(site).rd


@pytest.mark.parametrize(
    ("site", "line", "problem", "remedy"),
    [
        ('import: "x"', 10, "'x' is not", "64512:1"),
        ('improt: "64512:2"', 10, "unknown key 'improt'", "import"),
    ],
)
def test_a_mistake_at_a_site_is_told_with_its_line(site, line, problem, remedy):
    text = LAB.replace('import: "64512:2"', site, 1)
    with pytest.raises(LabError) as caught:
        loads(text, "x.yaml")
    assert caught.value.location is not None
    assert caught.value.location.line == line
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


def test_equal_prefixes_that_a_sites_vrf_imports_are_refused_at_the_site():
    text = LAB.replace("subnet: 10.9.1.0/24", "subnet: 10.0.3.0/24")
    with pytest.raises(LabError) as caught:
        loads(text, "x.yaml")
    error = caught.value
    assert error.location is not None
    assert error.location.line == 10
    assert error.problem == (
        "site a/guest imports equal prefixes: 10.0.3.0/24 of its own site a/guest and "
        "10.0.3.0/24 of vpn web (site web/v, route target 64512:2)"
    )


def test_an_import_in_one_direction_at_a_site_is_noted():
    text = LAB.replace('"64512:9"]\n    sites:\n      u', '"64512:7"]\n    sites:\n      u')
    notes = loads(text, "x.yaml").notes
    assert (
        "site a/guest imports the routes of vpn web, which does not import its routes: packets "
        "arrive there, and no answer comes back; for both directions write at vpn web: import: "
        '["64512:2", "64512:7", "64512:9"]'
    ) in notes
    assert loads(LAB, "x.yaml").notes == ()
