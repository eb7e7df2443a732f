"""Ping and trace: what two hosts get, as numbers, as a table and as a packet that walks."""

import re

from mplsemu.program.trace import trace
from mplsemu.report.trace import trace_object
from tests.unit.web.weblab import fake_lab

from .probing import ask
from .visit import PageServer, Visit, line, tab, texts, until, wait_for_class


def stack(page):
    """The packet's boxes, from top to bottom."""
    return page.locator(".packet .stack > g > text:first-of-type").all_text_contents()


def test_a_trace_has_the_labels_that_the_interpreter_has(visit):
    page = visit.provider()
    ask(page, "a/aarhus/h1", "a/oslo/h1")
    page.wait_for_selector(".hops")
    found = trace_object(trace(visit.server.lab.installed().program, "a/aarhus/h1", "a/oslo/h1"))
    rows = page.locator(".hops tbody tr")
    assert rows.count() == len(found["hops"])
    for index, hop in enumerate(found["hops"]):
        row = rows.nth(index)
        assert row.locator("th").inner_text().split()[0] == hop["node"]
        assert hop["action"] in row.inner_text()
        labels = row.locator(".label-stack")
        said = f"labels {', '.join(map(str, hop['out_labels']))}"
        assert labels.count() == bool(hop["out_labels"])
        assert not hop["out_labels"] or labels.get_attribute("aria-label") == said
    page.get_by_text("Delivered", exact=True).wait_for()
    assert "TTL 255, 255, IP 63" in rows.first.inner_text()


def test_the_packet_walks_by_itself_to_its_end(visit):
    page = visit.provider()
    ask(page, "a/aarhus/h1", "a/stockholm/h1")
    page.wait_for_selector(".packet .stack")
    seen = set()
    place = page.locator(".packet")
    until(
        page,
        lambda: (
            seen.add(place.get_attribute("transform")) or page.locator(".walk-bar .verdict").count()
        ),
        timeout_ms=15_000,
    )
    assert len(seen) > 10
    page.get_by_role("button", name="Play").wait_for()


def test_the_packet_is_stepped_by_hand_with_its_stack_on_each_link(visit):
    page = visit.provider()
    page.emulate_media(reduced_motion="reduce")
    ask(page, "a/aarhus/h1", "a/stockholm/h1")
    page.wait_for_selector(".lines .access", state="attached")
    page.wait_for_selector(".packet .stack")
    assert page.get_by_role("button", name="Play").count() == 0, "nothing moves by itself"
    assert stack(page) == ["IP"], "from its host"
    found = trace_object(
        trace(visit.server.lab.installed().program, "a/aarhus/h1", "a/stockholm/h1")
    )
    page.get_by_role("button", name="Step on").focus()
    for number, hop in enumerate(found["hops"], start=1):
        page.keyboard.press("ArrowRight")
        assert stack(page) == [*map(str, hop["out_labels"]), "IP"]
        now = page.locator(".hops tr[aria-current=step]")
        assert now.locator(".hop").inner_text() == str(number)
        assert page.locator(".packet-way .now").count() == 1
    assert "delivered" in page.locator(".walk-text").inner_text()
    page.keyboard.press("Home")
    assert stack(page) == ["IP"]
    page.get_by_role("button", name="Take the packet away").click()
    assert page.locator(".packet").count() == 0


def test_a_packet_goes_from_the_end_where_it_is(visit):
    """A link's wire is drawn one way; packets go both ways."""
    page = visit.provider()
    page.emulate_media(reduced_motion="reduce")
    ask(page, "a/aarhus/h1", "a/stockholm/h1")
    page.wait_for_selector(".lines .access", state="attached")
    there, back = [], []
    ways = (there, ("a/stockholm/h1", "a/aarhus/h1"), (2, 3)), (back, None, (3, 2))
    for places, _, _ in ways:
        if places is back:
            page.get_by_role("button", name="Exchange the two hosts").click()
            page.get_by_role("button", name="Trace", exact=True).click()
            page.get_by_text("a/stockholm/h1 → a/aarhus/h1").wait_for()
        for hop in (1, 2):
            page.get_by_role("button", name=f"Show hop {hop} in the picture").click()
            place = page.locator(".packet").get_attribute("transform")
            places.append(re.match(r"translate\(([^)]*)\)", place)[1])
    assert there == back[::-1], "in the middle of a link from either side"


