"""Alarms: what is wrong is said, and what was meant to be so is not."""

from dataclasses import replace

import pytest

from mplsemu.analysis.alarms import SYNC_PATIENCE_S, LabState, alarms
from mplsemu.analysis.connectivity import connectivity
from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load, loads
from tests.networks import dual_homed
from tests.places import LAB_FILES
from tests.programs import changed_node, program_of
from tests.unit.web.weblab import fake_lab
from tests.view_labs import north


def status(down=(), **faults):
    lab = fake_lab()
    lab.switch_faults = faults
    return {**lab.status(), "down": sorted(down)}


def seen(program, down=(), unsynced_s=0.0, **faults):
    vpns = tuple(connectivity(program, vpn.name) for vpn in program.vpns)
    return LabState(status(down, **faults), True, program, vpns, unsynced_s)


def found(*args, **options):
    return [
        (each.severity.value, each.object, each.text) for each in alarms(seen(*args, **options))
    ]


@pytest.mark.parametrize("name", ["nordic", "extranet", "hub", "uniform", "vpls", "dual-homed"])
def test_where_all_is_well_there_is_no_alarm(name):
    assert found(program_of(name)) == []


def test_a_link_that_is_down_is_an_alarm_though_nobody_suffers():
    assert found(program_of("nordic"), ["dk-p1"]) == [
        ("major", "link dk-p1", "is down: it carries no packets")
    ]


def test_a_site_whose_line_is_down_is_told_once():
    assert found(north("alfa/oslo"), ["alfa/oslo"]) == [
        ("major", "line alfa/oslo", "is down: the site is cut off from pe-osl")
    ]


def test_vpns_that_fall_apart_come_first_with_their_parts():
    down = ("core1-core2", "pe-kbh-core2")
    assert found(north(*down), down) == [
        ("critical", "VPN alfa", "is in 2 parts: aarhus, odense, stockholm | oslo"),
        ("critical", "VPN beta", "is in 2 parts: lyon | porto"),
        ("critical", "VPN delta", "is in 2 parts: east | west"),
        ("critical", "VPN gamma", "is in 2 parts: bergen | malmo, ribe"),
        ("major", "link core1-core2", "is down: it carries no packets"),
        ("major", "link pe-kbh-core2", "is down: it carries no packets"),
    ]


SPOKES = """
name: spokes
provider:
  nodes: {x: {role: pe}, y: {role: pe}, hub: {role: pe}}
  links: [x-hub, y-hub]
vpns:
  center:
    type: l3vpn
    import: ["64512:1", "64512:2"]
    export: ["64512:1"]
    sites: {head: {pe: hub, subnet: 10.0.0.0/24}}
  spoke:
    type: l3vpn
    import: ["64512:1"]
    export: ["64512:2"]
    sites:
      one: {pe: x, subnet: 10.0.1.0/24}
      two: {pe: y, subnet: 10.0.2.0/24}
"""


def test_spokes_that_do_not_reach_one_another_are_meant_not_to():
    assert found(compile_program(loads(SPOKES, "spokes.yaml").network)) == []


STAR = """
name: star
provider:
  nodes: {x: {role: pe}, y: {role: pe}, n: {role: pe}}
  links: [x-n, y-n]
vpns:
  corp:
    type: l3vpn
    topology: hub-and-spoke
    sites:
      hq: {pe: n, role: hub, subnet: 10.0.0.0/24}
      one: {pe: x, subnet: 10.0.1.0/24}
      two: {pe: y, subnet: 10.0.2.0/24}
      guest: {pe: y, role: hub, subnet: 10.0.3.0/24}
"""


def test_a_hub_that_fails_is_told_with_the_spokes_that_reach_none():
    network = loads(STAR.replace(", role: hub, subnet: 10.0.3", ", subnet: 10.0.3"), "s").network
    assert found(compile_program(network)) == []
    down = ("corp/hq",)
    assert found(compile_program(network, frozenset(down)), down) == [
        ("critical", "VPN corp", "no hub is reached from guest, one, two"),
        ("major", "line corp/hq", "is down: the site is cut off from n"),
    ]
    down = ("x-n",)
    assert found(compile_program(network, frozenset(down)), down) == [
        ("critical", "VPN corp", "no hub is reached from one"),
        ("major", "link x-n", "is down: it carries no packets"),
    ]


