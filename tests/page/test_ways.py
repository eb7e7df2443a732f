"""Ways of equal cost on the page: on which one a packet is shown, and how tables tell them."""

from __future__ import annotations

import pytest

from mplsemu.program.trace import trace
from mplsemu.report.trace import trace_object
from tests.chromium import browser  # noqa: F401 (a fixture)
from tests.unit.web.weblab import fake_lab

from .probing import ask
from .visit import PageServer, Visit, tab, texts, until

TO = "\N{EN DASH}"
HOSTS = ("a/mill/h1", "a/shop/h1")


@pytest.fixture
def server():
    served = PageServer(fake_lab("ecmp"))
    yield served
    served.stop()


def still(visit: Visit):
    """Open the page for somebody who wants nothing to move."""
    page = visit.provider()
    page.emulate_media(reduced_motion="reduce")
    return page


def ways(page):
    return page.get_by_role("combobox", name="Way", exact=True)


def links(page) -> list[str]:
    return texts(page, ".hops .service:not(.ttl):text-matches('^on ')")


def test_a_packet_is_shown_on_any_of_its_ways(visit):
    page = still(visit)
    ask(page, *HOSTS)
    page.get_by_text("Delivered on all 3 ways").wait_for()
    page.wait_for_selector(".lines .access", state="attached")
    found = trace_object(trace(visit.server.lab.installed().program, *HOSTS))["branches"]
    offered = ways(page).locator("option").all_inner_texts()
    assert offered == [
        f"1 of 3: west {TO} p1 {TO} east, 1/2 of the flows",
        f"2 of 3: west {TO} p2 {TO} east on p2-east, 1/4 of the flows",
        f"3 of 3: west {TO} p2 {TO} east on p2-east#2, 1/4 of the flows",
    ]
    for index, branch in enumerate(found):
        ways(page).select_option(index=index)
        wanted = [f"on {hop['link']}" for hop in branch["hops"]]
        until(page, lambda wanted=wanted: links(page) == wanted)
        legs = page.locator(".packet-way [data-leg]")
        until(page, lambda legs=legs, wanted=wanted: legs.count() == len(wanted) + 1)


def test_links_of_the_other_ways_are_marked_in_the_picture(visit):
    page = still(visit)
    ask(page, *HOSTS)
    page.wait_for_selector(".packet-way .other", state="attached")
    assert page.locator(".packet-way .other").count() == 3  # west-p2 and two to east
    ways(page).select_option(index=1)
    until(page, lambda: page.locator(".packet-way .other").count() == 3)
    page.get_by_role("button", name="Take the packet away").click()
    assert page.locator(".packet-way").count() == 0


def test_a_trace_stays_on_its_way_while_that_is_there(visit):
    page, lab = still(visit), visit.server.lab
    ask(page, *HOSTS)
    ways(page).select_option(index=2)
    until(page, lambda: links(page)[:2] == ["on west-p2", "on p2-east#2"])
    lab.set_link("p1-east", up=False)
    page.get_by_text("Delivered on all 2 ways").wait_for()
    assert links(page)[:2] == ["on west-p2", "on p2-east#2"]
    lab.set_link("p2-east#2", up=False)
    page.get_by_text("Delivered", exact=True).wait_for()
    assert links(page)[:2] == ["on west-p2", "on p2-east"]
    assert ways(page).count() == 0


def test_who_has_one_way_is_offered_no_other(visit):
    page = still(visit)
    ask(page, "a/mill/h1", "a/depot/h1")
    page.get_by_text("Delivered", exact=True).wait_for()
    assert ways(page).count() == 0
    assert page.locator(".packet-way .other").count() == 0


def test_the_table_of_lsps_tells_ways_apart(visit):
    page = visit.provider()
    tab(page, "Tables")
    page.get_by_role("group", name="Table").get_by_role("button", name="LSP").click()
    page.locator(".data-table tbody tr").first.wait_for()
    rows = texts(page, "tbody tr")
    (third,) = [row for row in rows if row.startswith("west east") and "3 of 3" in row]
    assert f"west {TO} p2 {TO} east on p2-east#2" in third
    assert "1/4" in third
    (only,) = [row for row in rows if row.startswith("west north")]
    assert " of " not in only


def test_a_route_with_several_ways_names_them(visit):
    page = visit.provider()
    tab(page, "Tables")
    page.get_by_role("group", name="Table").get_by_role("button", name="VRF").click()
    page.locator(".data-table tbody tr").first.wait_for()
    rows = texts(page, "tbody tr")
    assert any("west-p1 to p1, west-p2 to p2" in row for row in rows)


def test_the_overlay_has_one_number_for_a_pair_of_pes(visit):
    page = visit.provider()
    page.get_by_label("Overlay").select_option("a")
    page.wait_for_selector(".lines .way", state="attached")
    assert "east ↔ west, 3 ways" in page.locator(".legend text").all_text_contents()
    numbers = page.locator(".lines .way").evaluate_all("all => all.map((e) => e.dataset.way)")
    assert sorted(set(numbers)) == ["0", "1", "2"]
