"""The controller's log: nobody pushes another's events out of it."""

import pytest

from mplsemu.controller.events import KEPT_OF_PROVIDER, KEPT_PER_CIRCUIT, EventLog, shortened


@pytest.fixture
def log(tmp_path):
    return EventLog(tmp_path / "controller.events")


def texts(log, since=0):
    return [event["text"] for event in log.since(since)]


def flood(log, circuit, count=3 * KEPT_OF_PROVIDER):
    for number in range(count):
        log.add("neighbour", f"{circuit} {number}", circuit=circuit)


def test_a_customer_pushes_out_nobodys_events_but_his_own(log):
    log.add("port", "dk-p1 is down")
    log.add("neighbour", "b/x: hello", circuit="b/x")
    flood(log, "a/x")
    assert texts(log)[:2] == ["dk-p1 is down", "b/x: hello"]
    assert len(texts(log)) == 2 + KEPT_PER_CIRCUIT
    assert texts(log)[-1] == f"a/x {3 * KEPT_OF_PROVIDER - 1}"


def test_events_are_told_in_order_and_after_a_number(log):
    for number, circuit in enumerate([None, "a/x", "b/x", None, "a/x"], 1):
        log.add("port", str(number), circuit=circuit)
    assert texts(log) == ["1", "2", "3", "4", "5"]
    assert texts(log, since=3) == ["4", "5"]
    assert {"number", "time_s", "kind", "text", "took_ms"} == set(log.since(0)[0])


def test_a_restarted_controller_goes_on_with_all_of_them(log, tmp_path):
    log.add("port", "dk-p1 is down")
    flood(log, "a/x")
    again = EventLog(tmp_path / "controller.events")
    assert again.since(0) == log.since(0)
    assert again.last == log.last


def test_the_file_does_not_grow_without_end(log, tmp_path):
    flood(log, "a/x", 5 * KEPT_OF_PROVIDER)
    lines = (tmp_path / "controller.events").read_text().splitlines()
    assert len(lines) <= 2 * KEPT_OF_PROVIDER + 1


def test_what_does_not_fit_into_an_event_is_counted():
    lines = [f"node{number}: lfib ~1" for number in range(100)]
    text = shortened(lines, 200)
    shown = text.count("lfib")
    assert text.endswith(f"; and {100 - shown} more")
    assert len(text) < 220
    assert shortened(lines[:3], 200) == "; ".join(lines[:3])
    assert shortened(["x" * 300], 200) == "x" * 300
