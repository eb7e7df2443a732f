"""A customer's page: his own network, live, and nothing else."""

from mplsemu.lab.loader import loads
from tests.fakeweb import FakeLab

from .visit import PageServer, Visit, until

TWO = """
name: two
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  office:
    type: l3vpn
    customer: Alfa
    sites: {x: {pe: dk, subnet: 192.168.1.0/24}, y: {pe: se, subnet: 192.168.2.0/24}}
  plant:
    type: vpls
    customer: Alfa
    subnet: 10.0.0.0/24
    sites: {m: {pe: dk}, n: {pe: se}}
"""


def test_a_customer_sees_his_picture_and_no_control_that_is_not_his(visit):
    page = visit.customer("Customer A")
    assert "Customer A" in page.locator("h1").inner_text()
    buttons = [
        each.get_attribute("aria-label") or each.inner_text()
        for each in page.get_by_role("button").all()
    ]
    assert buttons == [
        "What the keys do",
        "Theme: as the system has it",
        "Larger",
        "Smaller",
        "Show all",
        "Save the picture",
    ]
    assert page.get_by_role("tab").count() == 0
    assert page.locator(".nodes .site").count() == 3


def test_a_customers_browser_never_hears_of_the_provider_or_of_another_customer(visit):
    heard = []

    def hear(route):  # Chromium keeps bodies for a while only
        response = route.fetch()
        heard.append(response.text())
        route.fulfill(response=response)

    for kind in ("session", "pictures/**"):
        visit.page.route(f"**/api/{kind}", hear)
    page = visit.customer("Customer A")
    asked = {url.removeprefix(visit.server.address) for url in visit.requests}
    assert {path for path in asked if path.startswith("/api/")} == {
        "/api/session",
        "/api/stream",
        "/api/pictures/vpns/a",
    }
    assert len(heard) >= 2
    text = page.content() + "".join(heard)
    lab = visit.server.lab
    secrets = [f'"{node.name}"' for node in lab.network.provider.nodes]
    secrets += [link.name for link in lab.network.provider.links]
    secrets += ["Customer B", "Customer C", "nordic", "10.0.0."]
    assert [secret for secret in secrets if secret in text] == []


def test_a_customers_picture_is_drawn_anew_when_it_changes(visit):
    page = visit.customer("Customer A")
    assert "every site reaches every other" in page.locator(".canvas svg").text_content()
    visit.server.lab.set_link("a/oslo", up=False)
    until(page, lambda: page.locator(".canvas .down").count() > 0)
    visit.server.lab.set_link("a/oslo", up=True)
    until(page, lambda: page.locator(".canvas .nodes .down").count() == 0)


def test_a_picture_that_did_not_change_is_left_alone(visit):
    page = visit.customer("Customer A")
    page.evaluate("document.querySelector('.canvas svg').dataset.seen = '1'")
    visit.server.lab.set_link("dk-p1", up=False)  # not his
    visit.server.lab.set_link("b/oslo", up=False)
    page.wait_for_timeout(1500)
    assert page.locator(".canvas svg[data-seen]").count() == 1


def test_parts_of_the_picture_have_names_for_those_who_cannot_see_it(visit):
    page = visit.customer("Customer A")
    site = page.locator(".nodes .site").first
    assert site.get_attribute("role") == "img"
    assert site.get_attribute("aria-label").startswith("aarhus 192.168.1.0/24")
    site.hover()
    assert page.locator(".tip").inner_text() == site.get_attribute("data-about")


def test_a_customer_with_two_vpns_has_a_tab_for_each(browser):
    served = PageServer(FakeLab(loads(TWO, "two.yaml").network))
    visit = Visit(served, browser)
    try:
        page = visit.customer("Alfa")
        tabs = page.get_by_role("tab")
        assert [text.split() for text in tabs.all_inner_texts()] == [
            ["office", "L3VPN"],
            ["plant", "VPLS"],
        ]
        tabs.first.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(".node.switch")
        assert tabs.nth(1).get_attribute("aria-selected") == "true"
        assert page.evaluate("document.activeElement.textContent").startswith("plant")
    finally:
        visit.close()
        served.stop()
