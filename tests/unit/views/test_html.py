"""Pictures as one HTML file, in a real browser: offline, by mouse, finger, keyboard and ear."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from mplsemu.drawing.palette import Theme
from mplsemu.views.html.html import draw_html
from mplsemu.views.palettes import DARK, LIGHT
from tests.chromium import Watched, browser  # noqa: F401 (a fixture)
from tests.unit.drawing.test_svg import SPECIAL
from tests.unit.views import scenes

BOTH = (scenes.provider(), scenes.customer())


class Reader(HTMLParser):
    """Elements with their attributes, as a reader of HTML finds them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_file_has_no_address_in_it():
    text = draw_html(BOTH)
    assert "://" not in text
    assert "xmlns" not in text
    for tag, attributes in Reader(text).found:
        assert tag not in {"link", "img", "iframe", "base", "object", "embed", "form"}
        assert "src" not in attributes
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert (attributes.get("href") or "#").startswith("#")


def test_its_policy_lets_our_script_run_and_nothing_else():
    text = draw_html(BOTH)
    policy = next(a["content"] for t, a in Reader(text).found if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; ")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def test_ids_are_unique_and_what_is_named_is_there():
    found = Reader(draw_html(BOTH)).found
    ids = [a["id"] for _, a in found if "id" in a]
    assert len(ids) == len(set(ids))
    named = [
        name
        for _, a in found
        for name in f"{a.get('aria-labelledby', '')} {a.get('for', '')}".split()
    ]
    hrefs = [a["href"].removeprefix("#") for tag, a in found if tag == "a"]
    assert {*named, *hrefs} <= set(ids)


def test_names_cannot_break_out_of_the_file():
    text = draw_html([scenes.named(SPECIAL), scenes.provider()])
    assert text.count("<script") == 1
    assert "<a href='x'>" not in text
    assert sum(tag == "a" for tag, _ in Reader(text).found) == 3


def test_one_picture_needs_no_navigation():
    assert "<nav" not in draw_html(BOTH[:1])
    assert "<nav" in draw_html(BOTH)


def test_a_theme_that_is_asked_for_is_the_first():
    assert '<html lang="en">' in draw_html(BOTH)
    assert '<html lang="en" data-theme="dark">' in draw_html(BOTH, theme=Theme.DARK)


# --- in a browser --------------------------------------------------------------------------------


@pytest.fixture
def opened(browser, tmp_path):  # noqa: F811
    """Return what opens the file in a page of some size; nothing may go wrong there."""
    path = tmp_path / "pictures.html"
    path.write_text(draw_html(BOTH), encoding="utf-8")
    pages = []

    def show(width=1200, height=800, text=None, **options):
        if text is not None:
            path.write_text(text, encoding="utf-8")
        watched = Watched(browser, viewport={"width": width, "height": height}, **options)
        pages.append(watched)
        return watched.open(path)

    yield show
    for watched in pages:
        assert watched.complaints == []
        assert set(watched.requests) == {path.as_uri()}
        watched.page.close()


VIEW_BOX = (
    "document.querySelector('.picture:not([hidden]) svg').getAttribute('viewBox')"
    ".split(' ').map(Number)"
)


def seen(page) -> list[float]:
    return page.evaluate(VIEW_BOX)


def test_one_picture_is_shown_at_a_time(opened):
    page = opened()
    assert page.locator(".picture:visible").count() == 1
    assert page.locator("nav [aria-current]").inner_text() == BOTH[0].title
    page.get_by_role("link", name=BOTH[1].title).click()
    assert page.locator(".picture:visible").get_attribute("id") == "picture-2"
    assert page.locator("nav [aria-current]").inner_text() == BOTH[1].title
    page.reload()  # the address remembers it
    assert page.locator(".picture:visible").get_attribute("id") == "picture-2"


def test_the_whole_picture_is_seen_at_first(opened):
    x, y, width, height = seen(opened())
    scene = BOTH[0]
    assert x <= 0
    assert y <= 0
    assert x + width >= scene.width
    assert y + height >= scene.height


def test_wheel_buttons_and_keys_zoom(opened):
    page = opened()
    whole = seen(page)
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"() => {VIEW_BOX}[2] < {whole[2] * 0.8}")
    zoomed = seen(page)
    # what is under the pointer stays there
    under = [whole[0] + 300 / 1200 * whole[2], zoomed[0] + 300 / 1200 * zoomed[2]]
    assert under[0] == pytest.approx(under[1], abs=1)
    page.get_by_role("button", name="Fit").click()
    assert seen(page) == pytest.approx(whole)
    page.get_by_role("button", name="Zoom in").click()
    assert seen(page)[2] < whole[2]
    page.get_by_role("button", name="Zoom out").click()
    assert seen(page) == pytest.approx(whole, abs=0.1)
    page.keyboard.press("+")
    assert seen(page)[2] < whole[2]
    page.keyboard.press("ArrowRight")
    assert seen(page)[0] > whole[0]
    page.keyboard.press("0")
    assert seen(page) == pytest.approx(whole)


