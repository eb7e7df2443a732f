"""For everyone: no serious finding of axe, nothing that a finger misses, a phone's width."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.fakeweb import FakeLab
from tests.places import ROOT

from .visit import Visit, line, tab, until

AXE = ROOT / "mplsemu/web/page/node_modules/axe-core/axe.min.js"
PHONE = {"width": 390, "height": 844}
FINGER = 40


@cache
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not here: scripts/build-page fetches it")
    return AXE.read_text(encoding="utf-8")


def findings(page: Any) -> list[str]:
    """What axe finds, but for what is minor."""
    page.evaluate(axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical", "moderate")
        for node in each["nodes"]
    ]


def nothing(_page: Any) -> None:
    """Look at the page as it opens."""


def trace_it(page: Any) -> None:
    page.get_by_role("button", name="Trace", exact=True).click()
    page.wait_for_selector(".hops")
    page.get_by_role("button", name="Step on").click()
    page.get_by_role("button", name="Ping", exact=True).click()
    page.wait_for_selector(".round-trips")


def choose_link(page: Any) -> None:
    line(page, "dk-p1").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()


def choose_router(page: Any) -> None:
    page.locator('.nodes [data-node="dk"]').focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()


def show(name: str) -> Callable[[Any], None]:
    def go(page: Any) -> None:
        tab(page, name)
        page.locator(".panel-body table, .panel-body .alarms li").first.wait_for()

    return go


def open_list(page: Any) -> None:
    page.get_by_role("combobox", name="From").click()
    page.locator("#from-list [role=option]").first.wait_for()


def overlay(page: Any) -> None:
    page.locator(".tools select").select_option("c")
    page.wait_for_selector(".lines .access", state="attached")


SIGHTS = {
    "opened": nothing,
    "trace": trace_it,
    "link": choose_link,
    "router": choose_router,
    "hosts": open_list,
    "overlay": overlay,
    "tables": show("Tables"),
    "events": show("Events"),
    "alarms": show("Alarms"),
}


def troubled(lab: FakeLab) -> None:
    """Have something that is wrong, so that all colours are there."""
    lab.set_link("se-p1", up=False)
    lab.set_link("b/oslo", up=False)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_providers_page_is_for_everyone(server, browser, theme, width):
    troubled(server.lab)
    visit = Visit(
        server,
        browser,
        viewport={"width": width, "height": 844},
        color_scheme=theme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    found = {}
    page = visit.provider()
    for name, go in SIGHTS.items():
        page.keyboard.press("Escape")  # what was open before
        go(page)
        found[name] = findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert fingers(page) == [] or width > PHONE["width"], name
    visit.close()
    assert found == {name: [] for name in SIGHTS}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_customers_and_guests_pages_are_for_everyone(server, browser, theme):
    visit = Visit(server, browser, viewport=PHONE, color_scheme=theme, bypass_csp=True)
    page = visit.customer("Customer C")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert fingers(page) == []
    page.evaluate("sessionStorage.clear()")
    page = visit.open(server.address)
    page.get_by_label("Link or token").wait_for()
    assert findings(page) == []
    assert fingers(page) == []
    visit.close()


SMALL_TARGETS = """least => [...document.querySelectorAll("button, input, select, summary, a")]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.matches(".skip"))
    .filter(one => one.type !== "checkbox")
    .map(one => [one.textContent || one.ariaLabel, one.getBoundingClientRect()])
    .filter(([_, box]) => box.width && (box.height < least || box.width < least))
    .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)"""


def fingers(page: Any) -> list[str]:
    """What is too small for a finger."""
    return page.evaluate(SMALL_TARGETS, FINGER)


def test_a_phone_has_the_picture_above_and_the_panel_below(server, browser):
    visit = Visit(server, browser, viewport=PHONE, has_touch=True, is_mobile=True)
    page = visit.provider()
    picture, panel = (page.locator(each).bounding_box() for each in (".canvas", ".panel"))
    assert picture["y"] + picture["height"] <= panel["y"]
    assert panel["y"] + panel["height"] <= PHONE["height"]
    assert picture["height"] > 200
    page.get_by_role("button", name="Close the panel").tap()
    until(page, lambda: page.locator(".canvas").bounding_box()["height"] > picture["height"] + 200)
    line(page, "dk-p1").locator(".hit").tap()
    dialog = page.get_by_role("dialog", name="dk-p1")
    box = dialog.bounding_box()
    assert (box["x"], box["width"]) == (0, PHONE["width"])
    assert box["y"] + box["height"] == PHONE["height"]
    dialog.get_by_role("button", name="Cut").tap()
    dialog.get_by_role("button", name="Mend").wait_for()
    visit.close()


def test_who_asked_for_less_motion_sees_none(server, browser):
    visit = Visit(server, browser, reduced_motion="reduce")
    page = visit.provider()
    page.get_by_role("button", name="Trace", exact=True).click()
    page.wait_for_selector(".lines .access", state="attached")
    page.wait_for_selector(".packet .stack")
    place = page.locator(".packet").get_attribute("transform")
    page.wait_for_timeout(500)
    assert page.locator(".packet").get_attribute("transform") == place
    assert page.evaluate("document.getAnimations().length") == 0
    visit.close()


def test_the_picture_can_be_skipped(visit):
    page = visit.provider()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip the picture")
    assert skip.evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.panel') !== null")
