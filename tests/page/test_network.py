"""The provider's page: his network as it is now, and cutting and mending links in it."""

import re
import time

from mplsemu.lab.loader import loads
from tests.fakeweb import FakeLab

from .visit import PageServer, Visit, line, tab, texts, until, wait_for_class

STATE = ":not(.pending)"


def test_the_whole_network_is_in_the_picture(visit):
    page = visit.provider()
    network = visit.server.lab.network.provider
    nodes = page.eval_on_selector_all(".nodes .node", "all => all.map(one => one.dataset.node)")
    links = page.eval_on_selector_all(".lines .link", "all => all.map(one => one.dataset.line)")
    assert sorted(nodes) == sorted(node.name for node in network.nodes)
    assert sorted(links) == sorted(link.name for link in network.links)
    assert page.title() == "nordic: provider · mplsemu"


def test_the_token_leaves_the_address_bar_and_a_reload_works(visit):
    page = visit.provider()
    assert page.url == f"{visit.server.address}/"
    page.reload()
    page.wait_for_selector(".canvas .node")
    assert page.url == f"{visit.server.address}/"
    assert not any(visit.server.access.provider in url for url in visit.requests)


def test_a_link_is_cut_and_mended_with_the_mouse(visit):
    page, lab = visit.provider(), visit.server.lab
    line(page, "dk-p1").locator(".hit").click()
    dialog = page.get_by_role("dialog", name="dk-p1")
    assert "Up" in dialog.inner_text()
    assert texts(page, ".inspector dd")[:4] == ["dk to p1", "1 Gbit/s", "10", "0 ms"]
    dialog.get_by_role("button", name="Cut").click()
    wait_for_class(page, "dk-p1", f".down{STATE}")
    assert lab.status()["down"] == ["dk-p1"]
    assert line(page, "dk-p1").locator(".cross").is_visible()
    assert page.locator('.load[data-for="dk-p1"]').text_content() == "down"
    assert ": down" in line(page, "dk-p1").get_attribute("aria-label")
    page.get_by_role("button", name="1 alarm, the worst major").click()
    assert texts(page, ".alarms .what") == ["link dk-p1 is down: it carries no packets"]
    page.get_by_role("button", name="Show link dk-p1 in the picture").click()
    dialog.get_by_role("button", name="Mend").click()
    wait_for_class(page, "dk-p1", f":not(.down){STATE}")
    assert lab.status()["down"] == []
    page.wait_for_selector("text=No alarms.")
    tab(page, "Events")
    assert "dk-p1 is up again" in " ".join(texts(page, ".events .what"))


def test_a_link_is_cut_with_the_keyboard_alone(visit):
    page = visit.provider()
    page.locator("body").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.line") == "se-p1":
            break
    assert "se-p1" in page.locator(".tip").inner_text()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="se-p1")
    dialog.wait_for()
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Cut":
            break
    page.keyboard.press("Enter")
    wait_for_class(page, "se-p1", f".down{STATE}")
    assert visit.server.lab.status()["down"] == ["se-p1"]
    page.wait_for_selector("text=se-p1 is cut.", state="attached")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.line") == "se-p1"


def test_a_cut_that_the_lab_refuses_is_told_and_nothing_changes(visit):
    page, lab = visit.provider(), visit.server.lab
    line(page, "dk-p1").focus()
    page.keyboard.press("Enter")
    lab.answers = False
    page.get_by_role("button", name="Cut").click()
    page.wait_for_selector(".inspector .error")
    wait_for_class(page, "dk-p1", f":not(.down){STATE}")
    lab.answers = True
    visit.complaints.clear()  # browsers tell of every answer that is no success


def test_a_cut_by_somebody_else_shows_within_half_a_second(visit):
    page, lab = visit.provider(), visit.server.lab
    took = []
    for name in ("no-p1", "no-p2", "p1-p2"):
        started = time.monotonic()
        lab.set_link(name, up=False)
        wait_for_class(page, name, ".down")
        took.append(time.monotonic() - started)
    assert min(took) < 0.5, took