def test_the_picture_is_dragged_by_the_mouse(opened):
    page = opened()
    before = seen(page)
    page.mouse.move(600, 500)
    page.mouse.down()
    page.mouse.move(500, 450, steps=4)
    page.mouse.up()
    after = seen(page)
    scale = before[2] / 1200
    assert after[0] - before[0] == pytest.approx(100 * scale, abs=2)
    assert after[1] - before[1] == pytest.approx(50 * scale, abs=2)
    page.mouse.move(400, 400)
    assert seen(page) == after


def test_two_fingers_zoom(opened):
    page = opened(390, 844, has_touch=True)
    before = seen(page)
    session = page.context.new_cdp_session(page)

    def touch(kind, *places):
        points = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (150, 500), (250, 500))
    for reach in (60, 70, 80, 100):
        touch("touchMove", (200 - reach, 500), (200 + reach, 500))
    touch("touchEnd")
    assert seen(page)[2] == pytest.approx(before[2] / 2, rel=0.1)


def test_what_a_router_is_and_is_joined_to_is_told_on_hover(opened):
    page = opened()
    about = page.locator("#about")
    assert about.is_hidden()
    page.locator('[data-node="p1"]').hover()
    assert "p1, a p" in about.inner_text()
    assert "dk-p1 from dk to p1" in about.inner_text()
    lit = page.evaluate(
        "[...document.querySelectorAll('.lit[data-node]')].map(n => n.dataset.node)"
    )
    assert sorted(lit) == ["dk", "p1", "p2", "se"]
    page.mouse.move(20, 780)
    about.wait_for(state="hidden")
    assert page.locator(".lit").count() == 0
    # or the browser would tell it all once more
    assert page.locator("[data-node] > title, [data-line] > title").count() == 0


@pytest.mark.parametrize("size", [(1280, 800), (1280, 330), (900, 420)])
def test_what_is_told_of_a_router_lies_beside_it(opened, size):
    page = opened(*size)
    for node in page.locator("section:not([hidden]) .node[data-node]").all():
        node.hover()
        box, told = node.bounding_box(), page.locator("#about").bounding_box()
        apart = (
            told["x"] >= box["x"] + box["width"] - 1
            or told["x"] + told["width"] <= box["x"] + 1
            or told["y"] >= box["y"] + box["height"] - 1
            or told["y"] + told["height"] <= box["y"] + 1
        )
        assert apart, node.get_attribute("data-node")
        page.mouse.move(0, 0)
        page.keyboard.press("Escape")


def test_a_thin_line_can_be_hovered_over(opened):
    page = opened()
    x, y = page.evaluate(
        "(() => { const p = document.querySelector('[data-line=\"p1-p2\"] .wire');"
        " const at = p.getPointAtLength(20).matrixTransform(p.getScreenCTM());"
        " return [at.x + 6, at.y]; })()"
    )
    page.mouse.move(x, y)
    page.locator("#about:visible").wait_for()
    assert page.locator("#about").inner_text() == "p1-p2 from p1 to p2"


def test_a_way_is_lit_as_a_whole(opened):
    page = opened()
    page.locator('[data-for="w0.0"]').hover()
    lit = page.evaluate(
        "[...document.querySelectorAll('.lit[data-line]')].map(n => n.dataset.line)"
    )
    assert lit == ["w0.0", "w0.1"]


def test_the_keyboard_comes_to_every_node_and_it_is_told(opened):
    page = opened()
    page.locator("#theme").focus()
    told = []
    for _ in BOTH[0].nodes:
        page.keyboard.press("Tab")
        told.append(page.locator("#about p").inner_text())
    assert told == [node.about for node in BOTH[0].nodes]
    assert page.locator("#about").get_attribute("role") == "status"
    page.keyboard.press("Escape")
    assert page.locator("#about").is_hidden()