def test_a_vpls_carries_ethernet(visit):
    page = visit.provider()
    ask(page, "c/odense/h1", "c/bergen/h1")
    until(page, lambda: stack(page)[-1:] == ["Ethernet"])


def test_a_trace_follows_the_network(visit):
    page, lab = visit.provider(), visit.server.lab
    ask(page, "a/aarhus/h1", "a/oslo/h1")
    page.wait_for_selector(".hops")
    before = texts(page, ".hops tbody th")
    lab.set_link("dk-p1", up=False)
    until(page, lambda: texts(page, ".hops tbody th") != before)
    assert texts(page, ".hops tbody th")[1] == "p2"
    page.get_by_label("Follow changes of the network").uncheck()
    lab.set_link("dk-p1", up=True)
    page.get_by_text("The network has changed since.").wait_for()
    assert texts(page, ".hops tbody th")[1] == "p2"
    page.get_by_role("button", name="Trace again").click()
    until(page, lambda: texts(page, ".hops tbody th") == before)


def test_a_packet_that_is_lost_shows_where_and_why(visit):
    page, lab = visit.provider(), visit.server.lab
    for name in ("dk-p1", "dk-p2"):
        lab.set_link(name, up=False)
    wait_for_class(page, "dk-p2", ".down")
    ask(page, "a/aarhus/h1", "a/oslo/h1")
    page.get_by_text("Not delivered: dropped at dk: no route to 192.168.3.2").wait_for()
    assert "no route" in texts(page, ".hops tbody td")[1]
    until(page, lambda: page.locator(".packet .lost").count(), timeout_ms=10_000)
    assert "lost here" in page.locator(".walk-text").inner_text()


def test_who_cannot_be_traced_is_told(visit):
    page = visit.provider()
    page.get_by_role("combobox", name="To").fill("b/nowhere/h1")
    page.get_by_role("button", name="Trace", exact=True).click()
    page.locator(".panel .error").wait_for()
    assert "nowhere" in page.locator(".panel .error").inner_text()
    visit.complaints.clear()  # browsers tell of every answer that is no success


def test_a_ping_has_its_times(visit):
    page = visit.provider()
    page.get_by_label("Pings").fill("4")
    ask(page, "b/aarhus/h1", "b/oslo/h1", "Ping")
    page.locator(".verdict", has_text="4 of 4 came back").wait_for()
    times = texts(page, ".round-trips tbody .number")
    assert len(times) == 4
    assert all(re.fullmatch(r"[\d.]+ ms", each) for each in times)
    page.get_by_text("What ping printed").click()
    assert "icmp_seq=4" in page.locator("details pre").inner_text()


def test_a_ping_that_is_not_answered_says_so_not_by_colour_alone(visit):
    page = visit.provider()
    ask(page, "a/aarhus/h1", "b/oslo/h1", "Ping")
    page.get_by_text("0 of 3 came back, 100 % lost").wait_for()


def test_hosts_are_chosen_with_the_keyboard(visit):
    page = visit.provider()
    box = page.get_by_role("combobox", name="From")
    box.focus()
    page.keyboard.type("stock b/")
    assert texts(page, "#from-list [role=option]") == ["b/stockholm/h1"]
    page.keyboard.press("Enter")
    assert box.input_value() == "b/stockholm/h1"
    page.keyboard.press("ArrowDown")
    assert page.locator("#from-list [role=option]").count() == 10
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert not page.locator("#from-list").is_visible()
    assert box.input_value() == "b/stockholm/h1"


# --- tables --------------------------------------------------------------------------------