def test_what_was_down_when_it_was_drawn_is_not_said_for_good(visit):
    visit.server.lab.set_link("dk-p1", up=False)
    page = visit.provider()
    picture = page.locator(".canvas svg")
    wait_for_class(page, "dk-p1", ".down")
    for _ in range(2):
        assert picture.locator(".labels .link.down").count() == 0
        said = page.locator(".canvas .heading text").all_text_contents()
        (figures,) = (text for text in said if " links" in text)
        assert "7 links, " in figures
        assert "7 links, " in picture.get_attribute("aria-label")
        visit.server.lab.set_link("dk-p1", up=True)
        wait_for_class(page, "dk-p1", ":not(.down)")


def test_load_is_written_on_links_and_changes(visit):
    page = visit.provider()
    loads = page.locator(".load")
    until(page, lambda: any(loads.all_text_contents()))
    before = loads.all_text_contents()
    assert all(text == "" or text[-1] in "kMG" or text.isdigit() for text in before)
    until(page, lambda: loads.all_text_contents() != before)
    assert page.locator(".lines .link[data-load]").count() == 7


def test_an_overlay_shows_a_vpn_whose_sites_can_be_cut_off(visit):
    page = visit.provider()
    page.get_by_label("Overlay").select_option("a")
    page.wait_for_selector(".lines .way")
    site = line(page, "a/aarhus")
    site.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cut").click()
    wait_for_class(page, "a/aarhus", ".down")
    assert visit.server.lab.status()["down"] == ["a/aarhus"]
    tab(page, "Alarms")
    page.wait_for_selector("text=line a/aarhus")
    page.get_by_label("Overlay").select_option("none")
    page.wait_for_selector(".lines .way", state="detached")


def test_an_overlay_follows_the_network(visit):
    page = visit.provider()
    page.get_by_label("Overlay").select_option("a")
    page.wait_for_selector(".lines .way")
    before = page.locator(".lines .way").count()
    visit.server.lab.set_link("dk-p1", up=False)
    page.wait_for_selector('.lines .way[data-a="dk"][data-b="p2"]', state="attached")
    assert page.locator(".lines .way").count() >= before
    wait_for_class(page, "dk-p1", ".down")
    assert page.locator(".labels .link.down").count() == 0, "the page writes it, once"


def test_a_router_opens_its_tables(visit):
    page = visit.provider()
    page.locator('.nodes [data-node="se"]').click()
    page.get_by_role("dialog", name="se").get_by_role("button", name="VRFs").click()
    page.wait_for_selector("caption:has-text('VRF routes')")
    assert page.locator(".panel select").input_value() == "=se"
    assert set(texts(page, "table >> nth=0 >> tbody td:first-child")) == {"se"}


def test_a_link_is_found_by_its_name(visit):
    page = visit.provider()
    page.get_by_role("combobox", name="Find a router or link").fill("p1-")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="p1-p2").wait_for()


def test_the_picture_moves_by_keyboard_and_comes_back(visit):
    page = visit.provider()
    where = "document.querySelector('.viewport').getAttribute('transform')"
    fitted = page.evaluate(where)
    page.locator(".canvas").focus()
    page.keyboard.press("ArrowRight")
    moved = page.evaluate(where)
    page.keyboard.press("+")
    larger = page.evaluate(where)
    page.keyboard.press("0")
    assert len({fitted, moved, larger}) == 3
    assert page.evaluate(where) == fitted


