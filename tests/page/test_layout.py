"""Where things are on the page, at a desk and on a phone: nothing is cut or lies over another."""

import itertools

import pytest

from tests.unit.web.weblab import fake_lab

from .visit import PageServer, Visit, line, tab, texts, until, wait_for_class

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
FITS = "one => one.scrollWidth <= one.clientWidth"
TABLES = ("LFIB", "VRF", "VSI", "LSP", "Labels", "MACs", "Counters")


@pytest.fixture(scope="module", params=["nordic", "attmpls"])
def drawn(request):
    served = PageServer(fake_lab(request.param))
    yield served
    served.stop()


def box(locator):
    """Left, top, right and bottom of an element."""
    found = locator.bounding_box()
    return (found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"])


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@SIZES
def test_no_table_is_cut(drawn, browser, size):
    visit = Visit(drawn, browser, **size)
    page = visit.provider()
    tab(page, "Tables")
    for name in TABLES:
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_selector(".data-table :is(td, .empty)")
        too_wide = page.eval_on_selector_all(
            ".data-table", "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
        )
        assert too_wide == 0, name
    tab(page, "Events")
    page.wait_for_selector(".events td")
    assert page.locator(".data-table").evaluate(FITS)
    tab(page, "Ping, trace")
    page.get_by_role("button", name="Trace", exact=True).click()
    page.wait_for_selector(".hops td")
    assert page.locator(".data-table").evaluate(FITS)
    visit.close()


def test_a_row_is_a_list_on_a_phone_with_the_names_of_columns(server, browser):
    visit = Visit(server, browser, **PHONE)
    page = visit.provider()
    tab(page, "Tables")
    first = page.locator(".data-table tbody tr").first
    first.wait_for()
    titles = first.locator("td").evaluate_all(
        "all => all.map(one => getComputedStyle(one, '::before').content)"
    )
    assert titles[:3] == ['"Router"', '"In"', '"Action"']
    assert page.get_by_role("cell").count() > 20, "it still is a table"
    visit.close()


@SIZES
def test_an_explanation_lies_beside_its_router_and_not_over_it(drawn, browser, size):
    visit = Visit(drawn, browser, **size)
    page = visit.provider()
    names = [node.name for node in drawn.lab.network.provider.nodes]
    for name in names[:: max(1, len(names) // 6)]:
        node = page.locator(f'.nodes .node[data-node="{name}"]')
        node.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("heading", name=name, exact=True).wait_for()
        until(page, lambda node=node, dialog=dialog: not overlap(box(node), box(dialog)))
        page.keyboard.press("Escape")
    visit.close()


def test_what_the_pointer_is_told_lies_beside_it_too(drawn, browser):
    visit = Visit(drawn, browser, **DESK)
    page = visit.provider()
    for node in drawn.lab.network.provider.nodes[:6]:
        shape = page.locator(f'.nodes .node[data-node="{node.name}"]')
        shape.hover()
        page.locator(".tip").get_by_text(node.name).wait_for()
        until(page, lambda shape=shape: not overlap(box(shape), box(page.locator(".tip"))))
    visit.close()


@SIZES
def test_tabs_do_not_run_under_the_choice_of_an_overlay(drawn, browser, size):
    visit = Visit(drawn, browser, **size)
    page = visit.provider()
    bar, tools = box(page.locator(".stage-bar .tab-bar")), box(page.locator(".stage-bar .tools"))
    assert not overlap(bar, tools)
    more = page.locator(".stage-bar .more-tabs")
    for _ in range(12):
        if more.count() == 0 or more.last.locator(".icon-next").count() == 0:
            break
        more.last.click()
        page.wait_for_timeout(60)
    shown = page.locator(".stage-bar [role=tab]").last.bounding_box()
    assert bar[0] <= shown["x"]
    assert shown["x"] + shown["width"] <= bar[2] + 1
    visit.close()


def test_a_customers_sites_are_one_below_the_other_on_a_phone_and_legible(server, browser):
    visit = Visit(server, browser, **PHONE)
    for customer in ("Customer A", "Customer C"):
        page = visit.customer(customer)
        sites = [box(each) for each in page.locator(".nodes .site").all()]
        assert len(sites) == 3
        assert len({round(site[0]) for site in sites}) == 1
        assert all(a[3] < b[1] for a, b in itertools.pairwise(sites))
        sizes = page.eval_on_selector_all(
            ".nodes text", "all => all.map(one => one.getBoundingClientRect().height)"
        )
        assert min(sizes) > 10
        assert sites[0][1] > 0, "and begins at its top"
    visit.close()


def test_the_keys_are_told_by_a_question_mark(visit):
    page = visit.provider()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.wait_for()
    assert "move the picture" in keys.inner_text()
    page.keyboard.press("Escape")
    keys.wait_for(state="hidden")
    field = page.get_by_role("combobox", name="From")
    field.press_sequentially("?")
    assert "?" in field.input_value()  # before or behind a host that is there already
    assert not keys.is_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="What the keys do").click()
    keys.wait_for()
    page.get_by_role("button", name="Close").click()
    keys.wait_for(state="hidden")


def test_a_customer_is_told_his_own_keys_alone(visit):
    page = visit.customer("Customer A")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.wait_for()
    assert "router" not in keys.inner_text()


@pytest.mark.parametrize(("format_", "begins"), [("SVG", b"<svg"), ("PNG", b"\x89PNG\r\n\x1a\n")])
def test_a_picture_is_saved_as_it_is_now(visit, format_, begins):
    page, lab = visit.provider(), visit.server.lab
    lab.set_link("dk-p1", up=False)
    page.get_by_label("Overlay").select_option("a")
    page.wait_for_selector(".lines .access", state="attached")
    wait_for_class(page, "dk-p1", ".down")
    page.get_by_role("button", name="Save the picture").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name=format_, exact=True).click()
    assert saved.value.suggested_filename == f"nordic-a.{format_.lower()}"
    content = saved.value.path().read_bytes()
    assert content.lstrip().startswith(begins)
    if format_ == "SVG":
        assert b"down" in content
        assert b"aarhus" in content
    until(page, lambda: page.locator(".save-as").count() == 0)


def test_a_link_tells_how_loaded_it_was(visit):
    page = visit.provider()
    line(page, "dk-p1").focus()
    page.keyboard.press("Enter")
    history = page.locator(".history svg")
    history.wait_for()
    until(
        page, lambda: page.locator(".history .there").first.get_attribute("points").count(",") > 2
    )
    label = history.get_attribute("aria-label")
    assert label.startswith("Load of the last ")
    assert "from dk to p1" in label
    assert "at most" in page.locator(".history figcaption").inner_text()
    assert texts(page, ".history .key span") == ["dk → p1", "p1 → dk"]
