"""What a real browser makes of the pictures: every text is where there is room for it."""

from __future__ import annotations

import pytest

from mplsemu.views.customer import customer_view
from mplsemu.views.overlay import with_vpn
from mplsemu.views.pictures import draw_svg, draw_svgs
from mplsemu.views.provider import provider_view
from mplsemu.views.scene.compose import scene_of
from tests.chromium import Watched, browser  # noqa: F401 (a fixture)
from tests.programs import program_of
from tests.unit.views import scenes
from tests.view_labs import many_sites, north

#: texts that stick out of the form or ground that they are written on, by how far
STICK_OUT = """
() => {
  const found = [];
  const check = (text, box, what) => {
    const t = text.getBBox();
    const out = Math.max(box.x - t.x, t.x + t.width - box.x - box.width,
                         box.y - t.y, t.y + t.height - box.y - box.height);
    if (out > 0.5) found.push([what, text.textContent, Math.round(out * 10) / 10]);
  };
  for (const node of document.querySelectorAll("[data-node]")) {
    const body = node.querySelector(".body").getBBox();
    for (const text of node.querySelectorAll(":scope > text")) check(text, body, "node");
  }
  for (const plate of document.querySelectorAll("[data-for] > .plate")) {
    // the plate's height is that of letters, a browser's box has room above and below them
    const { x, y, width, height } = plate.getBBox();
    const text = plate.parentElement.querySelector(":scope > text");
    check(text, { x, y: y - 3, width, height: height + 6 }, "label");
  }
  for (const badge of document.querySelectorAll(".badge")) {
    const { x, y, width, height } = badge.querySelector("circle").getBBox();
    check(badge.querySelector("text"), { x, y: y - 3, width, height: height + 6 }, "number");
  }
  const { width, height } = document.documentElement.viewBox.baseVal;
  const whole = { x: 0, y: 0, width, height };
  for (const text of document.querySelectorAll("text")) check(text, whole, "picture");
  return found;
}
"""


def everything(program):
    provider = provider_view(program)
    views = [provider, *(customer_view(program, vpn.name) for vpn in program.vpns)]
    return [*views, *(with_vpn(provider, program, vpn.name) for vpn in program.vpns)]


LABS = {
    "nordic": lambda: program_of("nordic"),
    "extranet": lambda: program_of("extranet"),
    "vpls": lambda: program_of("vpls"),
    "polaris": north,
    "polaris-cut": lambda: north("core1-core2", "pe-kbh-core2", "beta/porto", "gamma/ribe"),
    "fifty L3VPN sites": lambda: many_sites(50, "l3vpn"),
    "fifty VPLS sites": lambda: many_sites(50, "vpls"),
}


@pytest.mark.parametrize("name", LABS)
def test_every_text_fits_where_it_is_written(name, browser, tmp_path):  # noqa: F811
    path = tmp_path / "picture.svg"
    watched = Watched(browser)
    for view in everything(LABS[name]()):
        path.write_text(draw_svg(scene_of(view)), encoding="utf-8")
        assert watched.open(path).evaluate(STICK_OUT) == []
    assert watched.complaints == []
    watched.page.close()


def test_a_text_that_does_not_fit_would_be_found(browser, tmp_path):  # noqa: F811
    path = tmp_path / "picture.svg"
    path.write_text(draw_svg(scenes.named("a name that is far too long for its box")))
    watched = Watched(browser)
    kinds = {what for what, *_ in watched.open(path).evaluate(STICK_OUT)}
    assert "node" in kinds
    watched.page.close()


def test_a_browser_reads_several_pictures_in_one_document(browser, tmp_path):  # noqa: F811
    path = tmp_path / "pictures.svg"
    path.write_text(draw_svgs([scenes.provider(), scenes.customer()]), encoding="utf-8")
    watched = Watched(browser, color_scheme="dark")
    page = watched.open(path)
    assert page.locator("[data-node]").count() == 16
    ground = page.evaluate("getComputedStyle(document.querySelector('.ground')).fill")
    assert ground == "rgb(16, 23, 30)"
    assert watched.complaints == []
    watched.page.close()