def test_light_and_dark_follow_the_switch(visit):
    page = visit.provider()
    grounds = {}
    for _ in range(3):
        theme = page.evaluate("document.documentElement.dataset.theme ?? 'auto'")
        grounds[theme] = page.evaluate(
            "getComputedStyle(document.querySelector('.canvas .ground')).fill"
            " + getComputedStyle(document.querySelector('.canvas')).backgroundColor"
        )
        page.get_by_role("button", name="Theme").click()
    white, black = "rgb(255, 255, 255)" * 2, "rgb(16, 23, 30)" * 2
    assert grounds == {"auto": white, "light": white, "dark": black}


def test_every_vpns_tab_shows_what_its_customer_sees(visit):
    page = visit.provider()
    for vpn in ("a", "c"):
        page.get_by_role("tab", name=re.compile(f"^{vpn} ")).click()
        page.wait_for_selector(f".canvas text:has-text('VPN {vpn}')")
        provider = page.locator(".canvas .viewport").inner_html()
        other = visit.tab()
        other.goto(visit.server.customer(f"Customer {vpn.upper()}"))
        other.wait_for_selector(".canvas .node")
        assert other.locator(".canvas .viewport").inner_html() == provider
        other.close()


def test_events_are_filtered_by_kind_and_by_words(visit):
    page = visit.provider()
    tab(page, "Events")
    assert len(texts(page, ".events tbody tr")) == 5
    visit.server.lab.set_link("dk-p1", up=False)
    page.wait_for_selector(".events td:has-text('dk-p1 is down')")
    assert "generation 2" in texts(page, ".events .what")[0], "the newest comes first"
    page.get_by_role("button", name="switch").click()
    assert not any("connected" in text for text in texts(page, ".events .what"))
    page.get_by_label("Filter events").fill("IS DOWN")
    assert texts(page, ".events .what") == ["dk-p1 is down"]


NASTY = '<img src=x onerror="document.title=1">&amp;"\\\''
NASTY_LAB = f"""
name: x
provider: {{nodes: {{dk: {{role: pe}}, se: {{role: pe}}}}, links: [dk-se]}}
vpns:
  a:
    type: l3vpn
    customer: {NASTY!r}
    sites:
      x: {{pe: dk, subnet: 192.168.1.0/24}}
      y: {{pe: se, subnet: 192.168.2.0/24}}
"""


def test_a_customers_name_is_text_whatever_is_in_it(browser):
    text = NASTY_LAB.replace(repr(NASTY), "'" + NASTY.replace("'", "''") + "'")
    lab = FakeLab(loads(text, "x.yaml").network)
    (name,) = lab.facts.customers
    served = PageServer(lab)
    visit = Visit(served, browser)
    try:
        page = visit.customer(name)
        assert NASTY in page.locator("h1").inner_text()
        assert page.title() == f"{NASTY} · mplsemu"
        assert page.locator("img").count() == 0
        page = visit.provider()
        page.get_by_label("Overlay").select_option("a")
        page.wait_for_selector(".lines .access", state="attached")
        assert page.locator("img").count() == 0
        assert page.title() == "x: provider · mplsemu"
    finally:
        visit.close()
        served.stop()


DANGERS = (
    "<script>document.title='broken'</script>",
    "<g onclick='document.title=1'/>",
    "<a href='javascript:0'/>",
    "<use href='http://example.invalid/x.svg#y'/>",
    "<foreignObject/>",
    "<image href='http://example.invalid/x.png'/>",
    "<animate attributeName='href'/>",
)


def test_a_picture_that_could_do_something_is_refused(visit):
    inside = [""]

    def answer(route):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside[0]}</svg>'
        route.fulfill(json={"generation": 1, "svg": svg})

    visit.page.route("**/api/pictures/provider*", answer)
    page = visit.open(visit.server.provider)
    page.wait_for_selector(".canvas svg")
    for danger in DANGERS:
        inside[0] = danger
        page.reload()
        page.get_by_text("A picture must not").wait_for()
        assert page.locator(".canvas svg").count() == 0
        assert page.title() == "nordic: provider · mplsemu"
    visit.complaints.clear()  # a browser tells of a handler that the policy forbids