def show_table(visit: Visit, kind: str):
    page = visit.page
    tab(page, "Tables")
    page.get_by_role("group", name="Table").get_by_role("button", name=kind).click()
    page.locator(".data-table tbody tr").first.wait_for()
    return page


def test_every_table_is_there(visit):
    visit.server.lab.learned = [
        {"node": "dk", "vsi": "c", "mac": "02:00:00:00:00:08", "circuit": None, "peer": "no"}
    ]
    visit.provider()
    counts = {}
    for kind in ("LFIB", "VRF", "VSI", "LSP", "Labels", "MACs"):
        page = show_table(visit, kind)
        captions = texts(page, "caption")
        counts[kind] = [
            page.locator(f"table >> nth={i} >> tbody tr").count() for i in range(len(captions))
        ]
    program = visit.server.lab.installed().program
    entries = sum(len(node.ilm) + len(node.ftn) for node in program.nodes)
    assert counts["LFIB"] == [entries]
    assert counts["LSP"] == [6]
    assert counts["MACs"] == [1]
    assert counts["VRF"][1] == 6
    assert counts["VSI"] == [6, 3]
    assert texts(page, "tbody td") == ["dk", "c", "02:00:00:00:00:08", "pseudowire to no"]


def test_a_table_is_filtered_sorted_and_of_one_router(visit):
    visit.provider()
    page = show_table(visit, "LFIB")
    page.get_by_label("Filter rows").fill("vrf b")
    rows = texts(page, "tbody tr")
    assert rows
    assert all("VRF b" in row for row in rows)
    page.get_by_label("Filter rows").fill("no such thing")
    page.get_by_text("Nothing matches the filter.").wait_for()
    page.get_by_label("Filter rows").fill("")
    heading = page.get_by_role("columnheader", name="In", exact=True)
    for direction in ("ascending", "descending"):
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == direction
        labels = [int(text) for text in texts(page, "tbody td:nth-child(2)") if text]
        assert labels == sorted(labels, reverse=direction == "descending")
    page.locator(".panel select").select_option("=p1")
    until(page, lambda: set(texts(page, "tbody td:first-child")) == {"p1"})


def test_tables_follow_the_network(visit):
    visit.provider()
    page = show_table(visit, "LSP")
    before = texts(page, "tbody tr")
    line(page, "dk-p1").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cut").click()
    until(page, lambda: texts(page, "tbody tr") != before)
    assert any("p2" in row for row in texts(page, "tbody tr"))


def test_a_flooded_frame_walks_with_all_its_copies(browser):
    served = PageServer(fake_lab("vpls"))
    visit = Visit(served, browser)
    page = visit.provider()
    page.emulate_media(reduced_motion="reduce")
    ask(page, "campus/library/h1", "ff:ff:ff:ff:ff:ff")
    page.get_by_text("Delivered, all 4 copies").wait_for()
    page.wait_for_selector(".lines .access", state="attached")
    page.wait_for_selector(".packet:not(.copy) .stack")
    options = page.get_by_label("Copy").locator("option").all_inner_texts()
    assert [option.split(",")[0] for option in options] == [
        "1 of 4: the host's own LAN",
        "2 of 4: campus/dormitory",
        "3 of 4: campus/stadium",
        "4 of 4: campus/harbour",
    ]
    page.get_by_label("Copy").select_option(index=2)
    assert page.locator(".packet:not(.same)").count() == 1, "all still go together"
    page.get_by_role("button", name="Step on").click()
    there = page.locator(".packet:not(.same):has(.stack .service)")
    until(page, lambda: there.count() == 2)
    stacks = [each.locator("text:first-of-type").all_text_contents() for each in there.all()]
    assert sorted(stacks) == [["16", "16", "Ethernet"], ["18", "17", "Ethernet"]]
    assert page.locator(".packet-way .now").count() >= 2
    page.get_by_role("button", name="Show hop 3 in the picture").click()
    assert "delivered" in page.locator(".walk-text").inner_text()
    visit.close()
    served.stop()