def test_what_the_keyboard_comes_to_is_brought_into_view(opened):
    page = opened(390, 844)
    page.locator("#theme").focus()
    for _ in BOTH[0].nodes:
        page.keyboard.press("Tab")
        box = page.locator("[data-node]:focus").bounding_box()
        assert 0 <= box["x"] <= 390 - box["width"]
        assert 0 <= box["y"] <= 844 - box["height"]
        assert box["height"] > 20


def test_search_finds_nodes_in_all_pictures(opened):
    page = opened()
    search = page.get_by_role("searchbox", name="Find a router or site")
    search.fill("OSLO")
    assert page.locator("#found").inner_text() == "4 found"
    search.press("Enter")
    assert page.locator("#found").inner_text() == "1 of 4"
    assert page.locator(".picture:visible").get_attribute("id") == "picture-2"
    assert page.locator("#about p").inner_text() == "ce, a ce"  # "oslo edge"
    search.press("Shift+Enter")
    search.press("Shift+Enter")
    assert page.locator("#found").inner_text() == "3 of 4"
    assert page.locator(".picture:visible").get_attribute("id") == "picture-1"
    assert "a/oslo" in page.locator("#about").inner_text()
    page.locator("nav a").nth(1).click()
    assert page.locator(".picture:visible").get_attribute("id") == "picture-2"
    search.fill("nowhere")
    assert page.locator("#found").inner_text() == "nothing found"
    assert page.locator(".found").count() == 0
    search.press("Escape")
    assert page.locator("#found").inner_text() == ""


def test_what_has_the_name_is_found_before_what_mentions_it(opened):
    page = opened()
    page.locator("nav a").nth(1).click()
    page.locator("#search").fill("oslo")
    page.locator("#search").press("Enter")
    page.locator("#search").press("Enter")
    assert page.locator("#about p").inner_text() == "oslo, a site"  # not: router at oslo


def test_keys_typed_into_the_search_do_not_move_the_picture(opened):
    page = opened()
    before = seen(page)
    page.locator("#search").press_sequentially("p-1+0")
    page.keyboard.press("ArrowLeft")
    assert seen(page) == before


@pytest.mark.parametrize(("scheme", "first"), [("light", LIGHT), ("dark", DARK)])
def test_the_theme_is_the_systems_until_another_is_chosen(opened, scheme, first):
    page = opened(color_scheme=scheme)
    ground = "getComputedStyle(document.querySelector('.ground')).fill"
    body = "getComputedStyle(document.body).backgroundColor"

    def rgb(palette):
        return "rgb({}, {}, {})".format(*(int(palette.ground[i : i + 2], 16) for i in (1, 3, 5)))

    for palette in (first, LIGHT, DARK, first):
        assert page.evaluate(ground) == page.evaluate(body) == rgb(palette)
        page.locator("#theme").click()


@pytest.mark.parametrize("width", [320, 390, 768, 1400])
def test_nothing_is_cut_off_at_any_width(opened, width):
    page = opened(width, 700)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator("button, input").all():
        box = button.bounding_box()
        assert 0 <= box["x"] <= width - box["width"]
        assert box["height"] >= 24  # WCAG 2.2, target size


def test_on_paper_all_pictures_are_whole_and_light(opened):
    page = opened(color_scheme="dark")
    page.keyboard.press("+")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".picture:visible").count() == 2
    assert not page.locator("header").is_visible()
    ground = page.evaluate("getComputedStyle(document.querySelector('.ground')).fill")
    assert ground == "rgb(255, 255, 255)"
    x, y, width, height = seen(page)
    assert (x, y, width, height) == (0, 0, BOTH[0].width, BOTH[0].height)


def test_without_a_script_all_pictures_are_there(opened):
    page = opened(java_script_enabled=False)
    assert page.locator(".picture:visible").count() == 2


def test_names_in_a_page_stay_text(opened):
    page = opened(text=draw_html([scenes.named(SPECIAL)]))
    assert page.locator("main a").count() == 0
    page.locator("[data-node]").hover()
    assert "</script>" in page.locator("#about").inner_text()
