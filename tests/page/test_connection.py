"""Tokens and the stream of changes: who gets in, and what happens when the line breaks."""

import re

from .visit import tab, texts, until, wait_for_class

HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def show(page, *, hidden):
    """Have the browser say that the tab is hidden, or shown."""
    page.evaluate(HIDE, hidden)


def test_without_a_token_the_page_says_which_link_to_use_and_takes_a_pasted_one(visit):
    page = visit.open(visit.server.address)
    assert "mplsemu up --web" in page.locator("main").inner_text()
    page.get_by_label("Link or token").fill("nobodys")
    page.get_by_role("button", name="Open").click()
    page.get_by_role("alert").get_by_text("does not know that token").wait_for()
    page.get_by_label("Link or token").fill(f" {visit.server.provider} ")
    page.keyboard.press("Enter")
    page.wait_for_selector(".canvas .node")
    assert len(visit.complaints) == 1, visit.complaints  # of the refusal
    visit.complaints.clear()


def test_a_token_that_nobody_has_is_told_and_forgotten(visit):
    page = visit.open(f"{visit.server.address}/#token=nobodys")
    page.get_by_role("alert").wait_for()
    assert page.url == f"{visit.server.address}/"
    assert page.evaluate("JSON.stringify(sessionStorage)") == "{}"
    assert page.locator(".canvas").count() == 0
    visit.complaints.clear()  # browsers tell of every answer that is no success


def test_another_link_in_the_same_tab_is_another_visit(visit):
    page = visit.provider()
    page.goto(visit.server.customer("Customer B"))
    page.get_by_role("heading", name="Customer B").wait_for()
    assert page.locator(".panel").count() == 0


def test_a_server_that_was_started_again_is_found_and_what_was_missed_is_caught_up(visit):
    page, server = visit.provider(), visit.server
    server.stop()
    page.get_by_text("Reconnecting").first.wait_for()
    server.lab.set_link("dk-p1", up=False)
    server.start()
    wait_for_class(page, "dk-p1", ".down")
    page.wait_for_selector(".connection.live")
    tab(page, "Events")
    found = texts(page, ".events .what")
    assert "dk-p1 is down" in found
    assert len(found) == len(server.lab.events(0)), "none is shown twice"
    assert all(
        "ERR_" in text for text in visit.complaints
    )  # browsers tell of what they cannot reach
    visit.complaints.clear()


def test_a_controller_that_was_started_again_counts_anew_and_all_events_are_shown(visit):
    page, lab = visit.provider(), visit.server.lab
    tab(page, "Events")
    until(page, lambda: len(texts(page, ".events .what")) == 5)
    lab.restart_controller()
    until(page, lambda: len(texts(page, ".events .what")) == 10)


def test_waiting_for_the_server_can_be_cut_short(visit):
    page, server = visit.provider(), visit.server
    server.stop()
    page.get_by_role("status").get_by_text(re.compile(r"Reconnecting in \d s")).wait_for()
    server.start()
    page.get_by_role("button", name="Try now").click()
    page.wait_for_selector(".connection.live")
    visit.complaints.clear()


def test_a_hidden_tab_holds_no_stream_and_asks_for_nothing(visit):
    page, server = visit.provider(), visit.server
    assert server.feed.is_watching
    show(page, hidden=True)
    until(page, lambda: not server.feed.is_watching)
    asked = len(visit.requests)
    server.lab.set_link("se-p2", up=False)
    page.wait_for_timeout(1500)
    assert len(visit.requests) == asked
    assert not server.feed.is_watching
    show(page, hidden=False)
    wait_for_class(page, "se-p2", ".down")
    assert server.feed.is_watching


def test_a_tab_that_is_closed_holds_no_stream(visit):
    page, server = visit.provider(), visit.server
    page.goto("about:blank")
    visit.requests[:] = [url for url in visit.requests if url != "about:blank"]
    until(page, lambda: not server.feed.is_watching)


def test_the_end_of_the_lab_is_told_and_the_page_rests(visit):
    page = visit.provider()
    visit.server.end_lab()
    page.get_by_role("status").get_by_text("The lab has ended").wait_for()
    asked = len(visit.requests)
    page.wait_for_timeout(1200)
    assert len(visit.requests) == asked
    page.get_by_role("button", name="Ping", exact=True).click()
    page.locator(".answer .error").get_by_text("ended").wait_for()
    visit.complaints.clear()


def test_a_controller_that_does_not_answer_is_an_alarm(visit):
    page, lab = visit.provider(), visit.server.lab
    lab.answers = False
    page.get_by_role("status").get_by_text("Controller down").wait_for()
    tab(page, "Alarms")
    page.locator(".alarms .critical").get_by_text("controller").wait_for()
    lab.answers = True
    page.get_by_role("status").get_by_text("In sync").wait_for()
