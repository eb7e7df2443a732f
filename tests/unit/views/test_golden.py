"""Every picture and table of three labs, as files to read: ``pytest --update-golden``."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mplsemu.export.formats import RENDERERS
from mplsemu.model.natural_order import natural
from mplsemu.program.trace import trace
from mplsemu.views.customer import customer_view
from mplsemu.views.html.html import page_script, page_style
from mplsemu.views.matrix import CheckView, matrix_view
from mplsemu.views.overlay import with_vpn
from mplsemu.views.palettes import LIGHT
from mplsemu.views.pictures import draw_png
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from mplsemu.views.scene.kinds import NodeKind
from mplsemu.views.tables.label_space import label_space
from mplsemu.views.tables.lfib import lfib
from mplsemu.views.tables.lsp import lsps
from mplsemu.views.tables.vrf import vrf_tables
from mplsemu.views.tables.vsi import vsi_tables
from mplsemu.views.text import show
from mplsemu.views.text.matrix import draw_matrix
from mplsemu.views.text.trace import draw_trace
from mplsemu.views.text.view import draw_view
from mplsemu.views.trace import TraceView
from tests.programs import program_of
from tests.unit.drawing.test_png import pixels, rgb, size_of
from tests.view_labs import north

LABS = {
    "nordic": program_of,
    "extranet": program_of,
    "vpls": program_of,
    "polaris": lambda _: north(),
    "polaris-cut": lambda _: north("core1-core2", "pe-kbh-core2", "beta/porto"),
}
TRACES = {
    "l3vpn": ("nordic", "a/aarhus/h1", "a/stockholm/h1"),
    "behind-ce": ("nordic", "a/aarhus/h1", "a/oslo/h1"),
    "vpls": ("nordic", "c/odense/h1", "c/bergen/h1"),
    "same-lan": ("nordic", "a/aarhus/h1", "a/aarhus/h2"),
    "no-route": ("nordic", "b/aarhus/h1", "192.168.9.9"),
    "import": ("extranet", "red/office/h1", "shared/servers/h1"),
}


@pytest.fixture(params=LABS)
def lab(request):
    name = request.param
    return name, LABS[name](name)


def text_of(lines) -> str:
    return "".join(f"{line.plain}\n" for line in lines)


def test_the_provider_sees_his_network(lab, golden):
    name, program = lab
    golden(f"{name}/provider.txt", text_of(draw_view(provider_view(program))))


def test_each_customer_sees_his_own_network(lab, golden):
    name, program = lab
    for vpn in program.vpns:
        golden(f"{name}/vpn-{vpn.name}.txt", text_of(draw_view(customer_view(program, vpn.name))))


def test_the_view_model_as_json(lab, golden):
    name, program = lab
    views = [provider_view(program), *(customer_view(program, v.name) for v in program.vpns)]
    golden(f"{name}/views.json", RENDERERS["json"](views))


PLACES = 0.5  # px that a place may be off
DRAWN = ("nordic", "extranet", "vpls")


@pytest.mark.parametrize("name", DRAWN)
def test_every_picture_as_svg(name, golden):
    program = program_of(name)
    provider = provider_view(program)
    golden(f"{name}/provider.svg", RENDERERS["svg"]([provider]), PLACES)
    for vpn in program.vpns:
        golden(f"{name}/vpn-{vpn.name}.svg", RENDERERS["svg"]([customer_view(program, vpn.name)]))
        overlay = with_vpn(provider, program, vpn.name)
        golden(f"{name}/provider-{vpn.name}.svg", RENDERERS["svg"]([overlay]), PLACES)


@pytest.mark.parametrize("form", ["html", "drawio", "dot", "mermaid"])
@pytest.mark.parametrize("name", DRAWN)
def test_all_pictures_in_one_file(name, form, golden):
    program = program_of(name)
    views = [provider_view(program), *(customer_view(program, v.name) for v in program.vpns)]
    text = RENDERERS[form](views)
    for part in (page_script(), page_style()):  # the same in every page
        text = text.replace(part, "...")
    text = re.sub("sha256-[^']+", "sha256-...", text)
    golden(f"{name}/pictures{RENDERERS[form].suffixes[0]}", text, PLACES)


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
def test_a_png_is_the_picture_that_the_svg_is(name):
    program = program_of(name)
    views = [provider_view(program), *(customer_view(program, v.name) for v in program.vpns)]
    svg, png = RENDERERS["svg"](views), RENDERERS["png"](views)
    width, height = (
        float(side) for side in re.search(r'width="(\S+)" height="(\S+)"', svg).groups()
    )
    assert size_of(png) == (pytest.approx(2 * width, abs=1), pytest.approx(2 * height, abs=1))
    small = draw_png([scene_of(view) for view in views], scale=0.4)
    shown = {tuple(map(int, colour)) for colour in pixels(small)[:, :, :3].reshape(-1, 3)}
    for kind in (NodeKind.PE, NodeKind.P, NodeKind.SITE):
        assert rgb(LIGHT.nodes[kind].fill) in shown


def test_tables_read_like_a_routers(lab, golden):
    name, program = lab
    nodes = sorted(program.nodes, key=lambda node: natural(node.name))
    golden(f"{name}/lsp.txt", text_of(show.draw_lsps(lsps(program))))
    golden(f"{name}/lfib.txt", _each(nodes, lfib, show.draw_lfib))
    golden(f"{name}/labels.txt", _each(nodes, label_space, show.draw_label_space))
    golden(f"{name}/vrf.txt", _each(nodes, vrf_tables, show.draw_vrfs))
    golden(f"{name}/vsi.txt", _each(nodes, vsi_tables, show.draw_vsis))


def _each(nodes, rows, draw_rows) -> str:
    return "\n".join(text_of(draw_rows(node.name, rows(node))) for node in nodes)


@pytest.mark.parametrize("case", TRACES)
def test_a_trace_has_the_stack_on_every_link(case, golden):
    lab, source, target = TRACES[case]
    found = trace(program_of(lab), source, target)
    golden(f"trace/{case}.txt", text_of(draw_trace(TraceView.of(found))))


def checks(hosts: dict[str, list[str]], imports=(), wrong=()) -> list[CheckView]:
    """Make up what ``test`` finds for every ordered pair of hosts."""
    every = [(vpn, f"{vpn}/{host}") for vpn, names in hosts.items() for host in names]
    return [
        CheckView(
            name=f"{source} to {target}",
            src=source,
            dst=target,
            reach=vpn == other or (vpn, other) in imports,
            ok=(source, target) not in wrong,
            rtt_ms=0.4 if vpn == other else None,
            detail="no answer in 1 s" if (source, target) in wrong else "",
        )
        for vpn, source in every
        for other, target in every
        if source != target
    ]


def test_the_matrix_shows_who_reached_whom(golden):
    hosts = {"a": ["aarhus/h1", "aarhus/h2", "oslo/h1"], "b": ["oslo/h1", "lyon/h1"], "s": ["x/h1"]}
    wrong = {("a/aarhus/h1", "a/oslo/h1"), ("a/aarhus/h1", "b/oslo/h1")}
    found = matrix_view(checks(hosts, imports={("a", "s"), ("s", "a")}, wrong=wrong))
    golden("matrix/faults.txt", text_of(draw_matrix(found)))


def test_the_matrix_shows_what_goes_one_way_only():
    found = [
        replace(each, detail="one way: no route leads back") if each.reach else each
        for each in checks({"a": ["x/h1"], "b": ["y/h1"]}, imports={("a", "b")})
    ]
    drawn = text_of(draw_matrix(matrix_view(found)))
    assert "→ 1" in drawn
    assert "○ 1" in drawn
    assert "→ one way: no answers" in drawn


def test_the_matrix_of_fifty_hosts_fits_a_terminal(golden):
    found = matrix_view(checks({"big": [f"site{i}/h{j}" for i in range(25) for j in (1, 2)]}))
    lines = draw_matrix(found)
    assert max(line.cell_len for line in lines) <= 80
    golden("matrix/fifty.txt", text_of(lines))


def test_the_matrix_of_more_hosts_is_one_of_sites(golden):
    found = matrix_view(checks({"huge": [f"s{i}/h{j}" for i in range(8) for j in range(10)]},
                               wrong={("huge/s1/h2", "huge/s3/h4")}))  # fmt: skip
    golden("matrix/sites.txt", text_of(draw_matrix(found)))


def test_ten_vpns_fit_one_table_of_isolation(golden):
    found = matrix_view(checks({f"vpn{i}": ["x/h1", "y/h1"] for i in range(10)}))
    lines = draw_matrix(found)
    assert max(line.cell_len for line in lines) <= 80
    golden("matrix/vpns.txt", text_of(lines))
