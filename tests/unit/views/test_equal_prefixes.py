"""Pictures of sites that have a prefix in common: by design each PE reaches one of them."""

from __future__ import annotations

from mplsemu.analysis.vrf_reach import VrfReach, vrf_reaches
from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.views.customer import customer_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.text.view import draw_view
from tests.programs import program_of

LAB = """
name: equal
provider:
  nodes: {n: {role: pe}, e: {role: pe}, w: {role: pe}}
  links: [n-e, e-w, w-n]
vpns:
  v:
    type: l3vpn
    sites:
      archive: {pe: n, subnet: 10.1.0.0/24, preference: 10}
      vault: {pe: w, subnet: 10.1.0.0/24, preference: 20}
      exit-n: {pe: n, subnet: 10.2.0.0/24, routes: 0.0.0.0/0 via 10.2.0.2}
      exit-w:
        pe: w
        subnet: 203.0.113.0/24
        ce: {nat: masquerade}
        routes: 0.0.0.0/0 via 203.0.113.2
      office: {pe: e, subnet: 10.4.0.0/24}
"""
NETWORK = loads(LAB, "equal.yaml").network


def reach_at(pe: str, *down: str) -> VrfReach:
    program = compile_program(NETWORK, down=frozenset(down))
    return next(each for each in vrf_reaches(program, "v") if each.pe == pe)


def test_a_backup_is_apart_by_design_and_a_second_exit_is_reached():
    for pe, apart in (("e", ("vault",)), ("n", ("vault",)), ("w", ())):
        reach = reach_at(pe)
        assert (reach.lacks, reach.apart) == ((), apart)
    assert {"exit-n", "exit-w"} <= reach_at("e").joined
    drawn = "\n".join(
        line.plain for line in draw_view(customer_view(compile_program(NETWORK), "v"), 80)
    )
    assert "✗" not in drawn
    assert "NAT" in drawn


def test_a_picture_names_whom_a_router_reaches_if_it_is_not_to_reach_all():
    scene = scene_of(customer_view(program_of("internet"), "acme"))
    texts = [run.text for node in scene.nodes for run in node.texts]
    assert "→ branch, lab, plant, exit-s, office" in texts
    assert "CE router, NAT" in texts
    assert "cannot reach" not in " ".join(texts)


def test_a_primary_whose_line_is_down_is_out_of_reach():
    assert reach_at("e", "v/archive").lacks == ("archive",)


def test_a_site_at_a_pe_that_is_cut_off_is_out_of_reach():
    assert reach_at("e", "n-e", "w-n").lacks == ("archive", "exit-n")
