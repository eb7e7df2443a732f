"""Where nobody knows how the lab is now, nothing on the page says that all is well."""

import pytest

from .probing import ask
from .visit import Visit, line, tab, texts, until

ALL_WELL = (
    ".good, .all-well, .alarm-button, .sync, .connection.live, .load, .canvas text.ok, "
    ".inspector .state"
)
"""Whatever says so, in words or by its colour."""


def seen(page):
    """What of it is seen; a verdict on what was asked before has no colour of its own any more."""
    return [
        each.text_content()
        for each in page.locator(ALL_WELL).all()
        if each.is_visible() and "verdict" not in (each.get_attribute("class") or "")
    ]


@pytest.mark.parametrize("viewport", [(1440, 900), (390, 844)])
def test_when_the_lab_has_ended_nothing_says_that_all_is_well(server, browser, viewport):
    visit = Visit(server, browser, viewport=dict(zip(("width", "height"), viewport, strict=True)))
    page = visit.provider()
    line(page, "dk-p1").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    until(page, lambda: seen(page))
    server.end_lab()
    page.get_by_role("status").get_by_text("The lab has ended").wait_for()
    until(page, lambda: page.title() == "(ended) nordic: provider · mplsemu")
    until(page, lambda: seen(page) == [])
    page.get_by_role("dialog").get_by_text("Not known: The lab has ended.").wait_for()
    until(page, lambda: page.get_by_role("button", name="Cut").count() == 0)
    page.mouse.click(5, 5)
    for name in ("Ping, trace", "Tables", "Events", "Alarms"):
        tab(page, name)
        until(page, lambda: seen(page) == [])
        page.locator(".panel-body").get_by_text("The lab has ended.").first.wait_for()
    assert "No alarms" not in page.locator("body").inner_text()
    visit.complaints.clear()  # a table was asked for
    visit.close()


def test_what_was_asked_before_the_end_is_no_praise_of_the_lab(visit):
    page = visit.provider()
    ask(page, "a/aarhus/h1", "a/oslo/h1")
    page.get_by_text("Delivered", exact=True).wait_for()
    page.get_by_role("button", name="Ping", exact=True).click()
    verdict = page.locator(".verdict.good").last
    verdict.wait_for()
    before = verdict.evaluate("one => getComputedStyle(one).color")
    visit.server.end_lab()
    page.get_by_role("status").get_by_text("The lab has ended").wait_for()
    until(page, lambda: page.locator(".packet, .walk-bar").count() == 0)
    until(page, lambda: verdict.evaluate("one => getComputedStyle(one).color") != before)


def test_to_a_customer_nothing_says_so_either(visit):
    page = visit.customer("Customer A")
    assert seen(page) != []
    visit.server.end_lab()
    page.get_by_role("status").get_by_text("The lab has ended").wait_for()
    until(page, lambda: seen(page) == [])
    page.get_by_text("This is how it was last.").wait_for()
    until(page, lambda: page.title() == "(ended) Customer A · mplsemu")


def test_while_the_server_does_not_answer_nobody_knows(visit):
    page, server = visit.provider(), visit.server
    page.wait_for_selector(".sync.good")
    server.stop()
    page.get_by_text("Reconnecting").first.wait_for()
    until(page, lambda: seen(page) == [])
    tab(page, "Alarms")
    until(page, lambda: "not known" in page.locator(".panel-body").inner_text())
    server.start()
    page.wait_for_selector(".connection.live")
    page.wait_for_selector(".sync.good")
    page.locator(".all-well").wait_for()
    until(page, lambda: page.title() == "nordic: provider · mplsemu")
    visit.complaints.clear()


def test_the_title_of_a_tab_says_what_it_shows_and_what_is_wrong(visit):
    page, lab = visit.provider(), visit.server.lab
    tab(page, "c")
    until(page, lambda: page.title() == "nordic: c · mplsemu")
    lab.set_link("dk-p1", up=False)
    until(page, lambda: page.title() == "(major) nordic: c · mplsemu")
    until(page, lambda: texts(page, ".panel-bar .count") == ["1"])