def test_while_another_hub_is_there_a_hub_that_fails_strands_nobody():
    network = loads(STAR, "s").network
    down = ("corp/hq",)
    assert found(compile_program(network, frozenset(down)), down) == [
        ("major", "line corp/hq", "is down: the site is cut off from n")
    ]


APART = """
name: apart
provider: {nodes: {x: {role: pe}, y: {role: pe}}, links: [x-y]}
vpns:
  a:
    type: l3vpn
    sites:
      s: {pe: x, subnet: 10.0.0.0/24}
      t: {pe: y, subnet: 10.0.1.0/24}
      guest: {pe: x, subnet: 10.0.2.0/24, import: "64512:2", export: "64512:2"}
  web: {type: l3vpn, sites: {u: {pe: x, subnet: 10.1.0.0/24}}}
"""


def test_a_site_with_a_vrf_of_its_own_is_no_part_of_its_vpn():
    network = loads(APART, "apart").network
    assert found(compile_program(network)) == []
    assert found(compile_program(network, frozenset({"x-y"})), ["x-y"]) == [
        ("critical", "VPN a", "is in 2 parts: s | t"),
        ("major", "link x-y", "is down: it carries no packets"),
    ]


def test_a_missing_route_is_a_lack_within_a_vpn_that_holds_together():
    program = program_of("nordic")
    dk = program.node("dk")
    vrf = dk.vrf_by_name["a"]
    routes = tuple(route for route in vrf.routes if str(route.prefix) != "192.168.2.0/24")
    vrfs = tuple(replace(v, routes=routes) if v.name == "a" else v for v in dk.vrfs)
    assert found(changed_node(program, "dk", vrfs=vrfs)) == [
        ("major", "VPN a", "lacks a way from aarhus to stockholm")
    ]


def test_switches_are_told_that_are_gone_or_refuse_or_lag_for_long():
    gone = {"connected": False, "in_sync": False}
    lagging = {"in_sync": False}
    faults = {"p1": gone, "p2": {"errors": 2}, "se": lagging}
    told = found(program_of("nordic"), unsynced_s=SYNC_PATIENCE_S + 1, **faults)
    assert [(severity, what) for severity, what, _ in told] == [
        ("major", "LSR p1"),
        ("major", "LSR p2"),
        ("minor", "LSR se"),
    ]
    assert "refused 2 messages" in told[1][2]
    assert found(program_of("nordic"), unsynced_s=0.1, se=lagging) == []  # a change is under way


def test_a_controller_that_does_not_answer_is_the_worst_and_what_was_known_stays():
    known = seen(program_of("nordic"), ["dk-p1"], p1={"connected": False, "in_sync": False})
    silent = LabState(known.status, False, known.program, known.vpns)
    told = [(each.severity.value, each.object) for each in alarms(silent)]
    assert told == [("critical", "controller"), ("major", "link dk-p1")]


def test_before_anything_is_known_there_is_nothing_to_say():
    assert alarms(LabState(None, True, None)) == ()


def test_of_a_site_with_two_lines_one_may_be_down():
    lab = dual_homed()
    for name, other in (("v/hq", "v/hq@y"), ("v/hq@y", "v/hq")):
        assert found(compile_program(lab, frozenset({name})), [name]) == [
            ("minor", f"line {name}", f"is down: the site has its traffic by {other} alone")
        ]
    both = ["v/hq", "v/hq@y"]
    assert found(compile_program(lab, frozenset(both)), both) == [
        ("major", "line v/hq", "is down: the site is cut off from x"),
        ("major", "line v/hq@y", "is down: the site is cut off from y"),
    ]


def test_a_site_that_left_a_pe_that_is_cut_off_is_not_cut_off():
    program = compile_program(dual_homed(), frozenset({"x-p"}))
    assert found(program, ["x-p"]) == [
        ("major", "link x-p", "is down: it carries no packets"),
        *(
            ("minor", f"line {site}", f"is up and carries nothing: {site}@y reaches more of {rest}")
            for site in ("lan/hq", "v/hq")
            for rest in ["the VPN's sites"]
        ),
    ]


def test_a_spoke_pe_on_its_standby_hub_is_told():
    lab = load(LAB_FILES["h-vpls"]).network
    assert found(compile_program(lab)) == []
    down = ["box1-hub1", "hub1-core", "hub1-hub2"]
    told = found(compile_program(lab, frozenset(down)), down)
    assert ("minor", "VPN metro", "has spoke PE box1 on standby hub hub2") in told
    assert ("minor", "VPN meters", "has spoke PE box1 on standby hub hub2") in told
