"""Pictures are drawn from the forwarding program, and stay legible."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import ProgramError
from mplsemu.lab.loader import loads
from mplsemu.model.natural_order import natural
from mplsemu.model.topology import Role
from mplsemu.views.customer import customer_view
from mplsemu.views.model import LinkView, ProviderView, RouterView
from mplsemu.views.provider import provider_view
from mplsemu.views.tables.lsp import lsps
from mplsemu.views.text.ascii import to_ascii
from mplsemu.views.text.canvas import Canvas, shorten
from mplsemu.views.text.map import draw_map
from mplsemu.views.text.view import draw_view
from mplsemu.views.units import delay, rate
from tests.programs import changed_node, program_of
from tests.unit.views.network_views import made_way
from tests.view_labs import many_sites, north

LABS = ("nordic", "extranet", "hub", "vpls", "attmpls", "uniform", "ecmp")


def without_route(program, pe, vpn, prefix):
    """Take one route out of one VRF."""

    def vrf(table):
        if table.name != vpn:
            return table
        return replace(table, routes=tuple(r for r in table.routes if str(r.prefix) != prefix))

    return changed_node(program, pe, vrfs=tuple(map(vrf, program.node(pe).vrfs)))


def test_a_route_missing_in_a_vrf_is_a_site_missing_in_the_picture():
    program = without_route(north(), "pe-sth", "beta", "192.168.1.0/24")
    assert customer_view(program, "beta") == customer_view(north(), "beta")
    program = without_route(north(), "pe-osl", "beta", "192.168.1.0/24")
    lyon, porto = customer_view(program, "beta").routers
    assert lyon.lacks == ()
    assert porto.lacks == ("lyon",)
    assert porto.reaches == ()
    assert "✗ lyon" in "\n".join(line.plain for line in draw_view(customer_view(program, "beta")))


def test_a_site_that_is_only_partly_reached_is_not_shown_as_reached():
    program = without_route(north(), "pe-sth", "alfa", "2001:db8:1::/64")
    routers = {r.name: r for r in customer_view(program, "alfa").routers}
    assert routers["router at stockholm"].lacks == ("aarhus",)
    assert routers["router at oslo"].lacks == ()


def test_a_core_split_in_two_splits_every_vpn_that_spans_it():
    program = north("core1-core2", "pe-kbh-core2")
    alfa = customer_view(program, "alfa")
    names = [sorted(s.name for r in island for s in r.sites) for island in alfa.islands]
    assert names == [["aarhus", "odense", "stockholm"], ["oslo"]]
    gamma = customer_view(program, "gamma")
    assert [[s.name for s in i] for i in gamma.islands] == [["bergen"], ["malmo", "ribe"]]
    delta = "\n".join(line.plain for line in draw_view(customer_view(program, "delta")))
    assert "wire cut" in delta


def test_a_line_that_is_down_is_drawn_as_down():
    view = customer_view(north("gamma/ribe"), "gamma")
    assert [site.name for site in view.sites if not site.up] == ["ribe"]
    assert "line down" in "\n".join(line.plain for line in draw_view(view))


def test_a_link_that_is_down_is_drawn_as_down():
    lines = [line.plain for line in draw_view(provider_view(north("core1-core2")))]
    assert any("core1-core2" in line and "✗ down" in line for line in lines)
    assert "✗" in "\n".join(lines[: lines.index(" ╔═╗ PE   ┌─┐ P   ✗ link down")])


@pytest.mark.parametrize("lab", LABS)
def test_pictures_fit_eighty_columns(lab):
    program = program_of(lab)
    views = [provider_view(program), *(customer_view(program, v.name) for v in program.vpns)]
    for view in views:
        assert max(line.cell_len for line in draw_view(view)) <= 80


@pytest.mark.parametrize("kind", ["l3vpn", "vpls"])
def test_a_vpn_of_fifty_sites_has_a_line_for_each(kind):
    lines = draw_view(customer_view(many_sites(50, kind), "huge"))
    assert max(line.cell_len for line in lines) <= 80
    assert len(lines) < 60
    for index in range(50):
        assert any(line.plain.startswith(f" s{index} ") for line in lines)


def test_a_switch_with_wide_sites_has_them_all_on_one_side():
    name = "a-site-with-a-name-of-more-than-thirty-letters"
    lab = (
        "name: one\nprovider: {nodes: {pe1: {role: pe}}}\n"
        f"vpns: {{v: {{type: vpls, subnet: 10.0.0.0/24, sites: {{{name}: {{pe: pe1}}}}}}}}"
    )
    program = compile_program(loads(lab, "one.yaml").network)
    text = "\n".join(line.plain for line in draw_view(customer_view(program, "v")))
    assert "├────╢ 1 " in text


@pytest.mark.parametrize("lab", LABS)
def test_every_picture_has_an_ascii_form(lab):
    program = program_of(lab)
    views = [provider_view(program), *(customer_view(program, v.name) for v in program.vpns)]
    for line in (line for view in views for line in draw_view(view)):
        form = to_ascii(line)
        assert form.plain.isascii()
        assert "?" not in form.plain
        assert len(form.plain) == len(line.plain)


def test_names_in_other_alphabets_keep_their_columns():
    canvas = Canvas()
    canvas.write(0, 0, "東京")
    canvas.write(5, 0, "x")
    (line,) = canvas.lines()
    assert line.cell_len == 6
    assert shorten("東京大阪", 5) == "東京…"


def ring(size: int, **roles: Role) -> ProviderView:
    names = [f"n{i}" for i in range(size)]
    return ProviderView(
        lab="ring",
        routers=tuple(RouterView(n, roles.get(n, Role.P), "10.0.0.1", None, ()) for n in names),
        links=tuple(
            LinkView(f"{a}-{b}", (a, b), 10**9, 0, 10, up=True)
            for a, b in zip(names, [*names[1:], names[0]], strict=True)
        ),
        vpns=(),
    )


@pytest.mark.parametrize("size", [3, 6, 9, 12, 16])
def test_a_map_draws_every_router_and_both_ends_of_every_link(size):
    lines = draw_map(ring(size))
    assert lines is not None
    text = "\n".join(line.plain for line in lines)
    for index in range(size):
        assert f" n{index} " in text
    assert max(line.cell_len for line in lines) <= 80


def test_a_map_has_as_many_line_ends_as_the_links_have():
    view = provider_view(program_of("nordic"))
    lines = draw_map(view)
    joints = sum(line.plain.count(sign) for line in lines for sign in "╟╢╤╧")
    pes = {router.name for router in view.routers if router.role is Role.PE}
    assert joints == sum(end in pes for link in view.links for end in link.ends)


def test_parallel_links_are_drawn_as_two():
    view = ring(3)
    twice = replace(view, links=(*view.links, replace(view.links[0], name="n0-n1#2")))
    one, two = ("".join(line.plain for line in draw_map(v)) for v in (view, twice))
    assert sum(two.count(s) for s in "├┤┬┴") == sum(one.count(s) for s in "├┤┬┴") + 2


def test_positions_are_kept_east_to_the_right_and_north_up():
    view = ring(4)
    where = {"n0": (0.0, 0.0), "n1": (10.0, 0.0), "n2": (10.0, 10.0), "n3": (0.0, 10.0)}
    view = replace(view, routers=tuple(replace(r, position=where[r.name]) for r in view.routers))
    lines = [line.plain for line in draw_map(view)]
    rows = {name: next(i for i, line in enumerate(lines) if f" {name} " in line) for name in where}
    columns = {name: lines[rows[name]].index(name) for name in where}
    assert rows["n2"] == rows["n3"] < rows["n0"] == rows["n1"]
    assert columns["n0"] == columns["n3"] < columns["n1"] == columns["n2"]


def test_the_same_network_gives_the_same_map():
    assert draw_map(provider_view(north())) == draw_map(provider_view(north()))


def test_a_network_too_large_for_a_map_is_listed():
    assert draw_map(ring(17)) is None
    text = "\n".join(line.plain for line in draw_view(ring(17)))
    assert "n16 10" in text


def test_measured_load_is_shown_when_there_is_any():
    view = ring(3)
    live = replace(view, links=(replace(view.links[0], load_bps=(2e6, 0.0)), *view.links[1:]))
    text = "\n".join(line.plain for line in draw_view(live))
    assert "2 Mbit/s" in text
    assert "load" not in "\n".join(line.plain for line in draw_view(view))


def test_ways_are_written_with_the_stack_on_each_link():
    over = made_way("a to b", ("n0", "n1", "n2"), ("n0-n1", "n1-n2"), ((17, 18), (18,)))
    text = "\n".join(line.plain for line in draw_view(replace(ring(3), ways=(over,))))
    assert "a to b: n0 ─[17 18]→ n1 ─[18]→ n2" in text


def test_an_lsp_that_ends_early_is_not_complete():
    program = north()
    broken = replace(
        program,
        nodes=tuple(replace(n, ilm=()) if n.name == "core1" else n for n in program.nodes),
    )
    assert all(lsp.complete for lsp in lsps(program))
    ended = [lsp for lsp in lsps(broken) if lsp.nodes[-1] == "core1"]
    assert ended
    assert not any(lsp.complete for lsp in ended)


def test_lsps_of_a_node_are_those_it_is_on():
    found = lsps(north(), "core2")
    assert found
    assert all("core2" in lsp.nodes for lsp in found)
    assert len(found) < len(lsps(north()))


def test_an_unknown_vpn_is_refused():
    with pytest.raises(ProgramError, match="no VPN 'zeta' in lab 'polaris'"):
        customer_view(north(), "zeta")


def test_numbers_in_names_sort_by_value():
    assert sorted(["p10", "p2", "P1", "core"], key=natural) == ["core", "P1", "p2", "p10"]


def test_rates_and_delays_read_as_people_write_them():
    assert [rate(512_000), rate(2.5e9), rate(10)] == ["512 kbit/s", "2.5 Gbit/s", "10 bit/s"]
    assert [delay(5.0), delay(0.25)] == ["5 ms", "0.25 ms"]
